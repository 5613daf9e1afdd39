"""The F2 technical log on screen: in order, with corrections, and with its chain verified."""

from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dispatcher.queries.log_pages import LINES
from rpas.models import EntryKind, RPASAircraft
from tests.browser import enter
from tests.flush import as_superuser
from tests.rpas.factories import (
    AircraftFactory,
    DefectFactory,
    EntryFactory,
    MemberFactory,
    OperatorFactory,
    PartAFactory,
)
from tests.users.factories import UserFactory, grant
from users.services.preferences import change_preferences

pytestmark = pytest.mark.django_db
GRANTS = (
    "rpas.view_f2technicallogparta", "rpas.view_f2flighthoursentry", "rpas.view_f2defectentry",
    "rpas.verify_log_rpasaircraft", "rpas.view_rpasaircraft",
)  # fmt: skip


@pytest.fixture
def drone(db, now):
    with time_machine.travel(now, tick=False):
        yield AircraftFactory(operator=OperatorFactory(), airworthy=False)


def browser(user) -> Client:
    client = Client()
    client.force_login(user, backend="users.backends.RoleBackend")
    return client


def reader(drone, *permissions):
    user = MemberFactory(operator=drone.operator).user
    grant(user, *(permissions or GRANTS))
    return user


def page_of(drone):
    return reverse("desk:technical_log", args=[drone.registration])


def flight(drone, sequence, minutes=30, **more):
    return EntryFactory(
        aircraft=drone, sequence=sequence, kind=EntryKind.FLIGHT, time_in_service_min=minutes,
        cycles=1, flights=1, **more,
    )  # fmt: skip


def test_lines_stand_in_order_with_totals_and_corrections_beside_what_they_correct(drone):
    part_a = PartAFactory(aircraft=drone)
    wrong = flight(drone, 1, 90, part_a=part_a)
    flight(drone, 2, 30, part_a=part_a)
    EntryFactory(
        aircraft=drone, sequence=3, kind=EntryKind.CORRECTION, corrects=wrong, part_a=part_a,
        time_in_service_min=-25, reason="Read from the wrong clock.",
    )  # fmt: skip

    answer = browser(reader(drone)).get(page_of(drone))

    lines = answer.context["part_b"].lines
    totals = [(line.entry.sequence, line.entry.progressive_total_min) for line in lines]
    assert totals == [(1, 90), (2, 120), (3, 95)]
    assert [row.sequence for row in lines[0].corrections] == [3]
    text = answer.content.decode()
    assert "Corrected by line 3: -0:25, 0 cycles, 0 flights. Read from the wrong clock." in text
    assert part_a.number in text
    assert "Pat Pilot, 123456" in text
    assert "In service 1:35, 2 cycles, 2 flights" in text


def test_times_and_days_are_shown_as_their_reader_prefers_and_masses_as_they_were_certified(
    drone, now
):
    header = PartAFactory(aircraft=drone, min_gross_mass_kg=0.249, max_gross_mass_kg=0.249)
    line = flight(drone, 1, part_a=header)
    user = reader(drone)
    changes = {"timezone": "Asia/Tokyo", "clock": "12", "date_format": "us", "mass": "lb"}

    usual = browser(user).get(page_of(drone)).content.decode()
    change_preferences(user, version=None, changes=changes, at=now)
    wanted = browser(user).get(page_of(drone)).content.decode()

    there = line.recorded_at.astimezone(ZoneInfo(drone.operator.timezone))
    assert f"{there.day} {there:%b %Y %H:%M} {there:%Z}" in usual
    assert f"{line.recorded_at.astimezone(ZoneInfo('Asia/Tokyo')):%m/%d/%Y %-I:%M %p JST}" in wanted
    assert f"{line.entry_on:%m/%d/%Y}" in wanted
    assert all("0.249 kg to 0.249 kg" in page for page in (usual, wanted))


