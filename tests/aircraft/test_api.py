from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from aircraft.models import (
    Aircraft,
    AltitudeBand,
    MaintenanceLog,
)
from common.models import AuditEvent
from tests.aircraft.factories import (
    EVERY,
    AircraftFactory,
    DefectFactory,
    HoursFactory,
    TaskFactory,
    TypeFactory,
    VisitFactory,
)
from tests.airports.factories import AirportFactory
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
BASE = "/api/aircraft"
ACTIONS = {
    "aircraft": ["ground", "return-to-service", "retire", "set-performance"],
    "types": [],
    "tasks": ["complete"],
    "maintenance": [],
    "visits": ["complete", "cancel"],
    "defects": ["defer", "extend", "rectify", "certify"],
    "flight-hours": ["correct"],
}
READS = ["availability", "performance", "performance-tables", "forecast", "history"]
EDITABLE = ["aircraft", "types", "tasks", "visits"]


@pytest.fixture
def callers(api, client_for):
    """Clients of: nobody, staff without grants, a client's person with all, staff with all."""
    idle, outsider, keeper = UserFactory(), UserFactory(), UserFactory()
    grant(idle)
    grant(outsider, *EVERY, is_staff_role=False)
    grant(keeper, *EVERY)
    return SimpleNamespace(
        nobody=api,
        idle=client_for(idle),
        outsider=client_for(outsider),
        keeper=client_for(keeper),
    )


@pytest.fixture
def keeper(callers):
    return callers.keeper


@pytest.fixture
def rows(tail):
    """The address of one row of every kind."""
    log = MaintenanceLog.objects.create(
        aircraft=tail,
        completed_on="2026-03-01",
        time_in_service_min=1,
        cycles=1,
        landings=1,
        work_done="Tire",
        released_name="R",
        released_license="1",
        recorded_by=UserFactory(),
        recorded_at=timezone.now(),
    )
    return {
        "aircraft": f"{BASE}/aircraft/{tail.tail_number}/",
        "types": f"{BASE}/types/{tail.aircraft_type.designator}/",
        "tasks": f"{BASE}/tasks/{TaskFactory(aircraft=tail).pk}/",
        "maintenance": f"{BASE}/maintenance/{log.pk}/",
        "visits": f"{BASE}/visits/{VisitFactory(aircraft=tail).number}/",
        "defects": f"{BASE}/defects/{DefectFactory(aircraft=tail).number}/",
        "flight-hours": f"{BASE}/flight-hours/{HoursFactory(aircraft=tail).pk}/",
    }


@pytest.mark.parametrize("kind", ACTIONS)
def test_who_may_read(callers, rows, kind):
    for address in (f"{BASE}/{kind}/", rows[kind]):
        assert callers.nobody.get(address).status_code == 401
        assert callers.idle.get(address).status_code == 403
        assert callers.keeper.get(address).status_code == 200
    assert callers.outsider.get(f"{BASE}/{kind}/").json()["results"] == []
    assert callers.outsider.get(rows[kind]).status_code == 404


@pytest.mark.parametrize("kind", ACTIONS)
def test_who_may_write(callers, rows, kind):
    audited = AuditEvent.objects.count()
    addresses = [f"{BASE}/{kind}/", *(f"{rows[kind]}{name}/" for name in ACTIONS[kind])]
    for address in addresses:
        assert callers.nobody.post(address, {}).status_code == 401
        assert callers.idle.post(address, {}).status_code == 403
    for address in addresses[1:]:
        assert callers.outsider.post(address, {}).status_code in (400, 404)
    if kind in EDITABLE:
        assert callers.nobody.patch(rows[kind], {}).status_code == 401
        assert callers.idle.patch(rows[kind], {}).status_code == 403
        assert callers.outsider.patch(rows[kind], {}).status_code == 404
        assert callers.keeper.put(rows[kind], {}).status_code == 405
    assert callers.keeper.delete(rows[kind]).status_code == 405
    assert AuditEvent.objects.count() == audited


@pytest.mark.parametrize("name", READS)
def test_who_may_ask(callers, rows, name):
    address = f"{rows['aircraft']}{name}/"

    assert callers.nobody.get(address).status_code == 401
    assert callers.idle.get(address).status_code == 403
    assert callers.outsider.get(address).status_code == 404
    assert callers.keeper.get(f"{address}?nonsense=1").status_code == 400


