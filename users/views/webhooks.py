from typing import Any, ClassVar

from django.utils import timezone
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from common.api.docs import documented, documented_action
from common.api.etags import with_etag
from common.api.idempotency import idempotent
from common.api.pagination import NewestFirstCursorPagination
from common.api.viewsets import HistoryMixin, ReadViewSet, ServiceViewSet
from common.webhooks.offers import offers
from users.authentication import TokenGrant
from users.models import ApiToken, WebhookMessage, WebhookSubscription
from users.queries.webhooks import kept_span, with_counts
from users.requests import UserRequest
from users.serializers import webhooks as shapes
from users.services import webhook_queue, webhook_subscriptions

VIEW_MESSAGE = "users.view_webhookmessage"
PAGE, LARGEST_PAGE = 100, 200


def token_of(request: Any) -> ApiToken | None:
    """The token that a machine asks with; it reaches what was subscribed with it alone."""
    grant = getattr(request, "auth", None)
    return grant.token if isinstance(grant, TokenGrant) else None


class WebhookSubscriptionViewSet(HistoryMixin, ReadViewSet):
    """Subscriptions to events, sent signed to an address."""

    tag = "users"
    queryset = WebhookSubscription.objects.select_related(
        "owner", "token", "made_by", "health"
    ).order_by("-pk")
    serializer_class = shapes.WebhookSubscriptionSerializer
    filterset_fields: ClassVar[dict] = {"owner": ["exact"], "status": ["exact", "in"]}
    search_fields = ["url", "description"]
    input_serializers: ClassVar[dict] = {
        "create": shapes.SubscribeWebhookSerializer,
        "partial_update": shapes.ChangeWebhookSerializer,
        "pause": shapes.WebhookReasonSerializer,
        "close": shapes.WebhookReasonSerializer,
        "deliver_again": shapes.DeliverAgainSerializer,
    }
    action_permissions: ClassVar[dict] = {
        "history": "view",
        "pause": "change",
        "resume": "change",
        "rotate_secret": "change",
        "close": "change",
        "test": "change",
        "deliver_again": "change",
    }

    def get_queryset(self) -> Any:
        rows, token = super().get_queryset(), token_of(self.request)
        return with_counts(rows if token is None else rows.filter(token=token))

    # Not idempotent by key: the stored answer would keep the secret in the clear. The same
    # address again is refused instead.
    @documented(
        summary="Subscribe to events",
        request=shapes.SubscribeWebhookSerializer,
        responses={201: shapes.SecretWebhookSubscriptionSerializer},
    )
    def create(self, request: UserRequest) -> Response:
        """
        Have events sent to an https address, each signed.

        The answer is the only place that shows the secret. Events are sent of records that the
        owner may see when they happen and when they are sent; of a machine's own subscription
        also only what its token names. The types on offer: `GET /api/users/webhook-event-types/`.
        """
        given, token = self.validated(), token_of(request)
        owner = given.pop("owner", None) or request.user
        if token is not None:
            given["token"] = token
        made = webhook_subscriptions.subscribe(
            owner, **given, actor=request.user, at=timezone.now()
        )
        return self._with_secret(*made, status.HTTP_201_CREATED)

    @documented(
        summary="Change a subscription",
        request=shapes.ChangeWebhookSerializer,
        responses={200: shapes.WebhookSubscriptionSerializer},
    )
    def partial_update(self, request: UserRequest, pk: str) -> Response:
        """
        Send to another address, or of other events (If-Match).

        What waits goes to the new address. The secret stays.
        """
        row, changes = self.get_object(), self.validated()
        version = self.expected_version()
        return self.respond(
            webhook_subscriptions.change_subscription(
                row, version=version, actor=request.user, at=timezone.now(), **changes
            )
        )

    @documented(
        summary="Pause a subscription",
        request=shapes.WebhookReasonSerializer,
        responses={200: shapes.WebhookSubscriptionSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def pause(self, request: UserRequest, pk: str) -> Response:
        """
        Send nothing until it is resumed.

        Events are written down meanwhile and wait for up to thirty days.
        """
        return self._run(webhook_subscriptions.pause)

    @documented_action(
        summary="Resume a subscription", responses={200: shapes.WebhookSubscriptionSerializer}
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def resume(self, request: UserRequest, pk: str) -> Response:
        """
        Send again after a pause, or after the subscription was switched off.

        What waits is sent at once. Dead letters stay until `deliver-again/` is asked for.
        """
        return self._run(webhook_subscriptions.resume)

    @documented(
        summary="Close a subscription",
        request=shapes.WebhookReasonSerializer,
        responses={200: shapes.WebhookSubscriptionSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def close(self, request: UserRequest, pk: str) -> Response:
        """
        End a subscription for good.

        What waits is dropped; the log of what was sent is kept for thirty days.
        """
        return self._run(webhook_subscriptions.close)

    # Not idempotent by key, for the secret in the answer; If-Match keeps a repetition out.
    @documented_action(
        summary="Make a new secret", responses={200: shapes.SecretWebhookSubscriptionSerializer}
    )
    @action(detail=True, methods=["post"], url_path="rotate-secret")
    def rotate_secret(self, request: UserRequest, pk: str) -> Response:
        """
        Sign with a new secret, shown only in this answer (If-Match).

        For 24 hours each message carries a signature of the old secret, too.
        """
        made = webhook_subscriptions.rotate_secret(
            self.get_object(),
            version=self.expected_version(),
            actor=request.user,
            at=timezone.now(),
        )
        return self._with_secret(*made, status.HTTP_200_OK)

    @documented_action(
        summary="Send a test message", responses={202: shapes.WebhookMessageSerializer}
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def test(self, request: UserRequest, pk: str) -> Response:
        """
        Queue a message of type `webhook.test`, signed like any other.

        One at a time: 409 while an earlier test is on its way.
        """
        message = webhook_queue.queue_test(self.get_object(), actor=request.user, at=timezone.now())
        shown = shapes.WebhookMessageSerializer(message).data
        return Response(shown, status=status.HTTP_202_ACCEPTED)

    @documented(
        summary="Deliver messages again",
        request=shapes.DeliverAgainSerializer,
        responses={200: shapes.DeliveredAgainSerializer},
    )
    @action(detail=True, methods=["post"], url_path="deliver-again")
    @idempotent
    def deliver_again(self, request: UserRequest, pk: str) -> Response:
        """
        Send dead letters, or everything, after a sequence number once more.

        Each goes under the `webhook-id` it had, the oldest first.
        """
        count = webhook_queue.deliver_again_after(
            self.get_object(), **self.validated(), actor=request.user, at=timezone.now()
        )
        return Response({"count": count})

    def _run(self, service: Any) -> Response:
        row = self.get_object()
        given = self.validated() if self.action in self.input_serializers else {}
        return self.respond(service(row, **given, actor=self.request.user, at=timezone.now()))

    def _with_secret(self, row: WebhookSubscription, secret: str, code: int) -> Response:
        # Read as the detail view would; who makes one for a machine sees it, too.
        fresh = self.get_queryset().get(pk=row.pk)
        shown = {**shapes.WebhookSubscriptionSerializer(fresh).data, "secret": secret}
        response = Response(shown, status=code)
        response["Cache-Control"] = "no-store"
        return with_etag(response, fresh)


class WebhookReplayViewSet(ServiceViewSet):
    """What was written for one subscription, by a cursor."""

    tag = "users"
    queryset = WebhookSubscription.objects.order_by("pk")
    serializer_class = shapes.WebhookMessagePageSerializer
    pagination_class = None
    filter_backends = []
    extra_query = ("after", "limit")
    action_permissions: ClassVar[dict] = {"messages": VIEW_MESSAGE}

    def get_queryset(self) -> Any:
        rows, token = super().get_queryset(), token_of(self.request)
        return rows if token is None else rows.filter(token=token)

    @documented(
        summary="Read messages after a cursor",
        responses={200: shapes.WebhookMessagePageSerializer},
        parameters={
            "after": ("integer", "Messages with a higher sequence; 0 at first."),
            "limit": ("integer", f"How many at most, up to {LARGEST_PAGE}."),
        },
    )
    def messages(self, request: UserRequest, pk: str) -> Response:
        """
        Read what was written for a subscription, whether or not it was delivered, oldest first.

        Numbers have no gaps and follow the order in which the events were committed; keep
        `next_after` and ask with it the next time. Messages are kept for thirty days.
        """
        after = _whole(request, "after", 0, shapes.LARGEST)
        limit = _whole(request, "limit", PAGE, LARGEST_PAGE, least=1)
        row = self.get_object()
        rows = list(row.messages.filter(sequence__gt=after).order_by("sequence")[:limit])
        first, last = kept_span(row)
        page = {
            "results": rows,
            "next_after": rows[-1].sequence if rows else after,
            "first_kept": first,
            "last": last,
        }
        return Response(shapes.WebhookMessagePageSerializer(page).data)


class WebhookMessageViewSet(ReadViewSet):
    """The delivery log: messages of one's subscriptions, the newest first."""

    tag = "users"
    queryset = WebhookMessage.objects.select_related("subscription")
    serializer_class = shapes.WebhookMessageSerializer
    pagination_class = NewestFirstCursorPagination
    filterset_fields: ClassVar[dict] = {
        "subscription": ["exact"],
        "status": ["exact", "in"],
        "event_type": ["exact"],
        "object_number": ["exact"],
        "created_at": ["gte", "lt"],
    }
    input_serializers: ClassVar[dict] = {}
    action_permissions: ClassVar[dict] = {
        "deliver_again": "users.change_webhooksubscription",
        "attempts": "users.view_webhookattempt",
    }

    def get_queryset(self) -> Any:
        rows, token = super().get_queryset(), token_of(self.request)
        return rows if token is None else rows.filter(subscription__token=token)

    @documented_action(
        summary="Deliver a message again", responses={200: shapes.WebhookMessageSerializer}
    )
    @action(detail=True, methods=["post"], url_path="deliver-again")
    @idempotent
    def deliver_again(self, request: UserRequest, pk: str) -> Response:
        """
        Send one message once more, under the `webhook-id` it had.

        409 while it is on its way, or where nothing is sent for its subscription.
        """
        return self.respond(
            webhook_queue.deliver_again(self.get_object(), actor=request.user, at=timezone.now())
        )

    @documented(
        summary="Read the tries of a message",
        responses={200: shapes.WebhookAttemptSerializer(many=True)},
    )
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def attempts(self, request: UserRequest, pk: str) -> Response:
        """
        Every try to hand a message over, the newest first (the last 100).

        With the status that came back, how long it took, and the beginning of the answer.
        """
        rows = self.get_object().log.order_by("-number")[:100]
        return Response(shapes.WebhookAttemptSerializer(rows, many=True).data)


class WebhookEventTypeViewSet(ServiceViewSet):
    """Which events can be subscribed to."""

    tag = "users"
    queryset = WebhookSubscription.objects.none()
    serializer_class = shapes.WebhookEventTypeSerializer
    pagination_class = None
    filter_backends = []

    @documented(
        summary="List the event types",
        responses={200: shapes.WebhookEventTypeSerializer(many=True)},
    )
    def list(self, request: UserRequest) -> Response:
        """
        Every type on offer, by name (bounded: code).

        With the kind of record it is about, where the API has it, and the permission it takes.
        """
        return Response(shapes.WebhookEventTypeSerializer(offers(), many=True).data)


def _whole(request: UserRequest, name: str, default: int, most: int, *, least: int = 0) -> int:
    text = request.query_params.get(name, str(default))
    is_whole = text.isascii() and text.isdigit() and len(text) < 20
    if not (is_whole and least <= int(text) <= most):
        raise ValidationError({name: f"A whole number from {least} to {most}."})
    return int(text)
