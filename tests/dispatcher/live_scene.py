"""A center of an operator, somebody at its desk, and operations that it answers for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any

import time_machine

from common.events import handlers
from common.geo import point
from common.models import ComplianceState, Verdict
from dispatcher.models import Assignment, DispatchCenter, DispatchEvent, DispatchSchedule
from dispatcher.services.events import raise_event
from flight_operations.models import FlightOperation
from rpas.models import RPASAircraft, RPASOperator
from tests.flight_operations.factories import LAT, LON
from tests.rpas.factories import MemberFactory, OperatorFactory
from tests.users.factories import hold
from users.models import Role, User
from users.services.seeding import seed_roles

NOW = datetime(2026, 3, 14, 22, 30, tzinfo=UTC)
ZONE = "Australia/Sydney"
_number = count(1)


def make_center(operator: RPASOperator | None = None, **fields: Any) -> DispatchCenter:
    """A center open around the clock by Sydney's."""
    return DispatchCenter.objects.create(
        **{
            "operator": operator or OperatorFactory(),
            "code": f"CT-{next(_number):04}",
            "name": "Depot",
            "point": point(lat=LAT, lon=LON),
            "timezone": ZONE,
            "opens_at": time(0),
            "closes_at": time(0),
            **fields,
        }
    )


@dataclass
class Desk:
    """A center with a dispatcher and two remote pilots of its operator."""

    center: DispatchCenter
    dispatcher: User
    pilot: User
    second: User

    @property
    def operator(self) -> RPASOperator:
        return self.center.operator


def make_desk(**fields: Any) -> Desk:
    """A desk of its own operator; whoever sits there holds the seeded role."""
    seed_roles()
    center = make_center(OperatorFactory(key_staff=True), **fields)
    person = MemberFactory(operator=center.operator).user
    hold(person, Role.objects.get(code="dispatcher"))
    first, second = (MemberFactory(operator=center.operator, pilot=True).user for _ in range(2))
    for pilot in (first, second):
        hold(pilot, Role.objects.get(code="remote_pilot"))
    return Desk(center, person, first, second)


def make_drone(operator: RPASOperator, **fields: Any) -> RPASAircraft:
    """A drone with nothing in its log, a year on the fleet."""
    n = next(_number)
    with time_machine.travel(NOW - timedelta(days=365), tick=False):
        return RPASAircraft.objects.create(
            **{
                "operator": operator,
                "registration": f"RPA-D{n:04}",
                "serial_number": f"D{n}",
                "make": "Maker",
                "model": "Four",
                "empty_mass_kg": 1,
                "mtow_kg": 2,
                **fields,
            }
        )


def make_operation(
    desk: Desk, start: datetime = NOW, minutes: int = 60, **fields: Any
) -> FlightOperation:
    """An operation without a plan; nothing is booked and nothing is assessed."""
    n = next(_number)
    return FlightOperation.objects.create(
        **{
            "number": f"FO-2026-{70_000 + n}",
            "operator": desk.operator,
            "aircraft": fields.pop("aircraft", None) or make_drone(desk.operator),
            "pilot_in_command": desk.pilot,
            "title": "Survey",
            "purpose": "Survey",
            "category": "reoc",
            "status": "planned",
            "planned_start_at": start,
            "planned_end_at": start + timedelta(minutes=minutes),
            **fields,
        }
    )


def make_schedule(desk: Desk, day: date, **fields: Any) -> DispatchSchedule:
    """The plan of one local day, a draft."""
    opens_at, closes_at = desk.center.opening(day)
    return DispatchSchedule.objects.create(
        center=desk.center, day=day, opens_at=opens_at, closes_at=closes_at, **fields
    )


def publish(
    schedule: DispatchSchedule,
    operation: FlightOperation,
    *,
    before: int = 0,
    after: int = 0,
    **fields: Any,
) -> Assignment:
    """A published assignment, with travel of so many minutes before and after."""
    start, end = operation.planned_start_at, operation.planned_end_at
    return Assignment.objects.create(
        **{
            "schedule": schedule,
            "operation": operation,
            "aircraft": operation.aircraft,
            "pilot": operation.pilot_in_command,
            "start_at": start,
            "end_at": end,
            "occupied_from": start - timedelta(minutes=before),
            "occupied_until": end + timedelta(minutes=after),
            "status": "published",
            "published_at": start - timedelta(days=1),
            **fields,
        }
    )


def judged(
    record: Any, *findings: tuple[str, str, str], at: datetime = NOW, **state: Any
) -> Verdict:
    """A verdict on record: (rule, color, message) each, with the state that lists show."""
    colors = [color for _, color, _ in findings]
    worst = next((color for color in ("red", "amber") if color in colors), "green")
    subject = {
        "subject_type": record._meta.label_lower,
        "subject_id": record.pk,
        "scope": getattr(record, "scope", "crewed_fleet"),
    }
    verdict = Verdict.objects.create(
        **subject,
        subject_label=str(record),
        stage="planning",
        color=worst,
        assessed_at=at,
        facts={},
        parameters={},
        rule_versions={},
        findings=[
            {"rule": rule, "color": color, "message": message} for rule, color, message in findings
        ],
    )
    shown = {"color": worst, "assessed_at": at, "verdict": verdict, **state}
    ComplianceState.objects.update_or_create(
        subject_type=subject["subject_type"],
        subject_id=record.pk,
        defaults={"scope": subject["scope"], **shown},
    )
    return verdict


def happened(desk: Desk, *, at: datetime = NOW, **fields: Any) -> DispatchEvent:
    """An event of a desk, a warning unless it says otherwise."""
    given = {
        "kind": "other",
        "severity": "warning",
        "title": "The van broke down",
        "occurred_at": at,
        "actor": desk.dispatcher,
        **fields,
    }
    return raise_event(desk.center, **given, at=at)


def hear(event: Any) -> None:
    """Deliver an event to this app's handlers, as the outbox does, twice."""
    own = [run for name, run in handlers[event.name].items() if name.startswith("dispatcher.")]
    assert own, event.name
    for handler in own:
        handler(event)
        handler(event)


def titles(events: Iterable[DispatchEvent]) -> list[str]:
    return [event.title for event in events]
