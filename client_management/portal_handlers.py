"""What the portal and its people hear of; each runs after commit, at least once."""

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from client_management.events import (
    AccessChanged,
    JobMoved,
    JobProgressed,
    RequestClosed,
    ServiceQuoteSent,
)
from client_management.live import client_channel
from client_management.models import (
    ClientMessage,
    ClientOrganization,
    CustomerPortalAccess,
    Deliverable,
    JobOperation,
    JobOrder,
    JobStatus,
    ServiceQuote,
    ServiceRequest,
)
from client_management.portal_events import (
    DeliverableAccepted,
    DeliverableReady,
    DeliverableSentBack,
    MessagePosted,
    UploadReceived,
)
from client_management.portal_words import JOB
from client_management.services.notices import pass_on, tell
from client_management.services.uploads import TASK
from common.events import handles
from common.live.events import END
from common.live.publish import person_channel, publish
from common.mail.words import day_said, money_said, said
from common.models import StatusChange
from common.scheduler import schedule_on_commit
from documents.services.generation import generate
from finance.events import InvoiceIssued, InvoiceSettled, PaymentReceived
from finance.models import Invoice, InvoiceKind, Payment
from flight_operations.events import OperationLanded, OperationStarted


@handles(AccessChanged)
def end_the_streams_of_a_changed_key(event: AccessChanged) -> None:
    """Whoever follows a client is asked again what their key opens."""
    access = CustomerPortalAccess.objects.get(pk=event.access_id)
    publish(person_channel(access.user_id), END, {})


@handles(UploadReceived)
def put_the_parts_together(event: UploadReceived) -> None:
    """Have a file made of an upload that has all its bytes; not here, within a transaction."""
    schedule_on_commit(TASK, upload_id=event.upload_id)


@handles(DeliverableReady)
def show_the_deliverable(event: DeliverableReady) -> None:
    """Tell the client that there is something to look at."""
    row = Deliverable.objects.select_related("organization", "job").get(pk=event.deliverable_id)
    tell(
        row.organization,
        preference="notify_deliverables",
        flag="can_view_jobs",
        title=said(_("{number}: {title} is ready"), number=row.job.number, title=row.title),
        text=said(
            _("{title} of {job} is ready for you to look at."), title=row.title, job=row.job.title
        ),
        place=f"deliverables/{row.number}/",
        about=row,
        once=f"ready {row.pk} {event.issue}",
        at=timezone.now(),
    )
    _publish(row.organization_id, "deliverable", number=row.number, status=str(row.status))


@handles(DeliverableAccepted)
def show_the_acceptance(event: DeliverableAccepted) -> None:
    """Let open pages know that a deliverable was taken."""
    _show_review(event.deliverable_id)


@handles(DeliverableSentBack)
def show_the_rework(event: DeliverableSentBack) -> None:
    """Let open pages know that a deliverable was sent back."""
    _show_review(event.deliverable_id)


@handles(MessagePosted)
def pass_the_message_on(event: MessagePosted) -> None:
    """Mail it to the others, and let open pages know."""
    rows = ClientMessage.objects.select_related(
        "author", "thread__organization", "thread__job__manager", "thread__request__handled_by"
    )
    message = rows.get(pk=event.message_id)
    pass_on(message, at=timezone.now())
    thread = message.thread
    about = str(thread.job or thread.request or "general")
    _publish(thread.organization_id, "message", about=about)


@handles(ServiceQuoteSent)
def tell_of_an_offer(event: ServiceQuoteSent) -> None:
    """Tell the client that there is an offer to answer."""
    quote = ServiceQuote.objects.select_related("request__organization").get(pk=event.quote_id)
    request = quote.request
    tell(
        request.organization,
        preference="notify_quotes",
        title=said(_("{number}: our offer for {title}"), number=quote.number, title=request.title),
        text=said(
            _("Our offer for {title} is in the portal, to be answered until {until}."),
            title=request.title,
            until=day_said(quote.valid_until),
        ),
        place=f"quotes/{quote.number}/",
        about=quote,
        once=f"offer {quote.pk}",
        at=timezone.now(),
    )
    _publish(request.organization_id, "request", number=request.number, status=str(request.status))


@handles(RequestClosed)
def show_the_request(event: RequestClosed) -> None:
    """Let open pages know that a request came to its end."""
    row = ServiceRequest.objects.get(pk=event.request_id)
    _publish(row.organization_id, "request", number=row.number, status=str(row.status))


@handles(JobMoved)
def tell_of_a_step(event: JobMoved) -> None:
    """Tell the client when a job is scheduled or delivered; open pages hear of every step."""
    job = JobOrder.objects.select_related("organization").get(pk=event.job_id)
    told = {
        JobStatus.SCHEDULED: _("{title} is scheduled."),
        JobStatus.DELIVERED: _("All of {title} is with you. Please look at it."),
    }
    if event.status in told:
        tell(
            job.organization,
            preference="notify_schedule",
            flag="can_view_jobs",
            title=said(_("{number}: {status}"), number=job.number, status=JOB[event.status]),
            text=said(told[JobStatus(event.status)], title=job.title),
            place=f"jobs/{job.number}/",
            about=job,
            once=f"job {job.pk} {event.status} {_times(job, event.status)}",
            at=timezone.now(),
        )
    _publish(job.organization_id, "job", number=job.number, status=str(job.status))


