"""The page a signer sees: plain HTML that works without scripts; no account, no cookie."""

from collections.abc import Callable
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from rest_framework.exceptions import ParseError, ValidationError

from common.api.parsers import strict_loads
from common.exceptions import DomainError
from common.languages import told
from documents.exceptions import DrawingRefused, SignedTextDiffers
from documents.models import Agreement
from documents.queries.agreements import agreement_by_token, state_of
from documents.serializers.signing import SignAgreementSerializer, SigningCodeSerializer, masked
from documents.services import signatures
from documents.services.agreements import day_text, until_text
from documents.services.signatures import KEEP_COPY
from documents.views.agreements import pdf_response
from documents.views.link_pages import LinkPage
from documents.views.signing import SigningThrottle, caller_of, signature_of

MOST_STROKES_TEXT = 200_000
FIELDS = ("name", "code", "document_sha256", "consent_sha256", "agrees")
HINTS = {
    "name": gettext_noop("Type your whole name."),
    "code": gettext_noop("The code has six digits."),
    "agrees": gettext_noop("Tick the box to agree."),
}


class _Refused(Exception):
    """A form that cannot be taken, in words for who filled it in."""


class SigningPage(LinkPage):
    """Read, sign or decline; each form names its step, and what worked leads back to the page."""

    throttle_class = SigningThrottle
    template = "documents/sign.html"

    def by_token(self, token: str) -> Agreement | None:
        """Who holds a wrong token finds nothing."""
        return agreement_by_token(token)

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Show it; programs that look into mails do as much, so it does not count as opened."""
        return self._shown(request)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Take one step."""
        steps: dict[str, Callable[[HttpRequest], HttpResponse | None]] = {
            "open": self._open,
            "code": self._code,
            "read": self._read,
            "sign": self._sign,
            "decline": self._decline,
        }
        step = steps.get(request.POST.get("step", ""))
        if step is None:
            return self._shown(request, _("That did not work. Try again."), 400)
        try:
            answer = step(request)
        except DomainError as refusal:
            return self._shown(request, told(refusal), refusal.status)
        except _Refused as refusal:
            return self._shown(request, str(refusal), 400)
        if answer is not None:
            return answer
        mark = "?code=sent#sign" if request.POST["step"] == "code" else ""
        response = HttpResponse(status=303)
        response["Location"] = reverse("signing:page", kwargs={"token": token}) + mark
        return response

    def _open(self, request: HttpRequest) -> None:
        signatures.open_agreement(self._row(), caller=caller_of(request), at=timezone.now())

    def _code(self, request: HttpRequest) -> None:
        signatures.request_code(self._row(), caller=caller_of(request), at=timezone.now())

    def _read(self, request: HttpRequest) -> HttpResponse:
        command = SigningCodeSerializer(data={"code": request.POST.get("code", "").strip()})
        if not command.is_valid():
            raise _Refused(_(HINTS["code"]))
        found = signatures.read_file(
            self._row(),
            code=command.validated_data["code"],
            caller=caller_of(request),
            at=timezone.now(),
        )
        return pdf_response(found, is_inline=True)

    def _sign(self, request: HttpRequest) -> None:
        signatures.sign_agreement(
            self._row(),
            signature_of(_signature(request)),
            caller=caller_of(request),
            at=timezone.now(),
        )

    def _decline(self, request: HttpRequest) -> None:
        reason = request.POST.get("reason", "")[:2000].replace("\x00", "")
        signatures.decline_agreement(
            self._row(), reason=reason, caller=caller_of(request), at=timezone.now()
        )

    def _row(self) -> Agreement:
        return cast(Agreement, self.found)

    def _shown(self, request: HttpRequest, refusal: str = "", status: int = 200) -> HttpResponse:
        agreement = cast(Agreement, agreement_by_token(str(self.kwargs["token"])))
        signed_at = agreement.signed_at
        return self.page(
            request,
            state_of(agreement, at=timezone.now()),
            status=status,
            agreement=agreement,
            document=agreement.document,
            token=self.kwargs["token"],
            address=masked(agreement.signer_email),
            until=until_text(agreement),
            copy_until=day_text(signed_at + KEEP_COPY) if signed_at else "",
            is_code_sent=request.GET.get("code") == "sent",
            typed=request.POST.get("name", "")[:200],
            refusal=refusal,
        )


class SigningFile(SigningPage):
    """The document, or the signed file, for who holds the link; medical ones take a code."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """The PDF, shown in the browser."""
        try:
            found = signatures.read_file(self._row(), caller=caller_of(request), at=timezone.now())
        except DomainError as refusal:
            return self._shown(request, told(refusal), refusal.status)
        return pdf_response(found, is_inline=True)


def _signature(request: HttpRequest) -> dict[str, Any]:
    """What the form says. Raises _Refused, DrawingRefused, SignedTextDiffers."""
    given: dict[str, Any] = {name: request.POST.get(name, "").strip() for name in FIELDS}
    given["code"] = given["code"].replace(" ", "")
    given["agrees"] = bool(given["agrees"])
    strokes = request.POST.get("strokes", "")
    if len(strokes) > MOST_STROKES_TEXT:
        raise DrawingRefused(gettext_noop("The drawing has too many points."))
    try:
        # No lines were drawn: the name as typed is enough.
        if strokes not in ("", "[]"):
            given["drawing"] = {"strokes": strict_loads(strokes.encode("utf-8", "replace"))}
        command = SignAgreementSerializer(data=given)
        command.is_valid(raise_exception=True)
    except ParseError:
        raise DrawingRefused(gettext_noop("The drawing could not be read.")) from None
    except ValidationError as error:
        raise _refused(error) from None
    return dict(command.validated_data)


def _refused(error: ValidationError) -> Exception:
    names = list(error.detail) if isinstance(error.detail, dict) else []
    hint = next((HINTS[name] for name in HINTS if name in names), None)
    if hint:
        return _Refused(_(hint))
    return (
        DrawingRefused(gettext_noop("The drawing could not be read."))
        if "drawing" in names
        else (SignedTextDiffers())
    )
