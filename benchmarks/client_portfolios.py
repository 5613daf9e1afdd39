"""Portfolios of clients and rows of the pipeline against plain rows that are added up in Python."""

import random
from collections import Counter, defaultdict
from decimal import Decimal
from typing import Any

from django.utils import timezone

AHEAD = {"draft", "planned", "in_review", "authorised", "ready"}
FLOWN = {"landed", "logged", "finalised"}
ACTIVE = {"confirmed", "scheduled", "in_progress", "delivered"}
PAGE = 50


def portfolios(count: int, seed: int) -> tuple[int, list[str]]:
    """Random portfolios of the dashboard: how many were looked at, and what differs."""
    from client_management.models import ClientOrganization  # noqa: PLC0415 - needs Django
    from client_management.queries.dashboards import (  # noqa: PLC0415
        get_active_client_dashboard,
    )

    at = timezone.now()
    everybody = list(ClientOrganization.objects.active().order_by("pk"))
    dice = random.Random(seed)  # noqa: S311 - reproducible
    chosen = dice.sample(everybody, min(count, len(everybody)))
    differing = []
    for first in range(0, len(chosen), PAGE):
        page = chosen[first : first + PAGE]
        counted = by_hand(page, at)
        for glance in get_active_client_dashboard(page, at=at):
            mine = counted[glance.organization.pk]
            differing += [
                f"{glance.organization}: {name} {getattr(glance, name)}, by hand {value}"
                for name, value in mine.items()
                if getattr(glance, name) != value
            ]
    return len(chosen), differing


def by_hand(page: list[Any], at: Any) -> dict[int, dict[str, Any]]:
    """Plain rows of some clients, added up one by one."""
    keys = [organization.pk for organization in page]
    rows = _plain_rows(keys)
    bills = _bills(page)
    currencies = {organization.pk: organization.currency for organization in page}
    return {
        key: {
            **_asked(rows["requests"][key], rows["offers"][key], currencies[key]),
            **_worked(rows["jobs"][key], currencies[key]),
            **_flown(rows["flights"][key], at),
            **bills[key],
        }
        for key in keys
    }


def _plain_rows(keys: list[int]) -> dict[str, dict[int, list[Any]]]:
    from client_management import models  # noqa: PLC0415 - needs Django

    sources = {
        "requests": (models.ServiceRequest, "organization", ("status",)),
        "offers": (models.ServiceQuote, "request__organization", ("status", "currency", "total")),
        "jobs": (models.JobOrder, "organization", ("status", "currency", "agreed_amount")),
        "flights": (
            models.JobOperation,
            "job__organization",
            ("operation__status", "operation__planned_start_at", "operation__actual_end_at"),
        ),
    }
    found: dict[str, dict[int, list[Any]]] = {}
    for name, (model, path, columns) in sources.items():
        found[name] = defaultdict(list)
        rows = model.objects.filter(**{f"{path}__in": keys})
        for key, *values in rows.values_list(path, *columns):
            found[name][key].append(values)
    return found


def _asked(requests: list[Any], offers: list[Any], currency: str) -> dict[str, Any]:
    asked = Counter(status for (status,) in requests)
    out = [(code, total) for status, code, total in offers if status in ("sent", "viewed")]
    return {
        "open_requests": sum(asked[s] for s in ("draft", "submitted", "assessing", "quoted")),
        "waiting_requests": asked["submitted"] + asked["assessing"],
        "quotes_out": len(out),
        "offered": sum((total for code, total in out if code == currency), Decimal(0)),
    }


def _worked(jobs: list[Any], currency: str) -> dict[str, Any]:
    states = Counter(status for status, _, _ in jobs)
    agreed = [sum_ for status, code, sum_ in jobs if status in ACTIVE and code == currency]
    return {
        "active_jobs": sum(states[status] for status in ACTIVE),
        "held_jobs": states["on_hold"],
        "to_accept": states["delivered"],
        "to_bill": states["accepted"],
        "agreed": sum(agreed, Decimal(0)),
    }


