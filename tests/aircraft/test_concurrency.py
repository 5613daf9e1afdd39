"""Two at once on one aircraft; each with the guard taken away to show what it is for."""

from contextlib import contextmanager
from datetime import timedelta
from threading import Barrier, Event, get_ident
from time import sleep

import pytest
from django.db import DatabaseError

from aircraft.models import Aircraft, AircraftStatus, Defect, FlightHours, MaintenanceLog
from aircraft.services import defects, fleet, hours
from aircraft.services.defects import certify_defect, raise_defect, rectify_defect
from aircraft.services.fleet import ground, return_to_service
from aircraft.services.hours import record_hours
from aircraft.services.visits import book_maintenance
from common.exceptions import DomainError, DoubleBooked, TransitionNotAllowed
from common.models import AuditEvent
from tests.aircraft.factories import TODAY, AircraftFactory
from tests.common.concurrency import at_once
from tests.flush import as_superuser
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


def fresh(aircraft):
    return Aircraft.objects.get(pk=aircraft.pk)


def legs(aircraft, actor, now, count=6):
    def fly(number):
        return record_hours(
            fresh(aircraft),
            source=f"operations.tripleg:{number}",
            flown_on=TODAY,
            minutes=10 * number,
            actor=actor,
            at=now,
        )

    return at_once(*[lambda number=number: fly(number) for number in range(1, count + 1)])


def test_legs_closed_at_once_are_all_counted(now):
    aircraft, actor = AircraftFactory(airworthy=False), UserFactory()

    outcomes = legs(aircraft, actor, now)

    aircraft.refresh_from_db()
    assert not [each for each in outcomes if isinstance(each, Exception)]
    assert aircraft.time_in_service_min == 60_000 + 210
    entries = FlightHours.objects.order_by("sequence")
    assert [entry.sequence for entry in entries] == list(range(1, 7))


def test_without_lock_and_trigger_lock_a_leg_would_be_refused(now, monkeypatch):
    aircraft, actor = AircraftFactory(airworthy=False), UserFactory()
    monkeypatch.setattr(hours, "lock_aircraft", lambda row, **_: row)
    both_there, begin = Barrier(2), hours.due_now
    seen = set()

    def meet(row, **given):
        # Both have checked before either writes.
        if get_ident() not in seen:
            seen.add(get_ident())
            both_there.wait(timeout=30)
        return begin(row, **given)

    finish = hours._recorded  # noqa: SLF001 - where the totals are read again

    def linger(*given, **more):
        # Long enough for the other to number its entry after the same head.
        sleep(1)
        return finish(*given, **more)

    monkeypatch.setattr(hours, "due_now", meet)
    monkeypatch.setattr(hours, "_recorded", linger)
    with unlocked_trigger():
        outcomes = legs(aircraft, actor, now, count=2)

    # The unique place in the sequence and the guard of the totals are all that is left then.
    assert len([each for each in outcomes if isinstance(each, DatabaseError)]) == 1
    aircraft.refresh_from_db()
    assert aircraft.time_in_service_min == 60_000 + FlightHours.objects.get().time_in_service_min


def test_the_same_leg_closed_twice_at_once_counts_once(now):
    aircraft, actor = AircraftFactory(airworthy=False), UserFactory()

    def fly():
        return record_hours(
            fresh(aircraft),
            source="operations.tripleg:1",
            flown_on=TODAY,
            minutes=94,
            actor=actor,
            at=now,
        )

    first, second = at_once(fly, fly)

    aircraft.refresh_from_db()
    assert first == second
    assert aircraft.time_in_service_min == 60_094


def test_a_defect_and_hours_at_once_are_both_written(now):
    aircraft, actor = AircraftFactory(airworthy=False), UserFactory()

    outcomes = at_once(
        lambda: raise_defect(fresh(aircraft), description="Lamp", actor=actor, at=now),
        lambda: record_hours(
            fresh(aircraft),
            source="operations.tripleg:1",
            flown_on=TODAY,
            minutes=94,
            actor=actor,
            at=now,
        ),
    )

    aircraft.refresh_from_db()
    assert not [each for each in outcomes if isinstance(each, Exception)]
    assert (Defect.objects.count(), aircraft.time_in_service_min) == (1, 60_094)


