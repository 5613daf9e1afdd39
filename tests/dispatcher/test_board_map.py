"""What the board's map shows: where operations are flown, and what is around them."""

import json
from datetime import timedelta

import pytest
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon, Polygon
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from airports.models import AirspaceRestriction, Runway
from airports.queries import aerodromes, surroundings
from common.geo import point
from dispatcher.serializers import board_map as shapes
from flight_operations.models import FlightPlan, PlanFence, PlanVolume
from tests.airports.factories import AirportFactory
from tests.dispatcher.live_scene import NOW, make_desk, make_operation
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db
AREAS, AROUND = "/api/dispatcher/areas/", "/api/dispatcher/surroundings/"
BOX = "151.0,-34.1,151.5,-33.6"


@pytest.fixture(autouse=True)
def _clock(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture(scope="module")
def desk(kept_rows):
    return make_desk()


@pytest.fixture
def client(client_for, desk):
    return client_for(desk.dispatcher)


def square(lon: float, lat: float, size: float = 0.01) -> Polygon:
    return Polygon.from_bbox((lon, lat, lon + size, lat + size))


def several(lon: float, lat: float) -> MultiPolygon:
    return MultiPolygon(square(lon, lat), srid=4326)


def planned(desk, **fields):
    operation = make_operation(desk, **fields)
    plan = FlightPlan.objects.create(
        operation=operation, content_hash="0" * 64, launch_site=point(lat=-33.9, lon=151.2),
        recovery_site=point(lat=-33.9, lon=151.2), control_station="Field", max_height_agl_m=110,
        take_off_mass_kg=1.5,
    )  # fmt: skip
    start, end = operation.planned_start_at, operation.planned_end_at
    for n in (1, 2):
        PlanVolume.objects.create(
            plan=plan, sequence=n, area=square(151.2, -33.9 - n / 100), ceiling_m=110,
            starts_at=start, ends_at=end,
        )  # fmt: skip
    PlanFence.objects.create(plan=plan, name="School", kind="keep_out", area=square(151.2, -33.9))
    return operation


def test_areas_of_a_day_have_all_volumes_and_fences(client, desk):
    operation = planned(desk)
    planned(desk, start=NOW + timedelta(days=3))

    answer = client.get(AREAS, {"center": desk.center.code})

    assert answer.status_code == 200, answer.content
    (area,) = answer.json()["areas"]
    assert (area["operation_id"], area["launch_site"]) == (operation.pk, [151.2, -33.9])
    assert [volume["sequence"] for volume in area["volumes"]] == [1, 2]
    assert area["volumes"][0]["area"]["type"] == "Polygon"
    assert [(each["name"], each["kind"]) for each in area["fences"]] == [("School", "keep_out")]


@pytest.mark.parametrize(("most", "is_cut_off"), [(1, True), (2, False)])
def test_a_map_that_lacks_volumes_says_so(client, desk, monkeypatch, most, is_cut_off):
    monkeypatch.setattr("dispatcher.queries.areas.MOST", most)
    planned(desk)

    answer = client.get(AREAS, {"center": desk.center.code}).json()

    assert answer["is_cut_off"] is is_cut_off


@pytest.mark.parametrize("kind", ["volumes", "fences"])
def test_parts_of_areas_that_are_cut_are_said(client, desk, monkeypatch, kind):
    monkeypatch.setattr("dispatcher.queries.areas.MOST", 2)
    operation = planned(desk)
    for n in (3, 4):
        start, end = operation.planned_start_at, operation.planned_end_at
        if kind == "volumes":
            PlanVolume.objects.create(
                plan=operation.plan, sequence=n, area=square(151.2, -33.8), ceiling_m=110,
                starts_at=start, ends_at=end,
            )  # fmt: skip
        for name in ("a", "b") if kind == "fences" else ():
            PlanFence.objects.create(
                plan=operation.plan, name=f"{name}{n}", kind="keep_out", area=square(151.2, -33.9)
            )

    answer = client.get(AREAS, {"center": desk.center.code}).json()

    assert answer["is_cut_off"] is True
    assert len(answer["areas"]) == 1


def test_areas_of_another_operator_are_not_there(client, desk):
    other = make_desk()
    planned(other)

    own = client.get(AREAS, {"center": desk.center.code})
    foreign = client.get(AREAS, {"center": other.center.code})

    assert (own.json()["areas"], foreign.status_code) == ([], 404)


def test_areas_cost_the_same_however_many(client, desk):
    planned(desk)
    with CaptureQueriesContext(connection) as few:
        client.get(AREAS, {"center": desk.center.code})
    for _ in range(4):
        planned(desk)
    with CaptureQueriesContext(connection) as many:
        assert len(client.get(AREAS, {"center": desk.center.code}).json()["areas"]) == 5

    assert len(many) == len(few) <= 8


def test_rings_stand_where_the_rules_measure(client):
    towered = AirportFactory(point=point(lat=-33.9, lon=151.2), is_controlled=True)
    AirportFactory(point=point(lat=-33.7, lon=151.1), is_controlled=False)
    Runway.objects.create(
        airport=towered, source_id="1", length_ft=8000,
        centerline=GEOSGeometry("SRID=4326;LINESTRING(151.2 -33.92, 151.2 -33.88)"),
    )  # fmt: skip

    answer = client.get(AROUND, {"bbox": BOX})

    assert answer.status_code == 200, answer.content
    shown = {each["ident"]: each for each in answer.json()["aerodromes"]}
    ring = GEOSGeometry(json.dumps(shown[towered.ident]["ring"]), srid=4326)
    assert [each["ring"] for ident, each in shown.items() if ident != towered.ident] == [None]
    assert shown[towered.ident]["is_tower_active"] is True
    # Each corner of the ring is as far from the strip as the rule's own query says.
    for lon, lat in list(ring.coords[0])[::7]:
        spot = aerodromes.AreaWindow(
            point(lat=lat, lon=lon).buffer(0.00001, 1), NOW, NOW + timedelta(hours=1)
        )
        ((facts, *_),) = aerodromes.near([spot])
        assert facts.distance_m == pytest.approx(surroundings.RING_M, rel=0.01)


def test_airspace_of_the_window_and_in_force_is_shown(client):
    common = {
        "source": "test",
        "floor_text": "SFC",
        "ceiling_text": "2500 FT",
        "floor_datum": "SFC",
    }
    common |= {"ceiling_datum": "AMSL", "ceiling_m": 762}
    shown = AirspaceRestriction.objects.create(
        name="R1", kind="R", area=several(151.2, -33.9), **common
    )
    AirspaceRestriction.objects.create(
        name="Far", content_hash="2" * 64, kind="R", area=several(120, -30), **common
    )
    AirspaceRestriction.objects.create(
        name="Over",
        content_hash="3" * 64,
        kind="R",
        area=several(151.2, -33.9),
        is_active=False,
        **common,
    )

    (found,) = client.get(AROUND, {"bbox": BOX}).json()["airspace"]

    assert (found["id"], found["name"], found["ceiling"]) == (shown.pk, "R1", "2500 FT")


def test_the_answers_have_the_shapes_that_are_documented(client, desk):
    planned(desk)
    AirportFactory(point=point(lat=-33.9, lon=151.2), is_controlled=None)

    areas = client.get(AREAS, {"center": desk.center.code}).json()
    around = client.get(AROUND, {"bbox": BOX}).json()

    assert set(areas) == set(shapes.BoardAreasSerializer().fields)
    assert set(areas["areas"][0]) == set(shapes.BoardAreaSerializer().fields)
    assert set(around) == set(shapes.BoardSurroundingsSerializer().fields)
    assert set(around["aerodromes"][0]) == set(shapes.BoardAerodromeSerializer().fields)


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"bbox": "1,2,3"},
        {"bbox": "a,b,c,d"},
        {"bbox": "100,-40,160,-10"},
        {"bbox": "170,-40,-175,-30"},
        {"bbox": "1" * 500},
        {"bbox": BOX, "since": "2026-03-14T13:00:00Z"},
        {"bbox": BOX, "since": "2026-03-14T13:00:00Z", "until": "2026-03-14T12:00:00Z"},
        {"bbox": BOX, "zoom": "3"},
    ],
)
def test_a_window_that_makes_no_sense_is_refused(client, query):
    answer = client.get(AROUND, query)

    assert answer.status_code == 400, answer.content
    assert answer["Content-Type"].startswith("application/problem+json")


def test_strangers_and_people_without_the_grant_see_no_map(client_for, desk):
    for address, query in ((AREAS, {"center": desk.center.code}), (AROUND, {"bbox": BOX})):
        assert APIClient().get(address, query).status_code == 401
        assert client_for(UserFactory()).get(address, query).status_code == 403
