from django.db.models import Prefetch
from django.utils import timezone
from rest_framework.decorators import action
from rest_framework.response import Response

from common.api.docs import documented
from common.api.idempotency import idempotent
from common.api.viewsets import RetrieveWithETag, ServiceViewSet
from operations.models import QuoteLine, QuoteVersion
from operations.serializers import offers as shapes
from operations.services import prices
from users.requests import UserRequest

LINES = QuoteLine.objects.select_related("overridden_by", "quote_version").order_by("sequence")
VERSIONS = QuoteVersion.objects.select_related("quote", "aircraft", "rate_card").prefetch_related(
    Prefetch("lines", LINES)
)


class QuoteVersionViewSet(RetrieveWithETag, ServiceViewSet):
    """One offer with its plan, its lines and what each line was reckoned from."""

    tag = "operations"
    queryset = VERSIONS.order_by("-pk")
    serializer_class = shapes.QuoteVersionSerializer
    filter_backends = []
    input_serializers = {"override_line": shapes.OverrideLineSerializer}
    action_permissions = {"override_line": "operations.override_line_quote"}

    @documented(
        summary="Charge another amount",
        request=shapes.OverrideLineSerializer,
        responses={200: shapes.QuoteVersionSerializer},
    )
    @action(detail=True, methods=["post"], url_path="override-line")
    @idempotent
    def override_line(self, request: UserRequest, pk: str) -> Response:
        """
        Charge another amount for a line of an offer that was not sent; taxes follow, and what was
        computed stays beside it. Needs If-Match.

        Example: `{"sequence": 1, "amount": "4900.00", "reason": "Agreed with the hospital"}`.
        """
        version = self.get_object()
        given = self.validated()
        version = prices.override_line(
            version,
            **given,
            expected=self.expected_version(),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(version)
