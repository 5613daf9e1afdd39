"""Who is mailed of a schedule, a deliverable, a bill and a flight: those who want it, once."""

import json
from datetime import timedelta

import pytest

from client_management import portal_handlers
from client_management.events import JobMoved
from client_management.models import JobOrder
from client_management.portal_events import DeliverableReady
from client_management.services import accesses, bills, deliverables, notices
from common.lifecycle import locked, move
from common.mail.messages import message_of
from common.models import Mail
from finance.events import InvoiceIssued
from finance.services.credit_notes import credit_invoice
from finance.services.issuing import issue
from flight_operations.events import OperationLanded, OperationStarted
from tests.client_management import scene
from tests.client_management.portal.people import handed_in, key
from tests.client_management.test_dashboards import link
from users.services.preferences import change_preferences

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("that_day")]
WISHES = ("notify_schedule", "notify_deliverables", "notify_invoices", "notify_flights")
# What of a client nobody reads in a mail: it may be passed on.
CONFIDENTIAL = ("unlisted tenant", "gate code 4711", "chased for payment")


@pytest.fixture
def job(client_org, actor, now):
    client_org.notes = CONFIDENTIAL[2]
    client_org.save()
    made = scene.job(
        client_org, actor, now, description=CONFIDENTIAL[0], site_notes=CONFIDENTIAL[1]
    )
    Mail.objects.all().delete()
    return made


def scheduled(job, actor, now):
    row = locked(job)
    move(row, "scheduled", actor=actor, at=now)
    return JobMoved(job_id=row.pk, organization_id=row.organization_id, status="scheduled")


def told_of_schedule(job, actor, now):
    event = scheduled(job, actor, now)
    return portal_handlers.tell_of_a_step, event, JobOrder, "is scheduled"


def told_of_deliverable(job, actor, now):
    row = deliverables.release_deliverable(handed_in(job, actor, now), actor=actor, at=now)
    event = DeliverableReady(deliverable_id=row.pk, issue=row.issue)
    return portal_handlers.show_the_deliverable, event, type(row), "is ready"


def told_of_bill(job, actor, now):
    bills.bill_early(job, reason="Prepaid", actor=actor, at=now)
    bill = issue(bills.bill_job(job, actor=actor, at=now), actor=actor, at=now)
    return portal_handlers.tell_of_a_bill, InvoiceIssued(invoice_id=bill.pk), type(bill), "Invoice"


def told_of_credit(job, actor, now):
    bills.bill_early(job, reason="Prepaid", actor=actor, at=now)
    bill = issue(bills.bill_job(job, actor=actor, at=now), actor=actor, at=now)
    note = credit_invoice(bill, reason="Not flown", actor=actor, at=now)
    said = f"Credit note {note.number}"
    return portal_handlers.tell_of_a_bill, InvoiceIssued(invoice_id=note.pk), type(bill), said


def told_of_take_off(job, actor, now):
    link(job, 1, "active", actor, now)
    operation = job.operations.get().operation
    event = OperationStarted(operation_id=operation.pk)
    return portal_handlers.tell_of_a_take_off, event, type(operation), "in the air"


def told_of_landing(job, actor, now):
    link(job, 1, "landed", actor, now)
    operation = job.operations.get().operation
    event = OperationLanded(operation_id=operation.pk)
    return portal_handlers.tell_of_a_landing, event, type(operation), "has landed"


# How it comes about, the wish that must be set, the flag that the key must open.
CAUSES = [
    (told_of_schedule, "notify_schedule", "can_view_jobs"),
    (told_of_deliverable, "notify_deliverables", "can_view_jobs"),
    (told_of_bill, "notify_invoices", "can_view_invoices"),
    (told_of_credit, "notify_invoices", "can_view_invoices"),
    (told_of_take_off, "notify_flights", "can_track_live"),
    (told_of_landing, "notify_flights", "can_track_live"),
]


def people(client_org, actor, now, wish, flag):
    """One who wants it and may see it, and one for each reason not to be mailed."""
    everything = dict.fromkeys(WISHES, True)
    wants = key(client_org, actor, now, **everything)
    key(client_org, actor, now, **{**everything, wish: False})
    key(client_org, actor, now, **{**everything, flag: False})
    key(client_org, actor, now, **everything, digest="daily")
    key(client_org, actor, now, **everything, digest="never")
    gone = key(client_org, actor, now, **everything)
    accesses.revoke_access(gone, reason="Left", actor=actor, at=now)
    over = key(client_org, actor, now, **everything)
    type(over).objects.filter(pk=over.pk).update(
        valid_from=now.date() - timedelta(days=9), valid_until=now.date() - timedelta(days=1)
    )
    key(scene.client(actor, now), actor, now, **everything)
    return wants


