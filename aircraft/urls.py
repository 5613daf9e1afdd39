from rest_framework.routers import SimpleRouter

from aircraft.views.aircraft import AircraftTypeViewSet, AircraftViewSet
from aircraft.views.directives import DirectiveViewSet
from aircraft.views.maintenance import MaintenanceLogViewSet, TaskViewSet, VisitViewSet
from aircraft.views.records import DefectViewSet, FlightHoursViewSet

router = SimpleRouter()
router.register("aircraft", AircraftViewSet, basename="aircraft")
router.register("types", AircraftTypeViewSet, basename="type")
router.register("directives", DirectiveViewSet, basename="directive")
router.register("tasks", TaskViewSet, basename="task")
router.register("maintenance", MaintenanceLogViewSet, basename="maintenance")
router.register("visits", VisitViewSet, basename="visit")
router.register("defects", DefectViewSet, basename="defect")
router.register("flight-hours", FlightHoursViewSet, basename="flight-hours")

app_name = "aircraft"
urlpatterns = router.urls
