"""What a remote pilot has flown, may fly and flies next."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q

from common.compliance.findings import Color
from common.compliance.registry import rules
from common.compliance.service import parameters_of
from common.desk.links import page_of
from common.desk.more import More, adds_to
from common.desk.standing import Fact, Group
from common.desk.wording import age, clocks
from flight_operations.models import UPCOMING, CrewMember, FlightOperation, OperationStatus
from users.models import User

WEEK = timedelta(days=7)
# No operation lasts longer.
LONGEST = timedelta(days=2)
NEAR = 0.9
MOST = 4
_DROPPED = (OperationStatus.DRAFT, OperationStatus.CANCELLED, OperationStatus.REJECTED)
_DUTY = ("AU-RPAS-FATIGUE-DUTY", "max_duty_h")
_FLIGHT = ("AU-RPAS-FATIGUE-FLIGHT", "max_flight_h")
_DAYS = ("AU-RPAS-FATIGUE-DAYOFF", "max_days")


@adds_to("users.user")
def drone_work(person: User, user: User, now: datetime) -> More:
    """
    Hours of the day and days of the week against their limits, and the next operations.

    Limits count every operation of the person; named are those that the reader sees. 3 statements.
    """
    if not user.has_perm("flight_operations.view_flightoperation"):
        return More()
    work = _work(person, now)
    groups = []
    if work:
        groups.append(Group(title="Hours, drones", facts=_hours(work, now)))
    coming = _next(person, user, now)
    if coming:
        groups.append(Group(title="Next operations", facts=coming))
    return More(groups=groups)


def _mine(person: User) -> Q:
    second = CrewMember.objects.filter(user=person, role=CrewMember.Role.SECOND_PILOT)
    return Q(pilot_in_command=person) | Q(pk__in=second.values("operation"))


def _work(person: User, now: datetime) -> list[FlightOperation]:
    rows = FlightOperation.objects.filter(_mine(person)).exclude(status__in=_DROPPED)
    # A start in a range is looked up; an end alone would read all operations there ever were.
    ahead = now + timedelta(days=1)
    near = rows.filter(planned_start_at__gt=now - WEEK - LONGEST, planned_start_at__lt=ahead)
    return list(near.select_related("operator").order_by("planned_start_at", "pk")[:200])


def _times(operation: FlightOperation) -> tuple[datetime, datetime]:
    """From take-off to landing as far as they are known, else as planned."""
    start = operation.actual_start_at or operation.planned_start_at
    return start, max(start, operation.actual_end_at or operation.planned_end_at)


def _hours(work: list[FlightOperation], now: datetime) -> tuple[Fact, ...]:
    operator = work[-1].operator
    zone = ZoneInfo(operator.timezone)
    today = now.astimezone(zone).date()
    days = {_times(each)[0].astimezone(zone).date() for each in work}
    spans = [_times(each) for each in work]
    of_day = [each for each in spans if each[0].astimezone(zone).date() == today]
    flown = sum(((end - start) for start, end in of_day), timedelta())
    duty = max(end for _, end in of_day) - of_day[0][0] if of_day else timedelta()
    scope = f"rpas_operator:{operator.pk}"
    own = parameters_of({scope}).get(scope, {})
    week = {day for day in days if today - timedelta(days=6) <= day <= today}
    return (
        _against("Flying today", flown.total_seconds() / 3600, _FLIGHT, own, "h"),
        _against("Duty today", duty.total_seconds() / 3600, _DUTY, own, "h"),
        _against("Days of work in 7", float(len(week)), _DAYS, own, "days"),
    )


def _against(
    label: str, spent: float, rule: tuple[str, str], own: dict[str, dict[str, float]], unit: str
) -> Fact:
    """Work against the limit that the rule names, the operator's own where it is stricter."""
    code, name = rule
    limit = own.get(code, {}).get(name, rules[code].parameters[name].value)
    places = 0 if unit == "days" else 1
    near = Color.AMBER if spent > limit * NEAR else Color.GREEN
    return Fact(
        label=label,
        value=f"{spent:.{places}f} of {limit:g} {unit}",
        color=Color.RED if spent > limit else near,
        detail="planned flights count",
    )


def _next(person: User, user: User, now: datetime) -> tuple[Fact, ...]:
    open_ones = (*UPCOMING, OperationStatus.ACTIVE)
    rows = FlightOperation.objects.visible_to(user).filter(_mine(person), status__in=open_ones)
    rows = rows.filter(planned_start_at__gt=now - LONGEST, planned_end_at__gt=now)
    rows = rows.select_related("operator")
    return tuple(
        Fact(
            label=each.number,
            value=clocks(each.planned_start_at, each.planned_end_at, each.operator.timezone),
            link=page_of(each, user),
            detail=f"{each.get_status_display().lower()}, {age(each.planned_start_at, now)}",
        )
        for each in rows.order_by("planned_start_at", "pk")[:MOST]
    )
