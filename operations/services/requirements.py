"""What a patient needs on a flight, and whether they may fly."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from common import audit
from common.compliance.service import touch
from common.exceptions import InvalidInput
from common.lifecycle import locked
from common.outbox import announce
from operations.events import MedicalRequirementChanged
from operations.exceptions import (
    ApprovalNotAsked,
    OwnReview,
    RequirementFlown,
    ReviewApproved,
)
from operations.models import Acuity, MedicalDecision, MedicalRequirement, Patient
from operations.services.access import refuse_names


@transaction.atomic
def set_requirement(
    patient: Patient, *, actor: Any, at: datetime, **values: Any
) -> MedicalRequirement:
    """
    Say what a patient needs on one journey; nobody has reviewed it yet.

    The stretcher is as the patient's record says unless given. Raises InvalidInput.
    """
    patient = locked(patient)
    values.setdefault("is_stretcher", patient.needs_stretcher)
    requirement = MedicalRequirement(patient=patient, **values)
    _check(requirement)
    requirement.save()
    _changed(requirement, "requirement.set", actor=actor, at=at, fields=sorted(values))
    return requirement


@transaction.atomic
def change_requirement(
    requirement: MedicalRequirement,
    *,
    changes: Mapping[str, Any],
    version: int | None,
    actor: Any,
    at: datetime,
) -> MedicalRequirement:
    """
    Change what is needed; a decision that was made is taken back and asked for again.

    Locks the patient, then the requirement. Raises StaleVersion, RequirementFlown, InvalidInput.
    """
    locked(requirement.patient)
    requirement = locked(requirement, version=version)
    _require_not_flown(requirement)
    changed = sorted(name for name, new in changes.items() if getattr(requirement, name) != new)
    for name in changed:
        setattr(requirement, name, changes[name])
    _check(requirement)
    if changed:
        was = _take_back(requirement)
        requirement.save()
        _changed(
            requirement, "requirement.changed", actor=actor, at=at, fields=changed, decision_was=was
        )
    return requirement


@transaction.atomic
def review_requirement(
    requirement: MedicalRequirement,
    *,
    decision: str,
    conditions: Sequence[str] = (),
    version: int | None,
    actor: Any,
    at: datetime,
) -> MedicalRequirement:
    """
    Decide whether the patient may fly: fit, fit with conditions, or not fit. For medical staff.

    With conditions, or where the patient was found not fit before, it waits for the medical
    director's approval. Of the version that was looked at: raises StaleVersion where it was changed
    since; RequirementFlown, InvalidInput.
    """
    locked(requirement.patient)
    requirement = locked(requirement, version=version)
    _require_not_flown(requirement)
    if (decision == MedicalDecision.CONDITIONS) != bool(conditions):
        raise InvalidInput("/conditions", "Given with, and only with, the decision `conditions`.")
    was_unfit = requirement.decision == MedicalDecision.NOT_FIT
    requirement.is_reversal = requirement.is_reversal or was_unfit
    requirement.decision, requirement.conditions = decision, list(conditions)
    requirement.decided_by, requirement.decided_at = actor, at
    requirement.approved_by = requirement.approved_at = None
    _check(requirement)
    requirement.save()
    _changed(requirement, "requirement.reviewed", actor=actor, at=at, decision=decision)
    return requirement


@transaction.atomic
def approve_requirement(
    requirement: MedicalRequirement, *, version: int | None, actor: Any, at: datetime
) -> MedicalRequirement:
    """
    Approve a decision with conditions, or one that reverses another; for the medical director.

    Raises StaleVersion, RequirementFlown, ApprovalNotAsked, ReviewApproved, OwnReview.
    """
    locked(requirement.patient)
    requirement = locked(requirement, version=version)
    _require_not_flown(requirement)
    if not requirement.needs_approval:
        raise ApprovalNotAsked
    if requirement.approved_at is not None:
        raise ReviewApproved
    if requirement.decided_by_id == actor.pk:
        raise OwnReview
    requirement.approved_by, requirement.approved_at = actor, at
    requirement.save()
    _changed(requirement, "requirement.approved", actor=actor, at=at)
    return requirement


def withdraw_decisions(patient: Patient, *, because: str, actor: Any, at: datetime) -> None:
    """Take the decisions on a locked patient's flights to come back: what they rest on changed."""
    rows = MedicalRequirement.objects.not_flown().filter(patient=patient)
    decided = rows.exclude(decision=MedicalDecision.PENDING)
    for pk in decided.order_by("pk").values_list("pk", flat=True):
        requirement = locked(MedicalRequirement(pk=pk))
        was = _take_back(requirement)
        requirement.save()
        _changed(
            requirement,
            "requirement.decision_withdrawn",
            actor=actor,
            at=at,
            reason=because,
            decision_was=was,
        )


def _take_back(requirement: MedicalRequirement) -> str:
    was = requirement.decision
    requirement.decision, requirement.conditions = MedicalDecision.PENDING, []
    requirement.decided_by = requirement.decided_at = None
    requirement.approved_by = requirement.approved_at = None
    requirement.is_reversal = False
    return str(was)


def _check(requirement: MedicalRequirement) -> None:
    if requirement.acuity != Acuity.STABLE and not requirement.team:
        raise InvalidInput("/team", "Care in flight needs somebody who gives it.")
    patient = requirement.patient
    refuse_names(patient, *requirement.equipment, pointer="/equipment")
    refuse_names(patient, *requirement.conditions, pointer="/conditions")


def _require_not_flown(requirement: MedicalRequirement) -> None:
    if not MedicalRequirement.objects.not_flown().filter(pk=requirement.pk).exists():
        raise RequirementFlown(requirement=requirement.pk)


def _changed(
    requirement: MedicalRequirement,
    deed: str,
    *,
    actor: Any,
    at: datetime,
    reason: str = "",
    **details: Any,
) -> None:
    audit.record(deed, requirement, actor=actor, at=at, reason=reason, **details)
    touch(f"requirement:{requirement.pk}", because=deed)
    announce(MedicalRequirementChanged(requirement_id=requirement.pk))
