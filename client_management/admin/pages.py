"""Two pages of the desk: active clients at a glance, and the pipeline of what was asked for."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from client_management.models import (
    ClientOrganization,
    RequestStatus,
    ServiceRequest,
    ServiceType,
)
from client_management.queries.dashboards import (
    get_active_client_dashboard,
    in_pipeline,
    pipeline_rows,
    pipeline_totals,
)

PER_PAGE = 50

ABOUT_CLIENTS = (
    "Every client with open requests, quotes that are out, jobs and what is to be billed, in "
    "its own currency. Look for work that waits for us; a name leads to the client, a figure "
    "to its list."
)
ABOUT_PIPELINE = (
    "Requests of clients by how far they are and how long they have waited. Narrow them by "
    "status or kind of service. A request leads on to its assessment and its quote."
)


def dashboard_page(request: HttpRequest) -> HttpResponse:
    """Active clients by name with their work and money, 50 a page; 8 queries."""
    _require(request, "client_management.view_clientorganization")
    rows = ClientOrganization.objects.visible_to(request.user).active().order_by("name", "pk")
    words = _words(request)
    if words:
        rows = rows.filter(Q(name__icontains=words) | Q(number=words.upper()))
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    found = get_active_client_dashboard(list(page.object_list), at=timezone.now())
    context: dict[str, Any] = {"title": "Clients at a glance", "about": ABOUT_CLIENTS}
    context |= {"page": page, "rows": found, "words": words}
    return _shown(request, "client_management/dashboard.html", context)


def pipeline_page(request: HttpRequest) -> HttpResponse:
    """Requests with offer and job, the most urgent first, and how many stand where; 4 queries."""
    _require(request, "client_management.view_servicerequest")
    everything = ServiceRequest.objects.visible_to(request.user)
    chosen = {
        "status": _choice(request, "status", RequestStatus.values),
        "service_type": _choice(request, "service_type", ServiceType.values),
    }
    wanted: QuerySet[Any] = everything.filter(**{k: v for k, v in chosen.items() if v})
    page = Paginator(in_pipeline(wanted), PER_PAGE).get_page(request.GET.get("page"))
    page.object_list = pipeline_rows(list(page.object_list))
    context = {
        "title": "Pipeline of requests",
        "about": ABOUT_PIPELINE,
        "page": page,
        "totals": pipeline_totals(everything),
        "today": timezone.now().date(),
        "chosen": chosen,
        "statuses": [each for each in RequestStatus.choices if each[0] != RequestStatus.DRAFT],
        "services": ServiceType.choices,
    }
    return _shown(request, "client_management/pipeline.html", context)


def _require(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied


def _words(request: HttpRequest) -> str:
    return request.GET.get("q", "").strip().replace("\x00", "")[:100]


def _choice(request: HttpRequest, name: str, known: list[Any]) -> str:
    given = request.GET.get(name, "")
    return given if given in known else ""


def _shown(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    kept = request.GET.copy()
    kept.pop("page", None)
    everywhere = admin.site.each_context(request)
    return TemplateResponse(request, template, {**everywhere, **context, "kept": kept.urlencode()})
