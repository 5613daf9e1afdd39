"""The doctor's examinations of accounts, roles and webhooks."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import Permission
from django.db.models import Q
from django.utils import timezone

from common.diagnosis import Trouble, examination
from users.demo_people import DOMAIN
from users.models import (
    MessageStatus,
    Role,
    RoleAssignment,
    SubscriptionStatus,
    User,
    WebhookMessage,
    WebhookSubscription,
)
from users.role_grants import ROLES
from users.services.seeding import matching

WEBHOOKS_WAIT_AT_MOST = timedelta(minutes=10)
WEBHOOKS_FAIL_AT_MOST = timedelta(hours=1)


@examination("users.roles", "The seeded roles have their grants")
def roles_are_seeded() -> Iterator[Trouble]:
    """A new version's permissions are of no use to anybody before they are granted."""
    names = {
        f"{app}.{code}"
        for app, code in Permission.objects.values_list("content_type__app_label", "codename")
    }
    roles = {role.code: role for role in Role.objects.prefetch_related("grants__permission")}
    behind = [
        spec.code
        for spec in ROLES
        if spec.code not in roles
        or (
            not roles[spec.code].is_customized
            and matching(spec.patterns, names) - _held(roles[spec.code])
        )
    ]
    if behind:
        yield Trouble(
            f"Roles lack grants of this version: {', '.join(behind)}.", "script/manage seed_roles"
        )


def _held(role: Role) -> set[str]:
    rows = role.grants.values_list("permission__content_type__app_label", "permission__codename")
    return {f"{app}.{code}" for app, code in rows}


@examination("users.administrator", "Somebody can change accounts")
def somebody_administers() -> Iterator[Trouble]:
    """Find an active administrator, and demo accounts that everybody knows the password of."""
    people = User.objects.filter(is_active=True)
    admins = RoleAssignment.objects.live(timezone.now()).filter(role__code="admin")
    if not people.filter(Q(is_superuser=True) | Q(role_assignments__in=admins)).exists():
        yield Trouble(
            "Nobody active holds the role admin: no account can be made or closed.",
            "script/manage createsuperuser",
        )
    demo = people.filter(email__endswith=f"@{DOMAIN}").count()
    if demo and not (settings.DEBUG or settings.DEMO):
        yield Trouble(
            f"{demo} accounts of the demo are open.",
            f"Close every account that ends in @{DOMAIN}, in the admin: People.",
        )


@examination("webhooks.sent", "Webhooks reach their receivers")
def webhooks_are_sent() -> Iterator[Trouble]:
    """Find messages that nobody sends, receivers that fail and what was given up."""
    now = timezone.now()
    ready = WebhookSubscription.objects.with_work(now - WEBHOOKS_WAIT_AT_MOST)
    if stuck := ready.filter(health__failures=0).count():
        yield Trouble(
            f"Messages of {stuck} subscriptions have waited for more than 10 minutes.",
            "See worker.heartbeat; with a worker at work it has too much to do: start another.",
        )
    failing = WebhookSubscription.objects.active().filter(
        health__failing_since__lt=now - WEBHOOKS_FAIL_AT_MOST
    )
    if first := failing.order_by("health__failing_since").select_related("health").first():
        yield Trouble(
            f"{failing.count()} receivers have failed for more than an hour, {first} longest:"
            f" {first.health.last_error}.",
            "Tell whoever runs them. After a day the subscription is switched off.",
            is_fault=False,
        )
    yield from _ended(now)
    if off := WebhookSubscription.objects.filter(status=SubscriptionStatus.DISABLED).count():
        yield Trouble(
            f"{off} subscriptions are switched off.",
            "Once the receiver works, in the admin: Webhooks, Resume, then Deliver dead letters"
            " again; or close them.",
            is_fault=False,
        )
    active = WebhookMessage.objects.filter(subscription__in=WebhookSubscription.objects.active())
    if dead := active.filter(status=MessageStatus.DEAD).count():
        yield Trouble(
            f"{dead} messages were given up.",
            "In the admin: Webhook deliveries says why; Deliver again sends them once more.",
            is_fault=False,
        )


def _ended(now: datetime) -> Iterator[Trouble]:
    ended = WebhookSubscription.objects.ended(now).order_by("pk")
    if first := ended.first():
        yield Trouble(
            f"Owner or token of {ended.count()} active subscriptions ended, {first} among them.",
            "The worker switches them off, see worker.heartbeat. Subscribe anew with another token,"
            " or open the account again.",
            is_fault=False,
        )
