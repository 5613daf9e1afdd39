"""What becomes of a mail, by the real SMTP code path against a server on a socket."""

from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from django.db import connection, transaction
from django.test import override_settings
from django.utils import timezone

from common.exceptions import InvalidInput
from common.mail.dispatch import LEASE, AlreadyLifted, claim, lift, send, suppress, sweep
from common.mail.outbox import MailNotAllowed, post
from common.models import Mail, OutboxEvent, SuppressedAddress
from common.redaction import withhold, withholding
from common.tasks import send_due_mail
from tests.common.mail.smtp_server import DROP
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db
TO = "j.garcia@hospital.example"


def queue(to=TO, once="1", at=None, **fields):
    context = {"reference": "AG-2026-0001", "note": "Müller's mail", **fields}
    return post("test_note", to=to, context=context, once=once, at=at or timezone.now())


def attempt(mail, *, after=timedelta(0)):
    send(mail.pk, clock=lambda: timezone.now() + after)
    mail.refresh_from_db()
    return mail


def test_a_mail_arrives_once_with_text_html_and_the_headers_of_a_machine(server):
    mail = attempt(queue())
    attempt(mail)

    assert (mail.status, mail.attempts, mail.context) == ("sent", 1, None)
    (taken,) = server.taken
    assert (taken.sender, taken.recipients) == ("returned@bluewater.example", [TO])
    message = message_from_bytes(taken.content, policy=policy.default)
    assert message["Subject"] == "About AG-2026-0001"
    assert message["Message-ID"] == mail.message_id
    assert mail.message_id.endswith("@bluewater.example>")
    assert (message["From"], message["To"]) == ("Bluewater Air <desk@bluewater.example>", TO)
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "All"
    text, html = message.iter_parts()
    assert text.get_content().strip() == "AG-2026-0001: Müller's mail"
    assert "Müller&#x27;s mail" in html.get_content()


def test_the_null_path_is_sent_as_such(server):
    with override_settings(MAIL_ENVELOPE_FROM=""):
        mail = attempt(queue())

    assert mail.status == "sent"
    assert "mail FROM:<>" in [line.split(" size=")[0] for line in server.commands]


def test_a_recipient_that_does_not_exist_is_given_up_and_gets_no_more_mail(server):
    server.script.rcpt[TO] = "550 5.1.1 No such user"

    mail = attempt(queue())
    later = queue(once="2")

    assert (mail.status, mail.reply) == ("failed", "550 5.1.1 No such user")
    assert server.taken == []
    assert SuppressedAddress.objects.get().address == TO
    assert (later.status, later.context, later.attempts) == ("suppressed", None, 0)
    failed = OutboxEvent.objects.filter(name="common.mail_failed").order_by("pk")
    assert [event.payload["mail_id"] for event in failed] == [mail.pk, later.pk]


@pytest.mark.parametrize(
    ("answer", "status", "is_dead"),
    [
        ("550 5.7.1 Refused by policy", "failed", False),
        ("550 no", "failed", True),
        ("552 5.2.2 Mailbox full", "failed", False),
        ("450 4.2.1 Try later", "queued", False),
        ("421 4.3.2 Going down", "queued", False),
    ],
)
def test_what_a_refused_recipient_means(server, answer, status, is_dead):
    server.script.rcpt[TO] = answer

    mail = attempt(queue())

    assert (mail.status, SuppressedAddress.objects.exists()) == (status, is_dead)
    assert mail.reply.startswith(answer[:3])


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"greeting": "421 4.3.2 Too busy"}, "queued"),
        ({"greeting": "554 No service"}, "queued"),
        ({"greeting": DROP}, "queued"),
        ({"mail": "451 4.3.0 Later"}, "queued"),
        ({"mail": "550 5.1.8 Bad sender"}, "failed"),
        ({"mail": "550 5.1.0 Address rejected"}, "failed"),
        ({"mail": "550 5.1.1 Unknown user"}, "failed"),
        ({"mail": DROP}, "queued"),
        ({"data": "451 Later"}, "queued"),
        ({"data": DROP}, "queued"),
        ({"content": "452 4.3.1 No space"}, "queued"),
        ({"content": "554 5.6.0 Bad content"}, "failed"),
        # The dot went out, or may have: nobody can say whether it was taken.
        ({"content": DROP}, "unknown"),
        ({"content": "250 lost"}, "unknown"),
        ({"in_content": 1}, "unknown"),
        # It was taken; how the server says goodbye does not matter.
        ({"quit": DROP}, "sent"),
        ({"quit": "500 What"}, "sent"),
    ],
)
def test_what_a_refusal_or_a_lost_connection_means_at_each_step(server, change, status):
    for name, value in change.items():
        setattr(server.script, name, value)

    mail = attempt(queue())

    assert mail.status == status
    assert not SuppressedAddress.objects.exists()
    assert len(server.taken) == (1 if status == "sent" or change == {"content": "250 lost"} else 0)
    # Whatever it was, it is not handed over a second time at once, nor ever if it may be there.
    before = server.connections
    attempt(mail)
    assert server.connections == before


