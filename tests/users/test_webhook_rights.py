"""A message is sent only while its owner, and the token it was subscribed with, may see."""

import json

import pytest

from common.models import Mail
from tests.flight_operations.factories import OperationFactory
from tests.rpas.factories import MemberFactory
from tests.users.factories import UserFactory, grant
from tests.users.webhook_scene import NOW, after, happened, make_subscription, queue_tests
from users.exceptions import NotActive, TokenRevoked
from users.models import WebhookAttempt, WebhookMessage, WebhookSubscription
from users.services import api_tokens, webhook_subscriptions
from users.services import webhook_sending as sending

pytestmark = pytest.mark.django_db
RELEASED = "flight_operation.released"
VIEW = "flight_operations.view_flightoperation"


@pytest.fixture
def seen():
    """A message about an operation that its owner sees, as a member with one permission."""
    operation = OperationFactory(planned_start_at=NOW)
    member = MemberFactory(operator=operation.operator)
    role = grant(member.user, VIEW)
    subscription = make_subscription(member.user)
    (message,) = happened(RELEASED, operation)
    return subscription, message, member, role


def close_account(member, role):
    member.user.is_active = False
    member.user.save()


def leave_operator(member, role):
    member.delete()


def lose_grant(member, role):
    role.grants.all().delete()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (close_account, "The owner's account is closed."),
        (leave_operator, "The owner may not see the record."),
        (lose_grant, "The owner may not see the record."),
    ],
)
def test_rights_are_asked_again_before_anything_is_sent(seen, change, reason):
    subscription, message, member, role = seen
    change(member, role)

    assert sending.claim(subscription.pk, at=NOW) is None

    message.refresh_from_db()
    assert (message.status, message.reason, message.attempts) == ("dropped", reason, 0)
    assert not WebhookAttempt.objects.exists()


def test_a_token_that_was_revoked_sends_nothing_more(seen):
    subscription, message, member, _ = seen
    token, _ = api_tokens.issue_token(
        member.user, name="T", scopes=[VIEW], expires_at=after(days=5), actor=member.user, at=NOW
    )
    WebhookSubscription.objects.update(token=token)
    tests = queue_tests(subscription, 1)
    api_tokens.revoke_token(token, reason="Lost", actor=member.user, at=NOW)

    assert sending.claim(subscription.pk, at=NOW) is None

    for each in (message, *tests):
        each.refresh_from_db()
        assert (each.status, each.reason) == ("dropped", "The token was revoked or ran out.")


def ended_token(member):
    token, _ = api_tokens.issue_token(
        member.user, name="T", scopes=[VIEW], expires_at=after(days=5), actor=member.user, at=NOW
    )
    WebhookSubscription.objects.update(token=token)
    return token


@pytest.mark.parametrize("waits", [True, False])
def test_a_token_that_runs_out_switches_off_and_tells_the_owner(seen, waits):
    subscription, _, member, _ = seen
    ended_token(member)
    if not waits:
        WebhookMessage.objects.update(status="delivered", ended_at=NOW, next_attempt_at=None)

    assert sending.sweep(at=after(days=4)) == [subscription.pk] * waits
    assert sending.sweep(at=after(days=5)) == [subscription.pk]
    assert sending.claim(subscription.pk, at=after(days=5)) is None

    subscription.refresh_from_db()
    reason = "The token was revoked or ran out."
    assert (subscription.status, subscription.status_reason) == ("disabled", reason)
    mail = Mail.objects.get()
    assert (mail.kind, mail.recipient) == ("webhook_disabled", member.user.email)
    assert sending.sweep(at=after(days=6)) == []
    with pytest.raises(TokenRevoked):
        webhook_subscriptions.resume(subscription, actor=member.user, at=after(days=6))


def test_an_event_for_one_that_ended_calls_who_switches_it_off(
    seen, scheduled, django_capture_on_commit_callbacks
):
    subscription, _, member, _ = seen
    ended_token(member)
    operation = OperationFactory(planned_start_at=NOW, operator=member.operator)

    with django_capture_on_commit_callbacks(execute=True):
        made = happened(RELEASED, operation, number=2, at=after(days=5))

    assert made == []
    assert scheduled == [("users.tasks.send_webhooks", {"subscription_id": subscription.pk})]


def test_who_made_it_is_told_where_the_account_of_the_owner_is_closed(seen):
    subscription, _, member, role = seen
    maker = UserFactory()
    WebhookSubscription.objects.update(made_by=maker)
    close_account(member, role)

    assert sending.claim(subscription.pk, at=NOW) is None

    mail = Mail.objects.get()
    assert mail.recipient == maker.email
    assert json.loads(mail.context)["reason"] == "The owner's account is closed."
    with pytest.raises(NotActive):
        webhook_subscriptions.resume(
            subscription, actor=UserFactory(is_superuser=True), at=after(hours=1)
        )


def test_a_type_that_is_offered_no_more_is_dropped(seen):
    subscription, message, _, _ = seen
    WebhookMessage.objects.filter(pk=message.pk).update(event_type="flight_operation.renamed")

    assert sending.claim(subscription.pk, at=NOW) is None
    message.refresh_from_db()
    assert message.reason == "Events of this type are not offered any more."
