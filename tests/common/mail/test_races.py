"""Two workers with one mail."""

from unittest.mock import patch

import pytest
from django.db import transaction
from django.utils import timezone

from common.mail import dispatch
from common.mail.outbox import post
from common.models import Mail
from tests.common.concurrency import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def mail():
    with transaction.atomic():
        context = {"reference": "AG-2026-0001", "note": "x"}
        return post("test_note", to="a@b.example", context=context, once="1", at=timezone.now())


def sending(mail):
    return lambda: dispatch.send(mail.pk, clock=timezone.now)


def test_of_many_workers_one_sends(server, mail):
    outcomes = at_once(*[sending(mail)] * 4)

    assert outcomes == [None] * 4
    assert (len(server.taken), Mail.objects.get().attempts) == (1, 1)


def test_control_without_the_two_notes_the_mail_would_be_sent_twice(server, mail):
    claimed = dispatch.claim(mail.pk, at=timezone.now())

    with (
        patch.object(dispatch, "claim", lambda mail_id, *, at: claimed),
        patch.object(dispatch, "_note_hand_over", lambda mail, at: None),
    ):
        at_once(*[sending(mail)] * 2)

    assert len(server.taken) == 2


def test_the_same_cause_at_once_makes_one_mail(mail):
    def again():
        with transaction.atomic():
            context = {"reference": "AG-2026-0001", "note": "x"}
            return post("test_note", to="c@d.example", context=context, once="1", at=timezone.now())

    first, second, third = at_once(again, again, again)

    assert first.pk == second.pk == third.pk


def test_a_worker_whose_claim_was_taken_over_sends_nothing(server, mail):
    old = dispatch.claim(mail.pk, at=timezone.now())
    later = timezone.now() + dispatch.LEASE
    dispatch.sweep(at=later)
    dispatch.claim(mail.pk, at=later + dispatch.LONGEST_WAIT)

    with patch.object(dispatch, "claim", lambda mail_id, *, at: old):
        dispatch.send(mail.pk, clock=timezone.now)

    row = Mail.objects.get()
    assert (server.taken, row.status, row.attempts) == ([], "sending", 2)