@pytest.mark.parametrize("told", CAUSES, ids=lambda told: told[0].__name__)
def test_who_wants_to_hear_of_it_and_may_see_it_is_mailed_once(job, actor, now, told):
    cause, wish, flag = told
    wants = people(job.organization, actor, now, wish, flag)

    handle, event, about, said = cause(job, actor, now)
    handle(event)
    # Something else of the row changes before the event comes a second time.
    for row in about.objects.all():
        row.save()
    handle(event)

    mail = Mail.objects.get(kind="portal_notice")
    assert mail.recipient == wants.user.email
    message = message_of(mail, at=0.0)
    whole = f"{message.subject} {message.body} {message.alternatives[0][0]} {mail.context}"
    assert said in f"{message.subject} {message.body}"
    assert job.organization.name in message.body
    assert not [word for word in CONFIDENTIAL if word in whole]
    assert set(json.loads(mail.context)) == {"client", "title", "text", "link"}


@pytest.mark.parametrize("told", CAUSES, ids=lambda told: told[0].__name__)
def test_each_is_mailed_in_their_own_language(job, actor, now, told):
    cause, wish, _ = told
    readers = {}
    for language in ("en", "es", "de"):
        access = key(job.organization, actor, now, **{wish: True})
        change_preferences(access.user, version=None, changes={"language": language}, at=now)
        readers[access.user.email] = language

    handle, event, _, _ = cause(job, actor, now)
    handle(event)

    mails = {mail.recipient: mail for mail in Mail.objects.filter(kind="portal_notice")}
    assert {who: mail.language for who, mail in mails.items()} == readers
    assert len({json.loads(mail.context)["text"] for mail in mails.values()}) == 3


def test_a_credit_note_is_called_one_and_not_an_invoice(job, client_org, actor, now):
    key(client_org, actor, now, notify_invoices=True)
    handle, event, _, said = told_of_credit(job, actor, now)

    handle(event)

    message = message_of(Mail.objects.get(kind="portal_notice"), at=0.0)
    assert message.subject.startswith(said)
    assert "is in the portal" in message.body
    assert "Invoice" not in message.subject + message.body
    assert "-" not in message.body.split(said)[1].split("is in the portal")[0]


def test_a_job_that_is_scheduled_again_is_told_again(job, client_org, actor, now):
    key(client_org, actor, now)
    portal_handlers.tell_of_a_step(scheduled(job, actor, now))
    move(locked(job), "confirmed", actor=actor, at=now)

    portal_handlers.tell_of_a_step(scheduled(job, actor, now))

    assert Mail.objects.filter(kind="portal_notice").count() == 2


def test_the_digest_says_what_was_scheduled_and_flown_the_day_before(job, client_org, actor, now):
    reader = key(client_org, actor, now, digest="daily", notify_flights=True)
    unheard = key(
        client_org, actor, now, digest="daily", notify_flights=False, notify_schedule=False
    )
    blind = key(
        client_org, actor, now, digest="daily", notify_flights=True,
        can_view_jobs=False, can_track_live=False,
    )  # fmt: skip
    scheduled(job, actor, now)
    link(job, 1, "landed", actor, now)
    other = scene.client(actor, now)
    scene.contract(actor, now, other)
    elsewhere = key(other, actor, now, digest="daily", notify_flights=True)
    tomorrow = now + timedelta(days=1)

    sent = [notices.send_digest(each, at=tomorrow) for each in (reader, reader, unheard, blind)]
    assert sent == [True, True, False, False]
    assert not notices.send_digest(elsewhere, at=tomorrow)
    mail = Mail.objects.get(kind="portal_digest")
    assert mail.recipient == reader.user.email
    assert json.loads(mail.context)["text"] == (
        "Jobs scheduled or delivered yesterday: 1\nFlights begun yesterday: 1"
    )
    assert not notices.send_digest(reader, at=now)
    assert not notices.send_digest(reader, at=now + timedelta(days=2))
