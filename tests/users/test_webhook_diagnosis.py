"""What the doctor says of receivers; the fault of our own is planted with the other faults."""

from datetime import timedelta

import pytest
from django.utils import timezone

from common.diagnosis import Result, examine
from tests.users.factories import UserFactory
from tests.users.webhook_scene import make_subscription, queue_tests
from users.models import ApiToken, User, WebhookHealth, WebhookMessage, WebhookSubscription
from users.services.api_tokens import issue_token

VIEW = "operations.view_trip"
pytestmark = pytest.mark.django_db


def found(key: str) -> Result:
    (result,) = (each for each in examine(only=[key]) if each.key == key)
    return result


def test_receivers_that_fail_are_a_warning_and_no_fault_of_ours():
    subscription = make_subscription(description="ERP")
    since = timezone.now() - timedelta(hours=2)
    health = WebhookHealth.objects.filter(subscription=subscription)
    health.update(failures=9, failing_since=since, last_error="TimeoutError")
    queue_tests(subscription, 2)
    WebhookMessage.objects.filter(sequence=1).update(
        status="dead", ended_at=since, next_attempt_at=None
    )

    failing = found("webhooks.sent")
    WebhookSubscription.objects.update(status="disabled", status_reason="410")
    off = found("webhooks.sent")

    assert failing.is_in_order
    assert off.is_in_order
    assert [each.message for each in failing.troubles] == [
        f"1 receivers have failed for more than an hour, {subscription} longest: TimeoutError.",
        "1 messages were given up.",
    ]
    assert "Deliver again" in failing.troubles[1].remedy
    assert [each.message for each in off.troubles] == ["1 subscriptions are switched off."]


def test_active_ones_whose_owner_or_token_ended_are_named():
    now = timezone.now()
    owner = UserFactory(is_superuser=True)
    day = timedelta(days=1)
    token, _ = issue_token(
        owner, name="T", scopes=[VIEW], expires_at=now + day, actor=owner, at=now - day
    )
    subscription = make_subscription(owner, token=token)
    before = found("webhooks.sent")
    ApiToken.objects.update(expires_at=now - timedelta(seconds=1))
    over = found("webhooks.sent")
    User.objects.filter(pk=owner.pk).update(is_active=False)
    make_subscription(owner, url="https://b.example/")

    assert before.troubles == ()
    assert [each.message for each in over.troubles] == [
        f"Owner or token of 1 active subscriptions ended, {subscription} among them."
    ]
    assert found("webhooks.sent").troubles[0].message.startswith("Owner or token of 2 active")