@pytest.mark.parametrize("kind", ACTIONS)
@pytest.mark.parametrize(
    "body", [{"nonsense": 1}, [], {"description": "x" * 5000, "nonsense": {"a": [1]}}]
)
def test_malformed_bodies_are_refused_and_write_nothing(keeper, rows, kind, body):
    audited = AuditEvent.objects.count()

    for address in [f"{BASE}/{kind}/", *(f"{rows[kind]}{name}/" for name in ACTIONS[kind])]:
        answer = keeper.post(address, body, headers={"if-match": '"1"'})
        assert answer.status_code == 400, address
        assert answer["Content-Type"].startswith("application/problem+json")
        assert answer.json()["errors"]
    assert AuditEvent.objects.count() == audited


@pytest.mark.parametrize("kind", ACTIONS)
def test_lists_take_documented_parameters_only_in_a_fixed_number_of_queries(keeper, rows, kind):
    assert keeper.get(f"{BASE}/{kind}/?nonsense=1").status_code == 400
    assert keeper.get(f"{BASE}/{kind}/?page_size=201").status_code == 400
    keeper.get(f"{BASE}/{kind}/")
    with CaptureQueriesContext(connection) as few:
        keeper.get(f"{BASE}/{kind}/")
    for _ in range(3):
        tail = AircraftFactory()
        DefectFactory(aircraft=tail)
        HoursFactory(aircraft=tail)
        VisitFactory(aircraft=tail)

    with CaptureQueriesContext(connection) as many:
        keeper.get(f"{BASE}/{kind}/")

    assert len(few) == len(many)


NEW = {
    "tail_number": "n350ws",
    "serial_number": "FL-512",
    "seats": 8,
    "stretchers": 2,
    "mtow_kg": 6804,
    "empty_weight_kg": 4130,
    "basic_weight_kg": 4420,
    "max_payload_kg": 1050,
    "usable_fuel_kg": 1638,
    "surfaces": ["paved", "gravel"],
    "max_range_nm": 1550,
}


@pytest.fixture
def new():
    return {
        **NEW,
        "aircraft_type": TypeFactory().designator,
        "base": AirportFactory(timezone="America/Boise").ident,
    }


def test_an_aircraft_is_registered_once_for_one_key(keeper, new):
    key = {"idempotency-key": "first"}

    first = keeper.post(f"{BASE}/aircraft/", new, headers=key)
    again = keeper.post(f"{BASE}/aircraft/", new, headers=key)
    other = keeper.post(f"{BASE}/aircraft/", {**new, "seats": 9}, headers=key)
    twice = keeper.post(f"{BASE}/aircraft/", new)

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert (other.status_code, twice.status_code) == (422, 409)
    assert first.json()["tail_number"] == "N350WS"
    assert first.json()["compliance"] == "red"
    assert Aircraft.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("mtow_kg", 10**12),
        ("mtow_kg", "heavy"),
        ("mtow_kg", 4000),
        ("seats", -1),
        ("tail_number", "N 1"),
        ("tail_number", "N" * 11),
        ("aircraft_type", "NONE"),
        ("base", None),
        ("surfaces", ["cheese"]),
        ("surfaces", ["paved"] * 6),
        ("basic_weight_kg", 4129),
        ("insurance_expires_on", "tomorrow"),
        ("weighed_on", "9999-12-31"),
        ("max_range_nm", None),
    ],
)
def test_an_aircraft_that_cannot_be_is_refused_by_field(keeper, new, field, value):
    answer = keeper.post(f"{BASE}/aircraft/", {**new, field: value})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"]
    assert Aircraft.objects.count() == 0


def test_an_edit_needs_the_tag_it_was_made_from(keeper, rows):
    address = rows["aircraft"]
    tag = keeper.get(address)["ETag"]
    body = {"oxygen_l": 3400}

    assert keeper.patch(address, body).status_code == 428
    assert keeper.patch(address, {}, headers={"if-match": tag}).status_code == 400
    changed = keeper.patch(address, body, headers={"if-match": tag})
    assert (changed.status_code, changed.json()["oxygen_l"]) == (200, 3400)
    assert keeper.patch(address, body, headers={"if-match": tag}).status_code == 412


