"""Plan, amend, submit, authorise, reject and cancel a drone operation."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from common import audit
from common.booking import Resource, book, release
from common.compliance.findings import Stage
from common.exceptions import InvalidInput, TransitionNotAllowed
from common.lifecycle import locked, move, require_move
from common.numbering import next_number
from common.outbox import announce
from flight_operations.events import OperationCancelled, OperationPlanned, PlanAmended
from flight_operations.exceptions import NotAmendable, OperationNotAuthorisable
from flight_operations.models import (
    UPCOMING,
    CrewMember,
    FlightOperation,
    FlightPlan,
    OperationStatus,
    PlanFence,
    PlanVolume,
)
from flight_operations.plan_hash import content_hash
from flight_operations.services.assessment import (
    assess_operation,
    mark_changed,
    plain,
    record_assessment,
    refresh_verdict,
    settle_operation,
    work_keys,
)
from flight_operations.services.checklists import reset_checklist
from flight_operations.services.plan_checks import check_parts, check_times, timed
from flight_operations.services.releases import revoke_live_release
from rpas.models import RPASAircraft, RPASOperator

UNREVIEWED = (
    OperationStatus.DRAFT,
    OperationStatus.PLANNED,
    OperationStatus.IN_REVIEW,
    OperationStatus.REJECTED,
)
NESTED = ("plan", "volumes", "fences", "crew")


@transaction.atomic
def plan_operation(
    *,
    operator: RPASOperator,
    aircraft: RPASAircraft,
    plan: Mapping[str, Any],
    volumes: Sequence[Mapping[str, Any]],
    fences: Sequence[Mapping[str, Any]] = (),
    crew: Sequence[Mapping[str, Any]] = (),
    is_draft: bool = False,
    actor: Any,
    at: datetime,
    **fields: Any,
) -> FlightOperation:
    """
    Plan an operation: store the plan, take aircraft and pilot for its time, and assess it.

    A draft takes nobody's time. A red verdict does not stop planning; it says what to put right.
    Raises InvalidInput, DoubleBooked.
    """
    aircraft = locked(aircraft)
    operation = FlightOperation(operator=operator, aircraft=aircraft, **fields)
    check_times(operation, at, volumes)
    check_parts(fences, crew)
    if aircraft.operator_id != operator.pk:
        raise InvalidInput("/aircraft", "The aircraft belongs to another operator.")
    operation.number = next_number("FO", year=at.astimezone(ZoneInfo(operator.timezone)).year)
    operation.save()
    _write_plan(operation, plan, volumes, fences, crew)
    if not is_draft:
        take_time(operation, actor=actor, at=at)
    audit.record("operation.planned", operation, actor=actor, at=at, scope=operation.scope)
    refresh_verdict(operation, stage=Stage.PLANNING, at=at)
    announce(OperationPlanned(operation_id=operation.pk))
    return operation


@transaction.atomic
def schedule_operation(operation: FlightOperation, *, actor: Any, at: datetime) -> FlightOperation:
    """
    Turn a draft into a planned operation, taking aircraft and pilot.

    One that was rejected, or is handed in for review, goes back to planned; what was authorised or
    released is amended or revoked instead. Raises DoubleBooked, InvalidInput,
    TransitionNotAllowed.
    """
    locked(operation.aircraft)
    operation = locked(operation)
    _require_move_from(UNREVIEWED, operation, OperationStatus.PLANNED)
    check_times(operation, at, ())
    take_time(operation, actor=actor, at=at)
    refresh_verdict(operation, stage=Stage.PLANNING, at=at)
    return operation


@transaction.atomic
def amend_operation(
    operation: FlightOperation,
    *,
    changes: Mapping[str, Any],
    actor: Any,
    at: datetime,
    version: int | None,
    reason: str = "",
) -> FlightOperation:
    """
    Change the plan of an operation that has not flown.

    Whatever had been authorised or released is void: the release is revoked in this transaction,
    the operation goes back to planned and its checklist is answered anew. Raises StaleVersion,
    NotAmendable, DoubleBooked, InvalidInput.
    """
    locked(changes.get("aircraft", operation.aircraft))
    operation = locked(operation, version=version)
    if operation.status not in UPCOMING and operation.status != OperationStatus.REJECTED:
        raise NotAmendable(status=str(operation.status))
    window = (operation.planned_start_at, operation.planned_end_at)
    working = work_keys(operation)
    nested = {name: changes[name] for name in NESTED if name in changes}
    for name in changes.keys() - nested.keys():
        setattr(operation, name, changes[name])
    if operation.aircraft.operator_id != operation.operator_id:
        raise InvalidInput("/aircraft", "The aircraft belongs to another operator.")
    check_times(operation, at, nested.get("volumes", ()))
    check_parts(nested.get("fences", ()), nested.get("crew", ()))
    operation.save()
    before = operation.plan.content_hash
    rewrite_plan(operation, nested, window)
    if operation.plan.content_hash != before:
        reset_checklist(operation, at=at)
        void_approvals(operation, working, actor=actor, at=at, reason=reason)
    announce(PlanAmended(operation_id=operation.pk))
    # Under a live release missing evidence stays red: what the verdict is made again with.
    is_released = operation.status == OperationStatus.READY
    refresh_verdict(operation, stage=Stage.RELEASE if is_released else Stage.PLANNING, at=at)
    return operation


@transaction.atomic
def submit_operation(operation: FlightOperation, *, actor: Any, at: datetime) -> FlightOperation:
    """Hand a planned operation to the chief remote pilot for review."""
    operation = locked(operation)
    move(operation, OperationStatus.IN_REVIEW, actor=actor, at=at)
    return operation


@transaction.atomic
def authorise_operation(operation: FlightOperation, *, actor: Any, at: datetime) -> FlightOperation:
    """
    Approve a plan: nothing in it is red. Missing evidence is still amber here; release asks again.

    Raises OperationNotAuthorisable with the red findings.
    """
    locked(operation.aircraft)
    operation = locked(operation)
    _require_move_from(UNREVIEWED, operation, OperationStatus.AUTHORISED)
    judged = assess_operation(operation, stage=Stage.PLANNING, at=at)
    blockers = judged.assessment.blockers
    if blockers:
        raise OperationNotAuthorisable(
            operation=operation.number, count=len(blockers), findings=plain(blockers)
        )
    record_assessment(judged)
    move(operation, OperationStatus.AUTHORISED, actor=actor, at=at)
    audit.record("operation.authorised", operation, actor=actor, at=at, scope=operation.scope)
    return operation


@transaction.atomic
def reject_operation(
    operation: FlightOperation, *, reason: str, actor: Any, at: datetime
) -> FlightOperation:
    """Turn a plan down, saying why; it may be amended and submitted again, when it books anew."""
    operation = locked(operation)
    move(operation, OperationStatus.REJECTED, actor=actor, at=at, reason=reason)
    release(operation)
    mark_changed(operation, f"{operation.number} rejected", *work_keys(operation))
    # Whoever follows its plan gives back what was held around it.
    announce(PlanAmended(operation_id=operation.pk))
    return operation


@transaction.atomic
def cancel_operation(
    operation: FlightOperation, *, reason: str, actor: Any, at: datetime
) -> FlightOperation:
    """Cancel an operation that has not flown; aircraft and pilot are free again."""
    operation = locked(operation)
    move(operation, OperationStatus.CANCELLED, actor=actor, at=at, reason=reason)
    revoke_live_release(operation, because=f"cancelled: {reason}", actor=actor, at=at)
    release(operation)
    mark_changed(operation, f"{operation.number} cancelled", *work_keys(operation))
    settle_operation(operation)
    audit.record(
        "operation.cancelled", operation, actor=actor, at=at, reason=reason, scope=operation.scope
    )
    announce(OperationCancelled(operation_id=operation.pk))
    return operation


def resources_of(operation: FlightOperation) -> list[Resource]:
    """Whom and what an operation takes: the aircraft, the pilot and the rest of the crew."""
    people = {operation.pilot_in_command_id, *operation.crew.values_list("user_id", flat=True)}
    aircraft = Resource("rpas_aircraft", operation.aircraft_id, operation.aircraft.registration)
    return [aircraft, *(Resource("person", pk, "A member of the crew") for pk in sorted(people))]


def _require_move_from(statuses: Sequence[str], operation: FlightOperation, to: str) -> None:
    """
    Raise TransitionNotAllowed unless the operation is in one of these and the step is listed.

    An amendment takes the review back and a revocation the release; by any other verb the release
    would stay live while the operation is no longer ready.
    """
    if operation.status not in statuses:
        raise TransitionNotAllowed(current=str(operation.status), wanted=str(to))
    require_move(operation, to)


def take_time(operation: FlightOperation, *, actor: Any, at: datetime) -> None:
    """Take aircraft and crew for a locked operation, which becomes planned."""
    book_operation(operation)
    move(operation, OperationStatus.PLANNED, actor=actor, at=at)
    mark_changed(operation, f"{operation.number} planned", *work_keys(operation))


def book_operation(operation: FlightOperation, *, start: datetime | None = None) -> None:
    """Take aircraft and crew for the planned time, or from an earlier `start` on."""
    book(
        resources_of(operation),
        start=start or operation.planned_start_at,
        end=operation.planned_end_at,
        source=operation,
        purpose=operation.number,
    )


def void_approvals(
    operation: FlightOperation, working: set[str], *, actor: Any, at: datetime, reason: str
) -> None:
    """
    Take back whatever was approved of a locked operation's old plan, and book the new one.

    `working` are the keys of whom the old plan kept busy.
    """
    revoke_live_release(operation, because="the plan was amended", actor=actor, at=at)
    if operation.status == OperationStatus.DRAFT:
        return
    book_operation(operation)
    if operation.status != OperationStatus.PLANNED:
        why = reason or "The plan was amended."
        move(operation, OperationStatus.PLANNED, actor=actor, at=at, reason=why)
    mark_changed(operation, f"{operation.number} amended", *working, *work_keys(operation))
    audit.record(
        "operation.amended", operation, actor=actor, at=at, reason=reason, scope=operation.scope
    )


def _write_plan(
    operation: FlightOperation,
    plan: Mapping[str, Any],
    volumes: Sequence[Mapping[str, Any]],
    fences: Sequence[Mapping[str, Any]],
    crew: Sequence[Mapping[str, Any]],
) -> None:
    stored = FlightPlan.objects.create(operation=operation, **plan)
    _replace(operation, stored, {"volumes": volumes, "fences": fences, "crew": crew})
    _seal(operation, stored)


def rewrite_plan(
    operation: FlightOperation, nested: Mapping[str, Any], window: tuple[datetime, datetime]
) -> None:
    """Write the parts of a plan that change, and seal it; `window` is when it was to be flown."""
    plan = operation.plan
    if "volumes" not in nested:
        # Volumes that held for the whole operation still do when the operation moves in time.
        plan.volumes.filter(starts_at=window[0], ends_at=window[1]).update(
            starts_at=operation.planned_start_at, ends_at=operation.planned_end_at
        )
    changes = nested.get("plan", {})
    if changes.get("launch_site", plan.launch_site) != plan.launch_site:
        # What the pilot saw, was seen at the other place.
        plan.local_weather_observation = None
    for name, value in changes.items():
        setattr(plan, name, value)
    _replace(operation, plan, nested)
    plan.revision += 1
    _seal(operation, plan)


def _replace(operation: FlightOperation, plan: FlightPlan, nested: Mapping[str, Any]) -> None:
    if "volumes" in nested:
        plan.volumes.all().delete()
        PlanVolume.objects.bulk_create(
            PlanVolume(plan=plan, sequence=index, **timed(operation, volume))
            for index, volume in enumerate(nested["volumes"], start=1)
        )
    if "fences" in nested:
        plan.fences.all().delete()
        PlanFence.objects.bulk_create(PlanFence(plan=plan, **fence) for fence in nested["fences"])
    if "crew" in nested:
        operation.crew.all().delete()
        CrewMember.objects.bulk_create(
            CrewMember(operation=operation, **member) for member in nested["crew"]
        )
    if operation.crew.filter(user=operation.pilot_in_command_id).exists():
        raise InvalidInput("/crew", "The pilot in command has no other part.")


def _seal(operation: FlightOperation, plan: FlightPlan) -> None:
    plan.save()
    # From the database, as every later reader will see it.
    operation = FlightOperation.objects.get(pk=operation.pk)
    plan.content_hash = content_hash(operation, FlightPlan.objects.get(pk=plan.pk))
    FlightPlan.objects.filter(pk=plan.pk).update(content_hash=plan.content_hash)
