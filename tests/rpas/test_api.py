from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from common.models import AuditEvent
from rpas.models import (
    Battery,
    F2DefectEntry,
    F2FlightHoursEntry,
    F2MaintenanceSchedule,
    F2TechnicalLogPartA,
    GroundStation,
    KeyPersonnel,
    OperatorChange,
    OperatorMember,
    RPASAircraft,
    RPASOperator,
)
from tests.rpas.factories import (
    AircraftFactory,
    BatteryFactory,
    DefectFactory,
    EntryFactory,
    GroundStationFactory,
    KeyPersonnelFactory,
    MemberFactory,
    OperatorChangeFactory,
    PartAFactory,
    ScheduleFactory,
)
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
BASE = "/api/rpas"


@pytest.fixture
def member(operator):
    """A member with every permission of the app and an ARN."""
    user = MemberFactory(operator=operator).user
    grant(user, *EVERY)
    return user


@pytest.fixture
def client(client_for, member):
    return client_for(member)


@pytest.fixture
def callers(api, client, client_for, operator):
    """Clients of: nobody, a member without grants, a stranger with all of them, a member with."""
    stranger = UserFactory()
    grant(stranger, *EVERY)
    return SimpleNamespace(
        nobody=api,
        idle=client_for(MemberFactory(operator=operator).user),
        stranger=client_for(stranger),
        member=client,
    )


EVERY = [
    f"rpas.{action}_{model._meta.model_name}"
    for model in (
        Battery,
        F2DefectEntry,
        F2FlightHoursEntry,
        F2MaintenanceSchedule,
        F2TechnicalLogPartA,
        GroundStation,
        KeyPersonnel,
        OperatorChange,
        OperatorMember,
        RPASAircraft,
        RPASOperator,
    )
    for action in [
        "view",
        "add",
        "change",
        *(name.rsplit("_", 1)[0] for name, _ in model._meta.permissions),
    ]
]


def rows(operator):
    """One row of every kind, of one operator: address of its list, of itself, and the row."""
    aircraft = AircraftFactory(operator=operator, airworthy=False)
    draft = PartAFactory(aircraft=aircraft, draft=True)
    made = {
        "operators": operator,
        "members": MemberFactory(operator=operator),
        "key-personnel": KeyPersonnelFactory(operator=operator, post="chief_instructor"),
        "operator-changes": OperatorChangeFactory(operator=operator),
        "batteries": BatteryFactory(operator=operator, aircraft=aircraft),
        "flight-hours": EntryFactory(aircraft=aircraft),
        "defects": DefectFactory(aircraft=aircraft, minor=True),
        "maintenance-schedules": ScheduleFactory(aircraft=aircraft),
        "ground-stations": GroundStationFactory(operator=operator, aircraft=aircraft),
    }
    found = {name: f"{BASE}/{name}/{row.pk}/" for name, row in made.items()}
    found["aircraft"] = f"{BASE}/aircraft/{aircraft.registration}/"
    found["technical-logs"] = f"{BASE}/technical-logs/{draft.number}/"
    return found


KINDS = [
    "operators",
    "members",
    "key-personnel",
    "operator-changes",
    "batteries",
    "flight-hours",
    "defects",
    "maintenance-schedules",
    "ground-stations",
    "aircraft",
    "technical-logs",
]
ACTIONS = {
    "operators": [],
    "members": ["authorize"],
    "key-personnel": ["end"],
    "operator-changes": ["notify", "approve"],
    "batteries": ["assign", "quarantine", "return-to-service", "retire"],
    "flight-hours": ["correct"],
    "defects": ["defer", "rectify", "certify"],
    "maintenance-schedules": ["complete", "trigger"],
    "ground-stations": [],
    "aircraft": [
        "quarantine",
        "send-to-maintenance",
        "return-to-service",
        "retire",
        "change-configuration",
        "verify-log",
    ],
    "technical-logs": ["issue"],
}
EDITABLE = [
    "operators",
    "members",
    "batteries",
    "maintenance-schedules",
    "ground-stations",
    "aircraft",
]


