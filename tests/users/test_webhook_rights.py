"""A message is sent only while its owner, and the token it was subscribed with, may see."""

import pytest

from tests.flight_operations.factories import OperationFactory
from tests.rpas.factories import MemberFactory
from tests.users.factories import grant
from tests.users.webhook_scene import NOW, after, happened, make_subscription, queue_tests
from users.models import WebhookAttempt, WebhookMessage, WebhookSubscription
from users.services import api_tokens
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


def test_a_type_that_is_offered_no_more_is_dropped(seen):
    subscription, message, _, _ = seen
    WebhookMessage.objects.filter(pk=message.pk).update(event_type="flight_operation.renamed")

    assert sending.claim(subscription.pk, at=NOW) is None
    message.refresh_from_db()
    assert message.reason == "Events of this type are not offered any more."
