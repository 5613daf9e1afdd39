from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from common.compliance.first import first_verdict
from common.compliance.service import touch
from common.exceptions import InvalidInput
from common.lifecycle import locked
from rpas.events import OperatorChanged
from rpas.exceptions import ChangeAlreadyRecorded, PeriodEnded, PostTaken
from rpas.models import KeyPersonnel, OperatorChange, OperatorMember, RPASAircraft, RPASOperator
from rpas.queries.people import local_day
from rpas.services.records import operator_changed


@transaction.atomic
def create_operator(*, actor: Any, at: datetime, **values: Any) -> RPASOperator:
    """Set up an operator; whoever does so is its first member, else nobody could see it."""
    operator = RPASOperator(**values)
    _check_reoc(operator)
    operator.save()
    OperatorMember.objects.create(
        operator=operator,
        user=actor,
        position="Administrator",
        valid_from=local_day(operator, at),
    )
    operator_changed(operator, "created", actor=actor, at=at)
    first_verdict("rpas.rpasoperator", operator.pk, at=at)
    return operator


@transaction.atomic
def update_operator(
    operator: RPASOperator,
    *,
    changes: Mapping[str, Any],
    version: int | None,
    actor: Any,
    at: datetime,
) -> RPASOperator:
    """Change what is written of an operator. Raises StaleVersion, InvalidInput."""
    operator = locked(operator, version=version)
    is_moved = changes.get("timezone", operator.timezone) != operator.timezone
    for name, value in changes.items():
        setattr(operator, name, value)
    _check_reoc(operator)
    operator.save(update_fields=[*changes, "updated_at"])
    _announce(operator, "updated", actor=actor, at=at, fields=sorted(changes))
    if is_moved:
        # Which day it is decides about inspections and papers of every aircraft.
        fleet = RPASAircraft.objects.not_retired().filter(operator=operator)
        touch(*(f"rpas_aircraft:{pk}" for pk in fleet.values_list("pk", flat=True)))
    return operator


@transaction.atomic
def add_member(
    operator: RPASOperator, *, user: Any, actor: Any, at: datetime, **values: Any
) -> OperatorMember:
    """Let a person work for an operator for a time; one membership at a time."""
    operator = locked(operator)
    values.setdefault("valid_from", local_day(operator, at))
    _check_period(values["valid_from"], values.get("valid_until"))
    member = OperatorMember.objects.create(operator=operator, user=user, **values)
    _announce(operator, "member_added", actor=actor, at=at, member=str(user))
    return member


@transaction.atomic
def update_member(
    member: OperatorMember,
    *,
    changes: Mapping[str, Any],
    version: int | None,
    actor: Any,
    at: datetime,
) -> OperatorMember:
    """Change a membership, or end it with `valid_until`. Raises StaleVersion, InvalidInput."""
    operator = locked(member.operator)
    member = locked(member, version=version)
    for name, value in changes.items():
        setattr(member, name, value)
    _check_period(member.valid_from, member.valid_until)
    member.save(update_fields=[*changes, "updated_at"])
    _announce(
        operator, "member_changed", actor=actor, at=at, member=member.pk, fields=sorted(changes)
    )
    return member


@transaction.atomic
def authorize_pilot(
    member: OperatorMember,
    *,
    models: list[str],
    is_night_authorized: bool = False,
    actor: Any,
    at: datetime,
) -> OperatorMember:
    """
    Let a member fly the named aircraft models as a remote pilot (CASR 101.252).

    Raises PeriodEnded when the membership is over.
    """
    operator = locked(member.operator)
    member = locked(member)
    today = local_day(operator, at)
    if member.valid_until is not None and member.valid_until <= today:
        raise PeriodEnded(ended=member.valid_until)
    member.is_remote_pilot = True
    member.pilot_authorized_on = today
    member.pilot_authorized_by = actor
    member.authorized_models = models
    member.is_night_authorized = is_night_authorized
    member.save()
    _announce(
        operator,
        "pilot_authorized",
        actor=actor,
        at=at,
        member=member.pk,
        models=models,
        is_night_authorized=is_night_authorized,
    )
    return member


