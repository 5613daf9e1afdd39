"""The books to look at: accounts, entries with their lines, rates, ladders."""

from typing import ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from common.admin import ReadOnlyAdmin, ServiceInline
from finance.models import Account, CancellationTerm, CurrencyRate, JournalEntry, Transaction


@admin.register(Account)
class AccountAdmin(ReadOnlyAdmin):
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
    list_display: ClassVar = ["posted_on", "kind", "description", "key", "posted_by"]
    list_filter: ClassVar = ["kind"]
    list_select_related: ClassVar = ["posted_by"]
    search_fields: ClassVar = ["key", "description", "invoice__number", "payment__number"]
    date_hierarchy = "posted_on"
    ordering: ClassVar = ["-pk"]
    inlines: ClassVar = [TransactionInline]


@admin.register(Transaction)
class TransactionAdmin(ReadOnlyAdmin):
    list_display: ClassVar = ["entry", "account", "currency", "debit", "credit", "party", "invoice"]
    list_filter: ClassVar = ["account", "currency"]
    list_select_related: ClassVar = ["entry", "account", "party", "invoice"]
    search_fields: ClassVar = ["entry__key", "invoice__number", "party__name"]
    ordering: ClassVar = ["-pk"]


@admin.register(CurrencyRate)
class CurrencyRateAdmin(ReadOnlyAdmin):
    list_display: ClassVar = ["rate_on", "base", "quote", "rate", "source", "recorded_by"]
    list_filter: ClassVar = ["base", "quote", "source"]
    list_select_related: ClassVar = ["recorded_by"]
    ordering: ClassVar = ["-rate_on", "-pk"]


@admin.register(CancellationTerm)
class CancellationTermAdmin(ReadOnlyAdmin):
    list_display: ClassVar = [
        "ladder",
        "hours_before",
        "percent",
        "effective_from",
        "effective_until",
    ]
    list_filter: ClassVar = ["ladder"]
    ordering: ClassVar = ["ladder", "hours_before", "-effective_from", "pk"]