BANDS = [{"floor_ft": 0, "ceiling_ft": 30_000, "cruise_ktas": 300, "burn_kg_h": 300}]
RANGES = [{"payload_kg": 0, "range_nm": 1500}, {"payload_kg": 1000, "range_nm": 1000}]


def test_performance_is_set_read_and_used(keeper, rows):
    address = rows["aircraft"]
    tag = {"if-match": keeper.get(address)["ETag"]}
    body = {"bands": BANDS, "ranges": RANGES}

    overlap = {**body, "bands": [*BANDS, *BANDS]}
    assert keeper.post(f"{address}set-performance/", overlap, headers=tag).status_code == 400
    assert keeper.post(f"{address}set-performance/", body).status_code == 428
    kept = keeper.post(f"{address}set-performance/", body, headers=tag)
    assert keeper.post(f"{address}set-performance/", body, headers=tag).status_code == 412
    tables = keeper.get(f"{address}performance-tables/")
    leg = keeper.get(f"{address}performance/?distance_nm=600&wind_kt=-60&payload_kg=500")

    assert kept.status_code == 200
    assert [band["cruise_ktas"] for band in tables.json()["bands"]] == [300]
    assert AltitudeBand.objects.count() == 1
    assert leg.json()["leg"]["block_min"] == 160
    assert (leg.json()["range_nm"], leg.json()["is_possible"]) == (1250, True)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("distance_nm=x", 400),
        ("distance_nm=NaN", 400),
        ("distance_nm=-1", 400),
        ("distance_nm=13000", 400),
        ("distance_nm=400&prefer=cheap", 400),
        ("distance_nm=400&altitude_ft=41000", 409),
        ("distance_nm=400&wind_kt=-300", 409),
        ("distance_nm=400&altitude_ft=25000", 200),
    ],
)
def test_what_a_leg_may_be(keeper, rows, query, status):
    assert keeper.get(f"{rows['aircraft']}performance/?{query}").status_code == status


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("start=2026-11-22T00:00:00Z&end=2026-11-21T00:00:00Z", 400),
        ("start=2026-11-22T00:00:00&end=2026-11-23T00:00:00", 400),
        ("start=2026-11-22T00:00:00Z&end=2028-11-23T00:00:00Z", 400),
        ("start=2026-03-14T00:00:00Z&end=2026-03-20T00:00:00Z", 200),
    ],
)
def test_what_a_period_may_be(keeper, rows, query, status):
    answer = keeper.get(f"{rows['aircraft']}availability/?{query}")

    assert answer.status_code == status
    if status == 200:
        (busy,) = answer.json()["busy"]
        assert (busy["start_at"], answer.json()["is_free"]) == ("2026-03-15T22:30:00Z", False)
        assert len(answer.json()["free"]) == 2


def test_forecast_and_due_list_are_answered(keeper, rows, tail):
    TaskFactory(aircraft=tail, title="Passed", interval_min=10, last_done_min=1)

    forecast = keeper.get(f"{rows['aircraft']}forecast/?days=30").json()
    due = keeper.get(f"{BASE}/tasks/due/?within_days=10").json()

    assert forecast["tasks"][0]["first"]["by"] in ("passed", "calendar")
    assert "Passed" in [row["title"] for row in due]
    assert keeper.get(f"{BASE}/tasks/due/?within_days=1000").status_code == 400
    assert keeper.get(f"{rows['aircraft']}forecast/?days=0").status_code == 400


NEED = {
    "start_at": "2030-01-01T14:00:00Z",
    "end_at": "2030-01-01T22:00:00Z",
    "stretchers": 3,
    "legs": [{"distance_nm": 400, "arrival": {"length_m": 900, "surface": "grass"}}],
}


def test_which_aircraft_can_do_this(callers, tail):
    address = f"{BASE}/aircraft/suitable/"

    (answer,) = callers.keeper.post(address, NEED).json()

    assert (answer["tail_number"], answer["is_suitable"]) == (tail.tail_number, False)
    found = {reason["code"]: reason for reason in answer["reasons"]}
    assert (found["stretchers"]["value"], found["stretchers"]["limit"]) == (3, 2)
    assert found["runway_length"]["leg"] == 0
    assert {"document", "maintenance", "runway_surface"} <= set(found)
    assert answer["legs"][0]["block_min"] == 103
    assert callers.nobody.post(address, NEED).status_code == 401
    assert callers.idle.post(address, NEED).status_code == 403
    assert callers.outsider.post(address, NEED).json() == []


