"""Release an operation for flight, and take a release back when anything it rests on changes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from common import audit
from common.compliance.findings import Finding, Stage
from common.compliance.service import findings_of
from common.compliance.states import not_covered
from common.lifecycle import locked, move, require_move
from common.models import Verdict
from common.outbox import announce
from flight_operations.events import OperationReleased, ReleaseRevoked
from flight_operations.exceptions import (
    AcknowledgementMissing,
    OperationNotReleasable,
    ReleaseMissing,
)
from flight_operations.models import FlightOperation, OperationalRelease, OperationStatus
from flight_operations.queries.release_document import release_document
from flight_operations.services.assessment import (
    assess_operation,
    mark_changed,
    plain,
    record_assessment,
)


@transaction.atomic
def release_operation(
    operation: FlightOperation,
    *,
    acknowledgements: Sequence[dict[str, str]],
    actor: Any,
    at: datetime,
) -> OperationalRelease:
    """
    Release an authorised operation on a fresh assessment, binding its plan and that verdict.

    Every amber finding needs an acknowledgement (rule and note). Raises OperationNotReleasable
    with the red findings, AcknowledgementMissing with the amber ones, TransitionNotAllowed.
    """
    locked(operation.aircraft)
    operation = locked(operation)
    require_move(operation, OperationStatus.READY)
    judged = assess_operation(operation, stage=Stage.RELEASE, at=at)
    verdict = record_assessment(judged)
    _refuse_blockers(operation, judged.assessment.blockers)
    _refuse_unacknowledged(operation, judged.assessment.cautions, acknowledgements)
    move(operation, OperationStatus.READY, actor=actor, at=at)
    release = OperationalRelease.objects.create(
        operation=operation,
        plan_hash=operation.plan.content_hash,
        verdict=verdict,
        acknowledgements=list(acknowledgements),
        document=release_document(operation, verdict, released_by=actor, at=at),
        released_by=actor,
        released_at=at,
    )
    audit.record(
        "operation.released",
        operation,
        actor=actor,
        at=at,
        scope=operation.scope,
        verdict=verdict.pk,
    )
    announce(OperationReleased(operation_id=operation.pk, release_id=release.pk))
    return release


@transaction.atomic
def revoke_release(
    operation: FlightOperation, *, because: str, actor: Any, at: datetime
) -> FlightOperation:
    """
    Take back a release; the operation is authorised again, not ready.

    Raises ReleaseMissing when there is none, TransitionNotAllowed once the aircraft has taken off.
    """
    operation = locked(operation)
    if not OperationalRelease.objects.live().filter(operation=operation).exists():
        raise ReleaseMissing(operation=operation.number)
    move(operation, OperationStatus.AUTHORISED, actor=actor, at=at, reason=because)
    revoke_live_release(operation, because=because, actor=actor, at=at)
    mark_changed(operation, "release revoked")
    return operation


def revoke_live_release(
    operation: FlightOperation, *, because: str, actor: Any, at: datetime
) -> bool:
    """Revoke the live release of a locked operation, if there is one. Returns whether there was."""
    release = OperationalRelease.objects.live().filter(operation=operation).first()
    if release is None:
        return False
    release.revoked_at = at
    release.revoked_because = because
    release.save(update_fields=["revoked_at", "revoked_because", "updated_at"])
    audit.record(
        "operation.release_revoked",
        operation,
        actor=actor,
        at=at,
        reason=because,
        scope=operation.scope,
    )
    announce(ReleaseRevoked(operation_id=operation.pk, release_id=release.pk))
    return True


@transaction.atomic
def recheck_release(operation: FlightOperation, verdict: Verdict, *, at: datetime) -> bool:
    """
    Hold a new verdict against the live release and revoke it when it is no longer covered.

    Returns whether it was revoked.
    """
    operation = locked(operation)
    release = OperationalRelease.objects.live().filter(operation=operation).first()
    if release is None or operation.status != OperationStatus.READY:
        return False
    if verdict.pk <= release.verdict_id:
        # News from before the release, delivered late.
        return False
    worse = not_covered(release.verdict, findings_of(verdict))
    if not worse:
        return False
    because = "; ".join(f"{f.rule}: {f.message}" for f in worse)[:2000]
    revoke_release(operation, because=because, actor=None, at=at)
    return True


def _refuse_blockers(operation: FlightOperation, blockers: tuple[Finding, ...]) -> None:
    if blockers:
        raise OperationNotReleasable(
            operation=operation.number, count=len(blockers), findings=plain(blockers)
        )


def _refuse_unacknowledged(
    operation: FlightOperation,
    cautions: tuple[Finding, ...],
    acknowledgements: Sequence[dict[str, str]],
) -> None:
    noted = {entry["rule"] for entry in acknowledgements}
    missing = tuple(finding for finding in cautions if finding.rule not in noted)
    if missing:
        raise AcknowledgementMissing(
            operation=operation.number, count=len(missing), findings=plain(missing)
        )
