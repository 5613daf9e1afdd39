"""
What the database itself shows and takes of bills, payments, books and papers, as the application's
role, while a client's scope is on. Nothing here asks a query of the portal: tables are read whole.
"""

import hashlib
from datetime import timedelta
from decimal import Decimal

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.db import DataError, ProgrammingError, connection, transaction

from client_management import client_scope
from client_management.queries.credit import exposure_of
from client_management.queries.portal import documents_of, invoices_of
from contacts.models import Contact
from documents.models import Document, DocumentAccess
from documents.services.access import hand_to
from finance.models import (
    Allocation,
    BilledWork,
    CustomerCredit,
    Invoice,
    JournalEntry,
    LineItem,
    Payment,
    PaymentLink,
    Transaction,
)
from finance.queries.receivables import statement
from finance.services.payment_links import link_to_pay
from finance.services.receivables import record_payment

pytestmark = pytest.mark.django_db
# Each by the way from its row to who pays.
MONEY = (
    (Invoice, "payer"),
    (LineItem, "invoice__payer"),
    (BilledWork, "invoice__payer"),
    (PaymentLink, "invoice__payer"),
    (Allocation, "invoice__payer"),
    (Payment, "customer"),
    (CustomerCredit, "customer"),
    (Transaction, "party"),
    (JournalEntry, "lines__party"),
)
# What a client has no rows of: accounts, prices and rates of the house, what providers sent; and
# attempts to pay, which are reached by their bill.
OF_NOBODY = {
    "finance_account",
    "finance_cancellationterm",
    "finance_currencyrate",
    "finance_paymentaccount",
    "finance_paymentintent",
    "finance_providerevent",
    "finance_rate",
    "finance_ratecard",
    "finance_taxrule",
}
HISTORIES = (
    "SELECT count(*) FROM finance_invoiceevent",
    "SELECT count(*) FROM finance_lineitemevent",
    "SELECT count(*) FROM finance_paymentevent",
)


@pytest.fixture
def paid(peers, now):
    """Both clients have paid a part of their bill, and more than they were billed elsewhere."""
    for client in (peers.ours, peers.theirs):
        bill = client.invoice
        link_to_pay(bill, actor=peers.actor, at=now)
        record_payment(bill, amount=Decimal("10.00"), channel="cash", actor=peers.actor, at=now)
        record_payment(
            Invoice.objects.get(pk=bill.pk),
            amount=bill.total + 5,
            channel="cash",
            actor=peers.actor,
            at=now,
        )
    return peers


def scope_of(client):
    return client_scope.client_scope([client.organization.pk])


def payers_in(model, way):
    return set(model.objects.order_by().values_list(way, flat=True))