@pytest.mark.parametrize("kind", KINDS)
def test_who_may_read(kind, operator, other, callers):
    own, foreign = rows(operator), rows(other.operator)

    assert callers.nobody.get(own[kind]).status_code == 401
    assert callers.idle.get(own[kind]).status_code == 403
    assert callers.stranger.get(own[kind]).status_code == 404
    assert callers.member.get(foreign[kind]).status_code == 404
    response = callers.member.get(own[kind])
    assert response.status_code == 200
    if kind != "flight-hours":
        assert response["ETag"] == f'"{response.json()["version"]}"'
    assert callers.member.get(f"{BASE}/{kind}/").json()["results"]
    outside = callers.stranger.get(f"{BASE}/{kind}/")
    assert (outside.status_code, outside.json()["results"]) == (200, [])


@pytest.mark.parametrize(
    ("kind", "action"), [(kind, action) for kind in KINDS for action in ACTIONS[kind]]
)
def test_who_may_act(kind, action, operator, other, callers):
    own, foreign = rows(operator), rows(other.operator)

    assert callers.nobody.post(f"{own[kind]}{action}/", {}).status_code == 401
    assert callers.idle.post(f"{own[kind]}{action}/", {}).status_code == 403
    assert callers.stranger.post(f"{own[kind]}{action}/", {}).status_code == 404
    assert callers.member.post(f"{foreign[kind]}{action}/", {}).status_code == 404
    refused = callers.member.post(f"{own[kind]}{action}/", {"surprise": 1})
    assert refused.status_code == 400, refused.json()
    assert not AuditEvent.objects.filter(subject_type__startswith="rpas.").exists()


@pytest.mark.parametrize("kind", EDITABLE)
def test_an_edit_needs_if_match_and_changes_one_version_only(kind, operator, other, client):
    own, foreign = rows(operator), rows(other.operator)
    change = {
        "operators": {"insurance_expires_on": "2028-06-30"},
        "members": {"position": "Chief of field crew"},
        "batteries": {"health_percent": 66},
        "maintenance-schedules": {"notice_days": 14},
        "ground-stations": {"name": "Van"},
        "aircraft": {"max_wind_ms": 9.5},
    }[kind]
    etag = client.get(own[kind])["ETag"]

    assert client.patch(own[kind], change).status_code == 428
    assert client.patch(own[kind], change, HTTP_IF_MATCH='"999"').status_code == 412
    assert client.patch(own[kind], {}, HTTP_IF_MATCH=etag).status_code == 400
    assert client.patch(own[kind], {"status": "retired"}, HTTP_IF_MATCH=etag).status_code == 400
    assert client.patch(foreign[kind], change, HTTP_IF_MATCH=etag).status_code == 404
    response = client.patch(own[kind], change, HTTP_IF_MATCH=etag)
    assert response.status_code == 200, response.json()
    assert response.json().items() >= change.items()
    assert response["ETag"] != etag
    assert client.patch(own[kind], change, HTTP_IF_MATCH=etag).status_code == 412
    assert client.put(own[kind], change).status_code in (403, 405)
    assert client.delete(own[kind]).status_code in (403, 405)


@pytest.mark.parametrize("kind", KINDS)
def test_unknown_parameters_and_wild_pages_are_refused(kind, client):
    for query in ("?surprise=1", "?page_size=201", "?ordering=-password", "?page_size=x"):
        response = client.get(f"{BASE}/{kind}/{query}")
        assert response.status_code == 400, query
        assert response["Content-Type"].startswith("application/problem+json")


@pytest.mark.parametrize("kind", KINDS)
def test_a_list_costs_as_many_statements_for_many_rows_as_for_few(
    kind, operator, client, django_assert_max_num_queries
):
    if kind != "key-personnel":
        rows(operator)
    with CaptureQueriesContext(connection) as few:
        client.get(f"{BASE}/{kind}/")
    for _ in range(4):
        aircraft = AircraftFactory(operator=operator)
        DefectFactory(aircraft=aircraft)
        BatteryFactory(operator=operator, aircraft=aircraft)
        GroundStationFactory(operator=operator, aircraft=aircraft)
        MemberFactory(operator=operator, pilot=True)
        OperatorChangeFactory(operator=operator)

    with django_assert_max_num_queries(len(few)):
        assert client.get(f"{BASE}/{kind}/").status_code == 200


NEW_AIRCRAFT = {
    "registration": "rpa-0500",
    "serial_number": "1znbj0500",
    "make": "DJI",
    "model": "Matrice 350 RTK",
    "kind": "multirotor",
    "empty_mass_kg": 6.47,
    "mtow_kg": 9.2,
    "endurance": "00:45:00",
}


