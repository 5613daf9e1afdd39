"""A drone operation as a dispatcher must see it at once: can it fly, why not, what next."""

from datetime import datetime
from typing import Any

from airports.models import WeatherData
from airports.queries.conditions import FRESH, Place, conditions_for
from common import shown
from common.compliance.findings import Color, Finding
from common.desk.history import last_steps
from common.desk.judgments import (
    before_flight,
    counted,
    judged_at,
    judgment_of,
    problems_of,
    stale_of,
    verdict_page,
)
from common.desk.links import list_of, page_at, page_of
from common.desk.screen import Desk
from common.desk.standing import Fact, Group, Judgment, Standing
from common.desk.wording import age, clock, clocks, listed, span
from documents.desk import papers_of
from flight_operations.desk.steps import STEPS
from flight_operations.models import (
    UPCOMING,
    ChecklistItem,
    ConformanceAlert,
    FlightOperation,
    OperationalAuthorization,
    OperationalRelease,
    OperationStatus,
    PreFlightChecklist,
    SMSRiskAssessment,
)
from flight_operations.queries.checklists import is_open
from flight_operations.queries.operations import SUBJECT
from rpas.models import RPASAircraft, RPASOperator
from users.models import User

# Where what a rule finds is put right, by how its code begins.
_PLACES = {
    "aircraft": ("MOS-10.07", "RPAS-STATUS", "CASR-101.022", "MOS-10.01", "TMI"),
    "pilot": ("MOS-10.06", "AU-RPAS", "PILOT-", "REPL-", "CASR-101.252"),
    "operator": ("REOC-", "RPAS-OPERATOR", "CASR-101.270"),
    "weather": ("WXD-", "CASR-101.095"),
    "risk": ("SMS-5x5", "SMS-ACCEPT", "SMS-HAZ"),
    "authority": ("AUTH-", "APP-", "CASR-101.238-CTRL", "CASR-101.238-PROHIB", "MOS-4-CTRL"),
    "checklist": ("MOS-10.03", "PREFLIGHT-"),
}


def standing(operation: FlightOperation, user: User, now: datetime) -> Standing:
    """How an operation stands for a reader; 8 statements."""
    zone = operation.operator.timezone
    judgment = judgment_of(SUBJECT, operation.pk, user, now=now)
    releases = list(
        OperationalRelease.objects.filter(operation=operation)
        .select_related("released_by")
        .defer("document", "acknowledgements")
        .order_by("-pk")[:2]
    )
    return Standing(
        headline=_headline(operation, judgment, releases),
        color=judgment.color,
        stale=stale_of(judgment, zone=zone, now=now),
        judged=judged_at(judgment, zone=zone, now=now),
        problems=problems_of(judgment, lambda finding: _link(finding, operation, user)),
        nothing=_nothing(judgment),
        groups=(
            _flight(operation, user, now),
            _readiness(operation, releases, zone, now),
            Group(title="Last events", facts=_events(operation, user, zone, now)),
            papers_of(operation, user),
        ),
        more=verdict_page(judgment, user),
    )


def _nothing(judgment: Judgment) -> str:
    if judgment.color is None:
        return "Nobody has judged this operation yet."
    return "Nothing stands in the way: every rule that was asked is green."


def _headline(
    operation: FlightOperation, judgment: Judgment, releases: list[OperationalRelease]
) -> str:
    status = OperationStatus(operation.status)
    count = counted(judgment)
    if status == OperationStatus.ACTIVE:
        return f"In the air, {operation.get_conformance_display().lower()}: {count}"
    if status not in UPCOMING:
        return f"{status.label}: {count}"
    is_live = bool(releases) and releases[0].revoked_at is None
    return before_flight(
        judgment,
        status=status.label,
        is_released=is_live and status == OperationStatus.READY,
        missing=_missing_step(status),
    )


def _missing_step(status: OperationStatus) -> str:
    if status == OperationStatus.AUTHORISED:
        return "released"
    return "authorised and released"


def _flight(operation: FlightOperation, user: User, now: datetime) -> Group:
    zone, plan = operation.operator.timezone, getattr(operation, "plan", None)
    start, end = operation.planned_start_at, operation.planned_end_at
    facts = [Fact(label="When", value=clocks(start, end, zone), detail=age(start, now))]
    if operation.actual_start_at:
        facts.append(Fact(label="Took off", value=clock(operation.actual_start_at, zone)))
    if operation.actual_end_at:
        flown = span(operation.actual_end_at - operation.actual_start_at)  # type: ignore[operator]
        ended = f"{clock(operation.actual_end_at, zone)}, {flown} in the air"
        facts.append(Fact(label="Landed", value=ended))
    if plan is None:
        facts.append(Fact(label="Where", value="no plan on file", color=Color.RED))
    else:
        lon, lat = plan.launch_site.coords
        height = shown.height(plan.max_height_agl_m, "m", limit=shown.MOST)
        where = f"{lat:.4f}, {lon:.4f}, up to {height} above ground"
        facts.append(Fact(label="Where", value=where, detail=plan.control_station))
    pilot = operation.pilot_in_command
    facts += [
        Fact(
            label="Aircraft",
            value=str(operation.aircraft),
            link=page_of(operation.aircraft, user),
            detail=operation.aircraft.get_status_display(),
        ),
        Fact(label="Pilot", value=pilot.full_name, link=page_of(pilot, user)),
        *([_weather(operation, plan, now, user)] if plan is not None else []),
    ]
    return Group(title="The flight", facts=tuple(facts))


