"""The books to look at: accounts, entries with their lines, rates, ladders."""

from typing import ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from common.admin import ReadOnlyAdmin, ServiceInline
from finance.models import Account, CancellationTerm, CurrencyRate, JournalEntry, Transaction


@admin.register(Account)
class AccountAdmin(ReadOnlyAdmin):
    about = (
        "The chart of accounts that postings go to. Accounts are seeded and stay, so that old "
        "books can be read. The journal shows what was posted to each."
    )
    list_display: ClassVar = ["code", "name", "kind", "role", "services", "is_active"]
    list_filter: ClassVar = ["kind", "is_active"]
    search_fields: ClassVar = ["code", "name"]
    ordering: ClassVar = ["code"]


class TransactionInline(ServiceInline):
    """The debits and credits of an entry."""

    model = Transaction
    fields: ClassVar = [
        "sequence",
        "account",
        "currency",
        "debit",
        "credit",
        "party",
        "invoice",
        "tax_code",
    ]
    readonly_fields = fields
    ordering: ClassVar = ["sequence"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("account", "party", "invoice")


@admin.register(JournalEntry)
class JournalEntryAdmin(ReadOnlyAdmin):
    about = (
        "Postings in their order, each in balance and for good. An error is reversed by another "
        "entry, made by the deed that undoes it. Reports of revenue and receivables are made from "
        "these."
    )
    list_display: ClassVar = ["posted_on", "kind", "description", "key", "posted_by"]
    list_filter: ClassVar = ["kind"]
    list_select_related: ClassVar = ["posted_by"]
    search_fields: ClassVar = ["key", "description", "invoice__number", "payment__number"]
    date_hierarchy = "posted_on"
    ordering: ClassVar = ["-pk"]
    inlines: ClassVar = [TransactionInline]


@admin.register(Transaction)
class TransactionAdmin(ReadOnlyAdmin):
    about = (
        "The single lines of postings: account, side, amount, bill and party. Look for a party or "
        "a bill to see all that was booked on it. The whole entry is in the journal."
    )
    list_display: ClassVar = ["entry", "account", "currency", "debit", "credit", "party", "invoice"]
    list_filter: ClassVar = ["account", "currency"]
    list_select_related: ClassVar = ["entry", "account", "party", "invoice"]
    search_fields: ClassVar = ["entry__key", "invoice__number", "party__name"]
    ordering: ClassVar = ["-pk"]


@admin.register(CurrencyRate)
class CurrencyRateAdmin(ReadOnlyAdmin):
    about = (
        "Rates of exchange by day and source. Bills and payments in another currency are worth "
        "what the row of their day says. Rates come through the API."
    )
    list_display: ClassVar = ["rate_on", "base", "quote", "rate", "source", "recorded_by"]
    list_filter: ClassVar = ["base", "quote", "source"]
    list_select_related: ClassVar = ["recorded_by"]
    ordering: ClassVar = ["-rate_on", "-pk"]


@admin.register(CancellationTerm)
class CancellationTermAdmin(ReadOnlyAdmin):
    about = (
        "What a customer owes who cancels, by how long before departure. The ladder of the day on "
        "which the work was agreed counts, whatever came since. Rows are set through the API, by "
        "date."
    )
    list_display: ClassVar = [
        "ladder",
        "hours_before",
        "percent",
        "effective_from",
        "effective_until",
    ]
    list_filter: ClassVar = ["ladder"]
    ordering: ClassVar = ["ladder", "hours_before", "-effective_from", "pk"]
