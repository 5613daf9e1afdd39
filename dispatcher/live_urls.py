"""Addresses of the board and what it shows; the app's `urls` includes them."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from dispatcher.views.board import BoardViewSet, MetricsViewSet
from dispatcher.views.board_map import BoardMapViewSet
from dispatcher.views.events import DispatchEventViewSet, DispatchNoticeViewSet

router = SimpleRouter()
router.register("events", DispatchEventViewSet, basename="dispatch-event")
router.register("notices", DispatchNoticeViewSet, basename="dispatch-notice")

urlpatterns = [
    *router.urls,
    path("overview/", BoardViewSet.as_view({"get": "overview"}), name="overview"),
    path("forecast/", BoardViewSet.as_view({"get": "forecast"}), name="forecast"),
    path("stream/", BoardViewSet.as_view({"get": "stream"}), name="stream"),
    path("areas/", BoardMapViewSet.as_view({"get": "areas"}), name="areas"),
    path("surroundings/", BoardMapViewSet.as_view({"get": "surroundings"}), name="surroundings"),
    path("metrics/", MetricsViewSet.as_view({"get": "series"}), name="metrics"),
]
