"""Whether the process lives, whether it is ready to serve, and its figures."""

import hmac
import logging
import os
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from airports.queries.reports import newest_received_at
from common.api.problems import problem_page
from common.diagnoses import MAIL_WAITS_AT_MOST, WORKER_SILENT_AFTER_S
from common.models import Delivery, Heartbeat, Mail
from common.tasks import MAX_ATTEMPTS

logger = logging.getLogger(__name__)

Check = Callable[[], dict[str, Any]]


def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Says nothing of what it depends on."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> HttpResponse:
    """
    200 when this process can serve, else 503; each dependency with its own word.

    Old weather, events given up and mail that stays are reported and do not make the process
    unready: compliance fails closed on the one by itself, and the others wait for a person.
    """
    checks: dict[str, Check] = {
        "database": _database,
        "migrations": _migrations,
        "redis": _redis,
        "worker": _worker,
        "weather": _weather,
        "events": _events,
        "mail": _mail,
    }
    answers = {name: _safely(check) for name, check in checks.items()}
    ready = all(answer["ok"] for answer in answers.values() if answer.get("required", True))
    return JsonResponse(
        {"status": "ready" if ready else "not ready", "checks": answers},
        status=200 if ready else 503,
    )


def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus figures; with METRICS_TOKEN set, only for who bears it; else only in DEBUG."""
    token = settings.METRICS_TOKEN
    given = request.headers.get("Authorization", "").encode()
    wanted = f"Bearer {token}".encode()
    if not (hmac.compare_digest(given, wanted) if token else settings.DEBUG):
        return problem_page(401, "not_authenticated", "Metrics need the metrics token.")
    return HttpResponse(generate_latest(_registry()), content_type=CONTENT_TYPE_LATEST)


def _registry() -> CollectorRegistry:
    """What all web processes counted, where they share a directory for it; else this one's."""
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return registry


def _safely(check: Check) -> dict[str, Any]:
    try:
        return check()
    except (DatabaseError, OSError, RuntimeError) as error:
        logger.warning("Readiness: %s", error)
        return {"ok": False, "detail": type(error).__name__}


def _database() -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT postgis_lib_version()")
        (version,) = cursor.fetchone()
    return {"ok": True, "detail": f"PostGIS {version}"}


def _migrations() -> dict[str, Any]:
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return {"ok": not missing, "detail": f"{len(missing)} unapplied"}


def _redis() -> dict[str, Any]:
    if not settings.REDIS_URL:
        return {"ok": True, "required": False, "detail": "not configured; threads stand in"}
    try:
        cache.set("readyz", "1", 10)
        return {"ok": cache.get("readyz") == "1"}
    except Exception as error:  # noqa: BLE001 - the cache client's own errors, all meaning "no"
        return {"ok": False, "detail": type(error).__name__}


def _worker() -> dict[str, Any]:
    if settings.SCHEDULER_BACKEND != "celery":
        return {"ok": True, "required": False, "detail": "in this process"}
    beat = Heartbeat.objects.filter(name="worker").first()
    if beat is None:
        return {"ok": False, "detail": "no heartbeat yet"}
    age = (timezone.now() - beat.beat_at).total_seconds()
    return {"ok": age < WORKER_SILENT_AFTER_S, "age_s": round(age)}


def _events() -> dict[str, Any]:
    """Deliveries that failed as often as they are tried: nobody hears of those events any more."""
    given_up = Delivery.objects.filter(delivered_at=None, attempts__gte=MAX_ATTEMPTS).count()
    return {"ok": not given_up, "required": False, "detail": f"{given_up} given up"}


def _mail() -> dict[str, Any]:
    """Mails that have waited too long: the mail server refuses us, or nobody sends."""
    since = timezone.now() - MAIL_WAITS_AT_MOST
    waiting = Mail.objects.filter(status__in=Mail.OPEN, queued_at__lt=since).count()
    return {"ok": not waiting, "required": False, "detail": f"{waiting} waiting"}


def _weather() -> dict[str, Any]:
    received_at = newest_received_at()
    if received_at is None:
        return {"ok": False, "required": False, "detail": "no report stored"}
    age = (timezone.now() - received_at).total_seconds()
    return {"ok": age < settings.WEATHER_OLD_AFTER_S, "required": False, "age_s": round(age)}