def test_an_aircraft_is_registered_once_whatever_the_network_repeats(operator, client):
    body = {**NEW_AIRCRAFT, "operator": operator.name}

    first = client.post(f"{BASE}/aircraft/", body, HTTP_IDEMPOTENCY_KEY="k1")
    again = client.post(f"{BASE}/aircraft/", body, HTTP_IDEMPOTENCY_KEY="k1")
    reused = client.post(
        f"{BASE}/aircraft/", {**body, "registration": "X-2"}, HTTP_IDEMPOTENCY_KEY="k1"
    )
    conflict = client.post(f"{BASE}/aircraft/", body)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again["Idempotent-Replay"] == "true"
    assert (reused.status_code, conflict.status_code) == (422, 409)
    assert first.json()["registration"] == "RPA-0500"
    assert first.json()["compliance"] == "red"
    assert RPASAircraft.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"mtow_kg": "NaN"}, "/mtow_kg"),
        ({"mtow_kg": "Infinity"}, "/mtow_kg"),
        ({"mtow_kg": -1}, "/mtow_kg"),
        ({"mtow_kg": 1e9}, "/mtow_kg"),
        ({"mtow_kg": True}, "/mtow_kg"),
        ({"mtow_kg": None}, "/mtow_kg"),
        ({"empty_mass_kg": 10}, "/empty_mass_kg"),
        ({"registration": "no blank"}, "/registration"),
        ({"registration": "x" * 17}, "/registration"),
        ({"serial_number": "x" * 65}, "/serial_number"),
        ({"serial_number": ""}, "/serial_number"),
        ({"make": "a\u0000b"}, ""),
        ({"kind": "balloon"}, "/kind"),
        ({"operator": "Nobody"}, "/operator"),
        ({"operator": {"a": 1}}, "/operator"),
        ({"ip_rating": "IP99x"}, "/ip_rating"),
        ({"endurance": "-1"}, "/endurance"),
        ({"registration_expires_on": "2026-02-30"}, "/registration_expires_on"),
        ({"time_in_service_min": 2**40}, "/time_in_service_min"),
        ({"status": "retired"}, "/status"),
        ({"brought_forward_min": 5}, "/brought_forward_min"),
    ],
)
def test_an_aircraft_that_cannot_be_is_refused_with_the_field(operator, client, change, pointer):
    response = client.post(
        f"{BASE}/aircraft/", {**NEW_AIRCRAFT, "operator": operator.name, **change}
    )

    assert response.status_code == 400, response.json()
    assert pointer in [
        error["pointer"] for error in response.json().get("errors", [{"pointer": ""}])
    ]
    assert not RPASAircraft.objects.exists()


def test_a_foreign_operator_cannot_be_named(other, client):
    response = client.post(f"{BASE}/aircraft/", {**NEW_AIRCRAFT, "operator": other.operator.name})

    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"] == "/operator"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("defects", {"severity": "major", "description": "x"}),
        ("technical-logs", {"schedule_reference": "x"}),
        ("maintenance-schedules", {"title": "x", "kind": "flights", "interval_flights": 5}),
        ("flight-hours/daily-inspection", {"is_satisfactory": True}),
    ],
)
def test_a_foreign_aircraft_cannot_be_written_to(path, body, other, client):
    foreign = client.post(f"{BASE}/{path}/", {**body, "aircraft": other.aircraft.registration})
    missing = client.post(f"{BASE}/{path}/", {**body, "aircraft": "RPA-NONE"})

    assert (foreign.status_code, missing.status_code) == (400, 400)
    assert foreign.json()["errors"][0]["code"] == missing.json()["errors"][0]["code"]


