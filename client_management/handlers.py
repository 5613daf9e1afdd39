from django.utils import timezone

from client_management.events import JobMoved
from client_management.models import JobOrder
from client_management.queries.bills import JOB
from client_management.services.bills import settle_job
from client_management.services.job_steps import note_flight
from common.events import handles
from finance.events import InvoiceIssued, InvoiceSettled
from finance.models import Invoice
from flight_operations.events import OperationLanded, OperationStarted


@handles(OperationStarted)
def begin_the_job(event: OperationStarted) -> None:
    """The first flight of a job begins it."""
    note_flight(event.operation_id, at=timezone.now())


@handles(OperationLanded)
def count_the_flight_for_its_job(event: OperationLanded) -> None:
    """Whoever watches a job hears that it got further."""
    note_flight(event.operation_id, at=timezone.now())


@handles(InvoiceIssued)
def take_the_job_along_with_its_bill(event: InvoiceIssued) -> None:
    """A job whose bill left the house is billed."""
    _settle(event.invoice_id)


@handles(InvoiceSettled)
def take_the_job_along_with_its_payment(event: InvoiceSettled) -> None:
    """A job whose bills are paid is completed; one whose bill is void waits for another."""
    _settle(event.invoice_id)


@handles(JobMoved)
def settle_what_was_billed_before_it_was_accepted(event: JobMoved) -> None:
    """A job that was billed early may be paid when it is accepted."""
    if event.status == "accepted":
        settle_job(JobOrder.objects.get(pk=event.job_id), at=timezone.now())


def _settle(invoice_id: int) -> None:
    invoice = Invoice.objects.get(pk=invoice_id)
    if invoice.subject == JOB and invoice.subject_id is not None:
        settle_job(JobOrder.objects.get(pk=invoice.subject_id), at=timezone.now())
