"""Whether a message may go, and what of a subscription's messages there is."""

from datetime import datetime

from django.db.models import Count, Exists, Max, Min, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from common.webhooks.offers import TEST, Offer, offer_of, patterns_of
from users.models import MessageStatus, WebhookMessage, WebhookSubscription

NOT_SEEN = "The owner may not see the record."


def subscribers(offer: Offer, *, event_id: int) -> QuerySet[WebhookSubscription]:
    """Open subscriptions that ask for a type and have no message of this event yet."""
    had = WebhookMessage.objects.filter(subscription=OuterRef("pk"), event_id=event_id)
    return (
        WebhookSubscription.objects.open()
        .filter(~Exists(had), event_types__overlap=patterns_of(offer.name))
        .select_related("owner", "token")
        .order_by("pk")
    )


def closed_because(subscription: WebhookSubscription, *, at: datetime) -> str:
    """Why nothing at all may go to who subscribed; empty where something may."""
    if not subscription.owner.is_active:
        return "The owner's account is closed."
    token = subscription.token
    if token is not None and not (token.revoked_at is None and token.expires_at > at):
        return "The token was revoked or ran out."
    return ""


def held_back_because(
    subscription: WebhookSubscription, offer: Offer | None, object_id: int | None, *, at: datetime
) -> str:
    """Why a message must not go to who subscribed; empty where it may."""
    if closed := closed_because(subscription, at=at):
        return closed
    owner, token = subscription.owner, subscription.token
    if offer is None:
        return "Events of this type are not offered any more."

    def holds(permission: str) -> bool:
        return owner.has_perm(permission) and (token is None or permission in token.scopes)

    seen = offer.record.rows_for(owner, holds).filter(pk=object_id)
    return "" if seen.exists() else NOT_SEEN


def message_held_back_because(message: WebhookMessage, *, at: datetime) -> str:
    """Why a queued message must not go any more; a test only asks who its owner is."""
    subscription = message.subscription
    if message.event_type == TEST:
        return closed_because(subscription, at=at)
    return held_back_because(subscription, offer_of(message.event_type), message.object_id, at=at)


def with_counts(rows: QuerySet[WebhookSubscription]) -> QuerySet[WebhookSubscription]:
    """Add how many messages wait and how many are dead letters."""
    return rows.annotate(
        waiting_count=_count(MessageStatus.QUEUED) + _count(MessageStatus.SENDING),
        dead_count=_count(MessageStatus.DEAD),
    )


def _count(status: str) -> Coalesce:
    # A subquery each, on the partial index of its status; what was delivered is never read.
    of_one = WebhookMessage.objects.filter(subscription=OuterRef("pk"), status=status)
    counted = of_one.order_by().values("subscription").annotate(n=Count("*")).values("n")
    return Coalesce(Subquery(counted), 0)


def kept_span(subscription: WebhookSubscription) -> tuple[int, int]:
    """The lowest and the highest sequence number that is kept; zeros where there is none."""
    span = WebhookMessage.objects.filter(subscription=subscription).aggregate(
        first=Min("sequence"), last=Max("sequence")
    )
    return span["first"] or 0, span["last"] or 0
