"""Addresses of the portal, and of what the desk does for it."""

from typing import Any

from django.urls import path
from rest_framework.routers import SimpleRouter

from client_management.views.coverage import CoverageReportViewSet
from client_management.views.deliverables import DeliverableViewSet, ShareLinkViewSet
from client_management.views.portal.home import (
    PortalEntranceViewSet,
    PortalHomeViewSet,
    PortalStreamViewSet,
)
from client_management.views.portal.jobs import (
    PortalDeliverableViewSet,
    PortalFlightStreamViewSet,
    PortalJobViewSet,
)
from client_management.views.portal.papers import PortalDocumentViewSet, PortalInvoiceViewSet
from client_management.views.portal.request_files import PortalRequestFileViewSet
from client_management.views.portal.requests import PortalQuoteViewSet, PortalRequestViewSet
from client_management.views.portal.threads import PortalThreadViewSet
from client_management.views.processing import ProcessingRunViewSet
from client_management.views.threads import MessageThreadViewSet
from client_management.views.uploads import UploadViewSet

router = SimpleRouter()
router.register("deliverables", DeliverableViewSet, basename="deliverable")
router.register("uploads", UploadViewSet, basename="upload")
router.register("share-links", ShareLinkViewSet, basename="share-link")
router.register("coverage-reports", CoverageReportViewSet, basename="coverage-report")
router.register("processing-runs", ProcessingRunViewSet, basename="processing-run")
router.register("threads", MessageThreadViewSet, basename="thread")

CLIENT = "portal/organizations/<str:organization>/"
Verbs = dict[str, str]
# Address below a client, the view, its verbs, its name.
ROUTES: list[tuple[str, Any, Verbs, str]] = [
    ("", PortalHomeViewSet, {"get": "key"}, "key"),
    ("dashboard/", PortalHomeViewSet, {"get": "dashboard"}, "dashboard"),
    ("preferences/", PortalHomeViewSet, {"patch": "preferences"}, "preferences"),
    ("stream/", PortalStreamViewSet, {"get": "stream"}, "stream"),
    ("requests/", PortalRequestViewSet, {"get": "list", "post": "create"}, "requests"),
    (
        "requests/<str:number>/",
        PortalRequestViewSet,
        {"get": "retrieve", "patch": "partial_update"},
        "request",
    ),
    ("requests/<str:number>/submit/", PortalRequestViewSet, {"post": "submit"}, "submit"),
    ("requests/<str:number>/cancel/", PortalRequestViewSet, {"post": "cancel"}, "cancel"),
    (
        "requests/<str:number>/files/",
        PortalRequestFileViewSet,
        {"get": "files", "post": "attach"},
        "request-files",
    ),
    (
        "requests/<str:number>/area-file/",
        PortalRequestFileViewSet,
        {"post": "set_area"},
        "area-file",
    ),
    ("quotes/", PortalQuoteViewSet, {"get": "list"}, "quotes"),
    ("quotes/<str:number>/", PortalQuoteViewSet, {"get": "retrieve", "post": "view"}, "quote"),
    ("quotes/<str:number>/accept/", PortalQuoteViewSet, {"post": "accept"}, "accept-quote"),
    ("quotes/<str:number>/decline/", PortalQuoteViewSet, {"post": "decline"}, "decline-quote"),
    ("jobs/", PortalJobViewSet, {"get": "list"}, "jobs"),
    ("jobs/<str:number>/", PortalJobViewSet, {"get": "retrieve"}, "job"),
    ("jobs/<str:number>/accept/", PortalJobViewSet, {"post": "accept"}, "accept-job"),
    ("jobs/<str:number>/positions/", PortalJobViewSet, {"get": "positions"}, "positions"),
    ("jobs/<str:number>/stream/", PortalFlightStreamViewSet, {"get": "stream"}, "flight-stream"),
    ("jobs/<str:number>/coverage/", PortalJobViewSet, {"get": "coverage"}, "coverage"),
    (
        "jobs/<str:number>/coverage/geojson/",
        PortalJobViewSet,
        {"get": "coverage_geojson"},
        "coverage-geojson",
    ),
    ("jobs/<str:number>/coverage/kml/", PortalJobViewSet, {"get": "coverage_kml"}, "coverage-kml"),
    ("jobs/<str:number>/coverage/map/", PortalJobViewSet, {"get": "coverage_map"}, "coverage-map"),
    ("deliverables/", PortalDeliverableViewSet, {"get": "list"}, "deliverables"),
    ("deliverables/<str:number>/", PortalDeliverableViewSet, {"get": "retrieve"}, "deliverable"),
    (
        "deliverables/<str:number>/download/",
        PortalDeliverableViewSet,
        {"get": "download"},
        "download",
    ),
    ("deliverables/<str:number>/issues/", PortalDeliverableViewSet, {"get": "issues"}, "issues"),
    (
        "deliverables/<str:number>/issues/<str:issue>/download/",
        PortalDeliverableViewSet,
        {"get": "download_issue"},
        "download-issue",
    ),
    ("deliverables/<str:number>/accept/", PortalDeliverableViewSet, {"post": "accept"}, "accept"),
    ("deliverables/<str:number>/rework/", PortalDeliverableViewSet, {"post": "rework"}, "rework"),
    ("documents/", PortalDocumentViewSet, {"get": "list"}, "documents"),
    ("documents/<str:number>/download/", PortalDocumentViewSet, {"get": "download"}, "document"),
    ("invoices/", PortalInvoiceViewSet, {"get": "list"}, "invoices"),
    ("invoices/<str:number>/", PortalInvoiceViewSet, {"get": "retrieve"}, "invoice"),
    ("invoices/<str:number>/pay/", PortalInvoiceViewSet, {"post": "pay"}, "pay"),
    ("statement/", PortalInvoiceViewSet, {"get": "statement"}, "statement"),
    ("messages/", PortalThreadViewSet, {"get": "list"}, "threads"),
    ("messages/<str:about>/", PortalThreadViewSet, {"get": "read", "post": "write"}, "messages"),
    ("messages/<str:about>/files/<str:file>/", PortalThreadViewSet, {"get": "file"}, "file"),
]

app_name = "client_portal"
urlpatterns = [
    *router.urls,
    path("portal/me/", PortalEntranceViewSet.as_view({"get": "me"}), name="portal-me"),
    path(
        "portal/organizations/",
        PortalEntranceViewSet.as_view({"get": "organizations"}),
        name="portal-organizations",
    ),
    *[
        path(CLIENT + end, view.as_view(verbs), name=f"portal-{name}")
        for end, view, verbs, name in ROUTES
    ],
]