def test_the_day_of_an_aircraft_over_http(operator, client, member):
    client.post(f"{BASE}/aircraft/", {**NEW_AIRCRAFT, "operator": operator.name})
    own = f"{BASE}/aircraft/RPA-0500/"
    log = client.post(
        f"{BASE}/technical-logs/", {"aircraft": "RPA-0500", "schedule_reference": "Manual"}
    ).json()
    year = timezone.now().year
    # In Sydney the new year comes before it does in UTC.
    assert log["number"] in (f"RPA-0500-{year}-001", f"RPA-0500-{year + 1}-001")
    defect = client.post(
        f"{BASE}/defects/",
        {"aircraft": "RPA-0500", "severity": "major", "description": "Cracked arm"},
    ).json()
    issue = f"{BASE}/technical-logs/{log['number']}/issue/"
    grounded = client.post(issue, {})
    assert (grounded.status_code, grounded.json()["code"]) == (409, "technical_log_not_issuable")

    done = client.post(f"{BASE}/defects/{defect['id']}/rectify/", {"action": "Arm replaced"})
    assert (done.status_code, done.json()["status"]) == (200, "rectified")
    assert client.post(f"{BASE}/defects/{defect['id']}/certify/").status_code == 200
    issued = client.post(issue, {})
    assert (issued.status_code, issued.json()["issued_arn"]) == (200, member.profile.arn)
    inspected = client.post(
        f"{BASE}/flight-hours/daily-inspection/", {"aircraft": "RPA-0500", "is_satisfactory": True}
    )
    assert (inspected.status_code, inspected.json()["sequence"]) == (201, 1)
    assert client.post(f"{own}verify-log/").json() == {
        "registration": "RPA-0500",
        "is_whole": True,
        "fault": "",
    }
    assert client.post(f"{own}quarantine/", {"reason": "Hard landing"}).status_code == 200
    assert client.post(f"{own}quarantine/", {"reason": "Again"}).status_code == 409
    assert client.post(f"{own}return-to-service/", {}).json()["status"] == "in_service"
    steps = [step["to_status"] for step in client.get(f"{own}history/").json()]
    assert steps == ["quarantined", "in_service"]


def test_a_configuration_change_over_http(operator, client):
    own = f"{BASE}/aircraft/{AircraftFactory(operator=operator).registration}/"

    changed = client.post(
        f"{own}change-configuration/", {"component": "firmware", "to_value": "10.02"}
    )
    assert changed.status_code == 201
    assert client.get(own).json()["firmware_version"] == "10.02"
    assert len(client.get(f"{own}configuration/").json()) == 1


def test_an_entry_is_corrected_over_http(operator, client):
    aircraft = AircraftFactory(operator=operator, airworthy=False)
    entry = EntryFactory(
        aircraft=aircraft, kind="flight", time_in_service_min=52, operation_number="FO-2026-0001"
    )

    response = client.post(
        f"{BASE}/flight-hours/{entry.pk}/correct/", {"minutes_delta": -27, "reason": "Misread"}
    )
    refused = client.post(
        f"{BASE}/flight-hours/{entry.pk}/correct/", {"minutes_delta": -30, "reason": "Misread"}
    )

    assert response.status_code == 201
    assert response.json()["corrects"] == entry.pk
    assert response.json()["progressive_total_min"] == 25
    assert (refused.status_code, refused.json()["code"]) == (409, "correction_refused")
    listed = client.get(f"{BASE}/flight-hours/?kind=flight&aircraft={aircraft.registration}")
    assert [row["operation_number"] for row in listed.json()["results"]] == ["FO-2026-0001"]


def test_maintenance_over_http(operator, client, member):
    aircraft = AircraftFactory(operator=operator, airworthy=False)
    made = client.post(
        f"{BASE}/maintenance-schedules/",
        {
            "aircraft": aircraft.registration,
            "title": "Hard landing check",
            "kind": "conditional",
            "condition": "Hard landing",
        },
    )
    assert made.status_code == 201, made.json()
    own = f"{BASE}/maintenance-schedules/{made.json()['id']}/"

    assert client.post(f"{own}trigger/", {"reason": "Fell"}).json()["is_triggered"] is True
    due = client.get(f"{BASE}/operators/{operator.pk}/maintenance-due/").json()
    assert [(row["title"], row["is_exceeded"]) for row in due] == [("Hard landing check", True)]
    done = client.post(f"{own}complete/", {"work_done": "Inspected"})
    assert (done.status_code, done.json()["arn"]) == (201, member.profile.arn)
    half = client.post(f"{own}complete/", {"work_done": "Inspected", "name": "Kim"})
    assert half.status_code == 400
    assert len(client.get(f"{own}records/").json()) == 1
    for bad in ("x", "367", "-1", ""):
        query = f"{BASE}/operators/{operator.pk}/maintenance-due/?horizon_days={bad}"
        assert client.get(query).status_code == 400


