from rest_framework.routers import SimpleRouter

from rpas.views.aircraft import AircraftViewSet, BatteryViewSet
from rpas.views.maintenance import MaintenanceScheduleViewSet
from rpas.views.operators import (
    GroundStationViewSet,
    KeyPersonnelViewSet,
    MemberViewSet,
    OperatorChangeViewSet,
    OperatorViewSet,
)
from rpas.views.technical_log import DefectViewSet, FlightHoursViewSet, TechnicalLogViewSet

router = SimpleRouter()
router.register("operators", OperatorViewSet, basename="operator")
router.register("members", MemberViewSet, basename="member")
router.register("key-personnel", KeyPersonnelViewSet, basename="key-personnel")
router.register("operator-changes", OperatorChangeViewSet, basename="operator-change")
router.register("aircraft", AircraftViewSet, basename="aircraft")
router.register("batteries", BatteryViewSet, basename="battery")
router.register("technical-logs", TechnicalLogViewSet, basename="technical-log")
router.register("flight-hours", FlightHoursViewSet, basename="flight-hours")
router.register("defects", DefectViewSet, basename="defect")
router.register("maintenance-schedules", MaintenanceScheduleViewSet, basename="maintenance")
router.register("ground-stations", GroundStationViewSet, basename="ground-station")

app_name = "rpas"
urlpatterns = router.urls
