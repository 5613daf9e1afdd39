"""Hours by aircraft and departures on time, against a world counted by hand."""

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dispatcher.models import OperationalMetrics
from dispatcher.queries import reports
from operations.models import LegDelay
from rpas.models import EntryKind
from tests.aircraft.factories import AircraftFactory as TailFactory
from tests.aircraft.factories import HoursFactory
from tests.airports.factories import AirportFactory
from tests.browser import enter
from tests.dispatcher.live_scene import make_center, make_desk
from tests.operations.factories import LegFactory, TripFactory
from tests.rpas.factories import AircraftFactory, EntryFactory, MemberFactory
from tests.users.factories import UserFactory, grant
from users.models import UserProfile

pytestmark = pytest.mark.django_db
HOURS = ("aircraft.view_flighthours", "rpas.view_f2flighthoursentry")
ON_TIME = (
    "dispatcher.view_operationalmetrics", "operations.view_tripleg", "operations.view_legdelay",
)  # fmt: skip
PAGES = ["desk:reports", "desk:on_time"]
# Sunday, 15 March 2026, in Sydney; the week began on the 9th, the one before on the 2nd.
THIS, LAST = date(2026, 3, 9), date(2026, 3, 2)


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
    grant(user, *(permissions or (*HOURS, *ON_TIME)))
    return user


def flown(drone, sequence, minutes, on):
    EntryFactory(
        aircraft=drone, sequence=sequence, kind=EntryKind.FLIGHT, time_in_service_min=minutes,
        cycles=1, flights=1, entry_on=on,
    )  # fmt: skip


