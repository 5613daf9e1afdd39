"""Set up dispatch centers, and how aircraft and people work for them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from common import audit
from common.exceptions import InvalidInput
from common.lifecycle import locked
from dispatcher.exceptions import CenterBusy, CenterClosed
from dispatcher.models import DispatchCenter, ResourceProfile
from dispatcher.planning.model import Weights
from rpas.models import OperatorMember, RPASOperator

WEIGHTS = frozenset(Weights.__dataclass_fields__)
MOST_WEIGHT = 1_000_000


@transaction.atomic
def open_center(
    *, operator: RPASOperator, actor: Any, at: datetime, **fields: Any
) -> DispatchCenter:
    """Set up a center of an operator. Raises InvalidInput."""
    check_weights(fields.get("weights", {}))
    center = DispatchCenter.objects.create(operator=operator, **fields)
    audit.record("center.opened", center, actor=actor, at=at, scope=center.scope)
    return center


@transaction.atomic
def change_center(
    center: DispatchCenter,
    *,
    changes: Mapping[str, Any],
    actor: Any,
    at: datetime,
    version: int | None,
) -> DispatchCenter:
    """Change what a center is; schedules that are open keep the hours they were opened with."""
    center = locked(center, version=version)
    check_weights(changes.get("weights", {}))
    for name, value in changes.items():
        setattr(center, name, value)
    center.save()
    audit.record(
        "center.changed", center, actor=actor, at=at, scope=center.scope, fields=sorted(changes)
    )
    return center


@transaction.atomic
def deactivate_center(center: DispatchCenter, *, actor: Any, at: datetime) -> DispatchCenter:
    """Close a center down; none of its days may be open. Raises CenterBusy, CenterClosed."""
    center = locked(center)
    if not center.is_active:
        raise CenterClosed(center=center.code)
    running = center.schedules.exclude(status="closed").count()
    if running:
        raise CenterBusy(center=center.code, count=running)
    center.is_active = False
    center.save(update_fields=["is_active", "updated_at"])
    audit.record("center.deactivated", center, actor=actor, at=at, scope=center.scope)
    return center


@transaction.atomic
def reactivate_center(center: DispatchCenter, *, actor: Any, at: datetime) -> DispatchCenter:
    """Open a center again that was closed down."""
    center = locked(center)
    if center.is_active:
        raise InvalidInput("/center", "The center is open.")
    center.is_active = True
    center.save(update_fields=["is_active", "updated_at"])
    audit.record("center.reactivated", center, actor=actor, at=at, scope=center.scope)
    return center


@transaction.atomic
def set_profile(
    center: DispatchCenter, *, actor: Any, at: datetime, **fields: Any
) -> ResourceProfile:
    """
    Say how one aircraft or one person works for a center, in place of what was said before.

    Raises InvalidInput for both or neither, one of another operator, half of the hours, and the
    duty of an aircraft.
    """
    center = locked(center)
    if not center.is_active:
        raise CenterClosed(center=center.code)
    aircraft, person = fields.pop("aircraft", None), fields.pop("person", None)
    _check_resource(center, aircraft, person)
    if (fields.get("starts_at") is None) != (fields.get("ends_at") is None):
        raise InvalidInput("/ends_at", "Name both ends of the hours, or neither.")
    if aircraft is not None:
        _refuse_duty(fields)
        # An aircraft works for one center: naming it here takes it from the other.
        profile, _ = ResourceProfile.objects.update_or_create(
            aircraft=aircraft, defaults={"center": center, **fields}
        )
    else:
        profile, _ = ResourceProfile.objects.update_or_create(
            center=center, person=person, defaults=fields
        )
    audit.record(
        "center.resource_set", center, actor=actor, at=at, scope=center.scope, **profile.details
    )
    return profile


@transaction.atomic
def change_profile(
    profile: ResourceProfile,
    *,
    changes: Mapping[str, Any],
    actor: Any,
    at: datetime,
    version: int | None,
) -> ResourceProfile:
    """Change hours, base or limits of one aircraft or person at a center."""
    profile = locked(profile, version=version)
    if profile.aircraft_id is not None:
        _refuse_duty(changes)
    for name, value in changes.items():
        setattr(profile, name, value)
    if (profile.starts_at is None) != (profile.ends_at is None):
        raise InvalidInput("/ends_at", "Name both ends of the hours, or neither.")
    profile.save()
    center = profile.center
    audit.record(
        "center.resource_changed",
        center,
        actor=actor,
        at=at,
        scope=center.scope,
        **profile.details,
    )
    return profile


def check_weights(weights: Any) -> None:
    """Raise InvalidInput for weights that a plan does not know or could not use."""
    if not isinstance(weights, dict):
        raise InvalidInput("/weights", "Weights are named numbers.")
    for name, value in weights.items():
        if name not in WEIGHTS:
            known = ", ".join(sorted(WEIGHTS))
            raise InvalidInput("/weights", f"Not one of {known}.")
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not 0 <= value <= MOST_WEIGHT:
            raise InvalidInput("/weights", f"{name} lies from 0 to {MOST_WEIGHT}.")


def _refuse_duty(fields: Mapping[str, Any]) -> None:
    """Duty is a person's: of an aircraft nothing would hold it."""
    if fields.get("max_duty_min") is not None:
        raise InvalidInput("/max_duty_min", "An aircraft is on no duty: limit its flying or hours.")


def _check_resource(center: DispatchCenter, aircraft: Any, person: Any) -> None:
    if (aircraft is None) == (person is None):
        raise InvalidInput("/aircraft", "Name either an aircraft or a person.")
    if aircraft is not None and aircraft.operator_id != center.operator_id:
        raise InvalidInput("/aircraft", "The aircraft belongs to another operator.")
    if person is not None:
        members = OperatorMember.objects.live().remote_pilots()
        if not members.filter(operator=center.operator_id, user=person).exists():
            raise InvalidInput("/person", "The person is no remote pilot of this operator.")
