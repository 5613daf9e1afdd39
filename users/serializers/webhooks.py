from typing import Any

from rest_framework import serializers

from common.api.fields import VisibleSlugField
from common.api.serializers import CommandSerializer, SomeChangeSerializer
from common.webhooks.addresses import MAX_LENGTH
from users.models import ApiToken, User, WebhookAttempt, WebhookMessage, WebhookSubscription
from users.services.webhook_queue import MOST_AGAIN
from users.services.webhook_subscriptions import MAX_EVENT_TYPES, MAX_NUMBERS

LARGEST = 2**62


class WebhookHealthSerializer(serializers.Serializer):
    """How a receiver fares."""

    last_sequence = serializers.IntegerField()
    failures = serializers.IntegerField(help_text="In a row; 0: it takes messages.")
    failing_since = serializers.DateTimeField(allow_null=True)
    held_until = serializers.DateTimeField(allow_null=True, help_text="Nothing is sent before.")
    last_success_at = serializers.DateTimeField(allow_null=True)
    last_failure_at = serializers.DateTimeField(allow_null=True)
    last_error = serializers.CharField(allow_blank=True)


class WebhookSubscriptionSerializer(serializers.ModelSerializer):
    """Who hears of what, at which address; the secret is shown once, when it is made."""

    owner_email = serializers.CharField(source="owner.email")
    token = serializers.CharField(source="token.prefix", default=None, allow_null=True)
    made_by = serializers.CharField(source="made_by.email")
    health = WebhookHealthSerializer()
    waiting_count = serializers.IntegerField(help_text="Messages on their way.")
    dead_count = serializers.IntegerField(help_text="Dead letters.")

    class Meta:
        model = WebhookSubscription
        fields = [
            "id",
            "owner",
            "owner_email",
            "token",
            "made_by",
            "url",
            "description",
            "event_types",
            "scope",
            "numbers",
            "status",
            "status_reason",
            "previous_secret_until",
            "health",
            "waiting_count",
            "dead_count",
            "created_at",
            "updated_at",
            "version",
        ]
        read_only_fields = fields


class SecretWebhookSubscriptionSerializer(WebhookSubscriptionSerializer):
    """A subscription with its new secret. Keep the secret: it cannot be shown again."""

    secret = serializers.CharField(help_text="`whsec_` and the key in Base64.")

    class Meta(WebhookSubscriptionSerializer.Meta):
        fields = [*WebhookSubscriptionSerializer.Meta.fields, "secret"]
        read_only_fields = fields


def _texts(most: int, length: int, **options: Any) -> serializers.ListField:
    return serializers.ListField(
        child=serializers.CharField(max_length=length), max_length=most, **options
    )


class ChangeWebhookSerializer(SomeChangeSerializer):
    """Another address, or other events; what is left out stays."""

    url = serializers.CharField(max_length=MAX_LENGTH, help_text="https://example.com/hooks")
    event_types = _texts(
        MAX_EVENT_TYPES,
        80,
        min_length=1,
        help_text='Types, all of a record, or all: ["trip.released", "leg.*", "*"].',
    )
    scope = serializers.CharField(
        max_length=64,
        allow_blank=True,
        help_text="Only of this operator or client, e.g. `rpas_operator:3`; blank: all.",
    )
    numbers = _texts(
        MAX_NUMBERS, 40, help_text='Only of these records: ["TR-2026-0042"]; empty: all.'
    )
    description = serializers.CharField(max_length=200, allow_blank=True)


class SubscribeWebhookSerializer(CommandSerializer):
    """Hear of events at an address; tells no more than the owner may see."""

    owner = VisibleSlugField(
        "id", queryset=User.objects.all(), required=False, help_text="Blank: the caller."
    )
    token = VisibleSlugField(
        "prefix",
        queryset=ApiToken.objects.all(),
        required=False,
        help_text="Also stay within this API token of the owner; by its prefix.",
    )
    url = serializers.CharField(max_length=MAX_LENGTH, help_text="https://example.com/hooks")
    event_types = _texts(
        MAX_EVENT_TYPES,
        80,
        min_length=1,
        help_text='Types, all of a record, or all: ["trip.released", "leg.*", "*"].',
    )
    scope = serializers.CharField(max_length=64, allow_blank=True, default="")
    numbers = _texts(MAX_NUMBERS, 40, default=list)
    description = serializers.CharField(max_length=200, allow_blank=True, default="")


class WebhookReasonSerializer(CommandSerializer):
    """Why nothing is to be sent."""

    reason = serializers.CharField(max_length=300, help_text="Why; kept with the record.")


class DeliverAgainSerializer(CommandSerializer):
    """Which messages to send again."""

    after = serializers.IntegerField(
        min_value=0, max_value=LARGEST, default=0, help_text="Those with a higher sequence."
    )
    only_dead = serializers.BooleanField(
        default=True, help_text="False: those that were delivered, too."
    )


class DeliveredAgainSerializer(serializers.Serializer):
    """How many messages were queued again."""

    count = serializers.IntegerField(help_text=f"At most {MOST_AGAIN}; ask again for the rest.")


class WebhookMessageSerializer(serializers.ModelSerializer):
    """One event for one subscription, and what became of it."""

    message_id = serializers.CharField(source="public_id", help_text="The header `webhook-id`.")

    class Meta:
        model = WebhookMessage
        fields = [
            "id",
            "message_id",
            "subscription",
            "sequence",
            "event_type",
            "object_kind",
            "object_number",
            "object_path",
            "request_id",
            "created_at",
            "status",
            "reason",
            "attempts",
            "next_attempt_at",
            "ended_at",
        ]
        read_only_fields = fields


class WebhookMessagePageSerializer(serializers.Serializer):
    """Messages after a cursor, the oldest first."""

    results = WebhookMessageSerializer(many=True)
    next_after = serializers.IntegerField(help_text="Ask with `after` of this for the next ones.")
    first_kept = serializers.IntegerField(help_text="The lowest sequence that is kept; 0: none.")
    last = serializers.IntegerField(help_text="The highest sequence there is; 0: none.")


class WebhookAttemptSerializer(serializers.ModelSerializer):
    """One try to hand a message over."""

    class Meta:
        model = WebhookAttempt
        fields = [
            "id",
            "number",
            "sent_at",
            "duration_ms",
            "response_code",
            "error",
            "excerpt",
        ]
        read_only_fields = fields


class WebhookEventTypeSerializer(serializers.Serializer):
    """A type of event that can be subscribed to."""

    name = serializers.CharField(help_text="trip.released")
    summary = serializers.CharField()
    object_kind = serializers.CharField(source="record.kind")
    object_path = serializers.CharField(source="record.path")
    permission = serializers.CharField(
        source="record.permission", help_text="What the owner must hold to hear of it."
    )
    scope = serializers.CharField(
        source="record.scope_prefix", help_text="How the scope of such records begins."
    )