def counted(center, day, departures, on_time):
    """A day's figures: it begins at midnight in Sydney, 13:00 UTC of the day before."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=11)
    OperationalMetrics.objects.create(
        center=center, span="day", starts_at=start, ends_at=start + timedelta(days=1),
        departures=departures, on_time_departures=on_time, computed_at=start,
    )  # fmt: skip


def test_hours_are_summed_by_aircraft_and_week_of_the_day_flown(desk, now):
    tail = TailFactory(airworthy=False, tail_number="N1WS")
    for day, minutes in ((date(2026, 3, 8), 60), (THIS, 90), (date(2026, 3, 14), 30)):
        HoursFactory(aircraft=tail, flown_on=day, time_in_service_min=minutes)
    HoursFactory(aircraft=tail, flown_on=date(2025, 12, 21), time_in_service_min=999)
    drone = AircraftFactory(operator=desk.operator, airworthy=False)
    flown(drone, 1, 25, THIS)

    parts = browser(reader(desk)).get(reverse("desk:reports")).context["parts"]

    crewed, drones = parts
    row = crewed["rows"][0]
    assert (row["aircraft"], row["cells"][-2:], row["total"]) == ("N1WS", [60, 120], 180)
    assert (crewed["sums"][-2:], crewed["total"]) == ([60, 120], 180)
    assert [(each["aircraft"], each["total"]) for each in drones["rows"]] == [
        (drone.registration, 25)
    ]


def test_the_present_period_is_that_of_the_readers_own_day(desk):
    # Monday morning in Sydney is still Sunday by UTC.
    drone = AircraftFactory(operator=desk.operator, airworthy=False)
    flown(drone, 1, 25, date(2026, 3, 16))
    user = reader(desk)
    UserProfile.objects.filter(user=user).update(timezone="UTC")
    with time_machine.travel(datetime(2026, 3, 15, 22, tzinfo=UTC), tick=False):
        page = browser(user)
        elsewhere = page.get(reverse("desk:reports")).context["span"]
        UserProfile.objects.filter(user=user).update(timezone="Australia/Sydney")
        at_home = page.get(reverse("desk:reports"))

    assert elsewhere.periods[-1] == THIS
    assert at_home.context["span"].periods[-1] == date(2026, 3, 16)
    assert [row["total"] for part in at_home.context["parts"] for row in part["rows"]] == [25]


def test_months_begin_on_the_first_and_reach_a_year_back(desk, now):
    span = reports.span_of("month", date(2026, 3, 31))

    assert (span.since, span.periods[-1], span.until) == (
        date(2025, 4, 1),
        date(2026, 3, 1),
        date(2026, 4, 1),
    )
    week = reports.span_of("week", date(2026, 3, 15))
    assert (len(week.periods), week.periods[-1], week.until) == (12, THIS, date(2026, 3, 16))


def test_the_charts_are_named_and_say_their_figures_without_a_script(desk, now):
    tail = TailFactory(airworthy=False, tail_number="N1WS")
    HoursFactory(aircraft=tail, flown_on=THIS, time_in_service_min=90)

    text = browser(reader(desk)).get(reverse("desk:reports")).content.decode()

    assert "<title>Crewed fleet: hours by aircraft, hours</title>" in text
    assert "<desc>N1WS 1.50</desc>" in text
    chart = text[text.index("<svg") : text.index("</svg>")]
    assert 'role="img"' in chart
    assert "style=" not in chart


def test_departures_of_drones_fall_into_the_week_of_the_centers_own_day(desk, now):
    # Monday the 9th in Sydney begins on Sunday by UTC.
    counted(desk.center, THIS, 4, 3)
    counted(desk.center, date(2026, 3, 8), 2, 2)
    counted(make_center(), THIS, 9, 0)

    found = reports.punctual_drones(reader(desk), reports.span_of("week", date(2026, 3, 15)))

    assert [(row.period, row.departures, row.on_time) for row in found] == [
        (LAST, 2, 2),
        (THIS, 4, 3),
    ]
    assert found[1].percent == 75


def test_legs_are_on_time_up_to_the_grace_and_counted_at_the_origins_day(desk, now):
    trip = TripFactory()
    boise = AirportFactory(timezone="America/Boise", country="US")
    # 02:00 UTC on Monday the 9th is Sunday evening in Boise.
    planned = datetime(2026, 3, 9, 2, tzinfo=UTC)
    legs = [
        LegFactory(
            trip=trip, sequence=n, origin=boise, planned_out_at=planned,
            actual_out_at=planned + late,
        )
        for n, late in enumerate((timedelta(0), timedelta(minutes=15), timedelta(minutes=16)), 10)
    ]  # fmt: skip
    LegDelay.objects.create(
        leg=legs[2], code="weather", minutes=16, recorded_by=UserFactory(), recorded_at=now
    )
    user, span = reader(desk), reports.span_of("week", date(2026, 3, 15))

    found = reports.punctual_legs(user, span, grace=timedelta(minutes=15))
    causes = reports.delay_causes(user, span)

    assert [(row.period, row.departures, row.on_time) for row in found] == [(LAST, 3, 2)]
    assert [(row["cause"], row["legs"], row["total"]) for row in causes] == [("Weather", 1, 16)]


def test_delays_are_of_the_legs_of_the_span_alone(desk, now):
    boise = AirportFactory(timezone="America/Boise", country="US")
    span = reports.span_of("week", date(2026, 3, 15))
    # Midnight in Boise is 07:00 UTC before its summer time begins.
    first = datetime.combine(span.since, datetime.min.time(), tzinfo=UTC) + timedelta(hours=7)
    trip, clerk = TripFactory(), UserFactory()
    for sequence, at in enumerate((first - timedelta(minutes=1), first), 10):
        leg = LegFactory(trip=trip, sequence=sequence, origin=boise, planned_out_at=at)
        LegDelay.objects.create(
            leg=leg, code="weather", minutes=sequence, recorded_by=clerk, recorded_at=now
        )

    causes = reports.delay_causes(reader(desk), span)

    assert [(row["legs"], row["total"]) for row in causes] == [(1, 11)]


def test_the_files_carry_every_figure(desk, now):
    drone = AircraftFactory(operator=desk.operator, airworthy=False)
    flown(drone, 1, 25, THIS)
    counted(desk.center, THIS, 4, 3)
    page = browser(reader(desk))

    def lines(name):
        answer = page.get(reverse(name), {"format": "csv"})
        return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))[1:]

    assert lines("desk:reports") == [["Drones", drone.registration, "2026-03-09", "25"]]
    assert lines("desk:on_time") == [[desk.center.code, "2026-03-09", "4", "3"]]


def test_other_operators_figures_are_absent_and_each_part_needs_its_grant(desk, now):
    foreign = AircraftFactory(airworthy=False)
    flown(foreign, 1, 25, THIS)
    HoursFactory(aircraft=TailFactory(airworthy=False, tail_number="N1WS"), flown_on=THIS)

    text = browser(reader(desk)).get(reverse("desk:reports")).content.decode()
    drones_only = browser(reader(desk, HOURS[1])).get(reverse("desk:reports"))

    assert foreign.registration not in text
    assert [part["name"] for part in drones_only.context["parts"]] == ["Drones"]
    assert "N1WS" not in drones_only.content.decode()


@pytest.mark.parametrize("name", PAGES)
def test_who_may_open_them(desk, name):
    clerk = UserFactory()
    grant(clerk, "rpas.view_battery")

    assert Client().get(reverse(name)).status_code == 302
    assert browser(clerk).get(reverse(name)).status_code == 403


@pytest.mark.parametrize("name", PAGES)
def test_nonsense_and_an_empty_world_are_answered(desk, name):
    page = Client()
    enter(page, UserFactory(is_superuser=True))

    answer = page.get(reverse(name), {"by": "\x00century", "page": "9" * 400})

    assert answer.status_code == 200
    assert len(answer.context["asked"].notes) == 1
    assert "Revenue and receivables" in answer.content.decode()


@pytest.mark.parametrize("name", PAGES)
def test_they_cost_the_same_for_more_aircraft(desk, now, name):
    page = browser(reader(desk))

    def grow():
        HoursFactory(aircraft=TailFactory(airworthy=False), flown_on=THIS)
        flown(AircraftFactory(operator=desk.operator, airworthy=False), 1, 25, THIS)
        counted(make_center(desk.operator), THIS, 4, 3)

    def cost():
        page.get(reverse(name))
        with CaptureQueriesContext(connection) as asked:
            page.get(reverse(name))
        return len(asked)

    grow()
    few = cost()
    for _ in range(4):
        grow()

    assert cost() == few
    assert few <= 20
