from typing import Any

from django.urls import path, re_path
from rest_framework.routers import SimpleRouter

from operations.views.breaches import PrivacyBreachViewSet
from operations.views.calendars import CalendarDocumentView, CalendarViewSet
from operations.views.control import ControlDutyViewSet
from operations.views.crew import CrewLineViewSet, CrewLogViewSet, DutyPeriodViewSet
from operations.views.declines import DeclineViewSet, ResponseTimesViewSet
from operations.views.evidence import (
    LegBriefViewSet,
    OpsSpecViewSet,
    RiskWorksheetViewSet,
    TripEvidenceViewSet,
)
from operations.views.legs import GroundLegViewSet, ServiceItemViewSet, TripLegViewSet
from operations.views.matches import PatientMatchViewSet
from operations.views.occurrences import OccurrenceViewSet
from operations.views.offers import OfferViewSet
from operations.views.passengers import PassengerViewSet
from operations.views.patients import PatientViewSet
from operations.views.planning import ItineraryViewSet, OptionViewSet
from operations.views.quote_versions import QuoteVersionViewSet
from operations.views.quotes import QuoteViewSet
from operations.views.release import FlightReleaseViewSet, TripAssessmentViewSet
from operations.views.requirements import RequirementViewSet
from operations.views.trips import TripViewSet

router = SimpleRouter()
router.register("itineraries", ItineraryViewSet, basename="itinerary")
router.register("options", OptionViewSet, basename="option")
router.register("patients", PatientViewSet, basename="patient")
router.register("patient-matches", PatientMatchViewSet, basename="patient-match")
router.register("requirements", RequirementViewSet, basename="requirement")
router.register("passengers", PassengerViewSet, basename="passenger")
router.register("trips", TripViewSet, basename="trip")
router.register("legs", TripLegViewSet, basename="leg")
router.register("ground-legs", GroundLegViewSet, basename="ground-leg")
router.register("crew", CrewLineViewSet, basename="crew")
router.register("duty-periods", DutyPeriodViewSet, basename="duty-period")
router.register("control-duties", ControlDutyViewSet, basename="control-duty")
router.register("occurrences", OccurrenceViewSet, basename="occurrence")
router.register("privacy-breaches", PrivacyBreachViewSet, basename="privacy-breach")
router.register("services", ServiceItemViewSet, basename="service")
router.register("crew-log", CrewLogViewSet, basename="crew-log")
router.register("calendars", CalendarViewSet, basename="calendar")
router.register("quotes", QuoteViewSet, basename="quote")
router.register("quote-versions", QuoteVersionViewSet, basename="quote-version")
router.register("declines", DeclineViewSet, basename="decline")
router.register("response-times", ResponseTimesViewSet, basename="response-time")
router.register("releases", FlightReleaseViewSet, basename="release")
router.register("assessments", TripAssessmentViewSet, basename="assessment")
router.register("risk-worksheets", RiskWorksheetViewSet, basename="risk-worksheet")
router.register("evidence", TripEvidenceViewSet, basename="evidence")
router.register("opsspecs", OpsSpecViewSet, basename="opsspec")
router.register("leg-briefs", LegBriefViewSet, basename="leg-brief")

# Reading is harmless, opening is noted: two verbs at one address, which no router writes.
OFFERS: dict[str, tuple[dict[str, Any], str]] = {
    "": ({"get": "retrieve", "post": "view"}, "offer"),
    "accept/": ({"post": "accept"}, "offer-accept"),
    "decline/": ({"post": "decline"}, "offer-decline"),
}

app_name = "operations"
urlpatterns = [
    re_path(
        r"^calendars/feeds/(?P<secret>[A-Za-z0-9_-]{1,64})/$",
        CalendarDocumentView.as_view(),
        name="calendar-document",
    ),
    *router.urls,
    *[
        path(f"offers/<str:token>/{end}", OfferViewSet.as_view(verbs, detail=True), name=name)
        for end, (verbs, name) in OFFERS.items()
    ],
]
