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

    about = (
        "Which provider takes money for us, for which operator and on which side, live or test. "
        "Keys are sealed and shown to nobody; they are entered with script/manage "
        "payment_account. The intents say what each account was asked for."
    )
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
    about = (
        "Attempts to take a payment online, before and after the provider answered. Nothing is "
        "changed by hand. What really came in stands under Payments."
    )
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
    about = (
        "Money that came in, by card, transfer or other means, and the bill it was for. Payments "
        "are recorded through the API or by the provider. What went back is under Refunds."
    )
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
    about = (
        "Money that goes back to a payer, and whether the provider has sent it. Look here for one "
        "that failed. The payment it came from names the bill."
    )
    list_display: ClassVar = ["payment", "amount", "currency", "status", "reason", "settled_at"]
    list_filter: ClassVar = ["status"]
    list_select_related: ClassVar = ["payment"]
    search_fields: ClassVar = ["payment__number", "provider_id"]
    ordering: ClassVar = ["-id"]


@admin.register(Dispute)
class DisputeAdmin(ReadOnlyAdmin):
    about = (
        "Payments that a card holder contests, with the day until which evidence is due. Watch "
        "the status here; the answer is given at the provider. A dispute that is lost is booked "
        "by itself."
    )
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
    about = (
        "Cards and accounts that customers left with the provider, as their last digits. We hold "
        "no number. The payer leaves one on the provider's page; it is taken away through the API."
    )
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

    about = (
        "Links by which a bill is paid without an account: until when each is good, who made it, "
        "and whether it was taken back. The address itself is given out through the API. The "
        "invoice says what is left to pay."
    )
    list_display: ClassVar = ["invoice", "expires_at", "revoked_at", "created_by"]
    list_select_related: ClassVar = ["invoice", "created_by"]
    exclude: ClassVar = ["salt", "digest"]
    ordering: ClassVar = ["-id"]


@admin.register(ProviderEvent)
class ProviderEventAdmin(ReadOnlyAdmin):
    about = (
        "What payment providers told us, each once, and what we made of it. Read here why an "
        "event was not taken. The payment or refund it is about has its own list."
    )
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
