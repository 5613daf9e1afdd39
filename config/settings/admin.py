"""The admin's name and its menu, in the order of a dispatcher's day."""

from collections.abc import Callable
from typing import Any

from django.templatetags.static import static
from django.urls import reverse_lazy


def _may(*permissions: str) -> Callable[[Any], bool]:
    """Whether somebody holds any of these."""
    return lambda request: any(request.user.has_perm(each) for each in permissions)


def _may_view(model: str) -> Callable[[Any], bool]:
    app, name = model.split(".")
    return _may(f"{app}.view_{name}")


def _group(
    title: str, entries: list[tuple[str, str, str]], *pages: tuple[str, str, str, str]
) -> dict[str, Any]:
    """Lists of models, after pages that are no list: label, icon, address, model to be seen."""
    links = [(*page[:2], f"admin:{page[2]}", page[3]) for page in pages]
    links += [
        (label, icon, f"admin:{model.replace('.', '_')}_changelist", model)
        for label, icon, model in entries
    ]
    return {
        "title": title,
        "collapsible": False,
        "items": [
            {
                "title": label,
                "icon": icon,
                "link": reverse_lazy(address),
                "permission": _may_view(model),
                "is_page": place < len(pages),
            }
            for place, (label, icon, address, model) in enumerate(links)
        ],
    }


def _after_pages(
    group: dict[str, Any], *pages: tuple[str, str, str, str | tuple[str, ...]]
) -> dict[str, Any]:
    """The group after pages of the desk: label, icon, address, permission or any of several."""
    items = [
        {
            "title": label,
            "icon": icon,
            "link": reverse_lazy(address),
            "permission": _may(*([permission] if isinstance(permission, str) else permission)),
            "is_page": True,
        }
        for label, icon, address, permission in pages
    ]
    return group | {"items": [*items, *group["items"]]}


def _may_import(request: Any) -> bool:
    # The kinds are known once the apps are.
    from common.imports.kinds import import_kinds  # noqa: PLC0415 - settings come before them

    return any(request.user.has_perm(kind.permissions[0]) for kind in import_kinds().values())


def _with_import(group: dict[str, Any]) -> dict[str, Any]:
    """The group with the import page at its end, for whoever may add what a sheet brings."""
    page = {
        "title": "Import",
        "icon": "upload_file",
        "link": reverse_lazy("screens:imports"),
        "permission": _may_import,
        "is_page": True,
    }
    return group | {"items": [*group["items"], page]}


