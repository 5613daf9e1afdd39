"""Coming in: sign-in, whose portal, language, and the pages behind links without an account."""

from typing import Any

from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django_otp import login as keep_device

from client_management.links import quote_token
from client_management.models import ServiceQuote
from client_management.queries.deliverables import is_open, link_by_token, with_newest
from client_management.queries.portal_access import accesses_of
from client_management.services.invitations import accept_invitation, invitation_of
from client_management.views.deliverables import hand_out
from client_management.views.pages.door import (
    Page,
    first_page,
    to_sign_in,
    too_many_tries,
)
from common.api.throttling import AccountThrottle, LoginThrottle
from common.exceptions import DomainError
from common.languages import keep_language, told
from common.links import digest_of, opens
from common.preferences import LANGUAGES
from users.models import User
from users.services.preferences import change_preferences
from users.services.sign_in import check_second_factor, note_browser_sign_in

BACKEND = "users.backends.RoleBackend"
LONGEST_TOKEN = 64


class PortalLinkThrottle(AccountThrottle):
    """The limit of requests per address for who comes by a link."""

    scope = "portal"


class Entrance(Page):
    """The portal's front door: on to one's client, or a list of them."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Choose whose portal."""
        user: Any = request.user
        if not user.is_authenticated:
            return to_sign_in(request)
        keys = list(accesses_of(user, at=timezone.now())[:100])
        if len(keys) == 1:
            return HttpResponseRedirect(first_page(user))
        return self.show("portal/entrance.html", keys=keys)


class SignIn(Page):
    """E-mail address, password, and a code for who has a second factor."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Ask."""
        if request.user.is_authenticated:
            return HttpResponseRedirect(_onward(request))
        return self._asked(request)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Let in, or say no in the same words whatever was wrong."""
        throttle: Any = LoginThrottle()
        if not throttle.allow_request(request, None):
            return self._asked(request, too_many_tries(), 429)
        given = {name: request.POST.get(name, "")[:254] for name in ("email", "password", "code")}
        email = given["email"].strip().lower()
        user = authenticate(request, username=email, password=given["password"])
        if not isinstance(user, User):
            return self._asked(request, _("The address or the password is wrong."), 401)
        at = timezone.now()
        if not accesses_of(user, at=at).exists():
            return self._asked(request, _("No portal is open to this account."), 403)
        try:
            device = check_second_factor(user, code=given["code"].strip(), at=at)
        except DomainError:
            return self._asked(request, _("Type the code of your authenticator, too."), 401, True)
        note_browser_sign_in(user, has_second_factor=device is not None, at=at)
        login(request, user, backend=BACKEND)
        if device is not None:
            keep_device(request, device)
        response = HttpResponse(status=303)
        response["Location"] = _onward(request)
        return response

    def _asked(
        self, request: HttpRequest, refusal: str = "", status: int = 200, is_code: bool = False
    ) -> HttpResponse:
        return self.show(
            "portal/sign_in.html",
            status=status,
            refusal=refusal,
            needs_code=is_code,
            email=request.POST.get("email", "")[:254],
            onward=request.GET.get("next", request.POST.get("next", ""))[:500],
        )


class SignOut(Page):
    """Out again."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """End the session."""
        logout(request)
        response = HttpResponse(status=303)
        response["Location"] = reverse("portal:sign-in")
        return response


class Language(Page):
    """Another language, kept in a cookie, and of who is signed in as their preference."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Back to where one was, in the language that was chosen."""
        response = HttpResponse(status=303)
        response["Location"] = _onward(request)
        chosen = request.POST.get("language", "")
        user: Any = request.user
        if chosen in dict(LANGUAGES):
            keep_language(response, chosen)
            if user.is_authenticated:
                change_preferences(
                    user, version=None, changes={"language": chosen}, at=timezone.now()
                )
        return response