def _flown(flights: list[Any], at: Any) -> dict[str, Any]:
    from client_management.queries.dashboards import RECENT  # noqa: PLC0415 - needs Django

    landed = [end for status, _, end in flights if status in FLOWN]
    return {
        "upcoming_operations": sum(status in AHEAD for status, _, _ in flights),
        "flying_operations": sum(status == "active" for status, _, _ in flights),
        "flown_recently": sum(end >= at - RECENT for end in landed),
        "next_operation_at": min((s for st, s, _ in flights if st in AHEAD), default=None),
        "last_flown_at": max(landed, default=None),
    }


def _bills(page: list[Any]) -> dict[int, dict[str, Decimal]]:
    from contacts.models import Contact  # noqa: PLC0415 - needs Django
    from finance.models import Invoice  # noqa: PLC0415

    owners = {organization.contact_id: organization for organization in page}
    for contact, stands_for_it in Contact.objects.values_list("pk", "merged_into"):
        if stands_for_it in owners:
            owners[contact] = owners[stands_for_it]
    found = {o.pk: {"owed": Decimal(0), "overdue": Decimal(0)} for o in page}
    rows = Invoice.objects.filter(payer__in=list(owners)).exclude(kind="credit_note")
    for row in rows.order_by("pk"):
        owner = owners[row.payer_id]
        if row.status in ("open", "part_paid", "overdue") and row.currency == owner.currency:
            left = row.total - row.paid - row.credited - row.written_off
            found[owner.pk]["owed"] += left
            found[owner.pk]["overdue"] += left if row.status == "overdue" else 0
    return found


def pipeline(count: int, seed: int) -> tuple[int, list[str]]:
    """Random rows of the pipeline and its totals: how many were looked at, and what differs."""
    from client_management.models import (  # noqa: PLC0415 - needs Django
        JobOrder,
        ServiceQuote,
        ServiceRequest,
    )
    from client_management.queries.dashboards import (  # noqa: PLC0415
        get_service_request_pipeline,
    )

    keys = list(ServiceRequest.objects.exclude(status="draft").values_list("pk", flat=True))
    dice = random.Random(seed)  # noqa: S311 - reproducible
    chosen = dice.sample(sorted(keys), min(count, len(keys)))
    differing = []
    rows = list(get_service_request_pipeline(ServiceRequest.objects.filter(pk__in=chosen)))
    if len(rows) != len(chosen):
        differing.append(f"pipeline: {len(rows)} rows for {len(chosen)} requests")
    for row in rows:
        offers = list(ServiceQuote.objects.filter(request=row.pk))
        newest = max(offers, key=lambda each: each.sequence, default=None)
        job = JobOrder.objects.filter(request=row.pk).first()
        mine = (newest and newest.number, newest and newest.total, job and job.number)
        if (row.quote_number, row.quote_total, row.job_number) != mine:
            differing.append(f"pipeline: {row.number} not as by hand")
    return len(chosen), differing + _stages()


def _stages() -> list[str]:
    from client_management.models import ServiceRequest  # noqa: PLC0415 - needs Django
    from client_management.queries.dashboards import pipeline_totals  # noqa: PLC0415

    differing = []
    plain = ServiceRequest.objects.values_list("status", "currency", "budget")
    counted: Counter[tuple[str, str]] = Counter()
    budgets: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for status, currency, budget in plain.iterator():
        counted[status, currency] += 1
        budgets[status, currency] += budget or 0
    for stage in pipeline_totals(ServiceRequest.objects.all()):
        key = (stage["status"], stage["currency"])
        if (stage["count"], stage["budget"]) != (counted.pop(key), budgets[key]):
            differing.append(f"stages: {key} not as by hand")
    if counted:
        differing.append(f"stages: {sorted(counted)} are missing")
    return differing
