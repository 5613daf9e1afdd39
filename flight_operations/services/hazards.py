"""Keep the hazard register: report, assess, mitigate, accept, close."""

from collections.abc import Mapping
from contextlib import nullcontext
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from common import audit
from common.compliance.service import touch
from common.context import unnamed
from common.exceptions import InvalidInput
from common.lifecycle import locked, move, require_move
from common.numbering import next_number
from common.outbox import announce
from flight_operations.events import HazardReported
from flight_operations.exceptions import (
    ApprovalLevelTooLow,
    HazardNotAmendable,
    HazardNotAssessed,
)
from flight_operations.models import (
    HazardIncident,
    HazardStatus,
    SMSHazardRegister,
    SMSIncidentReport,
)
from flight_operations.queries.acceptance import acceptance_level, is_worse, level_needed
from flight_operations.risk_matrix import RiskIndex, index, may_accept
from flight_operations.services.verdicts import first_verdict
from rpas.models import RPASAircraft, RPASOperator

AMENDABLE = frozenset(
    {
        "description",
        "category",
        "location",
        "aircraft",
        "likelihood",
        "severity",
        "controls",
        "owner",
        "action_due_on",
        "residual_likelihood",
        "residual_severity",
        "review_on",
    }
)
CONFIDENTIAL = "a confidential reporter"


@transaction.atomic
def report_hazard(
    *,
    operator: RPASOperator,
    description: str,
    category: str,
    likelihood: str,
    severity: int,
    aircraft: RPASAircraft | None = None,
    is_confidential: bool = False,
    is_anonymous: bool = False,
    actor: Any,
    at: datetime,
    **more: str,
) -> SMSHazardRegister:
    """
    Enter a hazard in the register.

    A confidential report keeps its reporter for the safety manager alone, an anonymous one none;
    neither is named in the audit record. `more`: location, controls. Raises InvalidInput.
    """
    _check_aircraft(operator, aircraft)
    is_hidden = is_confidential or is_anonymous
    year = at.astimezone(ZoneInfo(operator.timezone)).year
    hazard = SMSHazardRegister(
        number=next_number("HZ", year=year),
        operator=operator,
        aircraft=aircraft,
        reporter=None if is_anonymous else actor,
        is_confidential=is_hidden,
        reported_at=at,
        description=description,
        category=category,
        likelihood=likelihood,
        severity=severity,
        index=index(likelihood, severity),
        **more,
    )
    with unnamed() if is_hidden else nullcontext():
        return _entered(hazard, actor=CONFIDENTIAL if is_hidden else actor, at=at)


def _entered(hazard: SMSHazardRegister, *, actor: Any, at: datetime) -> SMSHazardRegister:
    hazard.save()
    _note(hazard, "reported", actor=actor, at=at)
    first_verdict(hazard, at=at)
    announce(HazardReported(hazard_id=hazard.pk))
    return hazard


@transaction.atomic
def amend_hazard(
    hazard: SMSHazardRegister,
    *,
    changes: Mapping[str, Any],
    actor: Any,
    at: datetime,
    version: int | None = None,
) -> SMSHazardRegister:
    """
    Record what is done about a hazard, by whom and until when, and what is left of it.

    Raises HazardNotAmendable, StaleVersion, InvalidInput.
    """
    hazard = locked(hazard, version=version)
    if hazard.status == HazardStatus.CLOSED:
        raise HazardNotAmendable(status=hazard.status)
    for name in sorted(AMENDABLE & set(changes)):
        setattr(hazard, name, changes[name])
    _check_aircraft(hazard.operator, hazard.aircraft)
    _set_indices(hazard)
    hazard.save()
    _note(hazard, "amended", actor=actor, at=at)
    return hazard


@transaction.atomic
def start_mitigation(
    hazard: SMSHazardRegister, *, reason: str = "", actor: Any, at: datetime
) -> SMSHazardRegister:
    """Begin to do something about a hazard. Raises TransitionNotAllowed."""
    return _step(hazard, HazardStatus.MITIGATING, reason=reason, actor=actor, at=at)


