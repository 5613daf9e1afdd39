"""
Requests as clients and the desk make them: written, handed in, declined, called off.

One order of locks: the client, then the request.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from django.db import transaction
from django.utils.translation import gettext_noop

from client_management.events import RequestClosed, RequestSubmitted
from client_management.exceptions import RequestNotEditable
from client_management.models import (
    OFFERED,
    ClientOrganization,
    CustomerPortalAccess,
    RequestStatus,
    ServiceQuoteStatus,
    ServiceRequest,
)
from client_management.queries.areas import area_m2, as_multi
from client_management.services.organizations import require_active
from client_management.specifications import plain, specification_of
from client_management.survey.accuracy import contradiction
from common.audit import record
from common.exceptions import InvalidInput
from common.lifecycle import locked, move
from common.numbering import next_number
from common.outbox import announce

EDITABLE = (RequestStatus.DRAFT, RequestStatus.SUBMITTED, RequestStatus.ASSESSING)
TOO_COARSE = gettext_noop(
    "Pixels of {gsd:g} cm are good to {best:g} cm at best, not to {asked:g} cm: ask for gsd_cm of"
    " {asked:g} or less."
)
SMALLEST_M2 = 1.0
LARGEST_M2 = 1e10
# Days near the ends of the calendar have no bounds in every zone.
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 1, 1)


@transaction.atomic
def create_request(
    organization: ClientOrganization,
    *,
    access: CustomerPortalAccess | None = None,
    actor: Any,
    at: datetime,
    **values: Any,
) -> ServiceRequest:
    """
    Start a request of a client as a draft; `access` is the key of the client's person who asks.

    Raises InvalidInput, with a pointer below `/specifications` for what the kind of service asks.
    """
    request = ServiceRequest(
        organization=organization, access=access, requested_by=actor, **_with_area(values)
    )
    if "timezone" not in values:
        request.timezone = organization.timezone
    if "currency" not in values:
        request.currency = organization.currency
    _check(request)
    request.number = next_number("SR", year=at.year)
    request.save()
    record("service_request.created", request, actor=actor, at=at)
    return request


@transaction.atomic
def amend_request(
    request: ServiceRequest,
    *,
    changes: Mapping[str, Any],
    version: int | None,
    actor: Any,
    at: datetime,
) -> ServiceRequest:
    """
    Change what is asked for, while no offer is out. An assessment made before no longer counts.

    Raises RequestNotEditable, StaleVersion, InvalidInput.
    """
    request = locked(request, version=version)
    if request.status not in EDITABLE:
        raise RequestNotEditable(status=request.get_status_display().lower())
    for name, value in _with_area(changes).items():
        setattr(request, name, value)
    _check(request)
    request.save()
    record("service_request.amended", request, actor=actor, at=at, fields=sorted(changes))
    return request


@transaction.atomic
def submit_request(request: ServiceRequest, *, actor: Any, at: datetime) -> ServiceRequest:
    """Hand a draft in. Raises OrganizationNotActive, InvalidInput, TransitionNotAllowed."""
    organization = locked(request.organization)
    request = locked(request)
    require_active(organization)
    today = at.astimezone(ZoneInfo(request.timezone)).date()
    if request.wanted_until <= today:
        raise InvalidInput("/wanted_until", gettext_noop("The days for it are over."))
    request.submitted_at = at
    move(request, RequestStatus.SUBMITTED, actor=actor, at=at)
    record("service_request.submitted", request, actor=actor, at=at)
    announce(RequestSubmitted(request_id=request.pk, organization_id=request.organization_id))
    return request


@transaction.atomic
def return_request(
    request: ServiceRequest, *, reason: str, actor: Any, at: datetime
) -> ServiceRequest:
    """Give a request back to be completed; it is a draft again."""
    request = locked(request)
    move(request, RequestStatus.DRAFT, actor=actor, at=at, reason=reason)
    record("service_request.returned", request, actor=actor, at=at, reason=reason)
    return request


@transaction.atomic
def decline_request(
    request: ServiceRequest, *, reason: str, actor: Any, at: datetime
) -> ServiceRequest:
    """Say no to a request; an offer that is out is taken back."""
    request = locked(request)
    move(request, RequestStatus.DECLINED, actor=actor, at=at, reason=reason)
    return close_request(request, "service_request.declined", actor=actor, at=at, reason=reason)


@transaction.atomic
def cancel_request(
    request: ServiceRequest, *, reason: str, actor: Any, at: datetime
) -> ServiceRequest:
    """Call a request off, before there is a job of it."""
    request = locked(request)
    move(request, RequestStatus.CANCELLED, actor=actor, at=at, reason=reason)
    return close_request(request, "service_request.cancelled", actor=actor, at=at, reason=reason)


def close_request(
    request: ServiceRequest, deed: str, *, actor: Any, at: datetime, reason: str = ""
) -> ServiceRequest:
    """Take back what is still offered for a request that came to its end, and tell of it."""
    standing = request.quotes.filter(status__in=[*OFFERED, ServiceQuoteStatus.PRICED])
    for quote in standing.select_for_update(no_key=True).order_by("pk"):
        move(quote, ServiceQuoteStatus.WITHDRAWN, actor=actor, at=at, reason=reason)
    record(deed, request, actor=actor, at=at, reason=reason)
    announce(
        RequestClosed(
            request_id=request.pk,
            organization_id=request.organization_id,
            status=str(request.status),
        )
    )
    return request


def require_window(first: date, late: date) -> None:
    """Raise InvalidInput unless work can be wanted from the first day until before the late one."""
    for pointer, day in (("/wanted_from", first), ("/wanted_until", late)):
        if not FIRST_DAY <= day <= LAST_DAY:
            raise InvalidInput(pointer, gettext_noop("Between 2000-01-01 and 2100-01-01."))
    if late <= first:
        raise InvalidInput("/wanted_until", gettext_noop("Not after wanted_from."))


def _with_area(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with their area, if there is one, as the column takes it."""
    given = dict(values)
    if "area" in given:
        given["area"] = as_multi(given["area"])
    return given


def _check(request: ServiceRequest) -> None:
    _check_people(request)
    require_window(request.wanted_from, request.wanted_until)
    try:
        ZoneInfo(request.timezone)
    except (KeyError, ValueError, OSError):
        raise InvalidInput("/timezone", "Not an IANA time zone.") from None
    try:
        wanted = specification_of(request.service_type, request.specifications)
    except msgspec.ValidationError as fault:
        raise InvalidInput("/specifications", f"{fault}.") from fault
    if unmet := contradiction(wanted):
        figures = msgspec.structs.asdict(unmet)
        raise InvalidInput("/specifications/accuracy_cm", TOO_COARSE, **figures)
    request.specifications = plain(wanted)
    request.area_m2 = area_m2(request.area)
    if not SMALLEST_M2 <= request.area_m2 <= LARGEST_M2:
        raise InvalidInput(
            "/area", gettext_noop("Between 1 square metre and 10,000 square kilometres.")
        )


def _check_people(request: ServiceRequest) -> None:
    """Nothing of another client's may come to hang off a request."""
    client = request.organization_id
    if request.access is not None and request.access.organization_id != client:
        raise InvalidInput("/access", "The access is to another client.")
    contract = request.contract
    if contract is None:
        return
    if contract.organization_id not in (None, client):
        raise InvalidInput("/contract", "There is no such contract.")
    if contract.currency != request.currency:
        raise InvalidInput("/contract", f"Its prices are in {contract.currency}.")
