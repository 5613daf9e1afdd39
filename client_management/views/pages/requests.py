"""Requests and offers as pages."""

import json
from datetime import timedelta
from typing import Any

from django.contrib.gis.geos import Polygon
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from rest_framework.exceptions import ValidationError

from airports.models import Airport
from client_management import portal_words
from client_management.models import MessageFile, RequestStatus, ServiceLineKind, ServiceRequest
from client_management.queries.portal import (
    dashboard,
    quotes_of,
    requests_of,
    waits_for_answer,
)
from client_management.serializers.portal import (
    AcceptServiceQuoteSerializer,
    DeclineServiceQuoteSerializer,
    WritePortalRequestSerializer,
)
from client_management.services import offers, requests
from client_management.services.requests import EDITABLE
from client_management.views.pages.area_text import area_of, bounds_of, text_of
from client_management.views.pages.door import ClientPage, flat_errors
from client_management.views.pages.forms import specifications_of
from common.context import current

TEXTS = (
    "title",
    "description",
    "service_type",
    "priority",
    "wanted_from",
    "wanted_until",
    "max_height_agl_m",
    "site_contact_name",
    "site_contact_phone",
    "site_notes",
    "purchase_order",
    "budget",
)
MAY_BE_EMPTY = (
    "description",
    "site_contact_name",
    "site_contact_phone",
    "site_notes",
    "purchase_order",
    "budget",
)
PAGE = 25
# Degrees: about a day's drive to each side of a place.
AROUND = 0.4
EVERYWHERE = (112.0, -44.0, 154.5, -9.5)
MOST_PLACES = 60
MOST_FILES = 100


def version_of(request: HttpRequest) -> int | None:
    """The version of the request that its page was made from; None where the form has none."""
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None


class Home(ClientPage):
    """What waits, what is under way, what is new."""

    section = "home"

    def get(self, request: HttpRequest) -> HttpResponse:
        """The front page of one client's portal."""
        return self.show("portal/home.html", found=dashboard(self.access))


class Requests(ClientPage):
    """What was asked for."""

    section = "requests"

    def get(self, request: HttpRequest) -> HttpResponse:
        """The newest first."""
        rows = list(requests_of(self.organization)[: PAGE * 4])
        return self.show("portal/requests.html", rows=rows)


class NewRequest(ClientPage):
    """A request with an area drawn on a map, typed as coordinates, or read from a file."""

    section = "requests"
    flag = "can_request_services"

    def get(self, request: HttpRequest, number: str = "") -> HttpResponse:
        """The form; what was typed stays when something is refused."""
        row = self._draft(number) if number else None
        given = dict(request.POST.items()) if request.method == "POST" else _typed(row)
        today = self.organization.local_day(timezone.now())
        given.setdefault("wanted_from", (today + timedelta(days=7)).isoformat())
        given.setdefault("wanted_until", (today + timedelta(days=28)).isoformat())
        return self.show(
            "portal/request_form.html",
            row=row,
            given=given,
            products=request.POST.getlist("products") or given.get("products_list", []),
            services=portal_words.SERVICE.items(),
            priorities=portal_words.PRIORITY.items(),
            bounds=json.dumps(self._bounds()),
        )

    def post(self, request: HttpRequest, number: str = "") -> HttpResponse:
        """Keep it as a draft, or hand it in at once."""
        before = self._draft(number) if number else None
        values = _values(request, before)
        at = timezone.now()
        if before is not None:
            row = requests.amend_request(
                before, changes=values, version=version_of(request), actor=request.user, at=at
            )
        else:
            row = requests.create_request(
                self.organization, access=self.access, **values, actor=request.user, at=at
            )
        if request.POST.get("step") == "submit":
            requests.submit_request(row, actor=request.user, at=at)
        return self.go("request", row.number)

    def _draft(self, number: str) -> ServiceRequest:
        rows = requests_of(self.organization).filter(
            status__in=[RequestStatus.DRAFT, RequestStatus.SUBMITTED]
        )
        row: ServiceRequest = self.one(rows, number=number)
        return row

    def _bounds(self) -> tuple[float, float, float, float]:
        last = requests_of(self.organization).first()
        if last is not None:
            return bounds_of(last.area)
        city = self.organization.city
        if city is not None:
            lon, lat = city.point.x, city.point.y
            return lon - AROUND, lat - AROUND, lon + AROUND, lat + AROUND
        return EVERYWHERE


class Request(ClientPage):
    """One request: what was asked for, how it stands, what can be done."""

    section = "requests"

    def get(self, request: HttpRequest, number: str) -> HttpResponse:
        """The request, its offers and its job."""
        row = self.one(requests_of(self.organization), number=number)
        of = {"message__thread__request": row}
        return self.show(
            "portal/request.html",
            row=row,
            area=row.area.geojson,
            bounds=json.dumps(bounds_of(row.area)),
            quotes=list(quotes_of(self.organization).filter(request=row)[:10]),
            job=getattr(row, "job", None),
            files=list(
                MessageFile.objects.for_client(self.organization)
                .filter(**of)
                .order_by("-pk")[:MOST_FILES]
            ),
            may_change=row.status in EDITABLE,
            is_draft=row.status == RequestStatus.DRAFT,
            can_cancel=RequestStatus.CANCELLED in row.TRANSITIONS.get(row.status, ()),
        )


