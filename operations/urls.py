from rest_framework.routers import SimpleRouter

from operations.views.passengers import PassengerViewSet
from operations.views.patients import PatientViewSet
from operations.views.planning import ItineraryViewSet, OptionViewSet
from operations.views.requirements import RequirementViewSet

router = SimpleRouter()
router.register("itineraries", ItineraryViewSet, basename="itinerary")
router.register("options", OptionViewSet, basename="option")
router.register("patients", PatientViewSet, basename="patient")
router.register("requirements", RequirementViewSet, basename="requirement")
router.register("passengers", PassengerViewSet, basename="passenger")

app_name = "operations"
urlpatterns = router.urls
