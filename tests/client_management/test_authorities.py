"""Each kind of place against whom to ask, how long it takes and where that is written."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from airports.models import AirspaceRestriction
from airports.queries.aerodromes import AerodromeFacts
from airports.queries.airspace import AirspaceFacts
from client_management.authorities import APPROVAL_DAYS, PERMISSION_DAYS, ZONE_M, authorities
from common.geo import point
from flight_operations.models import OperationalAuthorization
from tests.airports.factories import AirportFactory
from tests.client_management import scene
from tests.client_management.test_requests import restricted
from tests.flight_operations.factories import LAT, LON

CASA, OPERATOR = "CASA", "CASA or aerodrome operator"
CHAPTER_4 = "CASR 101.075, MOS chapter 4"
PERMISSION = "CASR 101.075, 101.080"


def aerodrome(distance_m=1000.0, *, is_tower_active=True):
    return AerodromeFacts(
        ident="YTST",
        icao="YTST",
        name="Test",
        kind="medium_airport",
        elevation_ft=100,
        is_controlled=is_tower_active,
        is_tower_active=is_tower_active,
        distance_m=distance_m,
        measured_from="runway strip",
    )


def airspace(kind, *, status="", zone="", heights="overlap"):
    return AirspaceFacts(
        restriction_id=1,
        name="X1",
        kind=kind,
        published_kind=kind,
        restricted_status=status,
        zone_restriction=zone,
        zone_reasons=(),
        floor=None,
        ceiling=None,
        floor_text="SFC",
        ceiling_text="2500 ft",
        heights=heights,
        base_above_top_m=None,
        is_active=True,
        is_activity_certain=True,
        conditions="",
        source="test",
    )


def asked(*, aerodromes=(), areas=(), height_m=100.0, is_at_night=False):
    return authorities(
        aerodromes=aerodromes, airspace=areas, height_m=height_m, is_at_night=is_at_night
    )


def told(answer):
    return [(n.kind, n.authority, n.place, n.lead_days, n.citation) for n in answer.needs]


CONTROLLED = aerodrome()
OVER_TOWER = aerodrome(0.0)
PLAIN = aerodrome(is_tower_active=False)
OVER_PLAIN = aerodrome(0.0, is_tower_active=False)
UNKNOWN = aerodrome(is_tower_active=None)
# What is met, and what it takes: kind, who is asked, for which place, days, where it is written.
NEEDS = {
    "nothing": ({}, []),
    "above 120 m": (
        {"height_m": 120.1},
        [("height", CASA, "", 60, "CASR 101.085, 101.250")],
    ),
    "at 120 m": ({"height_m": 120.0}, []),
    "night": ({"is_at_night": True}, [("night", CASA, "", 60, "CASR 101.095(1A)")]),
    "tower within 3 NM": (
        {"aerodromes": [CONTROLLED]},
        [("controlled_3nm", CASA, "YTST", 60, CHAPTER_4)],
    ),
    "tower at exactly 3 NM": (
        {"aerodromes": [aerodrome(ZONE_M)]},
        [("controlled_3nm", CASA, "YTST", 60, CHAPTER_4)],
    ),
    "tower beyond 3 NM": ({"aerodromes": [aerodrome(ZONE_M + 1)]}, []),
    "tower and above 120 m": (
        {"aerodromes": [CONTROLLED], "height_m": 150.0},
        [("controlled_3nm_height", CASA, "YTST", 60, CHAPTER_4)],
    ),
    "over its movement area": (
        {"aerodromes": [OVER_TOWER]},
        [
            ("controlled_3nm", CASA, "YTST", 60, CHAPTER_4),
            ("controlled_movement", CASA, "YTST", 60, "CASR 101.075"),
        ],
    ),
    "no tower within 3 NM": ({"aerodromes": [PLAIN]}, []),
    "no tower, above 120 m": (
        {"aerodromes": [PLAIN], "height_m": 150.0},
        [
            ("height", CASA, "", 60, "CASR 101.085, 101.250"),
            ("noncontrolled_height", OPERATOR, "YTST", 28, PERMISSION),
        ],
    ),
    "no tower, over its movement area": (
        {"aerodromes": [OVER_PLAIN]},
        [("noncontrolled_movement", OPERATOR, "YTST", 28, PERMISSION)],
    ),
    "restricted, RA1": (
        {"areas": [airspace("R", status="RA1")]},
        [("restricted", "Controlling authority", "X1", 60, "CASR 101.065")],
    ),
    "restricted, RA2": (
        {"areas": [airspace("R", status="RA2")]},
        [("restricted", "Controlling authority", "X1", 60, "CASR 101.065")],
    ),
    "restricted, RA3": ({"areas": [airspace("R", status="RA3")]}, []),
    "prohibited": ({"areas": [airspace("P")]}, []),
    "danger": ({"areas": [airspace("Q")]}, []),
    "military": (
        {"areas": [airspace("M")]},
        [("military", "Administering authority", "X1", 60, "ERSA")],
    ),
    "approach path": (
        {"areas": [airspace("PATH")]},
        [("controlled_path", CASA, "X1", 60, CHAPTER_4)],
    ),
    "populous": (
        {"areas": [airspace("POP")]},
        [("populous", CASA, "X1", 60, "CASR 101.025, 101.280")],
    ),
    "emergency": (
        {"areas": [airspace("EMERG")]},
        [("emergency", "Person in charge", "X1", 0, "CASR 101.238(e)")],
    ),
    "zone that asks": (
        {"areas": [airspace("U", zone="REQ_AUTHORISATION")]},
        [("airspace_zone", "Zone manager", "X1", 60, "ED-269")],
    ),
    "zone with conditions": (
        {"areas": [airspace("U", zone="CONDITIONAL")]},
        [("airspace_zone", "Zone manager", "X1", 60, "ED-269")],
    ),
    "zone that forbids": ({"areas": [airspace("U", zone="PROHIBITED")]}, []),
    "control zone": ({"areas": [airspace("CTR")]}, []),
    "passed below": ({"areas": [airspace("R", status="RA1", heights="clear")]}, []),
    "heights not known": (
        {"areas": [airspace("R", status="RA1", heights="unknown")]},
        [("restricted", "Controlling authority", "X1", 60, "CASR 101.065")],
    ),
}


@pytest.mark.parametrize("place", NEEDS)
def test_each_place_takes_its_authority_its_days_and_its_citation(place):
    given, needs = NEEDS[place]

    assert told(asked(**given)) == needs


FINDINGS = {
    "prohibited": ({"areas": [airspace("P")]}, ("red", "prohibited", "CASR 101.065")),
    "zone that forbids": (
        {"areas": [airspace("U", zone="PROHIBITED")]},
        ("red", "prohibited", "CASR 101.065"),
    ),
    "RA3": (
        {"areas": [airspace("R", status="RA3")]},
        ("red", "restricted_ra3", "CASR 101.065"),
    ),
    "danger": ({"areas": [airspace("Q")]}, ("amber", "danger_area", "ERSA")),
    "control zone": (
        {"areas": [airspace("CTR")]},
        ("note", "controlled_airspace", "CASR 101.285"),
    ),
    "tower not known": (
        {"aerodromes": [UNKNOWN]},
        ("amber", "control_unknown", "MOS chapter 4"),
    ),
    "no tower": ({"aerodromes": [PLAIN]}, ("note", "aerodrome_near", "CASA 20/25")),
}


@pytest.mark.parametrize("place", FINDINGS)
def test_what_nobody_is_asked_for_is_said(place):
    given, finding = FINDINGS[place]

    assert [(f.color, f.code, f.citation) for f in asked(**given).findings] == [finding]


def test_a_surcharge_takes_controlled_airspace_that_is_met_for_certain():
    assert asked(aerodromes=[CONTROLLED]).is_controlled
    assert asked(areas=[airspace("C")]).is_controlled
    assert not asked(areas=[airspace("C", heights="unknown")]).is_controlled
    assert not asked(aerodromes=[PLAIN, UNKNOWN, aerodrome(ZONE_M + 1)]).is_controlled
    assert not asked(areas=[airspace("R", status="RA1")]).is_controlled


def test_the_same_place_is_asked_for_once():
    twice = [airspace("R", status="RA1")] * 2

    assert len(asked(areas=twice).needs) == 1


def earliest(made, actor, now, **more):
    found = scene.assessed(made, actor, now, **more)
    today = now.astimezone(ZoneInfo(made.timezone)).date()
    return found, (found.earliest_on - today).days


@pytest.mark.django_db
def test_the_earliest_day_waits_for_the_longest_of_them(client_org, actor, now):
    assert (APPROVAL_DAYS, PERMISSION_DAYS) == (60, 28)
    AirportFactory(point=point(lat=LAT, lon=LON), is_controlled=False)
    made = scene.request(client_org, actor, now)
    near, days = earliest(made, actor, now)
    assert {need["lead_days"] for need in near.authorities} == {28}
    assert days == 28
    restricted("R", "R999", restricted_status="RA1")
    made.refresh_from_db()
    both, days = earliest(made, actor, now)

    assert {need["lead_days"] for need in both.authorities} == {28, 60}
    assert days == 60
    assert both.inputs["figures"]["applications"] == "2.0000"
    (late,) = [each for each in both.findings if each["code"] == "permits_late"]
    assert both.earliest_on.isoformat() in late["text"]
    AirspaceRestriction.objects.all().delete()
    made.refresh_from_db()
    assert earliest(made, actor, now)[1] == 28


@pytest.mark.django_db
def test_a_permit_that_is_held_takes_no_days(client_org, actor, now):
    made = scene.request(client_org, actor, now, is_at_night=True)
    team = scene.fleet()
    _, waits = earliest(made, actor, now, operator=team.operator)
    permit = OperationalAuthorization.objects.create(
        number="CASA-1",
        recorded_by=actor,
        operator=team.operator,
        kind="night",
        status="granted",
        valid_from=now - timedelta(days=30),
        valid_until=now + timedelta(days=300),
    )
    made.refresh_from_db()
    held, days = earliest(made, actor, now, operator=team.operator)

    assert (waits, days) == (60, 0)
    assert [need["held"] for need in held.authorities] == [permit.number]
    assert held.inputs["figures"]["applications"] == "0.0000"
