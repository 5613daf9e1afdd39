"""What somebody who flies crewed aircraft has flown, may fly, is doing and does next."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from aircraft.models import FLEET_SCOPE
from common.compliance.findings import Color
from common.compliance.registry import rules
from common.compliance.service import parameters_of
from common.desk.links import page_of
from common.desk.more import More, adds_to
from common.desk.standing import Fact, Group
from common.desk.wording import age, clock, clocks, span
from operations.facts.clock import Span, busy, quarter_of
from operations.models import DutyPeriod
from operations.queries.crew_rows import CrewRows, fetch_crew_rows
from operations.schedule import MAX_DUTY, MIN_REST
from users.models import User

NEAR = 0.9
MOST = 4
# The windows a pilot's hours are held against, with the rule that names the limit.
_DAY = "FAR-135.267-24H1"
_QUARTER = "FAR-135.267-QTR"
_YEAR = "FAR-135.267-YEAR"


@adds_to("users.user")
def crewed_work(person: User, user: User, now: datetime) -> More:
    """Duty and rest now, hours against their limits, next trips; 3 statements."""
    if not user.has_perm("operations.view_dutyperiod"):
        return More()
    rows = fetch_crew_rows([person.pk], first_at=now, last_at=now, trips=())
    groups = []
    if rows.duties:
        groups.append(Group(title="Duty and rest", facts=_duty(rows, now)))
    if rows.quarters or rows.flights:
        groups.append(Group(title="Hours, crewed", facts=_hours(rows, now)))
    coming = _next(person, user, now) if user.has_perm("operations.view_trip") else ()
    if coming:
        groups.append(Group(title="Next trips", facts=coming))
    return More(groups=groups)


def _duty(rows: CrewRows, now: datetime) -> tuple[Fact, ...]:
    """All work of the person: trips, drone operations and declared flying elsewhere."""
    spans = busy(Span(row.start_at, row.end_at) for row in rows.duties)
    return (*_now(spans, now), *_coming(spans, now))


def _now(spans: Sequence[Span], now: datetime) -> list[Fact]:
    current = next((each for each in spans if each.start_at <= now < each.end_at), None)
    if current is not None:
        left = current.start_at + MAX_DUTY - now
        is_over = left < timedelta(0)
        text = "over the longest duty" if is_over else f"{span(left)} left of {span(MAX_DUTY)}"
        since = f"on duty since {clock(current.start_at, 'UTC')}"
        color = Color.AMBER if left < timedelta(hours=2) else None
        return [Fact(label="Now", value=since, color=Color.RED if is_over else color, detail=text)]
    before = [each for each in spans if each.end_at <= now]
    if not before:
        return [Fact(label="Now", value="at rest", detail="no work in the days before")]
    rested = now - before[-1].end_at
    color = Color.GREEN if rested >= MIN_REST else Color.AMBER
    value = f"at rest for {span(rested)}"
    return [Fact(label="Now", value=value, color=color, detail=f"{span(MIN_REST)} are needed")]


def _coming(spans: Sequence[Span], now: datetime) -> list[Fact]:
    after = next((each for each in spans if each.start_at > now), None)
    if after is None:
        return []
    ended = max((each.end_at for each in spans if each.end_at <= after.start_at), default=None)
    rest = after.start_at - ended if ended else None
    is_short = rest is not None and rest < MIN_REST
    return [
        Fact(
            label="Next duty",
            value=f"{clock(after.start_at, 'UTC')}, {age(after.start_at, now)}",
            color=Color.RED if is_short else None,
            detail=f"after {span(rest)} of rest" if rest is not None else "",
        )
    ]


def _hours(rows: CrewRows, now: datetime) -> tuple[Fact, ...]:
    own = parameters_of({FLEET_SCOPE}).get(FLEET_SCOPE, {})
    quarter, year = quarter_of(now), now.astimezone(UTC).year
    day = [Span(row.start_at, row.end_at, row.minutes) for row in rows.flights]
    within = sum(each.minutes_within(now - timedelta(hours=24), now) for each in day)
    in_quarter = sum(r.minutes for r in rows.quarters if quarter_of(r.start_at) == quarter)
    in_year = sum(r.minutes for r in rows.quarters if r.start_at.astimezone(UTC).year == year)
    return (
        _against("Last 24 hours", within, _DAY, own),
        _against("This quarter", in_quarter, _QUARTER, own),
        _against("This year", in_year, _YEAR, own),
    )


def _against(label: str, minutes: float, rule: str, own: Any) -> Fact:
    """Hours against the limit that the rule names, the company's own where it is stricter."""
    limit = own.get(rule, {}).get("max_h", rules[rule].parameters["max_h"].value)
    flown = minutes / 60
    # Below the limit it is not green: what was flown elsewhere may not have been declared.
    near = Color.AMBER if flown > limit * NEAR else None
    return Fact(
        label=label,
        value=f"{flown:.1f} h of {limit:g} h",
        color=Color.RED if flown > limit else near,
        detail=rules[rule].citation,
    )


def _next(person: User, user: User, now: datetime) -> tuple[Fact, ...]:
    rows = DutyPeriod.objects.visible_to(user).live().filter(person=person, end_at__gt=now)
    return tuple(
        Fact(
            label=str(duty.trip),
            value=clocks(duty.report_at, duty.end_at, "UTC"),
            link=page_of(duty.trip, user),
            detail=f"{duty.get_status_display().lower()}, {age(duty.report_at, now)}",
        )
        for duty in rows.select_related("trip").order_by("report_at", "pk")[:MOST]
    )
