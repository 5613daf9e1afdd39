"""The pages of the desk that stand beside the board: how rules are kept, what is due, reports."""

from django.urls import path
from django.views.generic import RedirectView

from dispatcher.views import compliance, reports, technical_log, upkeep

app_name = "desk"
urlpatterns = [
    path("compliance/", compliance.summary_page, name="compliance"),
    path("compliance/records/", compliance.records_page, name="compliance_records"),
    path("compliance/rules/", compliance.rules_page, name="compliance_rules"),
    path("compliance/rules/<str:code>/", compliance.rule_page, name="compliance_rule"),
    path("maintenance/", upkeep.maintenance_page, name="maintenance"),
    path("reports/", RedirectView.as_view(pattern_name="desk:reports")),
    path("reports/hours/", reports.hours_page, name="reports"),
    path("reports/on-time/", reports.on_time_page, name="on_time"),
    path("technical-log/", technical_log.logs_page, name="technical_logs"),
    path(
        "technical-log/<slug:registration>/",
        technical_log.log_of_aircraft_page,
        name="technical_log",
    ),
    path(
        "technical-log/<slug:registration>/verify/",
        technical_log.verify_log,
        name="verify_log",
    ),
]
