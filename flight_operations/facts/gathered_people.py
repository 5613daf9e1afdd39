"""Facts of the people of many operations: papers, authorizations, landings, work."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from flight_operations.facts.people import (
    CrewFacts,
    LandingDay,
    MembershipFacts,
    PilotFacts,
    QualificationFacts,
    WorkPeriod,
)
from flight_operations.facts.rows import (
    CrewRow,
    LandingRow,
    MembershipRow,
    OperationRow,
    PaperRow,
    Rows,
    StintRow,
)

RECENT = timedelta(days=90)
WORK_BEFORE = timedelta(days=8)
WORK_AFTER = timedelta(days=2)


class People(NamedTuple):
    """The rows about people, by whom they are about."""

    papers: Mapping[int, tuple[QualificationFacts, ...]]
    memberships: Mapping[tuple[int, int], Sequence[MembershipRow]]
    landings: Mapping[tuple[int, str], Sequence[LandingRow]]
    stints: Mapping[int, Sequence[StintRow]]
    crew: Mapping[int, Sequence[CrewRow]]


def group_people(rows: Rows) -> People:
    """Index what the statement brought."""
    memberships: dict[tuple[int, int], list[MembershipRow]] = defaultdict(list)
    for membership in rows.memberships:
        memberships[membership.operator_id, membership.user_id].append(membership)
    landings: dict[tuple[int, str], list[LandingRow]] = defaultdict(list)
    for landing in rows.landings:
        landings[landing.pilot_id, landing.aircraft_category].append(landing)
    stints: dict[int, list[StintRow]] = defaultdict(list)
    for stint in rows.stints:
        stints[stint.user_id].append(stint)
    crew: dict[int, list[CrewRow]] = defaultdict(list)
    for member in rows.crew:
        crew[member.operation_id].append(member)
    return People(_papers(rows.papers), memberships, landings, stints, crew)


def pilot_facts(
    operation: OperationRow, people: People, *, on: date, zone: ZoneInfo, category: str
) -> PilotFacts:
    """The pilot in command of one operation; `category` is the aircraft's weight category."""
    pilot = operation.pilot_id
    return PilotFacts(
        user_id=pilot,
        name=operation.pilot_name,
        is_active=operation.pilot_is_active,
        arn=operation.pilot_arn,
        membership=_membership(people.memberships.get((operation.operator_id, pilot), ()), on),
        qualifications=people.papers.get(pilot, ()),
        landing_days=tuple(
            LandingDay(on=landing.flown_on, count=landing.count)
            for landing in people.landings.get((pilot, category), ())
            if on - RECENT <= landing.flown_on <= on
        ),
        work=_work(operation, people.stints.get(pilot, ()), zone),
    )


def crew_facts(operation: OperationRow, people: People) -> tuple[CrewFacts, ...]:
    """Everybody else with a part in one operation."""
    return tuple(
        CrewFacts(
            user_id=member.user_id,
            name=member.name,
            role=member.role,
            arn=member.arn,
            trained_on=member.trained_on,
            qualifications=people.papers.get(member.user_id, ()),
        )
        for member in people.crew.get(operation.id, ())
    )


def _papers(rows: Sequence[PaperRow]) -> dict[int, tuple[QualificationFacts, ...]]:
    found: dict[int, list[QualificationFacts]] = defaultdict(list)
    for row in rows:
        found[row.user_id].append(
            QualificationFacts(
                kind=row.kind,
                number=row.number,
                classification=row.classification,
                weight_band=row.weight_band,
                aircraft_type=row.aircraft_type,
                issued_on=row.issued_on,
                expires_on=row.expires_on,
                is_verified=row.is_verified,
            )
        )
    return {user: tuple(papers) for user, papers in found.items()}


def _membership(rows: Sequence[MembershipRow], on: date) -> MembershipFacts | None:
    for row in rows:
        if row.valid_from <= on and (row.valid_until is None or on < row.valid_until):
            return MembershipFacts(
                is_remote_pilot=row.is_remote_pilot,
                authorized_on=row.pilot_authorized_on,
                authorized_models=row.authorized_models,
                is_night_authorized=row.is_night_authorized,
            )
    return None


def _work(
    operation: OperationRow, stints: Sequence[StintRow], zone: ZoneInfo
) -> tuple[WorkPeriod, ...]:
    first = operation.planned_start_at - WORK_BEFORE
    last = operation.planned_end_at + WORK_AFTER
    return tuple(
        WorkPeriod(
            on=stint.start_at.astimezone(zone).date(),
            start_at=stint.start_at,
            end_at=stint.end_at,
        )
        for stint in stints
        if stint.operation_id != operation.id and stint.start_at < last and stint.end_at > first
    )
