"""Many at once on one aircraft, one pilot or one trip; each with the guard taken away once."""

import time
from collections import defaultdict
from contextlib import contextmanager
from threading import Barrier

import pytest
import time_machine
from django.db import DatabaseError

from aircraft.models import FlightHours
from common import booking
from common.exceptions import DoubleBooked, TransitionNotAllowed
from common.models import ResourceBooking
from flight_operations.services.operations import book_operation
from operations.models import Trip
from operations.services import closing, control, crew, gates, ledger, trips
from tests.common.concurrency import at_once, kinds
from tests.flight_operations.factories import OperationFactory
from tests.flush import as_superuser
from tests.operations import legal_world
from tests.operations.factories import NOW
from tests.operations.trip_world import (
    HOUR,
    START,
    accepted_quote,
    crewed,
    crewed_ferry,
    employed,
    flown,
    hand_trip,
    released,
)
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)
CLIENTS = 20


@contextmanager
def without_exclusion(table="common_resourcebooking", name="resource_double_booked"):
    """The ledger, or another table, without the constraint that refuses two for one."""
    with as_superuser() as cursor:
        cursor.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [name]
        )
        (definition,) = cursor.fetchone()
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    try:
        yield
    finally:
        with as_superuser() as cursor:
            cursor.execute(f"DELETE FROM {table}")  # noqa: S608 - a name of ours
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")


def offers(count):
    aircraft = legal_world.aircraft()
    return [accepted_quote(aircraft) for _ in range(count)]


def test_twenty_clients_book_the_last_aircraft_and_one_gets_it(client_for, capsys):
    quotes, booker = offers(CLIENTS), UserFactory(is_superuser=True)

    def book(client, quote):
        address = "/api/operations/trips/book/"
        return client.post(address, {"quote": quote.number}, format="json").status_code

    begun = time.monotonic()
    with time_machine.travel(NOW, tick=False):
        clients = [client_for(booker) for _ in quotes]
        statuses = at_once(
            *[lambda pair=pair: book(*pair) for pair in zip(clients, quotes, strict=True)]
        )
    with capsys.disabled():
        print(f"\n20 bookings of one aircraft: {time.monotonic() - begun:.2f} s")  # noqa: T201

    assert sorted(statuses) == [201, *[409] * 19]
    assert Trip.objects.count() == 1
    assert ResourceBooking.objects.filter(is_live=True, resource_kind="aircraft").count() == 1


def test_without_the_exclusion_more_than_one_would_get_it():
    quotes, desk = offers(4), UserFactory()

    with without_exclusion():
        outcomes = at_once(
            *[
                lambda quote=quote: trips.create_from_quote(quote, actor=desk, at=NOW)
                for quote in quotes
            ]
        )

    assert kinds(outcomes) == ["Trip"] * 4


def test_one_quote_booked_at_once_makes_one_trip():
    (quote,) = offers(1)
    desk = UserFactory()

    outcomes = at_once(
        *[lambda: trips.create_from_quote(quote, actor=desk, at=NOW) for _ in range(6)]
    )

    assert kinds(outcomes) == ["TransitionNotAllowed"] * 5 + ["Trip"]
    assert Trip.objects.count() == 1


def test_without_the_row_locks_the_database_alone_would_refuse_the_second_trip(monkeypatch):
    (quote,) = offers(1)
    desk = UserFactory()
    both_there = Barrier(2)

    def unlocked(given):
        row = type(given).objects.select_related("accepted_version").get(pk=given.pk)
        both_there.wait(timeout=30)
        return row, row.accepted_version

    monkeypatch.setattr(trips, "_locked_quote", unlocked)

    outcomes = at_once(
        *[lambda: trips.create_from_quote(quote, actor=desk, at=NOW) for _ in range(2)]
    )

    # Not a refusal that the desk can act on: a unique key or the ledger.
    lost = [each for each in outcomes if isinstance(each, Exception)]
    assert len(lost) == 1
    assert isinstance(lost[0], (DatabaseError, DoubleBooked))
    assert not isinstance(lost[0], TransitionNotAllowed)


def drone_and_trip(person):
    trip = hand_trip()
    operation = OperationFactory(
        pilot_in_command=person,
        planned_start_at=START + HOUR,
        planned_end_at=START + 2 * HOUR,
    )
    ResourceBooking.objects.all().delete()
    return trip, operation


def fly_both(trip, operation, person):
    desk = UserFactory()

    return at_once(
        lambda: crew.offer_places(trip, person=person, role="pic", actor=desk, at=NOW),
        lambda: book_operation(operation) or operation,
    )


