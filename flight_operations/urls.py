from rest_framework.routers import SimpleRouter

from flight_operations.views.operations import (
    DashboardViewSet,
    FlightOperationViewSet,
    PilotLogViewSet,
)

router = SimpleRouter()
router.register("operations", FlightOperationViewSet, basename="operation")
router.register("pilot-logs", PilotLogViewSet, basename="pilot-log")
router.register("dashboard", DashboardViewSet, basename="dashboard")

app_name = "flight_operations"
urlpatterns = router.urls
