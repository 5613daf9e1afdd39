"""Give many operations other aircraft, pilots and times in one step, or stand them down."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from common import audit
from common.booking import Resource, release, take_turns
from common.compliance.findings import Stage
from common.compliance.service import judge, record, touch
from common.exceptions import InvalidInput, StaleVersion
from common.lifecycle import locked, move
from common.models import Verdict
from common.outbox import announce
from flight_operations.events import PlanAmended
from flight_operations.exceptions import NotAmendable
from flight_operations.facts.collector import stages_of
from flight_operations.models import UPCOMING, FlightOperation, OperationStatus
from flight_operations.services.assessment import SUBJECT, own_key, work_keys
from flight_operations.services.checklists import reset_checklist
from flight_operations.services.operations import (
    book_operation,
    resources_of,
    rewrite_plan,
    take_time,
    void_approvals,
)
from flight_operations.services.plan_checks import check_times
from flight_operations.services.releases import revoke_live_release
from rpas.models import RPASAircraft
from users.models import User


@dataclass(frozen=True)
class Replanned:
    """Who flies one operation with what and when, from now on."""

    operation: FlightOperation
    aircraft: RPASAircraft
    pilot: User
    start_at: datetime
    end_at: datetime


@transaction.atomic
def replan_operations(
    moves: Sequence[Replanned],
    *,
    stood_down: Sequence[FlightOperation] = (),
    kept: Sequence[FlightOperation] = (),
    turns: Iterable[Resource] = (),
    actor: Any,
    at: datetime,
    reason: str,
) -> dict[int, Verdict]:
    """
    Change crew, machine and time of many operations that have not flown, all or none.

    Everybody's old time is given back before anybody's new time is taken, so that two operations
    can swap. Whatever was authorized or released of a changed plan is void, as for an amendment;
    a draft becomes planned. `turns` are others whom the caller books in the same transaction: they
    are waited for here, in the one order. `kept` stay as the caller read them; they are locked and
    judged with the others. Returns the verdicts.

    Raises NotAmendable, InvalidInput, DoubleBooked, StaleVersion.
    """
    by_pk = {entry.operation.pk: entry for entry in moves}
    before = _lock_all(moves, (*stood_down, *kept), set(turns))
    for operation in before.values():
        if operation.status not in (*UPCOMING, OperationStatus.REJECTED):
            raise NotAmendable(status=str(operation.status))
    for each in kept:
        _require_same(each, before.pop(each.pk))
    # All verdicts that this can reach, in one statement and so in one order.
    keys = _keys(before.values()) | {f"user:{entry.pilot.pk}" for entry in moves}
    touch(*sorted(keys), because=reason)
    for operation in before.values():
        release(operation)
    for pk in sorted(before):
        if pk in by_pk:
            _replan(before[pk], by_pk[pk], actor=actor, at=at, reason=reason)
        else:
            _stand_down(before[pk], actor=actor, at=at, reason=reason)
        announce(PlanAmended(operation_id=pk))
    return _assess([*before, *(each.pk for each in kept)], at=at)


def _require_same(read: FlightOperation, now: FlightOperation) -> None:
    """Raise StaleVersion when somebody changed what was read."""
    names = ("status", "aircraft_id", "pilot_in_command_id", "planned_start_at", "planned_end_at")
    if any(getattr(read, name) != getattr(now, name) for name in names):
        raise StaleVersion(yours=read.version, current=now.version)


def _lock_all(
    moves: Sequence[Replanned], stood_down: Sequence[FlightOperation], turns: set[Resource]
) -> dict[int, FlightOperation]:
    """Lock every aircraft, then every operation, then whose turn it is, each in one order."""
    old = [*(entry.operation for entry in moves), *stood_down]
    aircraft = {each.aircraft_id for each in old} | {entry.aircraft.pk for entry in moves}
    aircraft |= {each.pk for each in turns if each.kind == "rpas_aircraft"}
    list(RPASAircraft.objects.select_for_update(no_key=True).filter(pk__in=aircraft).order_by("pk"))
    operations = {
        pk: locked(operation) for pk, operation in sorted({each.pk: each for each in old}.items())
    }
    turns = {Resource(each.kind, each.pk) for each in turns}
    for operation in operations.values():
        turns.update(Resource(each.kind, each.pk) for each in resources_of(operation))
    for entry in moves:
        turns |= {Resource("rpas_aircraft", entry.aircraft.pk), Resource("person", entry.pilot.pk)}
    take_turns(turns)
    return operations


def _replan(
    operation: FlightOperation, entry: Replanned, *, actor: Any, at: datetime, reason: str
) -> None:
    if entry.aircraft.operator_id != operation.operator_id:
        raise InvalidInput("/aircraft", "The aircraft belongs to another operator.")
    window = (operation.planned_start_at, operation.planned_end_at)
    working = work_keys(operation)
    operation.aircraft, operation.pilot_in_command = entry.aircraft, entry.pilot
    operation.planned_start_at, operation.planned_end_at = entry.start_at, entry.end_at
    check_times(operation, at, ())
    operation.save()
    before = operation.plan.content_hash
    _shift_volumes(operation, window)
    rewrite_plan(operation, {}, window)
    if operation.plan.content_hash != before:
        reset_checklist(operation, at=at)
        void_approvals(operation, working, actor=actor, at=at, reason=reason)
    if operation.status in (OperationStatus.DRAFT, OperationStatus.REJECTED):
        take_time(operation, actor=actor, at=at)
    elif operation.plan.content_hash == before:
        book_operation(operation)


def _shift_volumes(operation: FlightOperation, window: tuple[datetime, datetime]) -> None:
    """Parts of the flight move with it; those that hold throughout follow by themselves."""
    by = operation.planned_start_at - window[0]
    if by == timedelta():
        return
    parts = operation.plan.volumes.exclude(starts_at=window[0], ends_at=window[1])
    for volume in parts.order_by("pk"):
        volume.starts_at, volume.ends_at = volume.starts_at + by, volume.ends_at + by
        volume.save(update_fields=["starts_at", "ends_at", "updated_at"])


def _stand_down(operation: FlightOperation, *, actor: Any, at: datetime, reason: str) -> None:
    revoke_live_release(operation, because=reason, actor=actor, at=at)
    if operation.status not in (OperationStatus.DRAFT, OperationStatus.REJECTED):
        move(operation, OperationStatus.DRAFT, actor=actor, at=at, reason=reason)
    audit.record(
        "operation.stood_down", operation, actor=actor, at=at, reason=reason, scope=operation.scope
    )


def _keys(operations: Iterable[FlightOperation]) -> set[str]:
    keys: set[str] = set()
    for operation in operations:
        keys |= {own_key(operation), *work_keys(operation)}
    return keys


def _assess(ids: Sequence[int], *, at: datetime) -> dict[int, Verdict]:
    """Judge each at the stage it stands at now: under a live release missing evidence is red."""
    by_stage: dict[Stage, list[int]] = {}
    for pk, stage in stages_of(ids).items():
        by_stage.setdefault(stage or Stage.PLANNING, []).append(pk)
    verdicts: dict[int, Verdict] = {}
    for stage, mine in sorted(by_stage.items()):
        verdicts |= record(judge(SUBJECT, mine, stage=stage, at=at).values())
    return verdicts
