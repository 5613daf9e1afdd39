"""Bills and receipts among the documents of a client."""

import pytest
from rest_framework.test import APIClient

from client_management import portal_handlers
from documents.models import Document
from finance.events import InvoiceIssued, PaymentReceived
from finance.services.receivables import record_payment
from tests.client_management.portal.people import peer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("that_day")]


def listed(client):
    api = APIClient()
    api.force_authenticate(client.person)
    where = f"/api/client-management/portal/organizations/{client.organization.number}/documents/"
    rows = api.get(where).json()["results"]
    files = [api.get(f"{where}{row['number']}/download/") for row in rows]
    return {row["kind"]: file.content[:5] for row, file in zip(rows, files, strict=True)}


def test_a_client_finds_its_bill_and_its_receipt_once(actor, now):
    ours, theirs = peer(actor, now), peer(actor, now)
    bill = ours.invoice
    told = InvoiceIssued(invoice_id=bill.pk)

    portal_handlers.have_the_bill_printed(told)
    portal_handlers.have_the_bill_printed(told)
    assert listed(ours) == {"uploaded": b"%PDF", "invoice": b"%PDF-"}
    payment = record_payment(bill, amount=bill.total, channel="cash", actor=actor, at=now)
    portal_handlers.have_the_receipt_printed(PaymentReceived(payment_id=payment.pk))

    assert set(listed(ours)) == {"uploaded", "invoice", "receipt"}
    assert set(listed(theirs)) == {"uploaded"}
    assert Document.objects.filter(kind="invoice").count() == 1
    ours.access.can_view_invoices = False
    ours.access.save()
    assert set(listed(ours)) == {"uploaded"}
