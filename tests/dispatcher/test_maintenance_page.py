"""The maintenance calendar: what is due when, in each base's own days, and whose rows are shown."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dispatcher.queries.upkeep import Wanted, upkeep
from rpas.services.defects import certify_defect, rectify_defect
from tests.aircraft.factories import AircraftFactory as TailFactory
from tests.aircraft.factories import DefectFactory as CrewedDefectFactory
from tests.aircraft.factories import TaskFactory, VisitFactory, book_flight
from tests.browser import enter
from tests.dispatcher.live_scene import make_desk, make_operation
from tests.rpas.factories import AircraftFactory, DefectFactory, MemberFactory, ScheduleFactory
from tests.users.factories import UserFactory, grant
from users.models import UserProfile
from users.services.preferences import change_preferences

pytestmark = pytest.mark.django_db
PAGE = "/admin/maintenance/"
CREWED = ("aircraft.view_maintenancetask", "aircraft.view_maintenancevisit", "aircraft.view_defect")
DRONES = ("rpas.view_f2maintenanceschedule", "rpas.view_f2defectentry")


@pytest.fixture(scope="module")
def kept_desk(kept_rows):
    return make_desk()


@pytest.fixture
def desk(kept_desk, db, now):
    with time_machine.travel(now, tick=False):
        yield kept_desk


def browser(user) -> Client:
    client = Client()
    client.force_login(user, backend="users.backends.RoleBackend")
    return client


def reader(desk, *permissions):
    user = MemberFactory(operator=desk.operator).user
    grant(user, *(permissions or (*CREWED, *DRONES)))
    return user


def found(user, now, **wanted):
    entries = upkeep(user, Wanted(**wanted), now=now, until=now + timedelta(days=62)).entries
    return {entry.title: entry for entry in entries}


def test_work_by_date_falls_on_its_last_day_and_hours_on_the_flight_that_passes_them(desk, now):
    tail = TailFactory(airworthy=False)
    TaskFactory(aircraft=tail, title="Annual", interval_days=20)
    TaskFactory(aircraft=tail, title="Hundred hours", interval_min=90)
    TaskFactory(aircraft=tail, title="Landing gear", interval_cycles=500)
    book_flight(tail, now + timedelta(days=2), now + timedelta(days=2, hours=1))
    # 04:30 UTC on the 18th is still the 17th in Boise.
    book_flight(tail, now + timedelta(days=3, hours=6), now + timedelta(days=3, hours=7))

    due = found(reader(desk), now)

    assert (due["Annual"].on, due["Annual"].state) == (date(2026, 4, 3), "ahead")
    assert due["Hundred hours"].on == date(2026, 3, 17)
    assert "passed by what is booked on 17 Mar 2026" in due["Hundred hours"].detail
    assert due["Landing gear"].on is None
    assert "500 cycles left" in due["Landing gear"].detail


def test_a_drones_hours_and_flights_are_counted_through_what_is_planned(desk, now):
    drone = AircraftFactory(operator=desk.operator, airworthy=False)
    ScheduleFactory(aircraft=drone, title="By hours", interval_min=100)
    ScheduleFactory(
        aircraft=drone, title="By flights", kind="flights", interval_min=None, interval_flights=2
    )
    ScheduleFactory(
        aircraft=drone, title="Late", kind="calendar", interval_min=None, interval_days=10
    )
    for days in (1, 2, 3):
        make_operation(desk, now + timedelta(days=days), 60, aircraft=drone)

    due = found(reader(desk), now)

    # In Sydney it is the 15th already.
    assert due["By hours"].on == date(2026, 3, 17)
    assert due["By flights"].on == date(2026, 3, 18)
    assert "2 flights left" in due["By flights"].detail
    assert (due["Late"].state, due["Late"].on) == ("overdue", date(2026, 1, 20))
    assert due["Late"].who.endswith(", maintenance controller")


def test_defects_show_their_category_and_days_left(desk, now):
    tail = TailFactory(airworthy=False)
    deferred = CrewedDefectFactory(
        aircraft=tail, description="Radar", status="deferred", mel_item="34-40", category="C",
        limit_on=date(2026, 3, 24), deferred_at=now, deferred_by=UserFactory(),
    )  # fmt: skip
    CrewedDefectFactory(aircraft=tail, description="Door", number="DF-2020-9999")
    drone = AircraftFactory(operator=desk.operator, airworthy=False)
    DefectFactory(aircraft=drone)

    due = found(reader(desk), now, kind="defect")

    radar = due[f"{deferred.number}: Radar"]
    assert (radar.on, radar.state) == (date(2026, 3, 24), "ahead")
    assert "category C, MEL 34-40, until 24 Mar 2026, 10 days left" in radar.detail
    assert due["DF-2020-9999: Door"].state == "overdue"
    assert due["Major: Cracked arm at the rear left motor"].state == "overdue"


def test_a_stay_takes_its_days_at_the_base_without_the_one_on_which_it_ends_at_midnight(desk, now):
    tail = TailFactory(airworthy=False)
    # From 15:00 on the 15th to 24:00 on the 16th in Boise.
    VisitFactory(
        aircraft=tail,
        start_at=now - timedelta(hours=1, minutes=30) + timedelta(days=1),
        end_at=now + timedelta(days=2, hours=7, minutes=30),
    )

    stay = found(reader(desk), now, kind="stay")["Phase 1"]

    assert (stay.on, stay.until, stay.state) == (date(2026, 3, 15), date(2026, 3, 16), "stay")
    page = browser(reader(desk)).get(PAGE, {"month": "2026-03"})
    days = [
        day["day"].day for week in page.context["weeks"] for day in week
        if any(entry.title == "Phase 1" for entry in day["entries"])
    ]  # fmt: skip
    assert days == [15, 16]


def test_dates_are_written_as_their_reader_does_and_stays_told_in_the_zone_of_their_days(desk, now):
    tail = TailFactory(airworthy=False)
    TaskFactory(aircraft=tail, title="Annual", interval_days=20)
    stay = VisitFactory(
        aircraft=tail, start_at=now + timedelta(days=1), end_at=now + timedelta(days=2)
    )
    user = reader(desk)
    changes = {"timezone": "Asia/Tokyo", "clock": "12", "date_format": "us"}
    change_preferences(user, version=None, changes=changes, at=now)

    page = browser(user).get(PAGE, {"view": "list"})
    rows = {entry.title: entry for entry in page.context["page"]}

    assert "by 04/03/2026, " in rows["Annual"].detail
    assert rows["Phase 1"].on == date(2026, 3, 15)
    assert rows["Phase 1"].detail == (
        f"{stay.number}, 03/15/2026 4:30 PM MDT to 03/16/2026 4:30 PM MDT"
    )


def test_overdue_comes_first_and_each_entry_leads_to_its_record(desk, now):
    drone = AircraftFactory(operator=desk.operator, airworthy=False)
    ScheduleFactory(aircraft=drone, title="Soon", kind="calendar", interval_days=70)
    late = ScheduleFactory(aircraft=drone, title="Late", kind="calendar", interval_days=10)

    page = browser(reader(desk)).get(PAGE, {"view": "list", "fleet": "drones"})

    rows = list(page.context["page"])
    assert [row.title for row in rows] == ["Late", "Soon"]
    assert rows[0].link == reverse("admin:rpas_f2maintenanceschedule_change", args=[late.pk])
    assert '<span aria-hidden="true">!</span><span class="out">overdue:</span>' in (
        page.content.decode()
    )


def test_filters_choose_fleet_operator_aircraft_and_kind(desk, now):
    tail = TailFactory(airworthy=False, tail_number="N777WS")
    TaskFactory(aircraft=tail, title="Annual")
    drone = AircraftFactory(operator=desk.operator, airworthy=False)
    ScheduleFactory(aircraft=drone, title="Arms")
    user = reader(desk)

    assert set(found(user, now, fleet="crewed")) == {"Annual"}
    assert set(found(user, now, operator=desk.operator.pk)) == {"Arms"}
    assert set(found(user, now, words="n777")) == {"Annual"}
    assert found(user, now, kind="stay") == {}


def test_a_drone_beyond_what_a_page_reads_is_found_by_name_and_by_operator(desk, now, monkeypatch):
    monkeypatch.setattr("dispatcher.queries.upkeep.MOST_TAILS", 1)
    AircraftFactory(operator=desk.operator, airworthy=False, registration="RPA-A1")
    last = AircraftFactory(operator=desk.operator, airworthy=False, registration="RPA-Z9")
    ScheduleFactory(aircraft=last, title="Arms")
    page = browser(reader(desk))

    every = page.get(PAGE)
    named = page.get(PAGE, {"aircraft": "z9", "operator": desk.operator.pk, "view": "list"})

    assert every.context["asked"].notes == [
        "There is more than this page reads: choose aircraft by name."
    ]
    assert named.context["asked"].notes == []
    assert [row.title for row in named.context["page"]] == ["Arms"]


@pytest.mark.parametrize("asked", [{"kind": "stay"}, {"fleet": "crewed"}])
def test_ones_own_operator_is_never_called_a_strangers(desk, asked):
    AircraftFactory(operator=desk.operator, airworthy=False)

    answer = browser(reader(desk)).get(PAGE, {"operator": desk.operator.pk, **asked})

    assert "none of yours" not in answer.content.decode()
    assert list(answer.context["operators"]) == [(str(desk.operator.pk), desk.operator.name)]


def test_more_defects_or_stays_than_a_page_takes_are_told(desk, now, monkeypatch):
    monkeypatch.setattr("dispatcher.queries.upkeep.MOST_ROWS", 1)
    drone = AircraftFactory(operator=desk.operator, airworthy=False)
    page = browser(reader(desk))
    DefectFactory(aircraft=drone)
    whole = page.get(PAGE).context["asked"].notes
    DefectFactory(aircraft=drone)

    cut = page.get(PAGE).context["asked"].notes

    assert whole == []
    assert cut == ["There is more than this page reads: choose aircraft by name."]


def test_a_drones_defect_stays_until_it_is_certified(desk, now):
    drone = AircraftFactory(operator=desk.operator, airworthy=False)
    defect = DefectFactory(aircraft=drone)
    user, title = reader(desk), f"Major: {defect.description}"
    signs = {"actor": desk.pilot, "at": now}
    rectify_defect(defect, action="Arm replaced", **signs)
    rectified = found(user, now)[title]
    certify_defect(defect, **signs)

    assert (rectified.state, rectified.detail) == ("near", "put right, not certified")
    assert found(user, now) == {}


def test_each_part_needs_its_grant_and_other_operators_drones_are_absent(desk, now):
    foreign = AircraftFactory(airworthy=False)
    ScheduleFactory(aircraft=foreign, title="Foreign")
    DefectFactory(aircraft=foreign)
    TaskFactory(aircraft=TailFactory(airworthy=False), title="Annual")

    assert set(found(reader(desk, *DRONES), now)) == set()
    assert set(found(reader(desk, CREWED[0]), now)) == {"Annual"}
    assert "Foreign" not in browser(reader(desk)).get(PAGE).content.decode()


def test_who_may_open_it(desk):
    clerk = UserFactory()
    grant(clerk, "finance.view_invoice")

    assert Client().get(PAGE).status_code == 302
    assert browser(clerk).get(PAGE).status_code == 403
    assert browser(reader(desk, DRONES[0])).get(PAGE).status_code == 200


@pytest.mark.parametrize("view", ["month", "list"])
def test_what_an_address_cannot_mean_is_left_out_and_said(desk, view):
    nonsense = {
        "month": "2026-13", "fleet": "boats", "operator": "9" * 30, "aircraft": "\x00%",
        "kind": "x", "page": "9" * 400, "view": view,
    }  # fmt: skip
    page = browser(reader(desk))

    answer = page.get(PAGE, nonsense)

    assert answer.status_code == 200
    assert len(answer.context["asked"].notes) == 4
    for month in ("0001-01", "9999-12", "\x00", "2026-03-01T"):
        assert page.get(PAGE, {"month": month}).context["month"] == date(2026, 3, 1)
    other = page.get(PAGE, {"operator": "1" * 18})
    assert "none of yours" in other.content.decode()


def test_an_empty_world_is_answered(db):
    page = Client()
    enter(page, UserFactory(is_superuser=True))

    assert "Nothing is overdue" in page.get(PAGE).content.decode()


def test_it_costs_the_same_for_a_larger_fleet(desk, now):
    page = browser(reader(desk))

    def grow():
        tail = TailFactory(airworthy=False)
        TaskFactory(aircraft=tail)
        VisitFactory(aircraft=tail)
        CrewedDefectFactory(aircraft=tail)
        drone = AircraftFactory(operator=desk.operator, airworthy=False)
        ScheduleFactory(aircraft=drone)
        DefectFactory(aircraft=drone)
        make_operation(desk, now + timedelta(days=1), aircraft=drone)

    def cost():
        page.get(PAGE)
        with CaptureQueriesContext(connection) as asked:
            page.get(PAGE)
        return len(asked)

    grow()
    few = cost()
    for _ in range(4):
        grow()

    assert cost() == few
    assert few <= 20


def test_the_present_month_is_that_of_the_readers_own_day(desk):
    # The first of April in Sydney is still the last of March by UTC.
    user = reader(desk)
    UserProfile.objects.filter(user=user).update(timezone="UTC")
    with time_machine.travel(datetime(2026, 3, 31, 20, tzinfo=UTC), tick=False):
        elsewhere = browser(user).get(PAGE).context["month"]
        UserProfile.objects.filter(user=user).update(timezone="Australia/Sydney")
        at_home = browser(user).get(PAGE).context["month"]

    assert (elsewhere, at_home) == (date(2026, 3, 1), date(2026, 4, 1))
