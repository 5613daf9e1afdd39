"""Planning and amending over HTTP: what makes no sense is refused with the field, and kept out."""

from datetime import timedelta

import pytest

from common.models import ResourceBooking
from flight_operations.models import FlightOperation
from tests.flight_operations.factories import LAT, LON
from tests.flight_operations.operations.api_routes import (
    CREATE,
    PATCH,
    everything,
    plan_body,
    pointers,
    square,
)
from tests.flight_operations.people import member
from tests.rpas.factories import AircraftFactory

RING = square()["coordinates"][0]
BOW_TIE = [[0.0, 0.0], [1.0, 1.0], [1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]
MANY = [[LON + i / 1e6, LAT] for i in range(10_000)] + [[LON, LAT + 0.1], [LON, LAT]]
AREAS = {
    "crosses itself": {"type": "Polygon", "coordinates": [BOW_TIE]},
    "in three dimensions": {"type": "Polygon", "coordinates": [[[*p, 5.0] for p in RING]]},
    "in one dimension": {"type": "Polygon", "coordinates": [[[LON]] * 5]},
    "off the Earth": {"type": "Polygon", "coordinates": [[[p[1], p[0]] for p in RING]]},
    "not closed": {"type": "Polygon", "coordinates": [RING[:-1]]},
    "two corners": {"type": "Polygon", "coordinates": [[RING[0], RING[1], RING[0]]]},
    "of no size": {"type": "Polygon", "coordinates": [[RING[0]] * 4]},
    "empty": {"type": "Polygon", "coordinates": []},
    "of an empty ring": {"type": "Polygon", "coordinates": [[]]},
    "without coordinates": {"type": "Polygon"},
    "a point": {"type": "Point", "coordinates": RING[0]},
    "many parts": {"type": "MultiPolygon", "coordinates": [[RING]]},
    "a collection": {"type": "GeometryCollection", "geometries": [square()]},
    "a feature": {"type": "Feature", "geometry": square()},
    "with a reference system": {**square(), "crs": {"type": "name"}},
    "too many corners": {"type": "Polygon", "coordinates": [MANY]},
    "half the world": {
        "type": "Polygon",
        "coordinates": [[[-170, 0], [170, 0], [170, 1], [-170, 1], [-170, 0]]],
    },
    "texts": {"type": "Polygon", "coordinates": [[["124", "-24"]] * 4]},
    "truths": {"type": "Polygon", "coordinates": [[[True, False]] * 4]},
    "a hole outside": {
        "type": "Polygon",
        "coordinates": [RING, square(lat=LAT + 1)["coordinates"][0]],
    },
    "a text": "POLYGON((0 0,1 1,1 0,0 0))",
    "nothing": None,
}
POINTS = {
    "three dimensions": [LON, LAT, 1],
    "latitude too great": [LON, -90.5],
    "longitude too great": [181, LAT],
    "one number": [LON],
    "nested": [[LON, LAT]],
    "nothing": [],
}
FENCE = {"name": "paddock", "kind": "keep_in", "area": square()}
PLACES = {
    "volumes": [{"ceiling_m": 100.0, "area": None}],
    "fences": [{**FENCE, "area": None}],
}
FIELDS = [
    ("title", "x" * 201, "/title"),
    ("title", "", "/title"),
    ("title", "   ", "/title"),
    ("purpose", "x" * 4_001, "/purpose"),
    ("category", "jumbo", "/category"),
    ("sight_mode", "eyes shut", "/sight_mode"),
    ("is_paid", "perhaps", "/is_paid"),
    ("planned_start_at", "tomorrow", "/planned_start_at"),
    ("planned_start_at", "2026-03-15", "/planned_start_at"),
    ("planned_start_at", "2026-03-15T09:00:00", "/planned_start_at"),
    ("planned_start_at", 5, "/planned_start_at"),
    ("planned_start_at", "2026-02-30T00:00:00Z", "/planned_start_at"),
    ("planned_end_at", "2026-03-14T23:30:00Z", "/planned_end_at"),
    ("planned_end_at", "2026-03-16T23:31:00Z", "/planned_end_at"),
    ("planned_start_at", "0001-01-01T00:00:00Z", "/planned_end_at"),
    ("volumes", [], "/volumes"),
    ("volumes", {}, "/volumes"),
    ("volumes", [None], "/volumes/0"),
    ("volumes", [{"area": square()}], "/volumes/0/ceiling_m"),
    ("volumes", [{"area": square(), "ceiling_m": 1e9}], "/volumes/0/ceiling_m"),
    ("volumes", [{"area": square(), "ceiling_m": "NaN"}], "/volumes/0/ceiling_m"),
    ("volumes", [{"area": square(), "ceiling_m": "Infinity"}], "/volumes/0/ceiling_m"),
    ("volumes", [{"area": square(), "ceiling_m": -5}], "/volumes/0/ceiling_m"),
    ("volumes", [{"area": square(), "ceiling_m": 50, "floor_m": 50}], "/volumes/0/ceiling_m"),
    ("volumes", [{"area": square(), "ceiling_m": 50, "datum": "moon"}], "/volumes/0/datum"),
    ("volumes", [{"area": square(), "ceiling_m": 50}] * 51, "/volumes"),
    (
        "volumes",
        [{"area": square(), "ceiling_m": 50, "starts_at": "2026-03-20T00:00:00Z"}],
        "/volumes/0/ends_at",
    ),
    (
        "volumes",
        [
            {
                "area": square(),
                "ceiling_m": 50,
                "starts_at": "2026-03-20T00:00:00Z",
                "ends_at": "9999-12-31T23:59:59Z",
            }
        ],
        "/volumes/0/starts_at",
    ),
    ("fences", [FENCE, FENCE], "/fences/1/name"),
    ("fences", [{**FENCE, "floor_m": 90, "ceiling_m": 80}], "/fences/0/ceiling_m"),
    ("fences", [{**FENCE, "kind": "keep_up"}], "/fences/0/kind"),
    ("fences", [{**FENCE, "name": "x" * 101}], "/fences/0/name"),
    ("fences", [{**FENCE, "color": "red"}], "/fences/0/color"),
    ("crew", [{"user": "nobody@example.com", "role": "observer"}], "/crew/0/user"),
    ("crew", [{"user": "x", "role": "captain"}], "/crew/0/role"),
    ("pilot_in_command", "nobody@example.com", "/pilot_in_command"),
    ("pilot_in_command", 2**59, "/pilot_in_command"),
    ("aircraft", "NONE", "/aircraft"),
    ("aircraft", ["a"], "/aircraft"),
    ("aircraft", True, "/aircraft"),
]
PLAN = [
    ("max_height_agl_m", 0),
    ("max_height_agl_m", -1),
    ("max_height_agl_m", 20_001),
    ("max_height_agl_m", "high"),
    ("max_height_agl_m", "NaN"),
    ("max_height_agl_m", None),
    ("take_off_mass_kg", 0),
    ("take_off_mass_kg", "Infinity"),
    ("take_off_elevation_m", "-inf"),
    ("terrain_lowest_m", 30_000),
    ("min_distance_people_m", -1),
    ("max_distance_pilot_m", "nan"),
    ("impact_energy_j", "1e400"),
    ("aircraft_per_pilot", 0),
    ("aircraft_per_pilot", 1.5),
    ("aircraft_per_pilot", 10**17),
    ("control_station", "x" * 201),
    ("control_station", ""),
    ("people_consent_ref", "x" * 201),
    ("is_over_populous_area", "perhaps"),
    ("is_enclosed", None),
    ("content_hash", "0" * 64),
    ("local_weather_observation", {}),
]


@pytest.fixture
def planner(client_for, desk):
    return client_for(member(desk.operator, "add_flightoperation", "plan_flightoperation"))


@pytest.fixture
def planned(desk, now):
    operation = desk.plan(now)
    operation.refresh_from_db()
    return operation


def refused(answer, pointer, before):
    assert answer.status_code == 400, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert any(found.startswith(pointer) for found in pointers(answer)), answer.content
    assert everything() == before


def create(client, desk, now, **changes):
    return CREATE.send(client, None, body=plan_body(desk, now, **changes))


def of_plan(desk, now, name, value):
    return plan_body(desk, now)["plan"] | {name: value}


def test_an_operation_is_planned(planner, desk, now):
    answer = create(planner, desk, now, fences=[FENCE])

    body = answer.json()
    assert answer.status_code == 201, answer.content
    assert (body["number"], body["status"]) == ("FO-2026-0001", "planned")
    assert (body["planned_start_at"], body["planned_end_at"]) == (
        "2026-03-14T23:30:00Z",
        "2026-03-15T00:00:00Z",
    )
    assert body["plan"]["volumes"][0]["starts_at"] == body["planned_start_at"]
    assert body["plan"]["volumes"][0]["area"]["type"] == "Polygon"
    assert body["plan"]["fences"][0]["floor_m"] is None
    assert body["plan"]["launch_site"]["coordinates"] == [LON, LAT]
    assert body["compliance"] in ("amber", "green")
    assert answer["ETag"] == f'"{body["version"]}"'
    assert ResourceBooking.objects.filter(is_live=True).count() == 2


def test_a_plan_that_makes_no_sense_is_refused_with_the_field(planner, desk, now):
    before = everything()
    for name, value, pointer in FIELDS:
        refused(create(planner, desk, now, **{name: value}), pointer, before)


def test_an_amendment_that_makes_no_sense_is_refused_with_the_field(planner, planned):
    before = everything()
    for name, value, pointer in FIELDS:
        refused(PATCH.send(planner, planned, body={name: value}), pointer, before)


def test_conditions_that_make_no_sense_are_refused(planner, desk, now):
    before = everything()
    for name, value in PLAN:
        answer = create(planner, desk, now, plan=of_plan(desk, now, name, value))

        refused(answer, f"/plan/{name}", before)


def test_changed_conditions_that_make_no_sense_are_refused(planner, planned):
    before = everything()
    for name, value in PLAN:
        answer = PATCH.send(planner, planned, body={"plan": {name: value}})

        refused(answer, f"/plan/{name}", before)


@pytest.mark.parametrize("place", PLACES)
def test_an_area_that_is_none_is_refused(planner, desk, now, place):
    before = everything()
    for area in AREAS.values():
        parts = [{**PLACES[place][0], "area": area}]

        refused(create(planner, desk, now, **{place: parts}), f"/{place}/0/area", before)


@pytest.mark.parametrize("name", ["launch_site", "recovery_site"])
def test_a_place_that_is_none_is_refused(planner, desk, now, name):
    before = everything()
    for coordinates in POINTS.values():
        place = {"type": "Point", "coordinates": coordinates}

        answer = create(planner, desk, now, plan=of_plan(desk, now, name, place))

        refused(answer, f"/plan/{name}", before)


def test_ten_thousand_corners_are_taken(planner, desk, now):
    ring = [[LON + i / 1e7, LAT + (i % 2) / 1e7] for i in range(9_997)]
    area = {"type": "Polygon", "coordinates": [[*ring, [LON + 0.01, LAT + 0.1], [LON, LAT + 0.1]]]}
    area["coordinates"][0].append(ring[0])

    answer = create(planner, desk, now, volumes=[{"area": area, "ceiling_m": 100.0}])

    assert answer.status_code == 201, answer.content


@pytest.mark.parametrize(
    ("start", "end", "pointer"),
    [
        (timedelta(hours=-3), timedelta(hours=-2), "/planned_end_at"),
        (timedelta(hours=2), timedelta(hours=1), "/planned_end_at"),
        (timedelta(hours=1), timedelta(hours=1), "/planned_end_at"),
        (timedelta(hours=1), timedelta(hours=26), "/planned_end_at"),
        (timedelta(days=800), timedelta(days=800, hours=1), "/planned_start_at"),
    ],
)
def test_a_period_that_cannot_be_flown_is_refused(  # noqa: PLR0917 - a table of cases
    planner, desk, now, start, end, pointer
):
    before = everything()
    times = {
        "planned_start_at": (now + start).isoformat(),
        "planned_end_at": (now + end).isoformat(),
    }

    refused(create(planner, desk, now, **times), pointer, before)


@pytest.mark.parametrize("hour", ["9999-12-31T22:00:00Z", "9999-12-31T23:59:59-12:00"])
def test_the_end_of_all_days_is_refused(planner, desk, now, hour):
    before = everything()
    times = {"planned_start_at": hour, "planned_end_at": "9999-12-31T23:59:59Z"}

    answer = create(planner, desk, now, **times)

    refused(answer, "/planned", before)


@pytest.mark.parametrize("missing", ["operator", "aircraft", "title", "plan", "volumes"])
def test_what_is_required_is_named(planner, desk, now, missing):
    body, before = plan_body(desk, now), everything()
    del body[missing]

    refused(CREATE.send(planner, None, body=body), f"/{missing}", before)


def test_a_crew_member_has_one_part_once(planner, desk, now):
    before = everything()
    crew = [{"user": desk.chief.email, "role": "observer"}] * 2

    refused(create(planner, desk, now, crew=crew), "/crew/1", before)


def test_another_operators_aircraft_is_not_seen(planner, desk, now):
    before = everything()

    answer = create(planner, desk, now, aircraft=AircraftFactory().registration)

    refused(answer, "/aircraft", before)


def test_a_taken_aircraft_is_a_conflict(planner, planned, desk, now):
    before = everything()

    answer = create(planner, desk, now)

    assert answer.status_code == 409
    assert answer.json()["code"] == "resource_double_booked"
    assert everything() == before


def test_an_amendment_names_the_version_it_read(planner, planned):
    address, before = PATCH.address(planned), everything()
    title = {"title": "Another title"}

    bare = planner.patch(address, title)
    assert (bare.status_code, bare.json()["code"]) == (428, "precondition_required")
    for tag in ('"99"', '"0"', "nonsense", '""', f'"{10**12}"'):
        stale = planner.patch(address, title, HTTP_IF_MATCH=tag)
        assert (stale.status_code, stale.json()["code"]) == (412, "stale_version"), tag
    assert everything() == before
    first = planner.patch(address, title, HTTP_IF_MATCH=f'"{planned.version}"')
    assert (first.status_code, first.json()["title"]) == (200, "Another title")
    assert first["ETag"] == f'"{planned.version + 1}"'
    again = planner.patch(address, {"title": "x"}, HTTP_IF_MATCH=f'"{planned.version}"')
    assert again.status_code == 412


def test_the_same_plan_sent_again_is_one_plan(planner, desk, now):
    key = {"HTTP_IDEMPOTENCY_KEY": "k-1"}
    body = plan_body(desk, now)

    first, again = (CREATE.send(planner, None, body=body, **key) for _ in range(2))

    assert (first.status_code, again.status_code) == (201, 201)
    assert (again.json(), again["ETag"]) == (first.json(), first["ETag"])
    assert again["Idempotent-Replay"] == "true"
    assert FlightOperation.objects.count() == 1
    before = everything()
    other = CREATE.send(planner, None, body={**body, "title": "Other"}, **key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert everything() == before


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 129, "clé"])
def test_a_key_that_is_none_is_refused(planner, desk, now, key):
    before = everything()

    answer = CREATE.send(planner, None, body=plan_body(desk, now), HTTP_IDEMPOTENCY_KEY=key)

    assert answer.status_code == 400
    assert everything() == before


def test_a_refused_request_may_be_tried_again_under_its_key(planner, desk, now):
    key = {"HTTP_IDEMPOTENCY_KEY": "k-2"}

    bad = CREATE.send(planner, None, body=plan_body(desk, now, title=""), **key)
    good = CREATE.send(planner, None, body=plan_body(desk, now), **key)

    assert (bad.status_code, good.status_code) == (400, 201)