class LinkPage(Page):
    """A page whose address is its key: counted, and kept out of other sites' logs."""

    def answer(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        throttle: Any = PortalLinkThrottle()
        if not throttle.allow_request(request, self):
            response: HttpResponseBase = self.show("portal/limited.html", status=429)
        elif len(str(kwargs["token"])) > LONGEST_TOKEN:
            response = self.missing()
        else:
            response = super().answer(request, *args, **kwargs)
        # Not `no-referrer`: a browser then calls its forms' origin `null`, and they are refused.
        response["Referrer-Policy"] = "same-origin"
        response["X-Robots-Tag"] = "noindex"
        return response


class InvitationPage(LinkPage):
    """An invitation, to be taken up with a new account or the one signed in to."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """What one is invited to."""
        return self._shown(token)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Take it up."""
        invitation = invitation_of(token)
        if invitation is None:
            return self.missing()
        given = {
            name: request.POST.get(name, "").strip()[:100] for name in ("first_name", "last_name")
        }
        user: Any = request.user if request.user.is_authenticated else None
        try:
            access = accept_invitation(
                invitation,
                user=user,
                password=request.POST.get("password", "")[:200] if user is None else "",
                **(given if user is None else {}),
                at=timezone.now(),
            )
        except DomainError as refusal:
            return self._shown(token, told(refusal), refusal.status)
        if user is None:
            # Read again: the role it was given has ended all sessions of the row in hand.
            login(request, User.objects.get(pk=access.user_id), backend=BACKEND)
        response = HttpResponse(status=303)
        response["Location"] = reverse("portal:home", args=[access.organization.number])
        return response

    def _shown(self, token: str, refusal: str = "", status: int = 200) -> HttpResponse:
        invitation = invitation_of(token)
        if invitation is None:
            return self.missing()
        is_over = bool(
            invitation.accepted_at
            or invitation.revoked_at
            or invitation.expires_at <= timezone.now()
        )
        return self.show(
            "portal/invitation.html",
            status=status,
            invitation=invitation,
            is_over=is_over,
            refusal=refusal,
        )


class QuoteLink(LinkPage):
    """The link of an offer: on to the portal, where it is read and answered."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Who has no key to that client is asked to sign in."""
        rows = ServiceQuote.objects.select_related("request__organization")
        quote = rows.filter(link_digest=digest_of(token)).first()
        if quote is None or not opens(quote_token(quote.link_salt), quote.link_digest):
            return self.missing()
        number = quote.request.organization.number
        return HttpResponseRedirect(reverse("portal:quote", args=[number, quote.number]))


class SharedPage(LinkPage):
    """A deliverable that was shared: what it is, and the way to it."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Title, size and checksum; the file is one press away."""
        link = link_by_token(token)
        if link is None:
            return self.missing()
        found = is_open(link, at=timezone.now())
        rows = with_newest(type(link.deliverable).objects.filter(pk=link.deliverable_id))
        return self.show(
            "portal/shared.html",
            status=200 if found else 410,
            link=link,
            is_open=found,
            row=rows.get(),
            token=token,
            zone=link.deliverable.organization.timezone,
        )


class SharedFile(LinkPage):
    """The file itself."""

    def get(self, request: HttpRequest, token: str) -> HttpResponseBase:
        """As an attachment; the download is on record under the link."""
        link = link_by_token(token)
        if link is None:
            return self.missing()
        if not is_open(link, at=timezone.now()):
            return HttpResponseRedirect(reverse("portal:shared", args=[token]))
        try:
            return hand_out(request, link.deliverable, link=link)
        except DomainError:
            return self.missing()


def _onward(request: HttpRequest) -> str:
    """Where to go on to: a place of ours that was named, else one's own portal."""
    place = request.POST.get("next", request.GET.get("next", ""))
    is_ours = url_has_allowed_host_and_scheme(
        place, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    if place.startswith("/portal/") and is_ours:
        return place
    return first_page(request.user) if request.user.is_authenticated else reverse("portal:sign-in")
