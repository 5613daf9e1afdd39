"""Ten helicopters need operations control: whoever joins or leaves the fleet is heard of."""

import pytest

from aircraft.services import fleet
from common.compliance.findings import Stage
from common.models import ComplianceState
from operations.services.assessment import assess_trip, record_assessment
from tests.aircraft.factories import AircraftFactory, TypeFactory
from tests.operations import legal_world
from tests.operations.factories import TripFactory

pytestmark = pytest.mark.django_db


def test_the_number_of_helicopters_reaches_the_verdicts_of_helicopters_only(desk, now):
    flight = TripFactory(
        aircraft=AircraftFactory(aircraft_type=TypeFactory(designator="EC45", category="H")),
        legs=1,
    )
    by_aeroplane = TripFactory(aircraft=legal_world.aircraft(), legs=1)
    kind = flight.aircraft.aircraft_type
    other = TypeFactory(designator="C25B")
    states = ComplianceState.objects.filter(subject_type="operations.trip")

    def stale_after(deed, *given, **more):
        for trip in (flight, by_aeroplane):
            record_assessment(assess_trip(trip, stage=Stage.PLANNING, at=now))
        done = deed(*given, **more, actor=desk, at=now)
        rows = states.filter(is_stale=True).values_list("subject_id", flat=True)
        return done, list(rows)

    like = {
        name: getattr(flight.aircraft, name)
        for name in (
            "base",
            "seats",
            "max_range_nm",
            "mtow_kg",
            "empty_weight_kg",
            "basic_weight_kg",
        )
    } | {"serial_number": "S-1", "max_payload_kg": 1, "usable_fuel_kg": 100}
    added, stale = stale_after(
        fleet.register_aircraft, tail_number="N901H", aircraft_type=kind, **like
    )
    assert stale == [flight.pk]
    plane, stale = stale_after(
        fleet.register_aircraft,
        tail_number="N901P",
        aircraft_type=other,
        **{**like, "serial_number": "S-2"},
    )
    assert stale == []
    _, stale = stale_after(fleet.update_type, other, changes={"category": "H"}, version=None)
    assert stale == [flight.pk]
    _, stale = stale_after(fleet.update_type, other, changes={"category": "H"}, version=None)
    assert stale == []
    _, stale = stale_after(
        fleet.amend_aircraft, plane, changes={"seats": plane.seats}, version=None
    )
    assert stale == []
    _, stale = stale_after(fleet.retire, added, reason="Sold")
    assert stale == [flight.pk]
