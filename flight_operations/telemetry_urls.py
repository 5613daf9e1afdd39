from django.urls import path
from rest_framework.routers import SimpleRouter

from flight_operations.views.telemetry import (
    ConformanceAlertViewSet,
    LogImportViewSet,
    LogUploadViewSet,
    TelemetryViewSet,
)

OPERATION = "operations/<str:number>"

router = SimpleRouter()
router.register("conformance-alerts", ConformanceAlertViewSet, basename="conformance-alert")
router.register("log-imports", LogImportViewSet, basename="log-import")

urlpatterns = [
    path(
        f"{OPERATION}/telemetry/",
        TelemetryViewSet.as_view({"post": "ingest", "get": "positions"}),
        name="telemetry",
    ),
    path(
        f"{OPERATION}/telemetry/track/",
        TelemetryViewSet.as_view({"get": "track"}),
        name="telemetry-track",
    ),
    path(
        f"{OPERATION}/telemetry/last/",
        TelemetryViewSet.as_view({"get": "last"}),
        name="telemetry-last",
    ),
    path(
        f"{OPERATION}/stream/", TelemetryViewSet.as_view({"get": "stream"}), name="operation-stream"
    ),
    path(
        f"{OPERATION}/log-imports/",
        LogUploadViewSet.as_view({"post": "upload"}),
        name="operation-log-imports",
    ),
    *router.urls,
]
