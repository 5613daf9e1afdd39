"""Which rings of aerodromes close the air of a flight, and which approvals open them."""

from datetime import timedelta

import pytest

from airports.models import Airport
from common.geo import point
from flight_operations.models import AuthorizationKind, OperationalAuthorization
from flight_operations.queries.flight_limits import load_limits
from flight_operations.telemetry.conformance import check
from flight_operations.telemetry.heights import resolve_heights
from flight_operations.telemetry.limits import Breach
from tests.flight_operations.telemetry_scene import LAT, LON, NOW, Scene, positions, scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def flight() -> Scene:
    """A flight in the rings of two controlled aerodromes."""
    for ident, lon in (("YAAA", LON - 0.01), ("YBBB", LON + 0.01)):
        Airport.objects.create(
            ident=ident, icao=ident, name=ident, point=point(lat=LAT, lon=lon),
            is_controlled=True, source="test", kind="small_airport", control_source="operator",
        )  # fmt: skip
    return scene()


def approve(flight: Scene, kind=AuthorizationKind.CONTROLLED_3NM, **terms) -> None:
    usual = {
        "operator": flight.operator,
        "kind": kind,
        "number": "CASA 1",
        "status": "granted",
        "valid_from": NOW - timedelta(days=1),
        "valid_until": NOW + timedelta(days=1),
        "recorded_by": flight.pilot,
    }
    OperationalAuthorization.objects.create(**(usual | terms))


def rings(flight: Scene) -> list[str]:
    return [zone.reference for zone in load_limits(flight.operation.pk).aerodromes]


def test_without_an_approval_every_ring_is_closed(flight):
    assert rings(flight) == ["YAAA", "YBBB"]


def test_an_approval_opens_only_the_ring_that_it_names(flight):
    approve(flight, place="YAAA Alpha")

    assert rings(flight) == ["YBBB"]


def test_an_approval_that_names_no_place_opens_them_all(flight):
    approve(flight)

    assert rings(flight) == []


@pytest.mark.parametrize(
    "terms",
    [
        {"kind": AuthorizationKind.HEIGHT, "max_height_agl_m": 150.0},
        {"status": "requested"},
        {"valid_until": NOW + timedelta(minutes=59)},
        {"place": "YSSY"},
    ],
)
def test_an_approval_of_another_kind_time_or_place_opens_none(flight, terms):
    approve(flight, **terms)

    assert rings(flight) == ["YAAA", "YBBB"]


def test_an_approval_counts_for_a_reoc_holder_only(flight):
    approve(flight)
    flight.operation.category = "excluded"
    flight.operation.save(update_fields=["category"])

    assert rings(flight) == ["YAAA", "YBBB"]


def test_a_drone_safety_app_opens_rings_while_its_instrument_is_in_force(flight):
    approve(flight, AuthorizationKind.APP, valid_until=NOW + timedelta(days=400))
    assert rings(flight) == []

    later = NOW + timedelta(days=300)
    operation = flight.operation
    operation.planned_start_at, operation.actual_start_at = later, later
    operation.planned_end_at = later + timedelta(hours=1)
    operation.save()
    assert rings(flight) == ["YAAA", "YBBB"]


def test_a_ring_stays_closed_above_the_approved_height(flight):
    approve(flight, place="YAAA YBBB", max_height_agl_m=60.0)
    limits = load_limits(flight.operation.pk)
    samples = positions(60.0, 61.0)

    verdict = check(samples, resolve_heights(samples), limits)

    in_ring = [bool(bits & Breach.AERODROME) for bits in verdict.breaches.tolist()]
    assert in_ring == [False, True]
