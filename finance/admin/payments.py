"""Payments to look at: what came, what goes back, what providers said. Nothing is changed here."""

from typing import ClassVar

from django.contrib import admin

from common.admin import ReadOnlyAdmin
from common.screens.search import Found
from finance.models import (
    Dispute,
    Payment,
    PaymentAccount,
    PaymentIntent,
    PaymentLink,
    PaymentMethod,
    ProviderEvent,
    Refund,
)


@admin.register(PaymentAccount)
class PaymentAccountAdmin(ReadOnlyAdmin):
    """Accounts with providers, without their secrets."""

    list_display: ClassVar = ["code", "name", "provider", "is_live", "is_active"]
    list_filter: ClassVar = ["provider", "is_live", "is_active"]
    fields: ClassVar = [
        "code",
        "name",
        "provider",
        "is_live",
        "is_active",
        "scope",
        "location",
        "notification_url",
        "reconciled_until",
    ]
    ordering: ClassVar = ["code"]


@admin.register(PaymentIntent)
class PaymentIntentAdmin(ReadOnlyAdmin):
    list_display: ClassVar = [
        "id",
        "invoice",
        "provider",
        "amount",
        "currency",
        "status",
        "failure_code",
        "asked_at",
        "settled_at",
    ]
    list_filter: ClassVar = ["status", "provider", "is_live"]
    list_select_related: ClassVar = ["invoice"]
    search_fields: ClassVar = ["invoice__number", "provider_id", "idempotency_key"]
    exclude: ClassVar = ["checkout_url"]
    ordering: ClassVar = ["-id"]


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    list_display: ClassVar = [
        "number",
        "customer",
        "provider",
        "amount",
        "currency",
        "refunded",
        "status",
        "received_at",
    ]
    list_filter: ClassVar = ["status", "provider", "channel"]
    list_select_related: ClassVar = ["customer"]
    search_fields: ClassVar = ["number", "reference", "provider_id"]
    found_by = Found("number", "status", numbers=("number",))
    ordering: ClassVar = ["-received_at", "-id"]


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin):
    list_display: ClassVar = ["payment", "amount", "currency", "status", "reason", "settled_at"]
    list_filter: ClassVar = ["status"]
    list_select_related: ClassVar = ["payment"]
    search_fields: ClassVar = ["payment__number", "provider_id"]
    ordering: ClassVar = ["-id"]


@admin.register(Dispute)
class DisputeAdmin(ReadOnlyAdmin):
    list_display: ClassVar = [
        "payment",
        "amount",
        "currency",
        "reason",
        "status",
        "opened_at",
        "answer_due_at",
    ]
    list_filter: ClassVar = ["status"]
    list_select_related: ClassVar = ["payment"]
    search_fields: ClassVar = ["payment__number", "provider_id"]
    ordering: ClassVar = ["-opened_at", "-id"]


@admin.register(PaymentMethod)
class PaymentMethodAdmin(ReadOnlyAdmin):
    list_display: ClassVar = [
        "customer",
        "provider",
        "brand",
        "last_four",
        "expires_on",
        "is_default",
        "detached_at",
    ]
    list_filter: ClassVar = ["provider", ("detached_at", admin.EmptyFieldListFilter)]
    list_select_related: ClassVar = ["customer"]
    exclude: ClassVar = ["token", "provider_customer"]
    ordering: ClassVar = ["-id"]


@admin.register(PaymentLink)
class PaymentLinkAdmin(ReadOnlyAdmin):
    """Links to pay, without what opens them."""

    list_display: ClassVar = ["invoice", "expires_at", "revoked_at", "created_by"]
    list_select_related: ClassVar = ["invoice", "created_by"]
    exclude: ClassVar = ["salt", "digest"]
    ordering: ClassVar = ["-id"]


@admin.register(ProviderEvent)
class ProviderEventAdmin(ReadOnlyAdmin):
    list_display: ClassVar = [
        "received_at",
        "provider",
        "kind",
        "object_id",
        "status",
        "attempts",
        "note",
    ]
    list_filter: ClassVar = ["status", "provider", "kind"]
    search_fields: ClassVar = ["event_id", "object_id"]
    ordering: ClassVar = ["-received_at", "-id"]