@transaction.atomic
def appoint(
    operator: RPASOperator,
    *,
    user: Any,
    post: str,
    valid_from: date,
    valid_until: date | None = None,
    arn: str = "",
    approved_on: date | None = None,
    actor: Any,
    at: datetime,
) -> KeyPersonnel:
    """Appoint the holder of a key post. Raises PostTaken, InvalidInput."""
    operator = locked(operator)
    _check_period(valid_from, valid_until)
    overlap = Q(valid_until__isnull=True) | Q(valid_until__gt=valid_from)
    if valid_until is not None:
        overlap &= Q(valid_from__lt=valid_until)
    holders = KeyPersonnel.objects.in_post(post).filter(overlap, operator=operator)
    if holder := holders.select_related("user").first():
        raise PostTaken(post=post, holder=holder.user.full_name)
    key_person = KeyPersonnel.objects.create(
        operator=operator,
        user=user,
        post=post,
        arn=arn,
        approved_on=approved_on,
        valid_from=valid_from,
        valid_until=valid_until,
    )
    _announce(operator, "post_filled", actor=actor, at=at, post=post, holder=str(user))
    return key_person


@transaction.atomic
def end_post(key_person: KeyPersonnel, *, ends_on: date, actor: Any, at: datetime) -> KeyPersonnel:
    """End a key post; `ends_on` is the first day without. Raises PeriodEnded, InvalidInput."""
    operator = locked(key_person.operator)
    key_person = locked(key_person)
    if key_person.valid_until is not None and key_person.valid_until <= ends_on:
        raise PeriodEnded(ended=key_person.valid_until)
    if ends_on <= key_person.valid_from:
        raise InvalidInput("/ends_on", "Not after the day on which the post began.")
    key_person.valid_until = ends_on
    key_person.save(update_fields=["valid_until", "updated_at"])
    _announce(operator, "post_ended", actor=actor, at=at, post=key_person.post)
    return key_person


@transaction.atomic
def record_change(
    operator: RPASOperator,
    *,
    kind: str,
    description: str,
    made_on: date,
    actor: Any,
    at: datetime,
) -> OperatorChange:
    """Write down a change that CASA must approve or hear of within 21 days."""
    operator = locked(operator)
    change = OperatorChange.objects.create(
        operator=operator, kind=kind, description=description, made_on=made_on
    )
    _announce(operator, "change_recorded", actor=actor, at=at, change=change.pk, kind=kind)
    return change


@transaction.atomic
def notify_change(
    change: OperatorChange, *, notified_on: date, actor: Any, at: datetime
) -> OperatorChange:
    """Record when CASA was told. Raises ChangeAlreadyRecorded, InvalidInput."""
    return _settle_change(change, "notified", notified_on, {}, actor=actor, at=at)


@transaction.atomic
def approve_change(
    change: OperatorChange, *, approved_on: date, approval_ref: str, actor: Any, at: datetime
) -> OperatorChange:
    """Record CASA's approval. Raises ChangeAlreadyRecorded, InvalidInput."""
    more = {"approval_ref": approval_ref}
    return _settle_change(change, "approved", approved_on, more, actor=actor, at=at)


def _settle_change(
    change: OperatorChange,
    deed: str,
    on: date,
    more: Mapping[str, str],
    *,
    actor: Any,
    at: datetime,
) -> OperatorChange:
    operator = locked(change.operator)
    change = locked(change)
    known = getattr(change, f"{deed}_on")
    if known is not None:
        raise ChangeAlreadyRecorded(deed=deed, on=known)
    if on > local_day(operator, at):
        raise InvalidInput(f"/{deed}_on", "That is still to come.")
    setattr(change, f"{deed}_on", on)
    for name, value in more.items():
        setattr(change, name, value)
    change.save()
    _announce(operator, f"change_{deed}", actor=actor, at=at, change=change.pk)
    return change


def _announce(
    operator: RPASOperator, deed: str, *, actor: Any, at: datetime, **details: Any
) -> None:
    event = OperatorChanged(operator_id=operator.pk)
    operator_changed(operator, deed, event, actor=actor, at=at, **details)


def _check_reoc(operator: RPASOperator) -> None:
    issued, expires = operator.reoc_issued_on, operator.reoc_expires_on
    if operator.reoc_number is None and (issued or expires):
        raise InvalidInput("/reoc_number", "Needed beside the dates of the ReOC.")
    if issued and expires and expires < issued:
        raise InvalidInput("/reoc_expires_on", "Before the day of issue.")


def _check_period(start: date, end: date | None) -> None:
    if end is not None and end <= start:
        raise InvalidInput("/valid_until", "Not after the first day.")
