from rest_framework.routers import SimpleRouter

from dispatcher import live_urls
from dispatcher.views.assignments import AssignmentViewSet
from dispatcher.views.centers import (
    DispatchCenterViewSet,
    OperationDemandViewSet,
    ResourceProfileViewSet,
)
from dispatcher.views.schedules import DispatchScheduleViewSet

router = SimpleRouter()
router.register("centers", DispatchCenterViewSet, basename="center")
router.register("resources", ResourceProfileViewSet, basename="resource")
router.register("demands", OperationDemandViewSet, basename="demand")
router.register("schedules", DispatchScheduleViewSet, basename="schedule")
router.register("assignments", AssignmentViewSet, basename="assignment")

app_name = "dispatcher"
urlpatterns = [*router.urls, *live_urls.urlpatterns]