@transaction.atomic
def accept_hazard(
    hazard: SMSHazardRegister, *, reason: str, actor: Any, at: datetime
) -> SMSHazardRegister:
    """
    Knowingly live with what is left of a hazard, at the level its residual risk asks for.

    Raises HazardNotAssessed, ApprovalLevelTooLow, TransitionNotAllowed.
    """
    hazard = locked(hazard)
    require_move(hazard, HazardStatus.ACCEPTED)
    if not hazard.residual_index:
        raise HazardNotAssessed(hazard=hazard.number)
    residual = RiskIndex(hazard.residual_index)
    today = at.astimezone(ZoneInfo(hazard.operator.timezone)).date()
    level = acceptance_level(actor, hazard.operator, on=today)
    if not may_accept(level, residual):
        raise ApprovalLevelTooLow(
            index=residual.value, needed=level_needed([residual]).value, held=level.value
        )
    return _step(hazard, HazardStatus.ACCEPTED, reason=reason, actor=actor, at=at)


@transaction.atomic
def close_hazard(
    hazard: SMSHazardRegister, *, reason: str, actor: Any, at: datetime
) -> SMSHazardRegister:
    """Close a hazard that is no more, and say why. Raises TransitionNotAllowed."""
    return _step(hazard, HazardStatus.CLOSED, reason=reason, actor=actor, at=at)


@transaction.atomic
def reopen_hazard(
    hazard: SMSHazardRegister, *, reason: str, actor: Any, at: datetime
) -> SMSHazardRegister:
    """Open a closed hazard again, and say why. Raises TransitionNotAllowed."""
    return _step(hazard, HazardStatus.OPEN, reason=reason, actor=actor, at=at)


@transaction.atomic
def link_incident(
    hazard: SMSHazardRegister, *, incident: SMSIncidentReport, actor: Any, at: datetime
) -> SMSHazardRegister:
    """Note that a known hazard showed itself in an incident; noting it twice changes nothing."""
    hazard = locked(hazard)
    if incident.operator_id != hazard.operator_id:
        raise InvalidInput("/incident", "The incident belongs to another operator.")
    _, is_new = HazardIncident.objects.get_or_create(hazard=hazard, incident=incident)
    if is_new:
        hazard.save(update_fields=["updated_at"])
        _note(hazard, "linked", actor=actor, at=at, incident=incident.number)
    return hazard


def _step(
    hazard: SMSHazardRegister, to: str, *, reason: str, actor: Any, at: datetime
) -> SMSHazardRegister:
    hazard = locked(hazard)
    move(hazard, to, actor=actor, at=at, reason=reason)
    _note(hazard, to, actor=actor, at=at, reason=reason)
    return hazard


def _check_aircraft(operator: RPASOperator, aircraft: RPASAircraft | None) -> None:
    if aircraft is not None and aircraft.operator_id != operator.pk:
        raise InvalidInput("/aircraft", "The aircraft belongs to another operator.")


def _set_indices(hazard: SMSHazardRegister) -> None:
    hazard.index = index(hazard.likelihood, hazard.severity)
    if bool(hazard.residual_likelihood) != (hazard.residual_severity is not None):
        raise InvalidInput("/residual_severity", "Residual likelihood and severity go together.")
    if hazard.residual_severity is None:
        hazard.residual_index = ""
        return
    hazard.residual_index = index(hazard.residual_likelihood, hazard.residual_severity)
    if is_worse(hazard.residual_index, hazard.index):
        raise InvalidInput(
            "/residual_severity", "The residual risk is worse than the risk before controls."
        )


def _note(
    hazard: SMSHazardRegister,
    deed: str,
    *,
    actor: Any,
    at: datetime,
    reason: str = "",
    **details: Any,
) -> None:
    audit.record(
        f"hazard.{deed}",
        hazard,
        actor=actor,
        at=at,
        reason=reason,
        scope=hazard.scope,
        **details,
    )
    touch(f"hazard:{hazard.pk}", f"rpas_hazards:{hazard.operator_id}", because=hazard.number)