def test_operators_and_their_people_over_http(operator, client, member):
    made = client.post(
        f"{BASE}/operators/",
        {
            "name": "Harbour Drones",
            "legal_name": "Harbour Drones Pty Ltd",
            "arn": "812345",
            "timezone": "Australia/Sydney",
        },
    )
    assert made.status_code == 201, made.json()
    assert client.get(f"{BASE}/operators/{made.json()['id']}/").status_code == 200
    bad_zone = client.post(
        f"{BASE}/operators/",
        {"name": "X", "legal_name": "X", "arn": "812346", "timezone": "Sydney"},
    )
    assert bad_zone.json()["errors"][0]["pointer"] == "/timezone"
    person = UserFactory()
    added = client.post(f"{BASE}/members/", {"operator": operator.name, "user": person.email})
    assert added.status_code == 201, added.json()
    authorized = client.post(
        f"{BASE}/members/{added.json()['id']}/authorize/", {"models": ["DJI Mavic 3E"]}
    )
    assert authorized.json()["pilot_authorized_by"] == member.email
    crp = {
        "operator": operator.name,
        "user": person.email,
        "post": "chief_instructor",
        "valid_from": "2026-03-01",
    }
    held = client.post(f"{BASE}/key-personnel/", crp)
    assert held.status_code == 201
    assert client.post(f"{BASE}/key-personnel/", crp).status_code == 409
    without = client.post(f"{BASE}/key-personnel/", {**crp, "post": "chief_remote_pilot"})
    assert without.json()["errors"][0]["pointer"] == "/arn"
    ended = client.post(f"{BASE}/key-personnel/{held.json()['id']}/end/", {"ends_on": "2026-04-01"})
    assert ended.json()["valid_until"] == "2026-04-01"
    change = client.post(
        f"{BASE}/operator-changes/",
        {
            "operator": operator.name,
            "kind": "aircraft_serial",
            "description": "Added",
            "made_on": "2026-03-01",
        },
    ).json()
    told = client.post(
        f"{BASE}/operator-changes/{change['id']}/notify/", {"notified_on": "2026-03-02"}
    )
    assert (told.status_code, told.json()["is_significant"]) == (200, False)


def test_batteries_and_stations_over_http(operator, client):
    aircraft = AircraftFactory(operator=operator, airworthy=False)
    made = client.post(
        f"{BASE}/batteries/",
        {
            "operator": operator.name,
            "aircraft": aircraft.registration,
            "serial_number": "tb65-9",
            "model": "TB65",
            "capacity_mah": 5880,
        },
    )
    assert made.status_code == 201, made.json()
    own = f"{BASE}/batteries/{made.json()['id']}/"
    assert client.post(f"{own}assign/", {"aircraft": None}).json()["aircraft"] is None
    assert client.post(f"{own}quarantine/", {"reason": "Swollen"}).status_code == 200
    fit = client.post(f"{own}assign/", {"aircraft": aircraft.registration})
    assert (fit.status_code, fit.json()["code"]) == (409, "battery_not_in_service")
    assert client.post(f"{own}return-to-service/", {}).status_code == 200
    assert client.post(f"{own}retire/", {"reason": "Old"}).json()["status"] == "retired"
    station = client.post(
        f"{BASE}/ground-stations/",
        {"operator": operator.name, "name": "Tablet", "device_id": "gcs-1"},
    )
    assert station.status_code == 201
    odd = client.post(
        f"{BASE}/ground-stations/",
        {"operator": operator.name, "name": "Tablet", "device_id": "no blanks"},
    )
    assert odd.status_code == 400


def test_lists_are_filtered_by_what_is_documented(operator, client):
    large = AircraftFactory(operator=operator, mtow_kg=30.0, registration="RPA-0900")
    AircraftFactory(operator=operator, registration="RPA-0901")

    def found(query):
        results = client.get(f"{BASE}/aircraft/?{query}").json()["results"]
        return [row["registration"] for row in results]

    assert found("category=medium") == [large.registration]
    assert found("search=0901") == ["RPA-0901"]
    assert found("ordering=-mtow_kg") == ["RPA-0900", "RPA-0901"]
    assert found("status=retired") == []
    assert found("compliance=green") == []
    assert client.get(f"{BASE}/aircraft/?status=lost").status_code == 400
    assert client.get(f"{BASE}/aircraft/rpa-0900/").status_code == 404
    assert client.get(f"{BASE}/defects/99999999999999999999/").status_code == 404
