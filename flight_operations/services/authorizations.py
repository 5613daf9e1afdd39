"""Ask for authorizations, and record what the authority answered."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.gis.geos import GEOSGeometry, MultiPolygon
from django.db import transaction

from common import audit
from common.compliance.service import touch
from common.exceptions import InvalidInput
from common.lifecycle import locked, move
from common.outbox import announce
from flight_operations.events import AuthorizationChanged
from flight_operations.exceptions import AuthorizationNotAmendable
from flight_operations.models import AuthorizationStatus, OperationalAuthorization
from rpas.models import RPASAircraft, RPASOperator


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What is asked for or allowed: of which kind, where, how high, when, for which aircraft."""

    kind: str
    number: str
    valid_from: datetime
    valid_until: datetime
    authority: str = "CASA"
    aircraft: RPASAircraft | None = None
    area: GEOSGeometry | None = None
    max_height_agl_m: float | None = None
    place: str = ""
    conditions: str = ""
    applied_on: date | None = None


TERMS = frozenset(field.name for field in fields(Terms))


@transaction.atomic
def request_authorization(
    *, operator: RPASOperator, terms: Terms, actor: Any, at: datetime
) -> OperationalAuthorization:
    """Record an application that was sent to the authority. Raises InvalidInput."""
    authorization = OperationalAuthorization(operator=operator, recorded_by=actor)
    _apply(authorization, {name: getattr(terms, name) for name in TERMS}, at)
    authorization.save()
    _note(authorization, "requested", actor=actor, at=at)
    return authorization


@transaction.atomic
def create_granted(
    *, operator: RPASOperator, terms: Terms, actor: Any, at: datetime
) -> OperationalAuthorization:
    """Record an authorization that the operator already holds. Raises InvalidInput."""
    authorization = request_authorization(operator=operator, terms=terms, actor=actor, at=at)
    return record_granted(authorization, actor=actor, at=at)


@transaction.atomic
def amend_request(
    authorization: OperationalAuthorization,
    *,
    changes: Mapping[str, Any],
    actor: Any,
    at: datetime,
    version: int | None = None,
) -> OperationalAuthorization:
    """
    Correct an application that is not decided yet.

    Raises AuthorizationNotAmendable, StaleVersion, InvalidInput.
    """
    authorization = locked(authorization, version=version)
    if authorization.status != AuthorizationStatus.REQUESTED:
        raise AuthorizationNotAmendable(status=authorization.status)
    _apply(authorization, changes, at)
    authorization.save()
    _note(authorization, "amended", actor=actor, at=at)
    return authorization


@transaction.atomic
def record_granted(
    authorization: OperationalAuthorization,
    *,
    changes: Mapping[str, Any] | None = None,
    actor: Any,
    at: datetime,
) -> OperationalAuthorization:
    """
    Record that the authority granted it, on the terms asked for or on those in `changes`.

    Raises InvalidInput, TransitionNotAllowed.
    """
    authorization = locked(authorization)
    _apply(authorization, changes or {}, at)
    move(authorization, AuthorizationStatus.GRANTED, actor=actor, at=at)
    _note(authorization, "granted", actor=actor, at=at)
    return authorization


@transaction.atomic
def record_refused(
    authorization: OperationalAuthorization, *, reason: str, actor: Any, at: datetime
) -> OperationalAuthorization:
    """Record that the authority said no, and why. Raises TransitionNotAllowed."""
    authorization = locked(authorization)
    move(authorization, AuthorizationStatus.REFUSED, actor=actor, at=at, reason=reason)
    _note(authorization, "refused", actor=actor, at=at, reason=reason)
    return authorization


@transaction.atomic
def revoke_authorization(
    authorization: OperationalAuthorization, *, reason: str, actor: Any, at: datetime
) -> OperationalAuthorization:
    """Record that a granted authorization holds no longer. Raises TransitionNotAllowed."""
    authorization = locked(authorization)
    move(authorization, AuthorizationStatus.REVOKED, actor=actor, at=at, reason=reason)
    _note(authorization, "revoked", actor=actor, at=at, reason=reason)
    return authorization


def _apply(
    authorization: OperationalAuthorization, changes: Mapping[str, Any], at: datetime
) -> None:
    for name in sorted(TERMS & set(changes)):
        value = changes[name]
        if name == "area" and value is not None and value.geom_type == "Polygon":
            value = MultiPolygon(value, srid=value.srid)
        setattr(authorization, name, value)
    if authorization.valid_until <= authorization.valid_from:
        raise InvalidInput("/valid_until", "The last moment is not after the first.")
    aircraft = authorization.aircraft
    if aircraft is not None and aircraft.operator_id != authorization.operator_id:
        raise InvalidInput("/aircraft", "The aircraft belongs to another operator.")
    today = at.astimezone(ZoneInfo(authorization.operator.timezone)).date()
    if authorization.applied_on is not None and authorization.applied_on > today:
        raise InvalidInput("/applied_on", "The application lies in the future.")


def _note(
    authorization: OperationalAuthorization,
    deed: str,
    *,
    actor: Any,
    at: datetime,
    reason: str = "",
) -> None:
    audit.record(
        f"authorization.{deed}",
        authorization,
        actor=actor,
        at=at,
        reason=reason,
        scope=authorization.scope,
        kind=authorization.kind,
    )
    touch(
        f"rpas_authorizations:{authorization.operator_id}",
        because=f"authorization {authorization.number} {deed}",
    )
    announce(
        AuthorizationChanged(
            authorization_id=authorization.pk, operator_id=authorization.operator_id
        )
    )
