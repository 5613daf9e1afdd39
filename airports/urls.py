from rest_framework.routers import SimpleRouter

from airports.views.airports import AirportViewSet
from airports.views.airspace import AirspaceViewSet
from airports.views.routes import DistanceViewSet, SunViewSet
from airports.views.weather import WeatherViewSet

router = SimpleRouter()
router.register("airports", AirportViewSet, basename="airport")
router.register("weather", WeatherViewSet, basename="weather")
router.register("distance", DistanceViewSet, basename="distance")
router.register("airspace", AirspaceViewSet, basename="airspace")
router.register("sun", SunViewSet, basename="sun")

app_name = "airports"
urlpatterns = router.urls
