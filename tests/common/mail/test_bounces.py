"""Returned mail."""

import io
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.utils import timezone

from common.mail.bounces import read_bounce, take_bounce
from common.mail.dispatch import send
from common.mail.outbox import post
from common.models import OutboxEvent, SuppressedAddress

pytestmark = pytest.mark.django_db
TO = "j.garcia@hospital.example"
NOTICE = """\
Return-Path: <>
From: MAILER-DAEMON@mx.hospital.example
To: returned@bluewater.example
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain

It could not be delivered.
--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.hospital.example

Final-Recipient: rfc822; {to}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} User unknown

--B
Content-Type: {kind}

Subject: About AG-2026-0001
Message-ID: {message_id}

--B--
"""


@pytest.fixture
def mail(server):
    context = {"reference": "AG-2026-0001", "note": "x"}
    row = post("test_note", to=TO, context=context, once="1", at=timezone.now())
    send(row.pk, clock=timezone.now)
    row.refresh_from_db()
    return row


def notice(mail, **change):
    given = {
        "to": TO,
        "action": "failed",
        "status": "5.1.1",
        "kind": "message/rfc822",
        "message_id": mail.message_id,
        **change,
    }
    return NOTICE.format(**given).encode()


@pytest.mark.parametrize("kind", ["message/rfc822", "text/rfc822-headers"])
def test_a_mail_that_comes_back_is_marked_and_its_address_gets_no_more(mail, now, kind):
    raw = notice(mail, kind=kind)

    assert (take_bounce(raw, at=now), take_bounce(raw, at=now)) == (1, 0)

    mail.refresh_from_db()
    assert (mail.status, mail.reply) == ("failed", "smtp; 550 5.1.1 User unknown")
    assert SuppressedAddress.objects.get().address == TO
    assert OutboxEvent.objects.filter(name="common.mail_failed").count() == 1


@pytest.mark.parametrize(
    "change",
    [
        {"action": "delayed"},
        {"action": "delivered"},
        {"status": "4.2.2"},
        {"message_id": "<guessed@bluewater.example>"},
        {"message_id": ""},
        {"to": "somebody.else@hospital.example"},
    ],
)
def test_a_notice_that_gives_nothing_of_ours_up_changes_nothing(mail, now, change):
    assert take_bounce(notice(mail, **change), at=now) == 0

    mail.refresh_from_db()
    assert mail.status == "sent"
    assert not SuppressedAddress.objects.exists()


def test_a_full_mailbox_returns_the_mail_and_keeps_the_address(mail, now):
    assert take_bounce(notice(mail, status="5.2.2"), at=now) == 1
    assert not SuppressedAddress.objects.exists()


@pytest.mark.parametrize(
    "raw",
    [b"", b"\x00\xff", b"From: x\n\nhello", b"Content-Type: multipart/report\n\n", b"x" * 2**21],
)
def test_any_other_mail_is_passed_over(raw):
    assert read_bounce(raw) == []


def test_the_mail_server_pipes_a_notice_in(mail, monkeypatch):
    stdin = SimpleNamespace(buffer=io.BytesIO(notice(mail)))
    monkeypatch.setattr("common.management.commands.take_bounce.sys.stdin", stdin)
    out = io.StringIO()

    call_command("take_bounce", stdout=out)

    assert out.getvalue() == "1 returned\n"