def people_held():
    return ResourceBooking.objects.filter(is_live=True, resource_kind="person").count()


def test_one_pilot_across_a_trip_and_a_drone_operation_flies_one():
    for _ in range(3):
        person = employed()

        outcomes = fly_both(*drone_and_trip(person), person)

        assert sum(isinstance(each, DoubleBooked) for each in outcomes) == 1
        assert sum(isinstance(each, Exception) for each in outcomes) == 1
        assert people_held() == 1


def test_without_the_exclusion_the_pilot_would_fly_both(monkeypatch):
    """About the ledger below the gate, which would see the pilot's missing rest: left out here."""
    monkeypatch.setattr(gates, "checks", defaultdict(list))
    person = employed()
    trip, operation = drone_and_trip(person)

    with without_exclusion():
        outcomes = fly_both(trip, operation, person)
        held = people_held()

    assert not [each for each in outcomes if isinstance(each, Exception)]
    assert held == 2


def test_two_offers_of_one_person_on_two_trips_have_one_winner():
    person, desk = employed(), UserFactory()
    pair = [hand_trip(), hand_trip()]

    outcomes = at_once(
        *[
            lambda trip=trip: crew.offer_places(trip, person=person, role="pic", actor=desk, at=NOW)
            for trip in pair
        ]
    )

    assert kinds(outcomes) == ["DoubleBooked", "list"]


def test_crews_of_two_trips_swapped_at_once_do_not_wait_for_each_other():
    people, desk = [employed(), employed()], UserFactory()
    pair = [hand_trip(), hand_trip()]
    for trip, person in zip(pair, people, strict=True):
        crewed(trip, person=person, legs=[1])

    outcomes = at_once(
        *[
            lambda trip=trip, person=person: crew.offer_places(
                trip, person=person, role="sic", legs=[3], actor=desk, at=NOW
            )
            for trip, person in zip(pair, reversed(people), strict=True)
        ]
    )

    assert kinds(outcomes) == ["list", "list"]


def flown_trip():
    return flown(released(crewed_ferry()))


def close_at_once(trip, count):
    desk = UserFactory()
    rows = [Trip.objects.select_related("aircraft").get(pk=trip.pk) for _ in range(count)]
    return at_once(
        *[lambda row=row: closing.close_trip(row, actor=desk, at=START + 12 * HOUR) for row in rows]
    )


def test_a_trip_closed_at_once_counts_once():
    trip = flown_trip()

    outcomes = close_at_once(trip, 4)

    trip.aircraft.refresh_from_db()
    assert kinds(outcomes) == ["TransitionNotAllowed"] * 3 + ["Trip"]
    assert (FlightHours.objects.count(), trip.aircraft.time_in_service_min) == (1, 60_050)


def test_without_the_lock_the_second_close_would_meet_the_database(monkeypatch):
    trip = flown_trip()
    both_there = Barrier(2)

    def unlocked(row):
        both_there.wait(timeout=30)
        return row

    monkeypatch.setattr(closing, "lock_trip", unlocked)

    outcomes = close_at_once(trip, 2)

    lost = [each for each in outcomes if isinstance(each, Exception)]
    assert len(lost) == 1
    assert isinstance(lost[0], DatabaseError)


def test_the_turns_in_the_ledger_are_taken_in_one_order(monkeypatch):
    taken = []
    monkeypatch.setattr(booking, "_lock", lambda wanted: taken.append(list(wanted)))
    trip = hand_trip()
    taken.clear()

    ledger.take_turns(trip, 9, 3)

    assert [(one.kind, one.pk) for one in taken[0]] == [
        ("aircraft", trip.aircraft_id),
        ("person", 3),
        ("person", 9),
    ]


def roster(person):
    shift = {"start_at": START, "end_at": START + 8 * HOUR}
    return control.roster_control_duty(person=person, actor=person, at=NOW, **shift)


def test_one_person_is_put_on_control_duty_once():
    person = UserFactory()

    outcomes = at_once(*[lambda: roster(person) for _ in range(4)])

    assert kinds(outcomes) == ["ControlDuty", *["DoubleBooked"] * 3]


def test_without_turns_and_exclusions_one_person_would_have_several_shifts(monkeypatch):
    person = UserFactory()
    for guard in ("_take_turn", "_refuse_overlap"):
        monkeypatch.setattr(control, guard, lambda *given: None)

    with (
        without_exclusion("operations_controlduty", "control_duty_double_booked"),
        without_exclusion(),
    ):
        outcomes = at_once(*[lambda: roster(person) for _ in range(4)])

    assert kinds(outcomes) == ["ControlDuty"] * 4
