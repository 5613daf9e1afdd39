"""One record of every kind of the gate, for tests of every route."""

from datetime import date
from typing import Any

from common.compliance.findings import Stage
from operations.models import FlightRelease, OpsSpec, RiskWorksheet, TripEvidence
from operations.services.assessment import assess_trip, record_assessment
from tests.operations.factories import NOW, TripFactory
from tests.users.factories import UserFactory


def gate_rows() -> dict[str, tuple[str, Any]]:
    """The key in the address of one row of every kind; whoever works here shares them."""
    trip, person = TripFactory(legs=1), UserFactory()
    verdict = record_assessment(assess_trip(trip, stage=Stage.PLANNING, at=NOW))
    release = FlightRelease.objects.create(
        trip=trip,
        plan_hash="0" * 64,
        verdict=verdict,
        document={},
        released_by=person,
        released_at=NOW,
    )
    sheet = RiskWorksheet.objects.create(trip=trip, threshold=25)
    paper = TripEvidence.objects.create(
        trip=trip, kind="consent", reference="C 12", recorded_by=person, recorded_at=NOW
    )
    spec = OpsSpec.objects.create(code="A024", title="Air ambulance", issued_on=date(2025, 1, 1))
    return {
        "operations/releases": ("id", release.pk),
        "operations/risk-worksheets": ("id", sheet.pk),
        "operations/evidence": ("id", paper.pk),
        "operations/opsspecs": ("id", spec.pk),
        "operations/leg-briefs": ("id", trip.legs.get().pk),
    }
