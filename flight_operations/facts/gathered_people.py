"""Gather the people of many operations: papers, authorizations by the operator, landings, work."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import F, Q, Sum
from django.db.models.functions import Least

from flight_operations.facts.people import (
    CrewFacts,
    LandingDay,
    MembershipFacts,
    PilotFacts,
    QualificationFacts,
    WorkPeriod,
)
from flight_operations.models import (
    CrewMember,
    FlightOperation,
    OperationStatus,
    PilotLogEntry,
)
from rpas.models import OperatorMember
from users.models import Qualification, QualificationStatus, User

RECENT = timedelta(days=90)
WORK_BEFORE = timedelta(days=8)
WORK_AFTER = timedelta(days=2)
# Plans that hold a pilot's time, and flights that took it.
NO_WORK = (OperationStatus.DRAFT, OperationStatus.CANCELLED, OperationStatus.REJECTED)


class Stint(NamedTuple):
    """One flight of one person."""

    operation_id: int
    start_at: datetime
    end_at: datetime


class People(NamedTuple):
    """What the statements brought, by person."""

    papers: Mapping[int, tuple[QualificationFacts, ...]]
    memberships: Mapping[tuple[int, int], Sequence[OperatorMember]]
    landings: Mapping[tuple[int, str], Sequence[tuple[date, int]]]
    stints: Mapping[int, Sequence[Stint]]
    crew: Mapping[int, Sequence[CrewMember]]


def gather_people(operations: Sequence[FlightOperation], days: Mapping[int, date]) -> People:
    """Five statements for any number of operations."""
    crew: dict[int, list[CrewMember]] = defaultdict(list)
    members = CrewMember.objects.filter(operation__in=operations).select_related("user__profile")
    for member in members.order_by("pk"):
        crew[member.operation_id].append(member)
    pilots = {operation.pilot_in_command_id for operation in operations}
    everybody = pilots | {m.user_id for entries in crew.values() for m in entries}
    return People(
        papers=_papers(everybody),
        memberships=_memberships(operations, pilots),
        landings=_landings(pilots, days.values()),
        stints=_stints(pilots, operations),
        crew=crew,
    )


def pilot_facts(
    operation: FlightOperation, people: People, *, on: date, zone: ZoneInfo, category: str
) -> PilotFacts:
    """The pilot in command of one operation; `category` is the aircraft's weight category."""
    user = operation.pilot_in_command
    return PilotFacts(
        user_id=user.pk,
        name=user.full_name,
        is_active=user.is_active,
        arn=_arn(user),
        membership=_membership(people.memberships.get((operation.operator_id, user.pk), ()), on),
        qualifications=people.papers.get(user.pk, ()),
        landing_days=tuple(
            LandingDay(on=day, count=count)
            for day, count in people.landings.get((user.pk, category), ())
            if on - RECENT <= day <= on
        ),
        work=_work(operation, people.stints.get(user.pk, ()), zone),
    )


def crew_facts(operation: FlightOperation, people: People) -> tuple[CrewFacts, ...]:
    """Everybody else with a part in one operation."""
    return tuple(
        CrewFacts(
            user_id=member.user_id,
            name=member.user.full_name,
            role=member.role,
            arn=_arn(member.user),
            trained_on=member.trained_on,
            qualifications=people.papers.get(member.user_id, ()),
        )
        for member in people.crew.get(operation.pk, ())
    )


def _arn(user: User) -> str | None:
    profile = getattr(user, "profile", None)
    return (profile.arn or None) if profile is not None else None


def _papers(users: Iterable[int]) -> dict[int, tuple[QualificationFacts, ...]]:
    found: dict[int, list[QualificationFacts]] = defaultdict(list)
    rows = Qualification.objects.filter(user__in=list(users)).exclude(
        status=QualificationStatus.REVOKED
    )
    for row in rows.order_by("pk"):
        found[row.user_id].append(
            QualificationFacts(
                kind=row.kind,
                number=row.number,
                classification=row.classification,
                weight_band=row.weight_band,
                aircraft_type=row.aircraft_type,
                issued_on=row.issued_on,
                expires_on=row.expires_on,
                is_verified=row.status == QualificationStatus.VERIFIED,
            )
        )
    return {user: tuple(papers) for user, papers in found.items()}


def _memberships(
    operations: Sequence[FlightOperation], pilots: Iterable[int]
) -> dict[tuple[int, int], list[OperatorMember]]:
    found: dict[tuple[int, int], list[OperatorMember]] = defaultdict(list)
    operators = {operation.operator_id for operation in operations}
    rows = OperatorMember.objects.filter(operator__in=operators, user__in=list(pilots))
    for row in rows.order_by("pk"):
        found[row.operator_id, row.user_id].append(row)
    return found


def _membership(rows: Sequence[OperatorMember], on: date) -> MembershipFacts | None:
    for row in rows:
        if row.valid_from <= on and (row.valid_until is None or on < row.valid_until):
            return MembershipFacts(
                is_remote_pilot=row.is_remote_pilot,
                authorized_on=row.pilot_authorized_on,
                authorized_models=tuple(row.authorized_models),
                is_night_authorized=row.is_night_authorized,
            )
    return None


def _landings(
    pilots: Iterable[int], days: Iterable[date]
) -> dict[tuple[int, str], list[tuple[date, int]]]:
    wanted = list(days)
    rows = (
        PilotLogEntry.objects.filter(
            pilot__in=list(pilots), flown_on__range=(min(wanted) - RECENT, max(wanted))
        )
        .values("pilot", "aircraft_category", "flown_on")
        .annotate(count=Sum(Least("take_offs", "landings")))
        .order_by("pilot", "aircraft_category", "flown_on")
    )
    found: dict[tuple[int, str], list[tuple[date, int]]] = defaultdict(list)
    for row in rows:
        found[row["pilot"], row["aircraft_category"]].append((row["flown_on"], row["count"]))
    return found


def _stints(pilots: set[int], operations: Sequence[FlightOperation]) -> dict[int, list[Stint]]:
    first = min(operation.planned_start_at for operation in operations) - WORK_BEFORE
    last = max(operation.planned_end_at for operation in operations) + WORK_AFTER
    second = Q(crew__user__in=pilots, crew__role=CrewMember.Role.SECOND_PILOT)
    rows = (
        FlightOperation.objects.filter(Q(pilot_in_command__in=pilots) | second)
        .filter(planned_start_at__lt=last, planned_end_at__gt=first)
        .exclude(status__in=NO_WORK)
        # Null without a second pilot of ours: a pilot is then counted once, as in command.
        .annotate(second_pilot=F("crew__user"), second_role=F("crew__role"))
        .values_list(
            "pk",
            "pilot_in_command",
            "actual_start_at",
            "planned_start_at",
            "actual_end_at",
            "planned_end_at",
            "second_pilot",
            "second_role",
        )
        .order_by("planned_start_at", "pk")
    )
    found: dict[int, dict[int, Stint]] = defaultdict(dict)
    for pk, pilot, began, planned_start, ended, planned_end, other, role in rows:
        stint = Stint(pk, began or planned_start, ended or planned_end)
        found[pilot][pk] = stint
        if role == CrewMember.Role.SECOND_PILOT:
            found[other][pk] = stint
    return {user: list(stints.values()) for user, stints in found.items()}


def _work(
    operation: FlightOperation, stints: Sequence[Stint], zone: ZoneInfo
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
        if stint.operation_id != operation.pk and stint.start_at < last and stint.end_at > first
    )
