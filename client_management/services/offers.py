"""
A quote with the client: sent, seen, accepted, declined, withdrawn or run out.

One order of locks: client, request, quote. Whoever holds the request first decides: of an
acceptance, an expiry and a newer offer one wins and the others are refused.
"""

from datetime import datetime
from typing import Any

from django.db import transaction

from client_management import links
from client_management.events import ServiceQuoteAnswered, ServiceQuoteSent
from client_management.exceptions import (
    AboveApprovalLimit,
    ContentDiffers,
    NotAllowedToApprove,
    NotAssessed,
    PurchaseOrderMissing,
    QuoteExpired,
    QuoteNotOpen,
    QuoteSent,
    QuoteStillValid,
)
from client_management.models import (
    OFFERED,
    ClientOrganization,
    CustomerPortalAccess,
    JobOrder,
    RequestStatus,
    ServiceQuote,
    ServiceQuoteStatus,
    ServiceRequest,
)
from client_management.queries.assessments import request_hash
from client_management.queries.portal_access import is_live
from client_management.services.jobs import approve_and_create_job
from client_management.services.organizations import require_active
from common.audit import record
from common.lifecycle import locked, move, require_move
from common.links import digest_of, new_salt
from common.outbox import announce


@transaction.atomic
def send_quote(quote: ServiceQuote, *, actor: Any, at: datetime) -> ServiceQuote:
    """
    Give an offer to the client: from now on it never changes, and an older one is superseded.

    Raises QuoteSent, QuoteExpired, NotAssessed where the request was changed since,
    OrganizationNotActive, TransitionNotAllowed.
    """
    organization, request, quote = _all_locked(quote)
    require_active(organization)
    if quote.sent_at is not None:
        raise QuoteSent(quote=quote.number)
    require_move(quote, ServiceQuoteStatus.SENT)
    if quote.assessment.inputs.get("request_hash") != request_hash(request):
        raise NotAssessed(request=request.number)
    _require_valid(quote, at)
    for older in request.quotes.filter(status__in=OFFERED).select_for_update(no_key=True):
        move(older, ServiceQuoteStatus.SUPERSEDED, actor=actor, at=at)
        _answered(older)
    quote.link_salt = new_salt()
    quote.link_digest = digest_of(links.quote_token(quote.link_salt))
    quote.sent_at, quote.sent_by = at, actor
    move(quote, ServiceQuoteStatus.SENT, actor=actor, at=at)
    if request.status != RequestStatus.QUOTED:
        move(request, RequestStatus.QUOTED, actor=actor, at=at)
    record("service_quote.sent", quote, actor=actor, at=at, hash=quote.content_hash)
    announce(
        ServiceQuoteSent(quote_id=quote.pk, request_id=request.pk, organization_id=organization.pk)
    )
    return quote


@transaction.atomic
def record_view(quote: ServiceQuote, *, actor: Any, at: datetime) -> ServiceQuote:
    """Note that the client opened an offer; the first time counts."""
    quote = locked(quote)
    if quote.status == ServiceQuoteStatus.SENT:
        quote.viewed_at = at
        move(quote, ServiceQuoteStatus.VIEWED, actor=actor, at=at)
    return quote


@transaction.atomic
def accept_quote(
    quote: ServiceQuote,
    *,
    content_hash: str,
    access: CustomerPortalAccess | None = None,
    purchase_order: str = "",
    note: str = "",
    address: str | None = None,
    actor: Any,
    at: datetime,
) -> JobOrder:
    """
    Accept exactly the offer whose content hash is given, once; a job comes of it.

    `access` is the key of the client's person who answers; without one the desk records the answer.
    Raises QuoteNotOpen, QuoteExpired, ContentDiffers, NotAllowedToApprove, AboveApprovalLimit,
    PurchaseOrderMissing, OrganizationNotActive.
    """
    organization, request, quote = _all_locked(quote)
    _require_open(quote, at)
    if content_hash != quote.content_hash:
        raise ContentDiffers(quote=quote.number)
    _require_allowed(access, quote, at)
    order = purchase_order or request.purchase_order
    if organization.is_purchase_order_required and not order:
        raise PurchaseOrderMissing(organization=organization.number)
    _note_answer(quote, access=access, note=note, address=address, actor=actor, at=at)
    move(quote, ServiceQuoteStatus.ACCEPTED, actor=actor, at=at)
    record("service_quote.accepted", quote, actor=actor, at=at, hash=quote.content_hash)
    _answered(quote)
    return approve_and_create_job(request, quote=quote, purchase_order=order, actor=actor, at=at)


