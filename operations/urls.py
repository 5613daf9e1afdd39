from rest_framework.routers import SimpleRouter

from operations.views.evidence import (
    LegBriefViewSet,
    OpsSpecViewSet,
    RiskWorksheetViewSet,
    TripEvidenceViewSet,
)
from operations.views.release import FlightReleaseViewSet, TripAssessmentViewSet

router = SimpleRouter()
router.register("releases", FlightReleaseViewSet, basename="release")
router.register("assessments", TripAssessmentViewSet, basename="assessment")
router.register("risk-worksheets", RiskWorksheetViewSet, basename="risk-worksheet")
router.register("evidence", TripEvidenceViewSet, basename="evidence")
router.register("opsspecs", OpsSpecViewSet, basename="opsspec")
router.register("leg-briefs", LegBriefViewSet, basename="leg-brief")

app_name = "operations"
urlpatterns = router.urls