def _times(job: JobOrder, status: str) -> int:
    """How often a job came to a status: the same step is told once, whatever else changed since."""
    steps = StatusChange.objects.filter(
        content_type=ContentType.objects.get_for_model(JobOrder), object_id=job.pk
    )
    return steps.filter(to_status=status).count()


@handles(JobProgressed)
def show_the_progress(event: JobProgressed) -> None:
    """Let open pages count again."""
    job = JobOrder.objects.get(pk=event.job_id)
    _publish(job.organization_id, "job", number=job.number, status=str(job.status))


@handles(OperationStarted)
def tell_of_a_take_off(event: OperationStarted) -> None:
    """Tell who wants to watch."""
    _tell_of_a_flight(
        event.operation_id,
        "is in the air",
        _("{job}: flight {part} is in the air"),
        _("Flight {part} of {title} is in the air."),
    )


@handles(OperationLanded)
def tell_of_a_landing(event: OperationLanded) -> None:
    """Tell who wants to know that it is over."""
    _tell_of_a_flight(
        event.operation_id,
        "has landed",
        _("{job}: flight {part} has landed"),
        _("Flight {part} of {title} has landed."),
    )


@handles(InvoiceIssued)
def tell_of_a_bill(event: InvoiceIssued) -> None:
    """Tell who pays of a new bill."""
    _bill_moved(event.invoice_id, is_new=True)


@handles(InvoiceIssued)
def have_the_bill_printed(event: InvoiceIssued) -> None:
    """A client finds its bills among its documents."""
    bill = Invoice.objects.get(pk=event.invoice_id)
    if _client_of(bill.payer_id) is not None:
        kind = "credit_note" if bill.kind == InvoiceKind.CREDIT_NOTE else "invoice"
        generate(kind, bill.pk, actor=None, at=timezone.now())


@handles(PaymentReceived)
def have_the_receipt_printed(event: PaymentReceived) -> None:
    """And its receipts, also where no address is on file to mail them to."""
    payment = Payment.objects.get(pk=event.payment_id)
    if _client_of(payment.customer_id) is not None:
        generate("receipt", payment.pk, actor=None, at=timezone.now())


@handles(InvoiceSettled)
def show_a_payment(event: InvoiceSettled) -> None:
    """Let open pages know how a bill stands now."""
    _bill_moved(event.invoice_id, is_new=False)


def _client_of(contact_id: int) -> ClientOrganization | None:
    """The client that is billed at a contact; None for other customers."""
    return ClientOrganization.objects.filter(contact=contact_id).first()


def _bill_moved(invoice_id: int, *, is_new: bool) -> None:
    bill = Invoice.objects.get(pk=invoice_id)
    client = _client_of(bill.payer_id)
    if client is None or bill.number is None:
        return
    if is_new:
        is_credit = bill.kind == InvoiceKind.CREDIT_NOTE
        title = _("Credit note {number}") if is_credit else _("Invoice {number}")
        text = (
            _("Credit note {number} over {total} is in the portal.")
            if is_credit
            else _("Invoice {number} over {total} is in the portal.")
        )
        tell(
            client,
            preference="notify_invoices",
            flag="can_view_invoices",
            title=said(title, number=bill.number),
            text=said(text, number=bill.number, total=money_said(bill.total, bill.currency)),
            place="invoices/",
            about=bill,
            once=f"invoice {bill.pk}",
            at=timezone.now(),
        )
    _publish(client.pk, "invoice", number=bill.number, status=str(bill.status))


def _show_review(deliverable_id: int) -> None:
    row = Deliverable.objects.get(pk=deliverable_id)
    _publish(row.organization_id, "deliverable", number=row.number, status=str(row.status))


def _tell_of_a_flight(operation_id: int, what: str, title: Promise, text: Promise) -> None:
    flown = JobOperation.objects.filter(operation=operation_id)
    part = flown.select_related("job__organization", "operation").first()
    if part is None:
        return
    job = part.job
    tell(
        job.organization,
        preference="notify_flights",
        flag="can_track_live",
        title=said(title, job=job.number, part=part.sequence),
        text=said(text, part=part.sequence, title=job.title),
        place=f"jobs/{job.number}/",
        about=part.operation,
        once=f"flight {operation_id} {what}",
        at=timezone.now(),
    )
    _publish(job.organization_id, "job", number=job.number, status=str(job.status))


def _publish(organization_id: int, event: str, **data: Any) -> None:
    publish(client_channel(organization_id), event, data)