@transaction.atomic
def decline_quote(
    quote: ServiceQuote,
    *,
    reason: str,
    access: CustomerPortalAccess | None = None,
    address: str | None = None,
    actor: Any,
    at: datetime,
) -> ServiceQuote:
    """
    Take the client's no to an offer, once, and keep why; the request ends with it.

    Raises QuoteNotOpen, QuoteExpired, NotAllowedToApprove.
    """
    _, request, quote = _all_locked(quote)
    _require_open(quote, at)
    _require_theirs(access, quote, at)
    _note_answer(quote, access=access, note=reason, address=address, actor=actor, at=at)
    move(quote, ServiceQuoteStatus.DECLINED, actor=actor, at=at, reason=reason)
    move(request, RequestStatus.DECLINED, actor=actor, at=at, reason=reason)
    record("service_quote.declined", quote, actor=actor, at=at, reason=reason)
    _answered(quote)
    return quote


@transaction.atomic
def withdraw_quote(quote: ServiceQuote, *, reason: str, actor: Any, at: datetime) -> ServiceQuote:
    """Take an offer back; one that was with the client leaves its request to be priced anew."""
    _, request, quote = _all_locked(quote)
    was_out = quote.status in OFFERED
    move(quote, ServiceQuoteStatus.WITHDRAWN, actor=actor, at=at, reason=reason)
    if was_out and request.status == RequestStatus.QUOTED:
        move(request, RequestStatus.ASSESSING, actor=actor, at=at, reason=reason)
    record("service_quote.withdrawn", quote, actor=actor, at=at, reason=reason)
    _answered(quote)
    return quote


@transaction.atomic
def expire_quote(quote: ServiceQuote, *, at: datetime) -> ServiceQuote:
    """Close an offer that ran out, and its request. Raises QuoteNotOpen, QuoteStillValid."""
    _, request, quote = _all_locked(quote)
    if quote.status not in OFFERED:
        raise QuoteNotOpen(quote=quote.number, status=quote.status)
    if quote.valid_until > at:
        raise QuoteStillValid(quote=quote.number, until=quote.valid_until)
    move(quote, ServiceQuoteStatus.EXPIRED, actor=None, at=at)
    if request.status == RequestStatus.QUOTED:
        move(request, RequestStatus.EXPIRED, actor=None, at=at)
    record("service_quote.expired", quote, actor=None, at=at)
    _answered(quote)
    return quote


def _all_locked(
    quote: ServiceQuote,
) -> tuple[ClientOrganization, ServiceRequest, ServiceQuote]:
    organization = locked(quote.request.organization)
    request = locked(quote.request)
    return organization, request, locked(quote)


def _require_open(quote: ServiceQuote, at: datetime) -> None:
    if quote.status not in OFFERED:
        raise QuoteNotOpen(quote=quote.number, status=quote.get_status_display().lower())
    _require_valid(quote, at)


def _require_valid(quote: ServiceQuote, at: datetime) -> None:
    if quote.valid_until <= at:
        raise QuoteExpired(quote=quote.number, until=quote.valid_until)


def _require_allowed(
    access: CustomerPortalAccess | None, quote: ServiceQuote, at: datetime
) -> None:
    access = _require_theirs(access, quote, at)
    limit = access.approval_limit if access else None
    if access is None or limit is None:
        return
    # A limit is in the client's own currency; what is offered in another one it does not cover.
    own = quote.request.organization.currency
    if quote.currency != own or quote.total > limit:
        total = f"{quote.total} {quote.currency}"
        raise AboveApprovalLimit(total=total, limit=f"{limit} {own}")


def _require_theirs(
    access: CustomerPortalAccess | None, quote: ServiceQuote, at: datetime
) -> CustomerPortalAccess | None:
    """The key of whoever answers, if it opens this client's offers; None at the desk."""
    if access is None:
        return None
    # Read under a lock: taken away at this moment, it opens nothing any more.
    access = locked(access)
    if access.organization_id != quote.request.organization_id or not _may_answer(access, at):
        raise NotAllowedToApprove
    return access


def _may_answer(access: CustomerPortalAccess, at: datetime) -> bool:
    return access.can_approve_quotes and is_live(access, at=at)


def _note_answer(
    quote: ServiceQuote,
    *,
    access: CustomerPortalAccess | None,
    note: str,
    address: str | None,
    actor: Any,
    at: datetime,
) -> None:
    quote.answered_at, quote.answered_by = at, actor
    quote.answered_through, quote.answered_from = access, address
    quote.answer_note = note
    quote.viewed_at = quote.viewed_at or at


def _answered(quote: ServiceQuote) -> None:
    request = quote.request
    announce(
        ServiceQuoteAnswered(
            quote_id=quote.pk,
            request_id=request.pk,
            organization_id=request.organization_id,
            status=str(quote.status),
        )
    )