def test_what_failed_for_now_is_tried_again_later_and_later(server):
    server.script.mail = "451 4.3.0 Later"
    mail, waits, after = queue(), [], timedelta(0)

    for _ in range(3):
        attempt(mail, after=after)
        waits.append(round((mail.next_attempt_at - timezone.now() - after).total_seconds()))
        after += timedelta(seconds=waits[-1] + 1)
    server.script.mail = "250 ok"
    attempt(mail, after=after)

    assert waits == [30, 60, 120]
    assert (mail.status, mail.attempts, len(server.taken)) == ("sent", 4, 1)


def test_a_mail_that_is_not_sent_in_time_is_dropped(server):
    server.script.mail = "451 4.3.0 Later"
    mail = attempt(queue())

    attempt(mail, after=timedelta(days=3, minutes=1))

    assert (mail.status, mail.context, mail.attempts) == ("lapsed", None, 1)


def test_without_a_server_a_mail_waits(settings):
    settings.EMAIL_BACKEND = "common.mail.transport.NoTransport"

    mail = attempt(queue())

    assert (mail.status, mail.reply) == ("queued", "ConnectionError: EMAIL_HOST is not set")


def test_the_same_cause_makes_one_mail_and_each_address_its_own(server, scheduled, run_tasks):
    first, again = queue(), queue(to=TO.upper().replace("HOSPITAL.EXAMPLE", "Hospital.Example"))
    other = queue(to="desk@hospital.example")

    run_tasks()

    assert again.pk == first.pk
    assert sorted(taken.recipients[0] for taken in server.taken) == [other.recipient, TO]


def test_a_worker_that_was_killed_before_the_content_loses_nothing(server, scheduled):
    mail = queue()
    scheduled.clear()
    claim(mail.pk, at=timezone.now())
    soon = timezone.now() + LEASE + timedelta(seconds=1)

    assert sweep(at=timezone.now()) == []
    assert sweep(at=soon) == []
    attempt(mail, after=LEASE + timedelta(minutes=1))

    assert (mail.status, len(server.taken)) == ("sent", 1)


def test_a_worker_that_was_killed_in_the_content_does_not_send_it_twice(server):
    mail = queue()
    claim(mail.pk, at=timezone.now())
    Mail.objects.filter(pk=mail.pk).update(handed_over_at=timezone.now())

    sweep(at=timezone.now() + LEASE)
    attempt(mail, after=LEASE + timedelta(hours=2))

    assert (mail.status, mail.context, server.connections) == ("unknown", None, 0)


def test_the_sweep_sends_what_was_never_queued(server, scheduled, run_tasks):
    queue()
    connection.run_on_commit.clear()

    send_due_mail.run()
    run_tasks()

    assert len(server.taken) == 1


def test_links_and_codes_are_encrypted_while_they_wait():
    mail = queue(note="code 424242")

    with connection.cursor() as cursor:
        cursor.execute("SELECT m::text FROM common_mail m WHERE id = %s", [mail.pk])
        (row,) = cursor.fetchone()
    assert "424242" not in row
    assert b"424242".hex() not in row
    assert "424242" in Mail.objects.get(pk=mail.pk).context


@pytest.mark.parametrize(
    "to", ["", " ", "nobody", "a@b@c.example", "a@b.example, c@d.example", "x\nBcc: y@z.example"]
)
def test_what_is_no_address_is_refused(to):
    with pytest.raises(InvalidInput):
        queue(to=to)
    assert not Mail.objects.exists()


def test_a_field_the_kind_does_not_have_is_refused():
    with pytest.raises(MailNotAllowed):
        queue(patient="J. García")
    with pytest.raises(MailNotAllowed):
        post("test_note", to=TO, context={"reference": "1"}, once="1", at=timezone.now())


def test_a_value_that_is_sealed_never_gets_into_a_mail():
    with withholding():
        withhold("Xylander")

        with pytest.raises(MailNotAllowed):
            queue(note="For Ms XYLANDER, urgent")
        # A word that only begins like it is another.
        assert queue(note="Xylanderstraat").status == "queued"


def test_a_subject_stays_on_one_line(server):
    attempt(queue(reference="AG\r\nBcc: x@y.example"))

    message = message_from_bytes(server.taken[0].content, policy=policy.default)
    assert message["Subject"] == "About AG Bcc: x@y.example"
    assert message["Bcc"] is None


def test_somebody_lifts_a_suppression_once(server, now):
    suppress(TO, reason="550", at=now)
    suppress(TO.upper(), reason="550 again", at=now)
    row, keeper = SuppressedAddress.objects.get(), UserFactory()

    lift(row, actor=keeper, at=now)

    assert attempt(queue()).status == "sent"
    with pytest.raises(AlreadyLifted):
        lift(row, actor=keeper, at=now)


def test_a_mail_is_posted_in_a_transaction_and_falls_with_it(scheduled):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        queue()
        raise ZeroDivisionError

    assert not Mail.objects.exists()
