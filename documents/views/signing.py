"""An agreement as its link shows it to programs: no account, no cookie, nothing but this one."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.docs import documented, documented_action
from common.api.throttling import AccountThrottle
from common.api.viewsets import ServiceViewSet
from common.context import current
from documents.models import Agreement
from documents.queries.agreements import agreement_by_token
from documents.serializers import signing as shapes
from documents.services import signatures
from documents.services.signatures import Signature
from documents.services.trail import Caller
from documents.views.agreements import pdf_response

Shape = shapes.SigningSerializer


class SigningThrottle(AccountThrottle):
    """The limit of requests per address for who comes with a link; closed without a cache."""

    scope = "signing"
    is_open_without_cache = False


class SigningViewSet(ServiceViewSet):
    """What a signer may do with the link they were sent. A wrong link finds nothing."""

    tag = "documents"
    queryset = Agreement.objects.order_by("-pk")
    serializer_class = Shape
    authentication_classes = []
    permission_classes = [AllowAny]
    file_actions = {"document": "application/pdf", "read": "application/pdf"}
    throttle_classes = [SigningThrottle]
    filter_backends = []
    lookup_field = "token"
    lookup_value_regex = "[^/]+"
    input_serializers = {
        "read": shapes.SigningCodeSerializer,
        "sign": shapes.SignAgreementSerializer,
        "decline": shapes.DeclineAgreementSerializer,
    }

    def get_object(self) -> Any:
        agreement = agreement_by_token(str(self.kwargs["token"]))
        if agreement is None:
            raise NotFound
        return agreement

    def finalize_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(*args, **kwargs)
        # The address is the key: it must stay out of caches and of other sites' logs.
        response["Cache-Control"] = "no-store, private"
        response["Referrer-Policy"] = "no-referrer"
        return response

    @documented(summary="Read an agreement by its link", responses={200: Shape})
    def retrieve(self, request: Request, token: str) -> Response:
        """Show what is to be signed; that a program fetched it does not count as opened."""
        return self._shown()

    @documented_action(summary="Open an agreement by its link", responses={200: Shape})
    def view(self, request: Request, token: str) -> Response:
        """Note that the signer opened it; for the page, when a person does."""
        signatures.open_agreement(self.get_object(), caller=caller_of(request), at=timezone.now())
        return self._shown()

    @documented_action(summary="Ask for a one-time code", responses={200: Shape})
    def code(self, request: Request, token: str) -> Response:
        """Mail a code of six digits, good for ten minutes; the one before is good no more."""
        signatures.request_code(self.get_object(), caller=caller_of(request), at=timezone.now())
        return self._shown()

    @documented(
        summary="Read the document by its link", responses={200: "The PDF."}, refusals=(409,)
    )
    def document(self, request: Request, token: str) -> HttpResponse:
        """The document, or the signed file once it is made. A medical one takes a code (POST)."""
        found = signatures.read_file(
            self.get_object(), caller=caller_of(request), at=timezone.now()
        )
        return pdf_response(found)

    @documented(
        summary="Read the document with a code",
        request=shapes.SigningCodeSerializer,
        responses={200: "The PDF."},
    )
    def read(self, request: Request, token: str) -> HttpResponse:
        """The same with the mailed code, which is not used up. Example: `{"code": "123456"}`."""
        found = signatures.read_file(
            self.get_object(),
            code=self.validated()["code"],
            caller=caller_of(request),
            at=timezone.now(),
        )
        return pdf_response(found)

    @documented(
        summary="Sign by link", request=shapes.SignAgreementSerializer, responses={200: Shape}
    )
    def sign(self, request: Request, token: str) -> Response:
        """
        Sign exactly what was read, once.

        Example: `{"name": "J. García", "code": "123456", "document_sha256": "9f...",
        "consent_sha256": "ab...", "agrees": true}`.
        """
        agreement, given = self.get_object(), self.validated()
        signatures.sign_agreement(
            agreement, signature_of(given), caller=caller_of(request), at=timezone.now()
        )
        return self._shown()

    @documented(
        summary="Decline by link",
        request=shapes.DeclineAgreementSerializer,
        responses={200: Shape},
    )
    def decline(self, request: Request, token: str) -> Response:
        """Say no, and why. Example: `{"reason": "The date is wrong"}`."""
        agreement = self.get_object()
        signatures.decline_agreement(
            agreement, **self.validated(), caller=caller_of(request), at=timezone.now()
        )
        return self._shown()

    def _shown(self) -> Response:
        return Response(Shape(self.get_object(), context={"now": timezone.now()}).data)


def caller_of(request: Any) -> Caller:
    """Where a request came from."""
    return Caller(current().address, request.headers.get("User-Agent", ""))


def signature_of(given: dict[str, Any]) -> Signature:
    """The parsed command as the service takes it."""
    return Signature(**{name: value for name, value in given.items() if name != "agrees"})
