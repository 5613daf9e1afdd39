"""What happens at once: real threads, real connections, real commits."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest
from django.db import connections

from common.exceptions import DomainError
from rpas.models import F2FlightHoursEntry, F2TechnicalLogPartA, RPASAircraft
from rpas.queries.technical_log import verify_technical_log
from rpas.services.batteries import assign_battery
from rpas.services.defects import certify_defect, raise_defect, rectify_defect
from rpas.services.flights import record_flight
from rpas.services.operators import appoint
from rpas.services.technical_logs import draft_part_a, issue_part_a
from tests.rpas.factories import (
    TODAY,
    AircraftFactory,
    BatteryFactory,
    DefectFactory,
    KeyPersonnelFactory,
    MemberFactory,
    OperatorFactory,
)
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*calls):
    """Run the calls in threads that start together; returns what each returned or raised."""
    barrier = Barrier(len(calls))

    def run(call):
        try:
            barrier.wait(timeout=10)
            return call()
        except DomainError as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_flights_recorded_at_once_keep_the_totals_and_the_chain_right(now):
    aircraft = AircraftFactory(time_in_service_min=590)
    battery = BatteryFactory(operator=aircraft.operator, aircraft=aircraft, cycles=0)
    pilots = [UserFactory() for _ in range(4)]

    def fly(number):
        return record_flight(
            RPASAircraft.objects.get(pk=aircraft.pk),
            operation_number=f"FO-2026-{number:04}",
            minutes=number,
            on=TODAY,
            pilot=pilots[number % 4],
            at=now,
        )

    at_once(*[lambda number=number: fly(number) for number in range(1, 9)])

    aircraft.refresh_from_db()
    battery.refresh_from_db()
    entries = F2FlightHoursEntry.objects.of_flights().order_by("sequence")
    assert [entry.sequence for entry in entries] == list(range(2, 10))
    assert aircraft.time_in_service_min == 590 + 36
    assert (aircraft.flights, battery.cycles) == (8, 8)
    assert list(verify_technical_log(aircraft).faults) == []


def test_one_operation_recorded_twice_at_once_is_in_the_log_once(now):
    aircraft, pilot = AircraftFactory(), UserFactory()

    def fly():
        return record_flight(
            RPASAircraft.objects.get(pk=aircraft.pk),
            operation_number="FO-2026-0001",
            minutes=25,
            on=TODAY,
            pilot=pilot,
            at=now,
        )

    outcomes = at_once(fly, fly)

    assert sorted(getattr(outcome, "code", "") for outcome in outcomes) == [
        "",
        "flight_already_recorded",
    ]
    aircraft.refresh_from_db()
    assert aircraft.time_in_service_min == 25


@pytest.mark.parametrize("attempt", range(3))
def test_a_defect_against_the_issue_of_part_a(now, attempt):
    operator = OperatorFactory()
    controller = KeyPersonnelFactory(operator=operator).user
    aircraft = AircraftFactory(operator=operator, airworthy=False)
    part_a = draft_part_a(aircraft, schedule_reference="M", actor=controller, at=now)

    issued, _ = at_once(
        lambda: issue_part_a(
            F2TechnicalLogPartA.objects.get(pk=part_a.pk), actor=controller, at=now
        ),
        lambda: raise_defect(
            RPASAircraft.objects.get(pk=aircraft.pk),
            severity="major",
            description="Crack",
            actor=controller,
            at=now,
        ),
    )

    defect = aircraft.defects.get()
    part_a.refresh_from_db()
    if getattr(issued, "code", "") == "technical_log_not_issuable":
        # The defect was first: nothing is certified over it.
        assert part_a.status == "draft"
        assert defect.part_a is None
    else:
        # The issue was first: the defect knows under which Part A it was found.
        assert part_a.status == "issued"
        assert defect.part_a == part_a


def test_numbers_drafted_at_once_do_not_collide(now):
    operator = OperatorFactory()
    controller = MemberFactory(operator=operator).user
    aircraft = [AircraftFactory(operator=operator, airworthy=False) for _ in range(3)]

    def draft(row):
        return draft_part_a(row, schedule_reference="M", actor=controller, at=now)

    outcomes = at_once(*[lambda row=row: draft(row) for row in [*aircraft, *aircraft]])

    refused = [outcome for outcome in outcomes if isinstance(outcome, DomainError)]
    numbers = sorted(outcome.number for outcome in outcomes if not isinstance(outcome, DomainError))
    assert numbers == sorted(f"{row.registration}-2026-001" for row in aircraft)
    assert [refusal.code for refusal in refused] == ["technical_log_draft_exists"] * 3


def test_a_rectification_is_certified_once_at_once(now):
    defect, people = DefectFactory(), [UserFactory() for _ in range(3)]
    rectify_defect(defect, action="Replaced", actor=people[0], at=now)

    outcomes = at_once(
        *[lambda user=user: certify_defect(defect, actor=user, at=now) for user in people]
    )

    assert sorted(getattr(outcome, "code", "") for outcome in outcomes) == [
        "",
        "transition_not_allowed",
        "transition_not_allowed",
    ]


def test_a_post_filled_twice_at_once_has_one_holder(now):
    operator, people = OperatorFactory(), [UserFactory() for _ in range(3)]

    outcomes = at_once(
        *[
            lambda user=user: appoint(
                operator, user=user, post="ceo", valid_from=TODAY, actor=user, at=now
            )
            for user in people
        ]
    )

    assert sum(not isinstance(outcome, DomainError) for outcome in outcomes) == 1
    assert operator.key_personnel.count() == 1


def test_batteries_swapped_at_once_do_not_deadlock(now):
    operator, user = OperatorFactory(), UserFactory()
    first, second = (AircraftFactory(operator=operator, airworthy=False) for _ in range(2))
    batteries = [
        BatteryFactory(operator=operator, aircraft=first),
        BatteryFactory(operator=operator, aircraft=second),
    ]

    for _ in range(5):
        at_once(
            partial(assign_battery, batteries[0], aircraft=second, actor=user, at=now),
            partial(assign_battery, batteries[1], aircraft=first, actor=user, at=now),
        )
        batteries = [type(row).objects.get(pk=row.pk) for row in batteries]
        first, second = second, first

    assert {batteries[0].aircraft, batteries[1].aircraft} == {first, second}
