from django.urls import re_path
from rest_framework.routers import SimpleRouter

from operations.views.calendars import CalendarDocumentView, CalendarViewSet
from operations.views.crew import CrewLineViewSet, CrewLogViewSet, DutyPeriodViewSet
from operations.views.legs import GroundLegViewSet, ServiceItemViewSet, TripLegViewSet
from operations.views.passengers import PassengerViewSet
from operations.views.patients import PatientViewSet
from operations.views.planning import ItineraryViewSet, OptionViewSet
from operations.views.requirements import RequirementViewSet
from operations.views.trips import TripViewSet

router = SimpleRouter()
router.register("itineraries", ItineraryViewSet, basename="itinerary")
router.register("options", OptionViewSet, basename="option")
router.register("patients", PatientViewSet, basename="patient")
router.register("requirements", RequirementViewSet, basename="requirement")
router.register("passengers", PassengerViewSet, basename="passenger")
router.register("trips", TripViewSet, basename="trip")
router.register("legs", TripLegViewSet, basename="leg")
router.register("ground-legs", GroundLegViewSet, basename="ground-leg")
router.register("crew", CrewLineViewSet, basename="crew")
router.register("duty-periods", DutyPeriodViewSet, basename="duty-period")
router.register("services", ServiceItemViewSet, basename="service")
router.register("crew-log", CrewLogViewSet, basename="crew-log")
router.register("calendars", CalendarViewSet, basename="calendar")

app_name = "operations"
urlpatterns = [
    re_path(
        r"^calendars/feeds/(?P<secret>[A-Za-z0-9_-]{1,64})/$",
        CalendarDocumentView.as_view(),
        name="calendar-document",
    ),
    *router.urls,
]
