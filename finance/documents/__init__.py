"""The documents that the books are printed as; found by `common` at start-up."""

from documents.kinds import DocumentKind, register
from finance.documents.invoices import credit_note, invoice
from finance.documents.payments import receipt, statement_of_account

VIEW_INVOICE = "finance.view_invoice"
VIEW_BOOKS = "finance.view_journalentry"
VIEW_PAYMENT = "finance.view_payment"
# What the law asks of books in most places where bills are written.
KEPT_YEARS = 7

KINDS = (
    DocumentKind(
        key="invoice",
        title="Invoice",
        subject="finance.invoice",
        gather=invoice,
        make=VIEW_INVOICE,
        read=VIEW_INVOICE,
        layout="invoice.html",
        retention_years=KEPT_YEARS,
    ),
    DocumentKind(
        key="credit_note",
        title="Credit note",
        subject="finance.invoice",
        gather=credit_note,
        make=VIEW_INVOICE,
        read=VIEW_INVOICE,
        layout="credit_note.html",
        retention_years=KEPT_YEARS,
    ),
    DocumentKind(
        key="receipt",
        title="Receipt",
        subject="finance.payment",
        gather=receipt,
        make=VIEW_PAYMENT,
        read=VIEW_PAYMENT,
        layout="receipt.html",
        retention_years=KEPT_YEARS,
    ),
    DocumentKind(
        key="statement",
        title="Statement of account",
        subject="contacts.contact",
        gather=statement_of_account,
        make=VIEW_BOOKS,
        read=VIEW_BOOKS,
        layout="statement.html",
        retention_years=KEPT_YEARS,
        in_pack=False,
    ),
)

for kind in KINDS:
    register(kind)
