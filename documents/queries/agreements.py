"""Agreements as their links and lists find them."""

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from common.links import digest_of, opens
from documents.models import Agreement, AgreementStatus

AT_ONCE = 50
# By then the event of a signature has been tried, and is tried again more and more seldom.
SEALED_WITHIN = timedelta(minutes=15)


def agreement_by_token(token: str) -> Agreement | None:
    """The agreement a link opens; looked for by the digest, so a guess learns nothing by time."""
    rows = Agreement.objects.exclude(link_digest="").select_related("document")
    agreement = rows.filter(link_digest=digest_of(token)).first()
    digest = agreement.link_digest if agreement else "0" * 64
    return agreement if opens(token, digest) and agreement else None


def state_of(agreement: Agreement, *, at: datetime) -> str:
    """How an agreement stands for who holds its link; one that ran out is expired at once."""
    out = (AgreementStatus.SENT, AgreementStatus.VIEWED)
    ends = agreement.expires_at
    if agreement.status in out and ends is not None and ends <= at:
        return str(AgreementStatus.EXPIRED)
    return str(agreement.status)


def run_out(at: datetime) -> QuerySet[Agreement]:
    """Those out for signing whose time is over, a thousand at most."""
    rows = Agreement.objects.out().filter(expires_at__lte=at)
    return rows.select_related("document").order_by("expires_at", "pk")[:1000]


def unsealed(at: datetime, *, after: Agreement | None = None) -> QuerySet[Agreement]:
    """Those that were signed a while ago and have no signed file, fifty, the next ones `after`."""
    rows = Agreement.objects.filter(status=AgreementStatus.SIGNED, sealed_at=None)
    rows = rows.filter(signed_at__lt=at - SEALED_WITHIN).select_related("document")
    if after is not None:
        is_later = Q(signed_at=after.signed_at, pk__gt=after.pk)
        rows = rows.filter(Q(signed_at__gt=after.signed_at) | is_later)
    return rows.order_by("signed_at", "pk")[:AT_ONCE]