def count_of(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


@pytest.mark.parametrize(("model", "way"), MONEY, ids=lambda part: getattr(part, "__name__", part))
def test_a_table_of_money_read_whole_shows_the_rows_of_the_scopes_client(paid, model, way):
    both = {paid.ours.organization.contact_id, paid.theirs.organization.contact_id}
    assert payers_in(model, way) >= both
    for client in (paid.ours, paid.theirs):
        with scope_of(client):
            assert payers_in(model, way) == {client.organization.contact_id}
    with client_scope.client_scope([]):
        assert not model.objects.exists()
    # Staff and tasks set none, and see what was there before.
    assert payers_in(model, way) >= both


def test_without_the_setting_every_row_of_money_is_there(paid, monkeypatch):
    """The control: the scope, not chance, hid the rows."""
    monkeypatch.setattr(client_scope, "_set", lambda value: None)
    with scope_of(paid.ours):
        for model, way in MONEY:
            assert paid.theirs.organization.contact_id in payers_in(model, way), model


@pytest.mark.parametrize("statement", HISTORIES)
def test_statements_written_by_hand_and_histories_are_held_too(paid, statement):
    everything = count_of(statement)
    found = []
    for client in (paid.ours, paid.theirs):
        with scope_of(client):
            found.append(count_of(statement))
    with client_scope.client_scope([]):
        assert count_of(statement) == 0

    assert min(found) > 0
    assert sum(found) <= everything


def test_another_clients_bill_is_not_changed_and_no_link_is_made_to_it(paid, now):
    theirs = paid.theirs.invoice
    with scope_of(paid.ours):
        assert Invoice.objects.filter(pk=theirs.pk).update(notes="x") == 0
    with (
        pytest.raises(ProgrammingError, match="row-level security"),
        transaction.atomic(),
        scope_of(paid.ours),
    ):
        PaymentLink.objects.create(invoice=theirs, salt="s", digest="0" * 64, expires_at=now)


def test_every_table_of_money_is_held_for_every_command():
    tables = {
        model._meta.db_table
        for model in apps.get_app_config("finance").get_models(include_auto_created=True)
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, p.polcmd, p.polwithcheck IS NULL AND p.polpermissive, p.polroles"
            " FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid"
            " WHERE c.relrowsecurity AND c.relname LIKE ANY (ARRAY['finance%%', 'documents%%'])"
        )
        held = {name: (command, is_whole, roles) for name, command, is_whole, roles in cursor}

    open_tables = {*OF_NOBODY, *(f"{name}event" for name in OF_NOBODY)}
    assert tables - held.keys() == open_tables & tables
    assert "documents_documentaccess" in held
    # One rule for reading and writing, for every role.
    assert set(map(str, held.values())) == {str(("*", True, [0]))}


def test_no_row_of_another_client_is_changed_or_deleted(paid):
    """Each table by itself, as a statement that names no row would do it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, privilege_type FROM information_schema.role_table_grants"
            " WHERE grantee = current_role AND table_name IN"
            " (SELECT tablename FROM pg_policies WHERE tablename LIKE 'finance%%')"
            " AND privilege_type IN ('UPDATE', 'DELETE')"
        )
        granted = cursor.fetchall()
        columns = {"UPDATE": "UPDATE {0} SET {1} = {1}", "DELETE": "DELETE FROM {0}"}
        with client_scope.client_scope([]):
            for table, command in granted:
                key = "pgh_id" if table.endswith("event") else "id"
                cursor.execute(columns[command].format(table, key))
                assert cursor.rowcount == 0, (command, table)
    assert ("finance_invoice", "DELETE") in granted


def test_a_scope_that_cannot_be_read_shows_nothing(paid):
    for value in ("nonsense", "{x}", "{1,}"):
        with pytest.raises(DataError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config(%s, %s, true)", [client_scope.NAME, value])
            cursor.execute("SELECT count(*) FROM finance_invoice")


def test_ones_own_bills_account_and_credit_are_the_same_within_the_scope(paid, now):
    client = paid.ours.organization
    day = now.date()

    def seen():
        account = statement(
            client.contact,
            currency=client.currency,
            since=day - timedelta(days=30),
            until=day + timedelta(days=30),
        )
        return account, list(invoices_of(client)), exposure_of(client)

    outside = seen()
    with scope_of(paid.ours):
        assert seen() == outside
    assert outside[0].lines


def test_what_was_billed_of_a_job_is_known_whoever_pays_it(peers):
    """Credit is counted within the scope when a client accepts an offer."""
    client, other = peers.ours.organization, peers.theirs.organization.contact
    draft = Invoice.objects.create(
        kind="invoice", basis="manual", customer=client.contact, payer=other, currency="AUD"
    )

    with scope_of(peers.ours):
        assert list(Invoice.objects.filter(payer=other)) == [draft]
    assert Invoice.objects.filter(payer=other).count() == 2


def test_bills_of_a_contact_that_was_merged_into_the_clients_are_its_own(paid):
    other = paid.theirs.organization.contact
    Contact.objects.filter(pk=other.pk).update(
        merged_into=paid.ours.organization.contact, is_active=False
    )
    with scope_of(paid.ours):
        found = payers_in(Invoice, "payer")

    assert found == {paid.ours.organization.contact_id, other.pk}


def test_a_paper_of_another_client_is_handed_to_nobody_within_the_scope(peers, now):
    ours, theirs = peers.ours.document, peers.theirs.document
    with scope_of(peers.ours):
        assert hand_to(ours, user=peers.ours.person, at=now).content
        assert DocumentAccess.objects.filter(document=ours).count() == 1
    with (
        pytest.raises(ProgrammingError, match="row-level security"),
        transaction.atomic(),
        scope_of(peers.ours),
    ):
        hand_to(theirs, user=peers.ours.person, at=now)
    assert not DocumentAccess.objects.filter(document=theirs).exists()
    # The control: without the setting the same hand takes it.
    assert hand_to(theirs, user=peers.ours.person, at=now).content
    with scope_of(peers.ours):
        assert not DocumentAccess.objects.filter(document=theirs).exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"classification": "internal"},
        {"subject_type": "operations.trip"},
        {"subject_type": "", "subject_id": None},
    ],
    ids=["internal", "another kind of record", "about nothing"],
)
def test_a_paper_that_is_not_for_clients_is_handed_to_none(peers, now, changes):
    paper = Document(
        number="DC-2020-990001",
        kind="uploaded",
        title="Note",
        file_name="note.pdf",
        media_type="application/pdf",
        size_bytes=4,
        sha256=hashlib.sha256(b"%PDF").hexdigest(),
        generated_at=now,
        **{
            "subject_type": "client_management.joborder",
            "subject_id": peers.ours.job.pk,
            "classification": "confidential",
        }
        | changes,
    )
    paper.file.save("note.pdf", ContentFile(b"%PDF"), save=False)
    paper.save()
    with scope_of(peers.ours):
        assert not documents_of(peers.ours.access).filter(pk=paper.pk).exists()
        with (
            pytest.raises(ProgrammingError, match="row-level security"),
            transaction.atomic(),
        ):
            hand_to(paper, user=peers.ours.person, at=now)
