from rest_framework.routers import SimpleRouter

from operations.views.planning import ItineraryViewSet, OptionViewSet

router = SimpleRouter()
router.register("itineraries", ItineraryViewSet, basename="itinerary")
router.register("options", OptionViewSet, basename="option")

app_name = "operations"
urlpatterns = router.urls