class RequestDeed(ClientPage):
    """Handing in or calling off."""

    section = "requests"
    flag = "can_request_services"

    def get(self, request: HttpRequest, number: str, deed: str) -> HttpResponse:
        """What was refused is said on the request's own page."""
        page = Request()
        page.setup(request)
        page.language, page.access = self.language, self.access
        page.errors = self.errors
        return page.get(request, number)

    def post(self, request: HttpRequest, number: str, deed: str) -> HttpResponse:
        """Do it."""
        row = self.one(requests_of(self.organization), number=number)
        if deed == "submit":
            requests.submit_request(row, actor=request.user, at=timezone.now())
        else:
            reason = request.POST.get("reason", "").strip()[:2000] or "Called off in the portal"
            requests.cancel_request(row, reason=reason, actor=request.user, at=timezone.now())
        return self.go("request", number)


class Quote(ClientPage):
    """An offer: its lines, its total, until when, and the answer to it."""

    section = "requests"
    deed_flag = "can_approve_quotes"

    def get(self, request: HttpRequest, number: str) -> HttpResponse:
        """Show it; that somebody opened it is noted."""
        row = self.one(quotes_of(self.organization), number=number)
        if request.method == "GET":
            offers.record_view(row, actor=request.user, at=timezone.now())
        lines = sorted(row.lines.all(), key=lambda line: line.sequence)
        return self.show(
            "portal/quote.html",
            row=row,
            lines=[line for line in lines if line.kind != ServiceLineKind.TAX],
            taxes=[line for line in lines if line.kind == ServiceLineKind.TAX],
            can_answer=waits_for_answer(row, at=timezone.now()),
            job=getattr(row, "job", None),
            given=request.POST,
        )

    def post(self, request: HttpRequest, number: str) -> HttpResponse:
        """Accept exactly what was read, or say no."""
        row = self.one(quotes_of(self.organization), number=number)
        told: dict[str, Any] = {
            "access": self.access,
            "address": current().address,
            "actor": request.user,
        }
        if request.POST.get("step") == "accept":
            names = ("content_hash", "purchase_order", "note")
            given = _checked(AcceptServiceQuoteSerializer, _filled(request, names))
            job = offers.accept_quote(row, **given, **told, at=timezone.now())
            return self.go("job", job.number)
        given = _checked(DeclineServiceQuoteSerializer, _filled(request, ("reason",)))
        offers.decline_quote(row, **given, **told, at=timezone.now())
        return self.go("quote", number)


class Places(ClientPage):
    """Aerodromes within a rectangle, to find one's way on the map."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """At most sixty, the larger ones first."""
        try:
            west, south, east, north = (
                float(text) for text in request.GET.get("bbox", "").split(",")
            )
        except ValueError:
            raise ValidationError({"bbox": "west,south,east,north"}) from None
        if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
            raise ValidationError({"bbox": "west,south,east,north"})
        box = Polygon.from_bbox((west, south, east, north))
        rows = Airport.objects.inside([box]).order_by("kind", "pk")
        found = [[each.name, each.point.x, each.point.y] for each in rows[:MOST_PLACES]]
        return JsonResponse({"places": found})

    def again(self, *args: Any, **kwargs: Any) -> HttpResponse:
        return JsonResponse({"places": []}, status=400)


def _filled(request: HttpRequest, names: tuple[str, ...]) -> dict[str, str]:
    """The fields of a form that somebody filled in."""
    found = {name: request.POST.get(name, "").strip() for name in names}
    return {name: value for name, value in found.items() if value}


def _checked(shape: Any, given: dict[str, Any]) -> dict[str, Any]:
    command = shape(data=given)
    command.is_valid(raise_exception=True)
    return dict(command.validated_data)


def _values(request: HttpRequest, before: ServiceRequest | None) -> dict[str, Any]:
    """The form as the service takes it, in place of a draft as it was. Raises ValidationError."""
    given: dict[str, Any] = _filled(request, TEXTS)
    if before is not None:
        emptied = [name for name in MAY_BE_EMPTY if name in request.POST and name not in given]
        given |= {name: None if name == "budget" else "" for name in emptied}
    given["is_at_night"] = request.POST.get("is_at_night") == "yes"
    faults: dict[str, Any] = {}
    unread = []
    for name, read in (
        ("area", lambda: area_of(request.POST.get("area", ""))),
        ("specifications", lambda: specifications_of(request.POST, before)),
    ):
        try:
            given[name] = read()
        except ValidationError as fault:
            faults |= dict(flat_errors(fault.detail))
            unread.append(name)
    command = WritePortalRequestSerializer(data=given)
    if not command.is_valid():
        # Everything that is wrong is told at once, what cannot be read with its own words alone.
        faults |= {name: told for name, told in command.errors.items() if name not in unread}
    if faults:
        raise ValidationError(faults)
    return dict(command.validated_data)


def _typed(row: ServiceRequest | None) -> dict[str, Any]:
    """A draft as its form shows it."""
    if row is None:
        return {}
    found: dict[str, Any] = {name: getattr(row, name) for name in TEXTS}
    for name in ("wanted_from", "wanted_until"):
        found[name] = found[name].isoformat()
    specifications = {k: v for k, v in row.specifications.items() if not isinstance(v, list)}
    products = row.specifications.get("products", [])
    yes = "yes" if row.is_at_night else ""
    return {
        **{name: "" if value is None else value for name, value in found.items()},
        **specifications,
        "products_list": products,
        "area": text_of(row.area),
        "is_at_night": yes,
    }