@pytest.mark.parametrize(
    "change",
    [
        {"legs": []},
        {"legs": [{"distance_nm": 400}] * 21},
        {"legs": [{"distance_nm": "far"}]},
        {"legs": [{"distance_nm": 1, "departure": {"surface": "cheese"}}]},
        {"legs": [{"distance_nm": 1, "nonsense": 1}]},
        {"end_at": "2029-01-01T00:00:00Z"},
        {"payload_kg": 1e300},
        {"seats": -1},
        {"start_at": "2030-01-01T14:00:00"},
        {"start_at": "9999-12-31T14:00:00Z", "end_at": "9999-12-31T23:59:59Z"},
        {"start_at": "0001-01-01T00:00:00Z", "end_at": "0001-01-01T02:00:00Z"},
    ],
)
def test_what_may_be_asked_of_the_fleet(keeper, tail, change):
    AircraftFactory(base=AirportFactory(timezone="Australia/Sydney"))

    assert keeper.post(f"{BASE}/aircraft/suitable/", {**NEED, **change}).status_code == 400


def test_a_defect_over_http_from_found_to_certified(keeper, tail):
    body = {"aircraft": tail.tail_number, "description": "Radar", "ata_chapter": "34-41"}
    signed = {"license_number": "3541208"}

    made = keeper.post(f"{BASE}/defects/", body)
    address = f"{BASE}/defects/{made.json()['number']}/"
    deferred = keeper.post(f"{address}defer/", {"mel_item": "34-41-01", "category": "C"})
    too_long = keeper.post(f"{address}extend/", {"limit_on": "2099-01-01", "reason": "Part"})
    early = keeper.post(f"{address}certify/", signed)
    keeper.post(f"{address}rectify/", {"action": "Replaced", **signed})
    certified = keeper.post(f"{address}certify/", signed)
    again = keeper.post(f"{address}certify/", signed)
    steps = keeper.get(f"{address}history/").json()

    assert (made.status_code, deferred.json()["status"]) == (201, "deferred")
    assert (too_long.status_code, early.status_code, again.status_code) == (400, 409, 409)
    assert early.json()["code"] == "transition_not_allowed"
    assert certified.json()["certified_license"] == "3541208"
    assert [step["to_status"] for step in steps] == ["deferred", "rectified", "certified"]
    log = keeper.get(f"{BASE}/maintenance/?defect={made.json()['number']}").json()["results"]
    assert [row["work_done"] for row in log] == ["Replaced"]


def test_moments_that_no_calendar_of_ours_holds_are_refused(keeper, tail):
    defect = {"aircraft": tail.tail_number, "description": "Radar"}
    visit = {"aircraft": tail.tail_number, "purpose": "Phase 1"}

    found = {**defect, "found_at": "0001-01-01T00:00:00Z"}
    assert keeper.post(f"{BASE}/defects/", found).status_code == 400
    for start_at, end_at in (
        ("0001-01-01T00:00:00Z", "2099-01-01T00:00:00Z"),
        ("2099-01-01T00:00:00Z", "9999-12-31T23:59:59Z"),
    ):
        body = {**visit, "start_at": start_at, "end_at": end_at}
        assert keeper.post(f"{BASE}/visits/", body).status_code == 400


def test_a_log_page_counts_once_though_the_aircraft_got_another_tail_number(keeper, tail):
    body = {"log_page": "00417", "flown_on": "2026-03-14", "minutes": 94}
    address = f"{BASE}/aircraft/{tail.tail_number}/"
    first = keeper.post(f"{BASE}/flight-hours/", {**body, "aircraft": tail.tail_number})
    tag = {"if-match": keeper.get(address)["ETag"]}
    keeper.patch(address, {"tail_number": "N9NEW"}, headers=tag)
    other = AircraftFactory(tail_number=tail.tail_number)

    again = keeper.post(f"{BASE}/flight-hours/", {**body, "aircraft": "N9NEW"})
    others = keeper.post(f"{BASE}/flight-hours/", {**body, "aircraft": other.tail_number})

    assert again.json()["id"] == first.json()["id"]
    assert (others.status_code, others.json()["aircraft"]) == (201, other.tail_number)