def _weather(operation: FlightOperation, plan: Any, now: datetime, user: User) -> Fact:
    """The report that counts for the launch site, with its age; too old is as good as none."""
    lon, lat = plan.launch_site.coords
    place = Place(lat, lon, operation.planned_start_at, operation.planned_end_at)
    found = conditions_for([place], now=now)[0].observation
    if found is None:
        return Fact(label="Weather", value="no station within 50 km reports", color=Color.AMBER)
    is_old = found.issued_at + FRESH <= now
    away = shown.distance(round(found.distance_km), "km")
    return Fact(
        label="Weather",
        value=f"{found.station}, {away} away, {age(found.issued_at, now)}",
        link=list_of(WeatherData, user, q=found.station),
        color=Color.AMBER if is_old else Color.GREEN,
        detail=f"too old to count: {found.raw}" if is_old else found.raw,
    )


def _readiness(
    operation: FlightOperation, releases: list[OperationalRelease], zone: str, now: datetime
) -> Group:
    return Group(
        title="Release and checklist",
        facts=(_release(operation, releases, zone), *_checklist(operation, now)),
    )


def _release(operation: FlightOperation, releases: list[OperationalRelease], zone: str) -> Fact:
    if not releases:
        is_wanted = operation.status in UPCOMING
        return Fact(label="Release", value="none", color=Color.AMBER if is_wanted else None)
    last = releases[0]
    given = f"{clock(last.released_at, zone)} by {last.released_by.full_name}"
    if last.revoked_at is None:
        return Fact(label="Release", value=f"live since {given}", color=Color.GREEN)
    return Fact(
        label="Release",
        value=f"revoked {clock(last.revoked_at, zone)}: {last.revoked_because[:300]}",
        color=Color.RED if operation.status in UPCOMING else None,
        detail=f"given {given}",
    )


def _checklist(operation: FlightOperation, now: datetime) -> list[Fact]:
    rows = ChecklistItem.objects.filter(checklist__operation=operation)
    items = list(rows.select_related("checklist").order_by("sequence", "pk"))
    if not items:
        is_wanted = operation.status in UPCOMING
        color = Color.AMBER if is_wanted else None
        return [Fact(label="Checklist", value="not begun", color=color)]
    at = items[0].checklist.frozen_at or now
    left = [item.title for item in items if is_open(item, at=at)]
    done = f"{len(items) - len(left)} of {len(items)} done"
    facts = [Fact(label="Checklist", value=done, color=Color.AMBER if left else Color.GREEN)]
    if left:
        facts.append(Fact(label="Still open", value=listed(left, most=4)))
    return facts


def _events(operation: FlightOperation, user: User, zone: str, now: datetime) -> tuple[Fact, ...]:
    alerts = ConformanceAlert.objects.filter(operation=operation).order_by("-pk")[:3]
    raised = [
        Fact(
            label="Alert" if each.ended_at else "Open alert",
            value=f"{each} {clock(each.started_at, zone)}",
            link=page_of(each, user),
            color=None if each.ended_at else Color(str(each.severity)),
            detail="" if each.acknowledged_at else "nobody has acknowledged it",
        )
        for each in alerts
    ]
    return (*raised, *last_steps(operation, zone=zone, now=now)) or (
        Fact(label="None", value="nothing has happened yet"),
    )


def _link(finding: Finding, operation: FlightOperation, user: User) -> str:
    """Where to put right what a rule found."""
    places = (name for name, codes in _PLACES.items() if finding.rule.startswith(codes))
    place = next(places, "")
    ways = {
        "aircraft": lambda: page_at(RPASAircraft, operation.aircraft_id, user),
        "pilot": lambda: page_at(User, operation.pilot_in_command_id, user),
        "operator": lambda: page_at(RPASOperator, operation.operator_id, user),
        "weather": lambda: list_of(WeatherData, user),
        "risk": lambda: list_of(SMSRiskAssessment, user, q=operation.number),
        "authority": lambda: list_of(
            OperationalAuthorization, user, operator__id__exact=operation.operator_id
        ),
        "checklist": lambda: list_of(PreFlightChecklist, user, q=operation.number),
    }
    return ways[place]() if place else ""


DESK = Desk(standing=standing, steps=STEPS)
