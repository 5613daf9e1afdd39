"""Who owes what: ageing, and the statement of one payer. Both read the books as of a day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import DecimalField, F, Q, Sum, Value
from django.db.models.functions import Coalesce

from contacts.models import Contact
from finance.models import AccountRole, Transaction
from finance.queries.reports import MOST

# Days after the due date at which a claim moves to the next column.
COLUMNS = (("days_1_30", 1, 30), ("days_31_60", 31, 60), ("days_61_90", 61, 90))
LONGEST_STATEMENT = 2000
_ZERO = Value(Decimal(0), output_field=DecimalField(max_digits=14, decimal_places=2))
_NET = F("debit") - F("credit")


@dataclass(frozen=True, kw_only=True)
class StatementLine:
    """One event of a payer's account; `balance` is what was owed after it."""

    posted_on: date
    kind: str
    description: str
    invoice: str
    debit: Decimal
    credit: Decimal
    balance: Decimal


@dataclass(frozen=True, kw_only=True)
class Statement:
    """
    A payer's account in one currency over some days; what is owed less what is credit.

    One that `is_cut` lacks its last lines; `closing` is of all of them.
    """

    payer: Contact
    currency: str
    since: date
    until: date
    opening: Decimal
    lines: tuple[StatementLine, ...]
    closing: Decimal
    is_cut: bool


def ageing(*, as_of: date, currency: str = "") -> list[dict[str, Any]]:
    """
    What each payer owed at the end of a day by how long it was overdue; one row per currency.

    Amounts are of the books of that day: what was paid later counts as owed. `credit` is what we
    owed the payer. 1 query.
    """
    rows = Transaction.objects.until(as_of).filter(
        account__role__in=[AccountRole.RECEIVABLE, AccountRole.CREDIT], party__isnull=False
    )
    if currency:
        rows = rows.filter(currency=currency)
    is_owed = Q(account__role=AccountRole.RECEIVABLE)
    sums = {"current": _sum(is_owed & Q(invoice__due_on__gte=as_of))}
    for name, least, most in COLUMNS:
        latest, earliest = as_of - timedelta(days=least), as_of - timedelta(days=most)
        late = Q(invoice__due_on__gte=earliest, invoice__due_on__lte=latest)
        sums[name] = _sum(is_owed & late)
    sums["days_over_90"] = _sum(is_owed & Q(invoice__due_on__lt=as_of - timedelta(days=90)))
    sums["total"] = _sum(is_owed)
    sums["customer_credit"] = Coalesce(
        Sum(F("credit") - F("debit"), filter=Q(account__role=AccountRole.CREDIT)), _ZERO
    )
    # Contacts that were merged owe together, as on their statement.
    named = rows.values(
        "currency",
        standing=Coalesce("party__merged_into", "party"),
        name=Coalesce("party__merged_into__name", "party__name"),
    )
    grouped: Any = named.annotate(**sums)
    found = grouped.exclude(total=0, customer_credit=0).order_by("name", "standing", "currency")
    return [{"party": row.pop("standing"), **row} for row in map(dict, found[: MOST + 1])]


def statement(
    payer: Contact, *, currency: str, since: date, until: date, most: int = LONGEST_STATEMENT
) -> Statement:
    """A payer's account from one day to another, both included, `most` lines of it; 2 queries."""
    standing = payer.merged_into_id or payer.pk
    rows = Transaction.objects.filter(
        party__in=Contact.objects.standing_for(standing).values("pk"),
        account__role__in=[AccountRole.RECEIVABLE, AccountRole.CREDIT],
        currency=currency,
    )
    is_before = Q(entry__posted_on__lt=since)
    sums = rows.filter(entry__posted_on__lte=until).aggregate(
        opening=_sum(is_before), moved=_sum(~is_before)
    )
    events = (
        rows.filter(entry__posted_on__gte=since, entry__posted_on__lte=until)
        .values(
            "entry",
            posted_on=F("entry__posted_on"),
            kind=F("entry__kind"),
            description=F("entry__description"),
        )
        .annotate(net=Sum(_NET), number=Coalesce(F("entry__invoice__number"), Value("")))
        .exclude(net=0)
        .order_by("posted_on", "entry")
    )
    found: list[Any] = list(events[: most + 1])
    lines = tuple(_lines(found[:most], sums["opening"]))
    return Statement(
        payer=payer,
        currency=currency,
        since=since,
        until=until,
        opening=sums["opening"],
        lines=lines,
        closing=sums["opening"] + sums["moved"],
        is_cut=len(found) > most,
    )


def _lines(events: Iterable[dict[str, Any]], balance: Decimal) -> Iterable[StatementLine]:
    for event in events:
        balance += event["net"]
        yield StatementLine(
            posted_on=event["posted_on"],
            kind=event["kind"],
            description=event["description"],
            invoice=event["number"],
            debit=max(event["net"], Decimal(0)),
            credit=max(-event["net"], Decimal(0)),
            balance=balance,
        )


def _sum(condition: Q) -> Coalesce:
    return Coalesce(Sum(_NET, filter=condition), _ZERO)
