"""Assess the risks of an operation or of a kind of job, and have the residual risk accepted."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from common import audit
from common.compliance.service import touch
from common.exceptions import InvalidInput
from common.lifecycle import locked, move, require_move
from common.numbering import next_number
from common.outbox import announce
from flight_operations.events import RiskAssessmentDecided
from flight_operations.exceptions import (
    ApprovalLevelTooLow,
    AssessmentAlreadyReplaced,
    AssessmentEmpty,
    AssessmentNotAmendable,
    ExtremeRiskNotMitigated,
)
from flight_operations.models import (
    AssessmentStatus,
    FlightOperation,
    RiskApproval,
    RiskItem,
    SMSRiskAssessment,
)
from flight_operations.queries.acceptance import (
    acceptance_level,
    is_worse,
    level_needed,
    worst_index,
)
from flight_operations.risk_matrix import AcceptanceLevel, RiskIndex, index, may_accept
from rpas.models import RPASOperator


@dataclass(frozen=True, kw_only=True)
class RiskLine:
    """One way to come to harm: likelihood `A` to `E` and severity 1 to 5, before and after."""

    hazard: str
    likelihood: str
    severity: int
    residual_likelihood: str
    residual_severity: int
    cause: str = ""
    consequence: str = ""
    controls: str = ""


@transaction.atomic
def create_assessment(
    *,
    operator: RPASOperator,
    title: str,
    context: str,
    kind: str,
    operation: FlightOperation | None = None,
    lines: Sequence[RiskLine] = (),
    actor: Any,
    at: datetime,
    replaces: SMSRiskAssessment | None = None,
) -> SMSRiskAssessment:
    """Begin a risk assessment, for one operation or for a kind of job. Raises InvalidInput."""
    _check_operation(operator, operation)
    year = at.astimezone(ZoneInfo(operator.timezone)).year
    assessment = SMSRiskAssessment.objects.create(
        number=next_number("RA", year=year),
        operator=operator,
        operation=operation,
        kind=kind,
        title=title,
        context=context,
        assessed_by=actor,
        replaces=replaces,
    )
    _write_lines(assessment, lines)
    _note(assessment, "created", actor=actor, at=at)
    return assessment


@transaction.atomic
def amend_assessment(
    assessment: SMSRiskAssessment,
    *,
    changes: Mapping[str, Any],
    actor: Any,
    at: datetime,
    version: int | None = None,
) -> SMSRiskAssessment:
    """
    Change a draft; `items` (lines of risk) among the changes replaces all items.

    Raises AssessmentNotAmendable, StaleVersion, InvalidInput.
    """
    assessment = locked(assessment, version=version)
    if assessment.status != AssessmentStatus.DRAFT:
        raise AssessmentNotAmendable(status=assessment.status)
    for name in ("title", "context", "kind", "operation"):
        if name in changes:
            setattr(assessment, name, changes[name])
    _check_operation(assessment.operator, assessment.operation)
    assessment.save()
    if "items" in changes:
        assessment.items.all().delete()
        _write_lines(assessment, changes["items"])
    _note(assessment, "amended", actor=actor, at=at)
    return assessment


@transaction.atomic
def submit_assessment(
    assessment: SMSRiskAssessment, *, actor: Any, at: datetime
) -> SMSRiskAssessment:
    """
    Put a draft up for acceptance; with a low or negligible residual risk nobody needs to accept it.

    Raises AssessmentEmpty, TransitionNotAllowed.
    """
    assessment = locked(assessment)
    residual = _residual(assessment)
    if not residual:
        raise AssessmentEmpty(assessment=assessment.number)
    assessment.submitted_at = at
    move(assessment, AssessmentStatus.SUBMITTED, actor=actor, at=at)
    if level_needed(residual) == AcceptanceLevel.NOBODY:
        reason = "A low or negligible residual risk needs nobody's acceptance."
        return _approved(assessment, reason=reason, actor=actor, at=at)
    _note(assessment, "submitted", actor=actor, at=at)
    return assessment


@transaction.atomic
def approve_assessment(
    assessment: SMSRiskAssessment, *, comment: str = "", actor: Any, at: datetime
) -> SMSRiskAssessment:
    """
    Accept the residual risk, at the level that the actor's post gives.

    Extreme is for top management and only after mitigation, high for senior management, moderate
    for a department. The assessment this one replaces is superseded. Raises ApprovalLevelTooLow,
    ExtremeRiskNotMitigated, TransitionNotAllowed.
    """
    assessment = locked(assessment)
    require_move(assessment, AssessmentStatus.APPROVED)
    _refuse_bare_extremes(assessment)
    residual = worst_index(_residual(assessment)) or RiskIndex.EXTREME
    today = at.astimezone(ZoneInfo(assessment.operator.timezone)).date()
    level = acceptance_level(actor, assessment.operator, on=today)
    if level == AcceptanceLevel.NOBODY or not may_accept(level, residual):
        raise ApprovalLevelTooLow(
            index=residual.value, needed=level_needed([residual]).value, held=level.value
        )
    # Before the row below: of two who approve at once the second is refused here.
    assessment = _approved(assessment, reason=comment, actor=actor, at=at)
    RiskApproval.objects.create(
        assessment=assessment, level=level, user=actor, approved_at=at, comment=comment
    )
    return assessment


@transaction.atomic
def reject_assessment(
    assessment: SMSRiskAssessment, *, reason: str, actor: Any, at: datetime
) -> SMSRiskAssessment:
    """Refuse the residual risk, and say why. Raises TransitionNotAllowed."""
    return _step(
        assessment, AssessmentStatus.REJECTED, "rejected", reason=reason, actor=actor, at=at
    )


@transaction.atomic
def revise_assessment(
    assessment: SMSRiskAssessment, *, actor: Any, at: datetime
) -> SMSRiskAssessment:
    """Take a rejected assessment up again as a draft. Raises TransitionNotAllowed."""
    return _step(assessment, AssessmentStatus.DRAFT, "revised", actor=actor, at=at)


@transaction.atomic
def supersede_assessment(
    assessment: SMSRiskAssessment, *, reason: str, actor: Any, at: datetime
) -> SMSRiskAssessment:
    """Withdraw an assessment; it counts for nothing any more. Raises TransitionNotAllowed."""
    return _step(
        assessment, AssessmentStatus.SUPERSEDED, "superseded", reason=reason, actor=actor, at=at
    )


@transaction.atomic
def replace_assessment(
    assessment: SMSRiskAssessment, *, actor: Any, at: datetime
) -> SMSRiskAssessment:
    """
    Begin the next edition of an approved assessment as a draft with the same items.

    The old one counts until the new one is approved. Raises AssessmentAlreadyReplaced,
    AssessmentNotAmendable.
    """
    assessment = locked(assessment)
    if assessment.status != AssessmentStatus.APPROVED:
        raise AssessmentNotAmendable(status=assessment.status)
    live = assessment.replaced_by.exclude(status=AssessmentStatus.SUPERSEDED).first()
    if live is not None:
        raise AssessmentAlreadyReplaced(assessment=assessment.number, replacement=live.number)
    names = RiskLine.__dataclass_fields__
    items = assessment.items.order_by("sequence")
    return create_assessment(
        operator=assessment.operator,
        title=assessment.title,
        context=assessment.context,
        kind=assessment.kind,
        operation=assessment.operation,
        lines=[RiskLine(**{name: getattr(item, name) for name in names}) for item in items],
        actor=actor,
        at=at,
        replaces=assessment,
    )


def _approved(
    assessment: SMSRiskAssessment, *, reason: str, actor: Any, at: datetime
) -> SMSRiskAssessment:
    move(assessment, AssessmentStatus.APPROVED, actor=actor, at=at, reason=reason)
    _note(assessment, "approved", actor=actor, at=at, reason=reason)
    announce(RiskAssessmentDecided(assessment_id=assessment.pk))
    old = assessment.replaces
    if old is not None and old.status == AssessmentStatus.APPROVED:
        because = f"Replaced by {assessment.number}."
        supersede_assessment(old, reason=because, actor=actor, at=at)
    return assessment


def _step(
    assessment: SMSRiskAssessment,
    to: str,
    deed: str,
    *,
    reason: str = "",
    actor: Any,
    at: datetime,
) -> SMSRiskAssessment:
    assessment = locked(assessment)
    move(assessment, to, actor=actor, at=at, reason=reason)
    _note(assessment, deed, actor=actor, at=at, reason=reason)
    announce(RiskAssessmentDecided(assessment_id=assessment.pk))
    return assessment


def _check_operation(operator: RPASOperator, operation: FlightOperation | None) -> None:
    if operation is not None and operation.operator_id != operator.pk:
        raise InvalidInput("/operation", "The operation belongs to another operator.")


def _write_lines(assessment: SMSRiskAssessment, lines: Sequence[RiskLine]) -> None:
    items = []
    for position, line in enumerate(lines):
        before = index(line.likelihood, line.severity)
        after = index(line.residual_likelihood, line.residual_severity)
        if is_worse(after, before):
            raise InvalidInput(
                f"/items/{position}/residual_severity",
                f"The residual risk ({after}) is worse than the risk before controls ({before}).",
            )
        items.append(
            RiskItem(
                assessment=assessment,
                sequence=position + 1,
                index=before,
                residual_index=after,
                **asdict(line),
            )
        )
    RiskItem.objects.bulk_create(items)


def _residual(assessment: SMSRiskAssessment) -> list[str]:
    return list(assessment.items.values_list("residual_index", flat=True))


def _refuse_bare_extremes(assessment: SMSRiskAssessment) -> None:
    bare = assessment.items.filter(residual_index=RiskIndex.EXTREME, controls="")
    if bare.exists():
        raise ExtremeRiskNotMitigated(items=list(bare.values_list("sequence", flat=True)))


def _note(
    assessment: SMSRiskAssessment, deed: str, *, actor: Any, at: datetime, reason: str = ""
) -> None:
    audit.record(
        f"risk_assessment.{deed}",
        assessment,
        actor=actor,
        at=at,
        reason=reason,
        scope=assessment.scope,
    )
    keys = [f"rpas_risk_assessments:{assessment.operator_id}"]
    if assessment.operation_id is not None:
        keys.append(f"flight_operation:{assessment.operation_id}")
    touch(*keys, because=f"{assessment.number} {deed}")
