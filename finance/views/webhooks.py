"""Where payment providers tell what happened: raw bytes, a signature, nobody signed in."""

from typing import Any

from django.utils import timezone
from drf_yasg.utils import no_body
from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.docs import documented
from common.api.parsers import read_limited
from common.api.throttling import AccountThrottle
from common.api.viewsets import ServiceViewSet
from finance.models import ProviderEvent
from finance.services import inbox

# Stripe's largest events are some tens of kilobytes.
LIMIT = 256 * 1024


class WebhookThrottle(AccountThrottle):
    """The limit of notifications per address."""

    scope = "webhook"


class RawParser(BaseParser):
    """The body as it came: a signature is over bytes, not over what they mean."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        return read_limited(stream, LIMIT)


class NotedSerializer(serializers.Serializer):
    """That a notification is kept; what became of it is nobody's business outside."""

    status = serializers.CharField()


class WebhookViewSet(ServiceViewSet):
    """Notifications of Stripe, Square and PayPal. What is not signed leaves no trace."""

    tag = "finance"
    queryset = ProviderEvent.objects.order_by("-pk")
    serializer_class = NotedSerializer
    authentication_classes = []
    permission_classes = [AllowAny]
    throttle_classes = [WebhookThrottle]
    parser_classes = [RawParser]
    filter_backends = []

    @documented(summary="Notify of Stripe", request=no_body, responses={200: NotedSerializer})
    def stripe(self, request: Request) -> Response:
        """An event of Stripe, signed by Stripe-Signature."""
        return self._taken("stripe")

    @documented(summary="Notify of Square", request=no_body, responses={200: NotedSerializer})
    def square(self, request: Request) -> Response:
        """An event of Square, signed by x-square-hmacsha256-signature."""
        return self._taken("square")

    @documented(summary="Notify of PayPal", request=no_body, responses={200: NotedSerializer})
    def paypal(self, request: Request) -> Response:
        """An event of PayPal, signed by the PAYPAL-TRANSMISSION headers."""
        return self._taken("paypal")

    def _taken(self, provider: str) -> Response:
        body = self.request.data if isinstance(self.request.data, bytes) else b""
        inbox.receive(provider, body, self.request.headers, at=timezone.now())
        return Response({"status": "noted"})
