"""The admin's door: password, second factor, and a page to enroll one."""

from typing import Any

import segno
from django import forms
from django.contrib import admin
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django_otp import login as keep_device
from django_otp.plugins.otp_totp.models import TOTPDevice

from common.api.throttling import LoginThrottle
from common.exceptions import DomainError
from common.refusal_pages import refused
from users.models import User
from users.services import second_factor
from users.services.sign_in import check_second_factor, note_browser_sign_in

_password_form: Any = admin.site.login_form or AdminAuthenticationForm
_login = admin.site.login


class AdminSignInForm(_password_form):
    """E-mail address, password, and the code for who has a second factor."""

    otp = forms.CharField(
        label="Code",
        required=False,
        max_length=32,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code"}),
        help_text="Of your authenticator, or a recovery code; empty when you have none yet.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        style = self.fields["username"].widget.attrs.get("class", "")
        self.fields["otp"].widget.attrs["class"] = style

    def clean_username(self) -> str:
        return str(self.cleaned_data["username"]).strip().lower()

    def clean(self) -> Any:
        cleaned = super().clean()
        user, now = self.get_user(), timezone.now()
        try:
            device = check_second_factor(
                user, code=self.cleaned_data.get("otp", "").strip(), at=now
            )
        except DomainError as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        note_browser_sign_in(user, has_second_factor=device is not None, at=now)
        # django-otp reads this when the session begins.
        user.otp_device = device
        return cleaned


def may_enter(request: HttpRequest) -> bool:
    """Whether the admin is open: to staff, with a second factor where one is due."""
    user: Any = request.user
    return bool(user.is_active and user.is_staff and not _lacks_second_factor(user))


# Never kept by browsers: the page shows the secret and the recovery codes.
@never_cache
def sign_in(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
    """
    The sign-in page; who came in without the factor their role needs is sent to enroll it.

    Tries are counted with those at the API: one limit for each address.
    """
    if request.method == "POST" and (refusal := _too_many_tries(request)):
        return refusal
    user: Any = request.user
    if user.is_authenticated and user.is_staff and _lacks_second_factor(user):
        return enroll(request)
    return _login(request, extra_context)


def _too_many_tries(request: HttpRequest) -> HttpResponse | None:
    throttle: Any = LoginThrottle()
    if throttle.allow_request(request, None):
        return None
    words = "Too many tries from your address. Wait a little."
    answer = refused(request, 429, "throttled", words)
    answer["Retry-After"] = str(int(throttle.wait()) + 1)
    return answer


def enroll(request: HttpRequest) -> HttpResponse:
    """Show a new secret, take its code, show the recovery codes; POST changes, GET only asks."""
    user: Any = User.objects.get(pk=request.user.pk)
    page: dict[str, Any] = {**admin.site.each_context(request), "title": "Second factor"}
    if request.method == "POST":
        try:
            code = request.POST.get("code", "").strip()
            page |= _confirm(request, user, code) if code else _begin(user)
        except DomainError as refusal:
            pending = TOTPDevice.objects.filter(user=user, confirmed=False).first()
            page |= {"refusal": str(refusal), **(_picture(pending) if pending else {})}
    elif second_factor.is_enrolled(user):
        # Begun elsewhere since: this session has to come in through the door again.
        request.session.flush()
        return HttpResponseRedirect(request.path)
    return TemplateResponse(request, "users/enroll_second_factor.html", page)


def _begin(user: User) -> dict[str, Any]:
    return _picture(second_factor.enroll(user, at=timezone.now()))


def _confirm(request: HttpRequest, user: Any, code: str) -> dict[str, Any]:
    codes = second_factor.confirm(user, code=code, session=None, at=timezone.now())
    user.refresh_from_db()
    update_session_auth_hash(request, user)
    keep_device(request, TOTPDevice.objects.get(user=user, confirmed=True))
    return {"recovery_codes": codes}


def _picture(device: TOTPDevice) -> dict[str, Any]:
    uri = second_factor.provisioning_uri(device)
    picture = segno.make(uri, error="m").svg_data_uri(scale=5, border=4)
    return {"secret": second_factor.secret_text(device), "picture": picture}


def _lacks_second_factor(user: Any) -> bool:
    return user.authority.requires_totp and not user.is_verified()


# On the site's instance, so that it holds with either theme.
admin.site.login_form = AdminSignInForm
admin.site.login_template = "users/sign_in.html"
admin.site.has_permission = may_enter  # type: ignore[method-assign]
admin.site.login = sign_in  # type: ignore[method-assign]
