"""Whether the books hold: each question one statement over all rows, each answer named."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection
from django.db.models import DecimalField, F, Sum, Value
from django.db.models.functions import Coalesce

from finance.models import (
    Allocation,
    AllocationKind,
    Invoice,
    JournalEntry,
    Payment,
    Transaction,
)
from finance.queries.snapshots import hash_of, snapshot_of


@dataclass(frozen=True)
class Fault:
    """One thing that does not hold."""

    check: str
    subject: str
    reason: str


_CHECKS = {
    "entry_balanced": """
        SELECT e.key, t.currency || ' debits ' || sum(t.debit) || ', credits ' || sum(t.credit)
        FROM finance_transaction t JOIN finance_journalentry e ON e.id = t.entry_id
        GROUP BY e.key, t.currency HAVING sum(t.debit) <> sum(t.credit)""",
    "entry_has_lines": """
        SELECT e.key, 'no lines' FROM finance_journalentry e
        WHERE NOT EXISTS (SELECT FROM finance_transaction t WHERE t.entry_id = e.id)""",
    "currency_balanced": """
        SELECT currency, 'debits ' || sum(debit) || ', credits ' || sum(credit)
        FROM finance_transaction GROUP BY currency HAVING sum(debit) <> sum(credit)""",
    "invoice_adds_up": """
        SELECT coalesce(i.number, 'draft ' || i.id), 'lines come to ' || coalesce(sum(l.amount), 0)
        FROM finance_invoice i LEFT JOIN finance_lineitem l ON l.invoice_id = i.id
        GROUP BY i.id HAVING coalesce(sum(l.amount), 0) <> i.subtotal
            OR coalesce(sum(l.tax_amount), 0) <> i.tax_total
            OR i.subtotal + i.tax_total <> i.total""",
    "invoice_settled_as_allocated": """
        SELECT coalesce(i.number, 'draft ' || i.id), 'paid ' || i.paid || ', credited ' ||
            i.credited || ', written off ' || i.written_off || ' are not its allocations'
        FROM finance_invoice i LEFT JOIN finance_allocation a ON a.invoice_id = i.id
        GROUP BY i.id HAVING
            coalesce(sum(a.amount) FILTER (WHERE a.kind NOT IN ('credit_note', 'write_off')), 0)
                <> i.paid
            OR coalesce(sum(a.amount) FILTER (WHERE a.kind = 'credit_note'), 0) <> i.credited
            OR coalesce(sum(a.amount) FILTER (WHERE a.kind = 'write_off'), 0) <> i.written_off""",
    "invoice_owed_as_booked": """
        SELECT i.number, 'the books say ' || coalesce(sum(t.debit - t.credit), 0)
        FROM finance_invoice i
            LEFT JOIN finance_transaction t ON t.invoice_id = i.id AND t.account_id =
                (SELECT id FROM finance_account WHERE role = 'receivable')
        WHERE i.number IS NOT NULL AND i.kind <> 'credit_note'
        GROUP BY i.id HAVING coalesce(sum(t.debit - t.credit), 0)
            <> i.total - i.paid - i.credited - i.written_off""",
    "credit_left_as_used": """
        SELECT c.id::text, 'remaining ' || c.remaining || ' is not what its uses leave'
        FROM finance_customercredit c LEFT JOIN finance_credituse u ON u.credit_id = c.id
        GROUP BY c.id HAVING c.amount - coalesce(sum(u.amount), 0) <> c.remaining""",
    "credit_booked": """
        SELECT coalesce(b.currency, c.currency), 'booked ' || coalesce(b.net, 0) || ', on file '
            || coalesce(c.net, 0)
        FROM (SELECT currency, sum(credit - debit) AS net FROM finance_transaction
              WHERE account_id = (SELECT id FROM finance_account WHERE role = 'credit')
              GROUP BY currency) b
            FULL JOIN (SELECT currency, sum(remaining) AS net FROM finance_customercredit
                       GROUP BY currency) c ON c.currency = b.currency
        WHERE coalesce(b.net, 0) <> coalesce(c.net, 0)""",
    "payment_returns_as_recorded": """
        SELECT p.number, 'refunded ' || p.refunded || ' is not its refunds'
        FROM finance_payment p
            LEFT JOIN finance_refund r ON r.payment_id = p.id AND r.status <> 'failed'
        GROUP BY p.id HAVING coalesce(sum(r.amount), 0) <> p.refunded""",
    "payment_posted": """
        SELECT p.number, 'not posted' FROM finance_payment p
        WHERE NOT EXISTS (SELECT FROM finance_journalentry e
                          WHERE e.key = 'payment:' || p.id || ':received')""",
    "work_billed_once": """
        SELECT subject || ' ' || subject_id, work || ' is billed ' || count(*) || ' times'
        FROM finance_billedwork WHERE released_at IS NULL
        GROUP BY subject, subject_id, work HAVING count(*) > 1""",
}
_GAPS = """
    WITH numbered AS (
        SELECT regexp_replace(number, '-[0-9]+$', '') AS series,
               substring(number FROM '[0-9]+$')::int AS n
        FROM {table} WHERE number IS NOT NULL
    )
    SELECT s.prefix || '-' || s.year, 'numbers up to ' || s.last_value || ', documents '
        || count(x.n) || ', highest ' || coalesce(max(x.n), 0)
    FROM common_numberseries s LEFT JOIN numbered x ON x.series = s.prefix || '-' || s.year
    WHERE s.prefix = ANY(%s)
    GROUP BY s.prefix, s.year, s.last_value
    HAVING count(x.n) <> s.last_value OR coalesce(max(x.n), 0) <> s.last_value"""


def faults(*, invoice_series: list[str]) -> Iterator[Fault]:
    """Everything in the books that does not hold, in the order of the checks."""
    with connection.cursor() as cursor:
        for check, statement in _CHECKS.items():
            cursor.execute(statement)
            for subject, reason in cursor.fetchall():
                yield Fault(check, str(subject), str(reason))
        for table, prefixes in (
            ("finance_invoice", invoice_series),
            ("finance_payment", ["PAY"]),
        ):
            cursor.execute(_GAPS.format(table=table), [prefixes])
            for subject, reason in cursor.fetchall():
                yield Fault("numbers_without_gap", str(subject), str(reason))
    yield from _altered()
    yield from _overused()


def checks() -> list[str]:
    """The names of all checks."""
    return [*_CHECKS, "numbers_without_gap", "invoice_unaltered", "deposit_not_overused"]


def counted() -> dict[str, int]:
    """How much was looked at."""
    models = (JournalEntry, Transaction, Invoice, Allocation, Payment)
    return {model._meta.model_name or "": model._default_manager.count() for model in models}


def _altered() -> Iterator[Fault]:
    rows = Invoice.objects.issued().prefetch_related("lines").order_by("pk")
    for invoice in rows.iterator(chunk_size=500):
        lines = sorted(invoice.lines.all(), key=lambda row: row.sequence)
        if hash_of(snapshot_of(invoice, lines)) != invoice.snapshot_hash:
            yield Fault("invoice_unaltered", str(invoice), "its content is not what was issued")


def _overused() -> Iterator[Fault]:
    """A deposit may be refunded after it was used: then it is owed again, and no fault."""
    money: DecimalField = DecimalField(max_digits=14, decimal_places=2)
    used = (
        Allocation.objects.filter(kind=AllocationKind.DEPOSIT)
        .values("document__number")
        .annotate(
            used=Coalesce(Sum("amount"), Value(0, output_field=money)),
            there=F("document__total") - F("document__credited"),
        )
        .filter(used__gt=F("there"))
    )
    for row in used.order_by("document__number"):
        yield Fault("deposit_not_overused", str(row["document__number"]), f"used {row['used']}")
