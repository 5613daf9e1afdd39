"""Who hears of what, at which address, and under which secret."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Any

from django.conf import settings
from django.db import transaction

from common import audit
from common.exceptions import InvalidInput
from common.lifecycle import locked, move
from common.mail.outbox import post
from common.scheduler import schedule_on_commit
from common.webhooks.addresses import AddressPolicy, AddressRefused, place_of
from common.webhooks.offers import is_known_pattern, is_seen_scope, offer_of, offers
from common.webhooks.signing import fresh_secret
from users.exceptions import (
    AlreadySubscribed,
    NotActive,
    SubscriptionClosed,
    TokenRevoked,
    TooManySubscriptions,
)
from users.mails import WEBHOOK_DISABLED
from users.models import (
    ApiToken,
    MessageStatus,
    SubscriptionStatus,
    User,
    WebhookHealth,
    WebhookSubscription,
)
from users.services.guards import require_may_act_as
from users.services.webhook_queue import SWITCHED_OFF

# Both secrets sign for so long after a change.
OVERLAP = timedelta(hours=24)
MAX_EVENT_TYPES = 50
MAX_NUMBERS = 100
_NUMBER = re.compile(r"[A-Z0-9-]{1,40}")
_SCOPE = re.compile(r"[A-Za-z0-9_:-]{1,64}")


def address_policy() -> AddressPolicy:
    """Which addresses the settings let messages go to."""
    return AddressPolicy(
        ports=frozenset(map(int, settings.WEBHOOK_PORTS)),
        networks=tuple(ip_network(text) for text in settings.WEBHOOK_ALLOWED_NETWORKS),
        allows_http=settings.WEBHOOK_ALLOW_HTTP,
    )


def require_public(url: str) -> None:
    """Raise InvalidInput for an address that nothing may be sent to; asks the name service."""
    try:
        place_of(url, address_policy())
    except AddressRefused as refusal:
        raise InvalidInput("/url", str(refusal)) from refusal


def subscribe(
    owner: User,
    *,
    url: str,
    token: ApiToken | None = None,
    actor: User,
    at: datetime,
    **wishes: Any,
) -> tuple[WebhookSubscription, str]:
    """
    Subscribe for an owner, and return the secret once, beside the row. Not inside a transaction.

    Raises InvalidInput for an address, types, scope or numbers that cannot be, BeyondOwnAuthority
    for an owner who may more than the actor, NotActive, TokenRevoked, AlreadySubscribed,
    TooManySubscriptions.
    """
    require_public(url)
    return _subscribe(owner, url=url, token=token, actor=actor, at=at, **wishes)


@transaction.atomic
def _subscribe(
    owner: User,
    *,
    url: str,
    token: ApiToken | None,
    event_types: Sequence[str],
    scope: str = "",
    numbers: Sequence[str] = (),
    description: str = "",
    actor: User,
    at: datetime,
) -> tuple[WebhookSubscription, str]:
    owner = locked(owner)
    _require_owner(owner, token, actor, at=at)
    open_ones = WebhookSubscription.objects.open().filter(owner=owner)
    _require_free(open_ones, owner, url)
    if open_ones.count() >= settings.WEBHOOK_MAX_SUBSCRIPTIONS:
        limit = settings.WEBHOOK_MAX_SUBSCRIPTIONS
        raise TooManySubscriptions(email=owner.email, limit=limit)
    wishes = {"event_types": event_types, "scope": scope, "numbers": numbers}
    secret = fresh_secret()
    subscription = WebhookSubscription.objects.create(
        owner=owner,
        token=token,
        made_by=actor,
        url=url,
        description=description,
        secret=secret,
        **_checked(wishes, owner, token),
    )
    WebhookHealth.objects.create(subscription=subscription)
    audit.record(
        "webhook.subscribe",
        subscription,
        actor=actor,
        at=at,
        owner=owner.email,
        event_types=list(subscription.event_types),
    )
    return subscription, secret


def change_subscription(
    subscription: WebhookSubscription,
    *,
    version: int | None,
    actor: User,
    at: datetime,
    **changes: Any,
) -> WebhookSubscription:
    """
    Send to another address, or of other things. Not inside a transaction.

    What waits goes to the new address. Raises as `subscribe`, StaleVersion, SubscriptionClosed.
    """
    if "url" in changes:
        require_public(changes["url"])
    return _change(subscription, version=version, actor=actor, at=at, **changes)


@transaction.atomic
def _change(
    subscription: WebhookSubscription,
    *,
    version: int | None,
    actor: User,
    at: datetime,
    **changes: Any,
) -> WebhookSubscription:
    owner = locked(subscription.owner)
    subscription = _open(subscription, actor, at=at, version=version)
    if changes.get("url", subscription.url) != subscription.url:
        others = WebhookSubscription.objects.open().filter(owner=owner)
        _require_free(others, owner, changes["url"])
    checked = changes | _checked(changes, owner, subscription.token)
    for name, value in checked.items():
        setattr(subscription, name, value)
    subscription.save()
    audit.record("webhook.change", subscription, actor=actor, at=at, fields=sorted(checked))
    return subscription


@transaction.atomic
def rotate_secret(
    subscription: WebhookSubscription, *, version: int | None, actor: User, at: datetime
) -> tuple[WebhookSubscription, str]:
    """
    Make a new secret and return it once; for a day messages carry signatures of both.

    Another change within that day ends the oldest secret. Raises StaleVersion, SubscriptionClosed.
    """
    subscription = _open(subscription, actor, at=at, version=version)
    secret = fresh_secret()
    subscription.previous_secret = subscription.secret
    subscription.previous_secret_until = at + OVERLAP
    subscription.secret = secret
    subscription.save()
    audit.record("webhook.rotate_secret", subscription, actor=actor, at=at)
    return subscription, secret


@transaction.atomic
def pause(
    subscription: WebhookSubscription, *, reason: str, actor: User, at: datetime
) -> WebhookSubscription:
    """Send nothing until it is resumed; events are written down and wait, up to thirty days."""
    subscription = _open(subscription, actor, at=at)
    subscription.status_reason = reason
    move(subscription, SubscriptionStatus.PAUSED, actor=actor, at=at, reason=reason)
    audit.record("webhook.pause", subscription, actor=actor, at=at, reason=reason)
    return subscription


@transaction.atomic
def resume(subscription: WebhookSubscription, *, actor: User, at: datetime) -> WebhookSubscription:
    """
    Send what waits, and what comes; dead letters stay until they are asked for.

    Raises SubscriptionClosed, NotActive, TokenRevoked.
    """
    subscription = _open(subscription, actor, at=at)
    _require_owner(subscription.owner, subscription.token, actor, at=at)
    subscription.status_reason = ""
    move(subscription, SubscriptionStatus.ACTIVE, actor=actor, at=at)
    health = WebhookHealth.objects.filter(subscription=subscription)
    health.update(failures=0, failing_since=None, held_until=None)
    audit.record("webhook.resume", subscription, actor=actor, at=at)
    schedule_on_commit("users.tasks.send_webhooks", subscription_id=subscription.pk)
    return subscription


@transaction.atomic
def close(
    subscription: WebhookSubscription, *, reason: str, actor: User, at: datetime
) -> WebhookSubscription:
    """End a subscription for good; what waits is dropped, what was sent stays on record."""
    subscription = _open(subscription, actor, at=at)
    _hold(subscription)
    subscription.status_reason = reason
    move(subscription, SubscriptionStatus.CLOSED, actor=actor, at=at, reason=reason)
    _end_waiting(subscription, MessageStatus.DROPPED, "The subscription was closed.", at)
    audit.record("webhook.close", subscription, actor=actor, at=at, reason=reason)
    return subscription


def switch_off(
    subscription: WebhookSubscription,
    *,
    reason: str,
    at: datetime,
    waiting: MessageStatus = MessageStatus.DEAD,
) -> None:
    """
    Stop sending because of what the receiver answers or who may not have it, and mail the owner.

    Call it in a transaction that holds the subscription's lock; one that is not active stays. What
    waits is a dead letter, or dropped with the same reason. The mail of an owner whose account is
    closed goes to who made the subscription.
    """
    if subscription.status != SubscriptionStatus.ACTIVE:
        return
    _hold(subscription)
    subscription.status_reason = reason
    move(subscription, SubscriptionStatus.DISABLED, actor=None, at=at, reason=reason)
    why = SWITCHED_OFF if waiting == MessageStatus.DEAD else reason
    _end_waiting(subscription, waiting, why, at)
    audit.record("webhook.switch_off", subscription, actor=None, at=at, reason=reason)
    people = (subscription.owner, subscription.made_by)
    reader = next((person for person in people if person.is_active), None)
    if reader is not None:
        post(
            WEBHOOK_DISABLED.key,
            to=reader.email,
            context={
                "name": subscription.description or str(subscription),
                "number": str(subscription.pk),
                "reason": reason,
            },
            once=f"{subscription.pk} {at.isoformat()}",
            about=subscription,
            at=at,
        )


def _hold(subscription: WebhookSubscription) -> None:
    """Wait for whoever numbers a message now: it is ended with the others, later ones know."""
    WebhookHealth.objects.select_for_update().get(subscription=subscription)


def _end_waiting(subscription: WebhookSubscription, status: str, reason: str, at: datetime) -> None:
    subscription.messages.queued().update(
        status=status, reason=reason, next_attempt_at=None, ended_at=at
    )


def _open(
    subscription: WebhookSubscription, actor: User, *, at: datetime, version: int | None = None
) -> WebhookSubscription:
    """The row, locked, for somebody who may all that its owner may. Raises SubscriptionClosed."""
    subscription = locked(subscription, version=version)
    require_may_act_as(actor, subscription.owner, at=at)
    if subscription.status == SubscriptionStatus.CLOSED:
        raise SubscriptionClosed
    return subscription


def _require_owner(owner: User, token: ApiToken | None, actor: User, *, at: datetime) -> None:
    require_may_act_as(actor, owner, at=at)
    if not owner.is_active:
        raise NotActive(email=owner.email)
    if token is None:
        return
    if token.owner_id != owner.pk:
        raise InvalidInput("/token", "A token of somebody else.")
    if token.revoked_at is not None or token.expires_at <= at:
        raise TokenRevoked(prefix=token.prefix)


def _require_free(open_ones: Any, owner: User, url: str) -> None:
    if open_ones.filter(url=url).exists():
        raise AlreadySubscribed(email=owner.email)


def _checked(wishes: dict[str, Any], owner: User, token: ApiToken | None) -> dict[str, Any]:
    """What was asked for, in order and without repetitions. Raises InvalidInput."""
    found: dict[str, Any] = {}
    if "event_types" in wishes:
        found["event_types"] = _event_types(wishes["event_types"], owner, token)
    if "scope" in wishes:
        found["scope"] = _scope(wishes["scope"], owner)
    if "numbers" in wishes:
        found["numbers"] = _numbers(wishes["numbers"])
    return found


def _event_types(wanted: Sequence[str], owner: User, token: ApiToken | None) -> list[str]:
    if not 1 <= len(wanted) <= MAX_EVENT_TYPES:
        raise InvalidInput("/event_types", f"Between 1 and {MAX_EVENT_TYPES} types.")
    for place, pattern in enumerate(wanted):
        if not is_known_pattern(pattern):
            raise InvalidInput(f"/event_types/{place}", "Nothing like that is offered.")
        offer = offer_of(pattern)
        if offer is None:
            continue
        needed = offer.record.permission
        if not owner.has_perm(needed) or (token is not None and needed not in token.scopes):
            raise InvalidInput(f"/event_types/{place}", f"The owner does not hold {needed}.")
    return sorted(set(wanted))


def _scope(wanted: str, owner: User) -> str:
    if not wanted:
        return ""
    records = {offer.record for offer in offers()}
    fits = any(
        wanted.startswith(each.scope_prefix) and wanted != each.scope_prefix
        if each.scope
        else wanted == each.scope_prefix
        for each in records
    )
    if not (fits and _SCOPE.fullmatch(wanted)):
        prefixes = sorted({f"{each.scope_prefix}{'...' if each.scope else ''}" for each in records})
        raise InvalidInput("/scope", f"One of {', '.join(prefixes)}.")
    if not is_seen_scope(wanted, owner):
        raise InvalidInput("/scope", "The owner sees no operator or client of this name.")
    return wanted


def _numbers(wanted: Sequence[str]) -> list[str]:
    if len(wanted) > MAX_NUMBERS:
        raise InvalidInput("/numbers", f"At most {MAX_NUMBERS} numbers.")
    for place, number in enumerate(wanted):
        if not _NUMBER.fullmatch(number):
            raise InvalidInput(f"/numbers/{place}", "Capital letters, digits and hyphens.")
    return sorted(set(wanted))
