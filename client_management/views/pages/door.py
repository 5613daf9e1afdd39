"""The pages' door: language, sign-in, the client's key, and the database's scope behind it."""

from collections.abc import Iterable
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views import View
from rest_framework.exceptions import NotFound, ValidationError

from client_management.client_scope import narrow, open_scope
from client_management.models import ClientOrganization, CustomerPortalAccess
from client_management.queries.portal_access import access_to, accesses_of
from client_management.services.accesses import note_use
from common.exceptions import DomainError, InvalidInput
from common.languages import in_language, language_of, told
from common.preferences import LANGUAGES
from documents.queries.letterheads import letterhead


class Page(View):
    """A page in the reader's language that no cache keeps."""

    template = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.language = language_of(request)

        def made() -> HttpResponseBase:
            if not is_text(kwargs.values()):
                return self.missing()
            if not is_text(sent_with(request)):
                return self.show("portal/no_text.html", status=400)
            return self.answer(request, *args, **kwargs)

        response = in_language(self.language, made)
        response.headers.setdefault("Cache-Control", "no-store, private")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        return response

    def answer(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The verb's own method; refusals become a page that says why."""
        return super().dispatch(request, *args, **kwargs)

    def show(self, template: str = "", *, status: int = 200, **shown: Any) -> HttpResponse:
        """A page of this view."""
        head = letterhead()
        given = {
            "operator": head.name,
            "phone": head.phone,
            "language": self.language,
            "languages": LANGUAGES,
            **shown,
        }
        return render(self.request, template or self.template, given, status=status)

    def missing(self) -> HttpResponse:
        """Nothing here, or nothing for this reader: the same page."""
        return self.show("portal/missing.html", status=404)


class ClientPage(Page):
    """
    A page of one client's portal.

    The same order as at the endpoints: who, whose key, then the database held to that client.
    `flag` is what the key must open to see the page, `deed_flag` to change anything on it.
    """

    flag: ClassVar[str] = ""
    deed_flag: ClassVar[str] = ""
    section: ClassVar[str] = ""
    access: CustomerPortalAccess
    errors: list[tuple[str, str]]

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.errors = []

    def answer(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user: Any = request.user
        if not user.is_authenticated:
            return to_sign_in(request)
        with open_scope():
            access = access_to(user, str(kwargs.pop("organization")), at=timezone.now())
            if access is None or _lacks_factor(user):
                return self.missing()
            note_use(access, at=timezone.now())
            narrow([access.organization_id])
            self.access = access
            wanted = self.flag if request.method in ("GET", "HEAD") else self.deed_flag or self.flag
            if wanted and not getattr(access, wanted):
                return self.show("portal/closed.html", status=403)
            return self._tried(request, *args, **kwargs)

    def _tried(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            # What is refused half-way leaves nothing, though a page is shown after it.
            with transaction.atomic():
                return View.dispatch(self, request, *args, **kwargs)
        except NotFound:
            return self.missing()
        except ValidationError as error:
            errors, status = flat_errors(error.detail), 400
        except DomainError as refusal:
            errors, status = [(_place_of(refusal), _said(refusal))], refusal.status
        try:
            return self.again(request, errors, status, *args, **kwargs)
        except NotFound:
            # Refused before anybody looked whether there is such a row.
            return self.missing()

    def again(
        self,
        request: HttpRequest,
        errors: list[tuple[str, str]],
        status: int,
        *args: Any,
        **kwargs: Any,
    ) -> HttpResponseBase:
        """The page once more, saying what was refused; nothing was written."""
        self.errors = errors
        page: Any = self
        found: HttpResponseBase = page.get(request, *args, **kwargs)
        found.status_code = status
        return found

    @property
    def organization(self) -> ClientOrganization:
        """Whose portal this is."""
        return self.access.organization

    def show(self, template: str = "", *, status: int = 200, **shown: Any) -> HttpResponse:
        access = getattr(self, "access", None)
        if access is None:
            return super().show(template, status=status, **shown)
        errors = self.errors
        return super().show(
            template,
            status=status,
            access=access,
            client=access.organization,
            zone=access.organization.timezone,
            section=self.section,
            errors=errors,
            error_fields={name for name, _text in errors if name},
            **shown,
        )

    def go(self, name: str, *args: Any, mark: str = "") -> HttpResponse:
        """On to another page after a deed, so that loading it again does nothing twice."""
        address = reverse(f"portal:{name}", args=[self.organization.number, *args])
        response = HttpResponse(status=303)
        response["Location"] = address + mark
        return response

    def one(self, rows: Any, **which: Any) -> Any:
        """The one row, or the page that says there is none."""
        found = rows.filter(**which).first()
        if found is None:
            raise NotFound
        return found


def is_text(given: Iterable[Any]) -> bool:
    """Whether what was given can be kept as text at all: no database takes a NUL."""
    return not any("\x00" in str(value) for value in given)


def sent_with(request: HttpRequest) -> list[str]:
    """Every value of the form and of the query."""
    forms = [*request.GET.lists(), *request.POST.lists()]
    return [str(value) for _name, values in forms for value in values]


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """The sign-in page, with where to go on to."""
    query = urlencode({"next": request.get_full_path()})
    return HttpResponseRedirect(f"{reverse('portal:sign-in')}?{query}")


def first_page(user: Any) -> str:
    """Where somebody who came in goes on to."""
    open_now = list(accesses_of(user, at=timezone.now())[:2])
    if len(open_now) == 1:
        return reverse("portal:home", args=[open_now[0].organization.number])
    return reverse("portal:entrance")


def flat_errors(detail: Any, name: str = "") -> list[tuple[str, str]]:
    """What a serializer refused, as pairs of field and words."""
    if isinstance(detail, dict):
        return [pair for key, value in detail.items() for pair in flat_errors(value, str(key))]
    if isinstance(detail, list):
        return [pair for value in detail for pair in flat_errors(value, name)]
    return [("" if name == "non_field_errors" else name, str(detail))]


def too_many_tries() -> str:
    return _("Too many tries from your address. Wait a little.")


def _place_of(refusal: DomainError) -> str:
    """The field of the form that a refusal is about."""
    pointer = str(refusal.details.get("pointer", ""))
    return pointer.removeprefix("/") if isinstance(refusal, InvalidInput) else ""


def _said(refusal: DomainError) -> str:
    if _place_of(refusal) == "specifications":
        # In the words of who checks it, which name its structure.
        return _("A number about the kind of work is not one that can be.")
    return told(refusal)


def _lacks_factor(user: Any) -> bool:
    return user.authority.requires_totp and not user.is_verified()