def test_hours_over_http_are_recorded_once_a_page_and_corrected(keeper, tail):
    body = {
        "aircraft": tail.tail_number,
        "log_page": "00417",
        "flown_on": "2026-03-14",
        "minutes": 94,
    }

    first = keeper.post(f"{BASE}/flight-hours/", body)
    again = keeper.post(f"{BASE}/flight-hours/", body)
    other = keeper.post(f"{BASE}/flight-hours/", {**body, "minutes": 95})
    address = f"{BASE}/flight-hours/{first.json()['id']}/correct/"
    corrected = keeper.post(address, {"minutes_delta": -4, "reason": "Misread"})

    assert first.json()["id"] == again.json()["id"]
    assert (other.status_code, other.json()["code"]) == (409, "hours_already_recorded")
    assert (corrected.status_code, corrected.json()["progressive_min"]) == (201, 60_090)


def test_tasks_visits_and_work_over_http(keeper, tail):
    task = keeper.post(
        f"{BASE}/tasks/",
        {"aircraft": tail.tail_number, "title": "Phase 1", "interval_min": 12_000},
    )
    visit = keeper.post(
        f"{BASE}/visits/",
        {
            "aircraft": tail.tail_number,
            "purpose": "Phase 1",
            "start_at": "2099-12-01T15:00:00Z",
            "end_at": "2099-12-04T01:00:00Z",
        },
    )
    taken = keeper.post(
        f"{BASE}/visits/",
        {
            "aircraft": tail.tail_number,
            "purpose": "Other",
            "start_at": "2099-12-02T15:00:00Z",
            "end_at": "2099-12-05T01:00:00Z",
        },
    )
    done = keeper.post(
        f"{BASE}/tasks/{task.json()['id']}/complete/",
        {"work_done": "Done", "license_number": "1234", "visit": visit.json()["number"]},
    )
    address = f"{BASE}/visits/{visit.json()['number']}/"
    moved = keeper.patch(
        address,
        {"start_at": "2099-12-11T15:00:00Z", "end_at": "2099-12-14T01:00:00Z"},
        headers={"if-match": visit["ETag"]},
    )
    cancelled = keeper.post(f"{address}cancel/", {"reason": "Parts late"})

    assert (task.status_code, visit.status_code, done.status_code) == (201, 201, 201)
    assert (taken.status_code, taken.json()["code"]) == (409, "resource_double_booked")
    assert done.json()["visit"] == visit.json()["number"]
    assert moved.json()["start_at"] == "2099-12-11T15:00:00Z"
    assert cancelled.json()["status"] == "cancelled"
    assert keeper.post(f"{address}complete/").status_code == 409


def test_types_are_kept_by_designator(keeper):
    body = {
        "designator": "B350",
        "name": "King Air 350",
        "category": "L",
        "engine_count": 2,
        "engine_kind": "T",
        "wake": "L",
    }

    made = keeper.post(f"{BASE}/types/", body)
    changed = keeper.patch(f"{BASE}/types/B350/", {"wake": "M"}, headers={"if-match": made["ETag"]})

    assert (made.status_code, made.json()["description_code"]) == (201, "L2T")
    assert changed.json()["wake"] == "M"
    assert keeper.post(f"{BASE}/types/", body).status_code == 409
    assert keeper.post(f"{BASE}/types/", {**body, "designator": "ZZZZ"}).status_code == 400
    assert keeper.post(f"{BASE}/types/", {**body, "designator": "b3"}).status_code == 400


def test_aircraft_are_grounded_and_return_over_http(keeper, rows):
    address = rows["aircraft"]

    grounded = keeper.post(f"{address}ground/", {"reason": "Bird strike"})
    kept = keeper.post(f"{address}return-to-service/", {})

    assert grounded.json()["status"] == "grounded"
    assert (kept.status_code, kept.json()["code"]) == (409, "aircraft_not_airworthy")
    assert keeper.post(f"{address}ground/", {"reason": "Again"}).status_code == 409
    assert keeper.post(f"{address}retire/", {"reason": "Sold"}).status_code in (200, 409)
