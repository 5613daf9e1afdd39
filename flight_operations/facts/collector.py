"""Gather the facts of drone operations in sets, for the compliance engine."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

import msgspec

from airports.queries import aerodromes, airspace
from airports.queries.sun import SolarEvent
from common.compliance.findings import Stage
from common.compliance.subjects import Collected, subject
from flight_operations.facts.gathered_fleet import OperatorRow, gather_fleet
from flight_operations.facts.gathered_papers import (
    Papers,
    approval_facts,
    checklist_facts,
    group_papers,
    log_facts,
    release_facts,
    risk_facts,
)
from flight_operations.facts.gathered_people import (
    People,
    crew_facts,
    group_people,
    pilot_facts,
)
from flight_operations.facts.gathered_site import Site, gather_sites, plan_facts
from flight_operations.facts.next_change import next_change_at
from flight_operations.facts.operation import OperationFacts
from flight_operations.facts.rows import OperationRow, Rows, fetch_rows
from flight_operations.models import FLOWN, FlightOperation, OperationStatus
from rpas.airworthiness import AircraftFacts, OperatorFacts, PostFacts
from rpas.queries.airworthiness import AircraftDay

TIMED_RULES = ("WXD-AGE", "MOS-10.05-LOG")
# Their time is in the technical log already.
IN_THE_LOG = (*FLOWN, OperationStatus.ABORTED)
NOWHERE = Site()


_STAGES: dict[str, Stage | None] = {
    # Under a live release missing evidence is red.
    OperationStatus.READY: Stage.RELEASE,
    OperationStatus.ACTIVE: Stage.RELEASE,
    OperationStatus.LANDED: Stage.POST,
    OperationStatus.LOGGED: Stage.POST,
    OperationStatus.ABORTED: Stage.POST,
    OperationStatus.FINALISED: None,
    OperationStatus.CANCELLED: None,
}


def stages_of(ids: Sequence[int]) -> dict[int, Stage | None]:
    """At which stage operations are judged, from where they stand now."""
    rows = FlightOperation.objects.filter(pk__in=ids).order_by("pk")
    return {
        pk: _STAGES.get(status, Stage.PLANNING) for pk, status in rows.values_list("pk", "status")
    }


@subject(
    "flight_operations.flightoperation",
    facts=OperationFacts,
    own="flight_operation",
    stages=stages_of,
    open_to_members=True,
)
def collect_operations(ids: Sequence[int], at: datetime, stage: Stage) -> Mapping[int, Collected]:
    """Collect operations with everything their rules ask for; the statements do not grow."""
    gathered = fetch_rows(ids, timed_rules=TIMED_RULES)
    rows = gathered.operations
    if not rows:
        return {}
    zones = {row.id: ZoneInfo(row.timezone) for row in rows}
    days = {row.id: row.planned_start_at.astimezone(zones[row.id]).date() for row in rows}
    people, papers = group_people(gathered), group_papers(gathered)
    sites = gather_sites(gathered, at)
    questions = {row.id: aircraft_day(row, days[row.id]) for row in rows}
    fleet = gather_fleet(list(questions.values()), (row.operator_id for row in rows))
    own = _timed_settings(gathered)
    collected = {}
    for row in rows:
        facts = operation_facts(
            row,
            zone=zones[row.id],
            aircraft=fleet.aircraft[questions[row.id]],
            operator=operator_on_day(fleet.operators[row.operator_id], papers, days[row.id]),
            people=people,
            papers=papers,
            site=sites.get(row.id, NOWHERE),
        )
        collected[row.id] = Collected(
            facts=facts,
            label=row.number,
            scope=row.scope,
            dependencies=_dependencies(row, facts),
            next_change_at=next_change_at(facts, at, own.get(row.scope, {})),
        )
    return collected


def aircraft_day(row: OperationRow, on: date) -> AircraftDay:
    """The question to the fleet: this aircraft on that day, with what the flight would add."""
    if row.status in IN_THE_LOG:
        return AircraftDay(row.aircraft_id, on)
    planned = row.planned_end_at - row.planned_start_at
    # Rounded up: maintenance is due by whole minutes, and a part of one counts.
    return AircraftDay(row.aircraft_id, on, -(-int(planned.total_seconds()) // 60), 1)


def operator_on_day(operator: OperatorRow, papers: Papers, on: date) -> OperatorFacts:
    """The operator on the flight's own day; posts change hands between one flight and another."""
    posts = tuple(
        PostFacts(post=post.post, name=post.name, arn=post.arn, approved_on=post.approved_on)
        for post in papers.posts.get(operator.operator_id, ())
        if post.is_live(on)
    )
    return msgspec.structs.replace(operator.facts(on), posts=posts)


def operation_facts(
    row: OperationRow,
    *,
    zone: ZoneInfo,
    aircraft: AircraftFacts,
    operator: OperatorFacts,
    people: People,
    papers: Papers,
    site: Site,
    passages: Sequence[SolarEvent] | None = None,
) -> OperationFacts:
    """One operation as its rules see it, put together from what was gathered."""
    on = aircraft.on
    return OperationFacts(
        rule_date=on,
        end_date=row.planned_end_at.astimezone(zone).date(),
        number=row.number,
        status=row.status,
        timezone=row.timezone,
        title=row.title,
        purpose=row.purpose,
        category=row.category,
        sight_mode=row.sight_mode,
        is_paid=row.is_paid,
        is_over_own_land=row.is_over_own_land,
        start_at=row.planned_start_at,
        end_at=row.planned_end_at,
        aircraft=aircraft,
        operator=operator,
        pilot=pilot_facts(row, people, on=on, zone=zone, category=aircraft.category),
        crew=crew_facts(row, people),
        authorizations=approval_facts(row, papers, site.area),
        risks=risk_facts(row, papers, on),
        checklist=checklist_facts(row, papers),
        log=log_facts(row, papers),
        release=release_facts(row, papers),
        **plan_facts(row, site, passages),
    )


def _dependencies(row: OperationRow, facts: OperationFacts) -> frozenset[str]:
    own = f"flight_operation:{row.id}"
    if facts.log is not None:
        # Over: what happens to machine, people and sky from now on says nothing of this flight.
        return frozenset({own})
    keys = {
        own,
        f"rpas_aircraft:{row.aircraft_id}",
        f"rpas_operator:{row.operator_id}",
        f"rpas_authorizations:{row.operator_id}",
        f"rpas_risk_assessments:{row.operator_id}",
        f"user:{row.pilot_id}",
        aerodromes.DEPENDENCY,
        airspace.DEPENDENCY,
    }
    keys.update(f"user:{member.user_id}" for member in facts.crew)
    if facts.weather is not None:
        keys.update(facts.weather.dependencies)
    return frozenset(keys)


def _timed_settings(gathered: Rows) -> dict[str, dict[tuple[str, str], float]]:
    """Each operator's own spans of time: they move the moment at which a verdict may change."""
    found: dict[str, dict[tuple[str, str], float]] = defaultdict(dict)
    for row in gathered.settings:
        found[row.scope][row.rule, row.parameter] = row.value
    return found