def test_open_and_closed_defects_are_shown_to_who_may_see_them(drone, now):
    DefectFactory(aircraft=drone)
    DefectFactory(
        aircraft=drone, minor=True, status="rectified", rectified_at=now,
        rectified_by=UserFactory(), rectified_name="Kim Engineer", rectified_arn="777",
        rectified_action="Polished.",
    )  # fmt: skip

    shown = browser(reader(drone)).get(page_of(drone))
    hidden = browser(reader(drone, *GRANTS[:2])).get(page_of(drone))

    assert [row.description for row in shown.context["open"]] == [
        "Cracked arm at the rear left motor"
    ]
    assert [row.rectified_name for row in shown.context["closed"]] == ["Kim Engineer"]
    assert "Cracked arm" not in hidden.content.decode()


def test_a_whole_chain_is_said_to_be_whole_and_an_altered_one_where_it_breaks(drone):
    flight(drone, 1)
    flight(drone, 2)
    page = browser(reader(drone))
    verify = reverse("desk:verify_log", args=[drone.registration])

    whole = page.post(verify, follow=True).content.decode()
    with as_superuser() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            "UPDATE rpas_f2flighthoursentry SET time_in_service_min = 5"
            " WHERE aircraft_id = %s AND sequence = 1",
            [drone.pk],
        )
        cursor.execute("SET session_replication_role = origin")
    broken = page.post(verify, follow=True).content.decode()

    assert "is whole: 2 lines were read" in whole
    assert "is not whole. Part B entry 1: the entry was altered." in broken
    assert RPASAircraft.objects.get(pk=drone.pk).log_fault


def test_verifying_needs_its_grant_and_a_post(drone):
    verify = reverse("desk:verify_log", args=[drone.registration])

    assert Client().post(verify).status_code == 302
    assert browser(reader(drone, *GRANTS[:2])).post(verify).status_code == 403
    assert browser(reader(drone)).get(verify).status_code == 405
    foreign = AircraftFactory(airworthy=False)
    other = reverse("desk:verify_log", args=[foreign.registration])
    assert browser(reader(drone)).post(other).status_code == 404


def test_a_long_log_is_read_in_parts_by_line(drone):
    for n in range(1, LINES + 6):
        flight(drone, n)
    page = browser(reader(drone))

    last = page.get(page_of(drone)).context["part_b"]
    first = page.get(page_of(drone), {"from": "1"}).context["part_b"]
    beyond = page.get(page_of(drone), {"from": "9" * 18}).context["part_b"]

    assert (last.first, last.earlier, last.later) == (6, 1, None)
    assert (len(first.lines), first.earlier, first.later) == (LINES, None, LINES + 1)
    assert [line.entry.sequence for line in beyond.lines] == [LINES + 5]
    assert page.get(page_of(drone), {"from": "x\x00"}).context["asked"].notes != []


def test_who_may_open_it_and_whose_drones_are_there(drone):
    foreign = AircraftFactory(airworthy=False)
    clerk = UserFactory()
    grant(clerk, "finance.view_invoice")
    every = reverse("desk:technical_logs")

    for path in (every, page_of(drone)):
        assert Client().get(path).status_code == 302
        assert browser(clerk).get(path).status_code == 403
        assert browser(reader(drone)).get(path).status_code == 200
    assert browser(reader(drone)).get(page_of(foreign)).status_code == 404
    assert browser(reader(drone)).get("/admin/technical-log/NONE/").status_code == 404
    assert browser(reader(drone)).get("/admin/technical-log/%00/").status_code == 404
    listed = browser(reader(drone)).get(every, {"q": "\x00", "page": "9" * 400})
    assert [row.pk for row in listed.context["page"]] == [drone.pk]


def test_an_empty_world_is_answered(db):
    page = Client()
    enter(page, UserFactory(is_superuser=True))

    assert "No drone" in page.get(reverse("desk:technical_logs")).content.decode()


def test_it_costs_the_same_for_a_longer_log(drone):
    page = browser(reader(drone))
    flight(drone, 1)
    DefectFactory(aircraft=drone)

    def cost():
        page.get(page_of(drone))
        with CaptureQueriesContext(connection) as asked:
            page.get(page_of(drone))
        return len(asked)

    few = cost()
    for n in range(2, 9):
        flight(drone, n)
        DefectFactory(aircraft=drone, minor=True)

    assert cost() == few
    assert few <= 20
