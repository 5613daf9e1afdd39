"""People's decisions about rules: an operator's stricter values, and overrides."""

import math
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction

from common import audit
from common.compliance.findings import Color, Stage
from common.compliance.registry import rules
from common.compliance.service import assess, touch
from common.compliance.subjects import Subject, subjects
from common.exceptions import DomainError, InvalidInput
from common.models import RuleOverride, RuleSetting
from common.scopes import scopes_of


class RuleIsAbsolute(DomainError):
    code = "rule_is_absolute"
    message = "{rule} cannot be overridden: {title}."


class RuleIsNotRed(DomainError):
    code = "rule_is_not_red"
    message = "{rule} is not red for this record; there is nothing to override."


class LaxerThanTheLaw(DomainError):
    status = 400
    code = "laxer_than_the_law"
    message = "{parameter} of {rule} may be stricter than {limit} {unit}, never laxer."


class NotYours(DomainError):
    """Whoever lets a record pass a rule, or no longer, answers for a record that they may see."""

    status = 403
    code = "record_not_yours"
    message = "You may not see records of this kind, and so not decide about their rules."


class AlreadyOverridden(DomainError):
    code = "already_overridden"
    message = "{rule} is already overridden for this record."


@transaction.atomic
def set_parameter(
    *, scope: str, rule: str, parameter: str, value: float, reason: str, actor: Any, at: datetime
) -> RuleSetting:
    """
    Set an operator's own value for a rule parameter and mark the operator's verdicts stale.

    Raises InvalidInput for an unknown rule, parameter or scope, LaxerThanTheLaw for a value on the
    wrong side of the rule's own.
    """
    limit = _parameter(rule, parameter)
    if not (actor.is_superuser or scope in scopes_of(actor)):
        raise InvalidInput("/scope", "No operator of yours has this scope.")
    if not (math.isfinite(value) and limit.allows(value)):
        raise LaxerThanTheLaw(parameter=parameter, rule=rule, limit=limit.value, unit=limit.unit)
    setting, _ = RuleSetting.objects.update_or_create(
        scope=scope,
        rule=rule,
        parameter=parameter,
        defaults={"value": value, "set_by": actor, "set_at": at, "reason": reason},
    )
    audit.record(
        "compliance.parameter_set",
        setting,
        actor=actor,
        at=at,
        reason=reason,
        scope=scope,
        value=value,
    )
    touch(scope, because=f"{rule} {parameter} set")
    return setting


@transaction.atomic
def override(
    *, subject_type: str, subject_id: int, rule: str, reason: str, actor: Any, at: datetime
) -> RuleOverride:
    """
    Let one record pass one red rule, on a named person's word.

    Raises NotYours where the caller may not see records of the kind, InvalidInput when the record
    is not the caller's to see, RuleIsAbsolute, RuleIsNotRed, AlreadyOverridden.
    """
    instance = _visible(subject_type, subject_id, actor)
    _check_overridable(subject_type, subject_id, rule)
    judged = assess(subject_type, subject_id, stage=Stage.RELEASE, at=at)
    if not any(f.rule == rule and f.color == Color.RED for f in judged.assessment.findings):
        raise RuleIsNotRed(rule=rule)
    granted = RuleOverride.objects.create(
        subject_type=subject_type,
        subject_id=subject_id,
        scope=judged.collected.scope,
        rule=rule,
        reason=reason,
        granted_by=actor,
        granted_at=at,
    )
    audit.record(
        "compliance.overridden",
        instance,
        actor=actor,
        at=at,
        reason=reason,
        scope=judged.collected.scope,
        rule=rule,
    )
    touch(_key(subject_type, subject_id), because=f"{rule} overridden")
    return granted


@transaction.atomic
def withdraw(granted: RuleOverride, *, reason: str, actor: Any, at: datetime) -> RuleOverride:
    """
    Take an override back; the verdict is made again. Raises AlreadyWithdrawn, NotYours.

    Also for a kind of record that is no longer assessed: there is no verdict to make again.
    """
    require_sight(granted.subject_type, actor.has_perm)
    granted = RuleOverride.objects.select_for_update().get(pk=granted.pk)
    if granted.withdrawn_at is not None:
        raise AlreadyWithdrawn(rule=granted.rule)
    granted.withdrawn_at = at
    granted.save(update_fields=["withdrawn_at"])
    audit.record(
        "compliance.override_withdrawn",
        granted,
        actor=actor,
        at=at,
        reason=reason,
        scope=granted.scope,
    )
    if granted.subject_type in subjects:
        touch(_key(granted.subject_type, granted.subject_id), because="override withdrawn")
    return granted


def require_sight(subject_type: str, holds: Callable[[str], bool]) -> None:
    """Raise NotYours where the permissions held do not show records of a kind that is assessed."""
    known = subjects.get(subject_type)
    if known is not None and not holds(known.view):
        raise NotYours


class AlreadyWithdrawn(DomainError):
    code = "already_withdrawn"
    message = "The override of {rule} is already withdrawn."


def _check_overridable(subject_type: str, subject_id: int, rule: str) -> None:
    entry = rules.get(rule)
    if entry is None:
        raise InvalidInput("/rule", "There is no such rule.")
    if entry.is_absolute:
        raise RuleIsAbsolute(rule=rule, title=entry.title)
    live = RuleOverride.objects.filter(
        subject_type=subject_type, subject_id=subject_id, rule=rule, withdrawn_at=None
    )
    if live.exists():
        raise AlreadyOverridden(rule=rule)


def _parameter(rule: str, parameter: str) -> Any:
    entry = rules.get(rule)
    if entry is None:
        raise InvalidInput("/rule", "There is no such rule.")
    limit = entry.parameters.get(parameter)
    if limit is None:
        raise InvalidInput("/parameter", "The rule has no such parameter.")
    return limit


def _visible(subject_type: str, subject_id: int, actor: Any) -> Any:
    known = _require_kind(subject_type, actor)
    rows: Any = known.model._default_manager
    instance = rows.visible_to(actor).filter(pk=subject_id).first()
    if instance is None:
        raise InvalidInput("/subject_id", "No such record.")
    return instance


def _require_kind(subject_type: str, actor: Any) -> Subject:
    known = subjects.get(subject_type)
    if known is None:
        raise InvalidInput("/subject_type", "Not a kind of record that can be assessed.")
    require_sight(subject_type, actor.has_perm)
    return known


def _key(subject_type: str, subject_id: int) -> str:
    """The dependency key of a record's own row, e.g. `flight_operation:7`."""
    return subjects[subject_type].own_key(subject_id)
