from rest_framework.routers import SimpleRouter

from flight_operations.telemetry_urls import urlpatterns as telemetry_patterns
from flight_operations.views.authorizations import AuthorizationViewSet
from flight_operations.views.checklists import ChecklistViewSet
from flight_operations.views.operations import (
    DashboardViewSet,
    FlightOperationViewSet,
    PilotLogViewSet,
)
from flight_operations.views.risk_assessments import RiskAssessmentViewSet
from flight_operations.views.safety import HazardViewSet, IncidentViewSet

router = SimpleRouter()
router.register("operations", FlightOperationViewSet, basename="operation")
router.register("pilot-logs", PilotLogViewSet, basename="pilot-log")
router.register("dashboard", DashboardViewSet, basename="dashboard")
router.register("authorizations", AuthorizationViewSet, basename="authorization")
router.register("checklists", ChecklistViewSet, basename="checklist")
router.register("risk-assessments", RiskAssessmentViewSet, basename="risk-assessment")
router.register("hazards", HazardViewSet, basename="hazard")
router.register("incidents", IncidentViewSet, basename="incident")

app_name = "flight_operations"
urlpatterns = [*telemetry_patterns, *router.urls]
