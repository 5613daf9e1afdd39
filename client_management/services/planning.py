"""
A job's operations, made from its area through the services of flight operations.

One order of locks: aircraft, client, job.
"""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.db import transaction
from msgspec import Struct, field
from shapely.geometry.base import BaseGeometry

from client_management.events import JobOperationsPlanned
from client_management.exceptions import CannotBePlanned, JobNotPlannable, NothingToPlan
from client_management.models import (
    PLANNABLE_JOBS,
    JobOperation,
    JobOrder,
    OperationPurpose,
)
from client_management.queries.planning import (
    Hours,
    area_left,
    cut,
    measured,
    next_sequence,
    outline,
    plan_of,
    slots,
    volume_of,
)
from client_management.survey.estimate import SIGHT_M, Estimate, PlannedPart
from client_management.survey.parts import CannotBeFlown, TooManyOperations
from common.audit import record
from common.exceptions import InvalidInput
from common.lifecycle import locked
from common.outbox import announce
from flight_operations.models import OperatingCategory
from flight_operations.services.operations import plan_operation
from rpas.models import RPASAircraft, RPASOperator
from users.models import User

# In one transaction; a larger job is planned by asking again.
MOST_AT_ONCE = 50


class Team(Struct, frozen=True, kw_only=True):
    """Who is to fly and with what, until dispatch decides otherwise."""

    operator: RPASOperator
    aircraft: RPASAircraft
    pilot: User
    category: str = str(OperatingCategory.REOC)

    @property
    def named(self) -> dict[str, Any]:
        """The team as an operation names it."""
        return {
            "operator": self.operator,
            "aircraft": self.aircraft,
            "pilot_in_command": self.pilot,
            "category": self.category,
        }


class Way(Struct, frozen=True, kw_only=True):
    """
    How an area is cut and flown: sight of the pilot, batteries for each operation, hours of a day.

    `conditions` of the site are those of a flight plan that somebody stated, the same for all
    parts; what is not stated counts as not known.
    """

    sight_m: float = SIGHT_M
    batteries_each: int = 1
    hours: Hours = Hours()
    is_draft: bool = True
    conditions: dict[str, Any] = field(default_factory=dict)


@transaction.atomic
def plan_job_operations(
    job: JobOrder,
    *,
    team: Team,
    start_at: datetime,
    area: GEOSGeometry | None = None,
    way: Way | None = None,
    actor: Any,
    at: datetime,
) -> list[JobOperation]:
    """
    Add operations to a job for what of its area no operation covers yet, at most 50 at a time.

    `area` is flown again instead, such as the gaps of a coverage report. Drafts take nobody's time:
    dispatch finds aircraft, pilot and hour. Raises JobNotPlannable, NothingToPlan,
    CannotBePlanned, InvalidInput, DoubleBooked where they are no drafts.
    """
    how = way or Way()
    locked(team.aircraft)
    job = locked(job)
    if job.status not in PLANNABLE_JOBS:
        raise JobNotPlannable(status=job.get_status_display().lower())
    _check(team, start_at, at)
    found = _cut(job, team, how, area)
    parts = list(found.parts[:MOST_AT_ONCE])
    times = slots(parts, start_at=start_at, zone=ZoneInfo(job.request.timezone), hours=how.hours)
    purpose = OperationPurpose.SURVEY if area is None else OperationPurpose.REFLIGHT
    first, sizes = next_sequence(job), measured(parts)
    same: dict[str, Any] = {"height_m": found.height_m, "purpose": purpose, "team": team}
    same |= {"way": how, "actor": actor, "at": at}
    added = [
        _added(job, part, sequence=first + n, size_m2=sizes[n], window=times[n], **same)
        for n, part in enumerate(parts)
    ]
    _note_operator(job, team.operator)
    record("job.planned", job, actor=actor, at=at, operations=len(added), purpose=str(purpose))
    announce(JobOperationsPlanned(job_id=job.pk, organization_id=job.organization_id))
    return added


def _note_operator(job: JobOrder, operator: RPASOperator) -> None:
    if job.operator_id != operator.pk:
        job.operator = operator
        job.save()


def _cut(job: JobOrder, team: Team, how: Way, area: GEOSGeometry | None) -> Estimate:
    shape: BaseGeometry = area_left(job) if area is None else shapely.from_wkb(bytes(area.wkb))
    if shape.is_empty:
        raise NothingToPlan(job=job.number)
    try:
        found = cut(
            job,
            shape,
            aircraft=team.aircraft,
            sight_m=how.sight_m,
            batteries_each=how.batteries_each,
        )
    except (CannotBeFlown, TooManyOperations) as fault:
        raise CannotBePlanned(job=job.number, reason=str(fault)) from fault
    if not found.parts:
        raise NothingToPlan(job=job.number)
    if area is not None and len(found.parts) > MOST_AT_ONCE:
        # What is left of an area that is flown again nobody would find again.
        raise CannotBePlanned(job=job.number, reason=f"more than {MOST_AT_ONCE} operations")
    return found


def _added(
    job: JobOrder,
    part: PlannedPart,
    *,
    sequence: int,
    size_m2: float,
    window: tuple[datetime, datetime],
    height_m: float,
    purpose: str,
    team: Team,
    way: Way,
    **told: Any,
) -> JobOperation:
    plan = plan_of(part, mass_kg=team.aircraft.mtow_kg, height_m=height_m, number=sequence)
    operation = plan_operation(
        **team.named,
        title=f"{job.title[:170]}, part {sequence}",
        purpose=f"{job.request.get_service_type_display()} for {job.number}",
        planned_start_at=window[0],
        planned_end_at=window[1],
        plan=way.conditions | plan,
        volumes=[volume_of(part, height_m=height_m)],
        is_draft=way.is_draft,
        **told,
    )
    return JobOperation.objects.create(
        job=job,
        operation=operation,
        sequence=sequence,
        purpose=purpose,
        part=outline(part.polygon),
        part_m2=size_m2,
        planned_min=part.flight_min,
        flight_lines=part.lines,
        batteries=part.batteries,
        height_agl_m=height_m,
        planned_by=told["actor"],
    )


def _check(team: Team, start_at: datetime, at: datetime) -> None:
    if team.aircraft.operator_id != team.operator.pk:
        raise InvalidInput("/aircraft", "The aircraft belongs to another operator.")
    if start_at <= at:
        raise InvalidInput("/start_at", "In the future.")