UNFOLD = {
    "SITE_TITLE": "Windsock",
    "SITE_HEADER": "Windsock",
    "SITE_SUBHEADER": "Dispatch",
    "SITE_SYMBOL": "air",
    "SITE_URL": None,
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda request: static("dispatcher/board/icon.svg"),
        }
    ],
    "SHOW_BACK_BUTTON": True,
    "ACCOUNT": {
        "navigation": [{"title": "My preferences", "link": reverse_lazy("own:preferences")}]
    },
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "show_all_applications": True,
        "navigation": [
            _after_pages(
                _group(
                    "Live",
                    [
                        ("Events", "notifications_active", "dispatcher.dispatchevent"),
                        ("Notices", "mark_email_unread", "dispatcher.dispatchnotice"),
                        ("Metrics", "query_stats", "dispatcher.operationalmetrics"),
                    ],
                ),
                (
                    "Dispatch board",
                    "map",
                    "dispatch:board",
                    "dispatcher.overview_dispatchschedule",
                ),
                ("Compliance", "rule", "desk:compliance", "common.view_compliancestate"),
                (
                    "Maintenance calendar",
                    "calendar_month",
                    "desk:maintenance",
                    ("aircraft.view_maintenancetask", "rpas.view_f2maintenanceschedule"),
                ),
            ),
            _group(
                "Flying",
                [
                    ("Flight operations", "flight_takeoff", "flight_operations.flightoperation"),
                    ("Alerts", "notification_important", "flight_operations.conformancealert"),
                    ("Last positions", "my_location", "flight_operations.lastposition"),
                    ("Checklists", "checklist", "flight_operations.preflightchecklist"),
                    ("Releases", "verified", "flight_operations.operationalrelease"),
                    ("Authorizations", "approval", "flight_operations.operationalauthorization"),
                    ("Weather reports", "cloud", "airports.weatherdata"),
                    ("Airspace", "public_off", "airports.airspacerestriction"),
                ],
            ),
            _group(
                "Trips",
                [
                    ("Quotes", "request_quote", "operations.quote"),
                    ("Offers", "sell", "operations.quoteversion"),
                    ("Trips", "connecting_airports", "operations.trip"),
                    ("Legs", "flight_land", "operations.tripleg"),
                    ("Services", "support_agent", "operations.serviceitem"),
                    ("Crew", "groups", "operations.crewline"),
                    ("Duty", "badge", "operations.dutyperiod"),
                    ("Releases", "verified", "operations.flightrelease"),
                    ("Pilots' logs", "menu_book", "operations.crewlogentry"),
                ],
            ),
            _group(
                "Clients",
                [
                    ("Clients", "corporate_fare", "client_management.clientorganization"),
                    ("Requests", "add_location_alt", "client_management.servicerequest"),
                    ("Quotes to clients", "request_quote", "client_management.servicequote"),
                    ("Jobs", "assignment", "client_management.joborder"),
                    ("Contracts", "handshake", "client_management.contract"),
                    ("Portal access", "key", "client_management.customerportalaccess"),
                    ("Invitations", "forward_to_inbox", "client_management.invitation"),
                    ("Cost rates", "price_change", "client_management.costrate"),
                ],
                (
                    "Clients at a glance",
                    "monitoring",
                    "clients_at_a_glance",
                    "client_management.clientorganization",
                ),
                (
                    "Pipeline",
                    "filter_alt",
                    "request_pipeline",
                    "client_management.servicerequest",
                ),
            ),
            _group(
                "Money",
                [
                    ("Invoices", "receipt_long", "finance.invoice"),
                    ("Payments", "payments", "finance.payment"),
                    ("Customers' credit", "savings", "finance.customercredit"),
                    ("Journal", "menu_book", "finance.journalentry"),
                    ("Accounts", "account_balance", "finance.account"),
                    ("Rates of exchange", "currency_exchange", "finance.currencyrate"),
                    ("Cancellation ladders", "event_busy", "finance.cancellationterm"),
                ],
            ),
            _after_pages(
                {"title": "Reports", "collapsible": False, "items": []},
                (
                    "Hours flown",
                    "bar_chart",
                    "desk:reports",
                    ("aircraft.view_flighthours", "rpas.view_f2flighthoursentry"),
                ),
                (
                    "Departures on time",
                    "timer",
                    "desk:on_time",
                    ("dispatcher.view_operationalmetrics", "operations.view_tripleg"),
                ),
                (
                    "Revenue and receivables",
                    "monitoring",
                    "admin:finance_reports",
                    "finance.view_journalentry",
                ),
            ),
            _group(
                "Crewed fleet",
                [
                    ("Crewed aircraft", "flight", "aircraft.aircraft"),
                    ("Maintenance due", "build", "aircraft.maintenancetask"),
                    ("Defects", "report", "aircraft.defect"),
                    ("Stays in maintenance", "garage", "aircraft.maintenancevisit"),
                    ("Flight hours", "schedule", "aircraft.flighthours"),
                    ("Maintenance log", "menu_book", "aircraft.maintenancelog"),
                    ("Directives", "rule", "aircraft.airworthinessdirective"),
                    ("Types", "category", "aircraft.aircrafttype"),
                ],
            ),
            _after_pages(
                _group(
                    "Fleet",
                    [
                        ("Aircraft", "drone", "rpas.rpasaircraft"),
                        ("Defects", "report", "rpas.f2defectentry"),
                        ("Maintenance due", "build", "rpas.f2maintenanceschedule"),
                        ("Flight hours", "schedule", "rpas.f2flighthoursentry"),
                        ("Technical logs", "menu_book", "rpas.f2technicallogparta"),
                        ("Batteries", "battery_full", "rpas.battery"),
                    ],
                ),
                (
                    "Logs to read",
                    "auto_stories",
                    "desk:technical_logs",
                    "rpas.view_f2flighthoursentry",
                ),
            ),
            _group(
                "Safety",
                [
                    ("Risk assessments", "balance", "flight_operations.smsriskassessment"),
                    ("Hazards", "warning", "flight_operations.smshazardregister"),
                    ("Incidents", "emergency", "flight_operations.smsincidentreport"),
                    ("Crewed occurrences", "flight_land", "operations.occurrence"),
                    ("Privacy breaches", "lock_open", "operations.privacybreach"),
                    ("Verdicts", "gavel", "common.verdict"),
                ],
            ),
            _group(
                "Directory",
                [
                    ("Contacts", "contacts", "contacts.contact"),
                    ("Communications", "forum", "contacts.communication"),
                    ("FBOs", "local_airport", "contacts.fbo"),
                    ("Ground providers", "ambulance", "contacts.groundprovider"),
                    ("Cities", "location_city", "contacts.city"),
                ],
            ),
            _group(
                "Documents",
                [
                    ("Library", "folder_open", "documents.document"),
                    ("Agreements", "signature", "documents.agreement"),
                    ("Templates", "article", "documents.documenttemplate"),
                    ("Letterhead", "badge", "documents.letterhead"),
                    ("Who had what", "visibility", "documents.documentaccess"),
                ],
            ),
            _with_import(
                _group(
                    "People and records",
                    [
                        ("Users", "group", "users.user"),
                        ("Qualifications", "badge", "users.qualification"),
                        ("Operators", "business", "rpas.rpasoperator"),
                        ("Audit trail", "history", "common.auditevent"),
                        ("Mail", "mail", "common.mail"),
                        ("Webhooks", "webhook", "users.webhooksubscription"),
                        ("Webhook deliveries", "outbox", "users.webhookmessage"),
                    ],
                )
            ),
        ],
    },
}