def test_a_defect_against_the_return_to_service(now):
    aircraft, actor = AircraftFactory(airworthy=False), UserFactory()
    ground(aircraft, reason="Parked", actor=actor, at=now)

    returned, _ = at_once(
        lambda: return_to_service(fresh(aircraft), actor=actor, at=now),
        lambda: raise_defect(fresh(aircraft), description="Lamp", actor=actor, at=now),
    )

    aircraft.refresh_from_db()
    is_back = aircraft.status == AircraftStatus.IN_SERVICE
    # Either it was back before the defect was found, or the defect kept it.
    kept, back = ["defect_raised"], ["returned", "defect_raised"]
    assert (is_back, deeds()) == ((True, back) if is_back else (False, kept))
    assert is_back != isinstance(returned, DomainError)


def deeds():
    wanted = ("aircraft.returned", "aircraft.defect_raised")
    events = AuditEvent.objects.filter(action__in=wanted).order_by("pk")
    return [action.partition(".")[2] for action in events.values_list("action", flat=True)]


def test_without_the_lock_an_aircraft_would_return_over_a_defect(now, monkeypatch):
    aircraft, actor = AircraftFactory(airworthy=False), UserFactory()
    ground(aircraft, reason="Parked", actor=actor, at=now)
    checked, found = Event(), Event()
    finish = fleet.move

    def linger(*given, **more):
        # The defects were read; now one is found.
        checked.set()
        found.wait(timeout=30)
        return finish(*given, **more)

    def find():
        checked.wait(timeout=30)
        raise_defect(fresh(aircraft), description="Lamp", actor=actor, at=now)
        found.set()

    monkeypatch.setattr(fleet, "lock_aircraft", lambda row, **_: row)
    monkeypatch.setattr(fleet, "move", linger)

    at_once(lambda: return_to_service(fresh(aircraft), actor=actor, at=now), find)

    assert deeds() == ["defect_raised", "returned"]


def rectified(now):
    aircraft, actor = AircraftFactory(airworthy=False), UserFactory()
    defect = raise_defect(aircraft, description="Lamp", actor=actor, at=now)
    return rectify_defect(defect, action="New", license_number="12", actor=actor, at=now), actor


def certify_twice(defect, actor, now):
    # Both have read the defect while it was rectified and no more.
    one, other = (Defect.objects.select_related("aircraft__base").get(pk=defect.pk) for _ in "ab")

    def certify(row):
        return certify_defect(row, license_number="3541208", actor=actor, at=now)

    return at_once(lambda: certify(one), lambda: certify(other))


def test_of_two_certifications_one_counts(now):
    defect, actor = rectified(now)

    outcomes = certify_twice(defect, actor, now)

    assert sum(isinstance(each, TransitionNotAllowed) for each in outcomes) == 1
    assert MaintenanceLog.objects.count() == 1


def test_without_the_locks_both_certifications_would_count(now, monkeypatch):
    defect, actor = rectified(now)
    # What the caller read is taken for what is there.
    monkeypatch.setattr(defects, "_locked", lambda row: (row.aircraft, row))

    certify_twice(defect, actor, now)

    assert MaintenanceLog.objects.count() == 2


def test_one_of_two_bookings_of_one_period_wins(now):
    aircraft, actor = AircraftFactory(airworthy=False), UserFactory()

    def book():
        return book_maintenance(
            fresh(aircraft),
            start_at=now + timedelta(days=1),
            end_at=now + timedelta(days=2),
            purpose="Phase",
            actor=actor,
            at=now,
        )

    outcomes = at_once(book, book, book)

    assert sum(isinstance(each, DoubleBooked) for each in outcomes) == 2


@contextmanager
def unlocked_trigger():
    """The numbering trigger without its row lock, for the time of a test."""
    with as_superuser() as cursor:
        cursor.execute("SELECT pg_get_functiondef('aircraft_hours_link'::regproc)")
        (whole,) = cursor.fetchone()
        cursor.execute(whole.replace("FOR NO KEY UPDATE", ""))
    try:
        yield
    finally:
        with as_superuser() as cursor:
            cursor.execute(whole)
