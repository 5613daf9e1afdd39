"""
Dashboards of clients: 2,000 clients, 200,000 requests, 1,000,000 operations in a database of its
own; times and statements of a page over the views and of the desk's pages, and 1,000 random
portfolios counted by hand: with aircraft in the air, clients of other currencies and bills in the
name of contacts that were merged. Exits with 1 where one figure differs from the count by hand, or
where a page takes more than 500 ms at p95 or more than 20 statements (--limit-ms,
--limit-statements).

    python -m benchmarks.client_dashboards [--clients 2000] [--requests 200000]
        [--operations 1000000] [--portfolios 1000] [--rounds 60] [--limit-ms 500]
        [--limit-statements 20] [--fresh] [--keep] [--json]

Rows are copies of one client's that the services made, with other keys, states, currencies and
days. The count by hand reads plain rows and adds them up in Python. Needs the environment that
script/manage sets, and a role that may create a database.
"""

import argparse
import json
import os
import random
import statistics
import sys
import time
from typing import Any

from benchmarks import place
from benchmarks.client_portfolios import pipeline, portfolios
from benchmarks.client_rows import fill
from benchmarks.client_template import begin_after_earlier_runs, template

place.DATABASE = "windsock_benchmark_clients"
PATHS = {
    "dashboard": "/api/client-management/organizations/dashboard/?page={page}",
    "pipeline": "/api/client-management/service-requests/pipeline/?status=quoted&page={page}",
    "pipeline, all": "/api/client-management/service-requests/pipeline/?page={page}",
    "pipeline, end": "/api/client-management/service-requests/pipeline/?page={far}",
    "stages": "/api/client-management/service-requests/pipeline-stages/",
    "dashboard page": "/admin/client_management/clientorganization/at-a-glance/?page={page}",
    "pipeline page": "/admin/client_management/servicerequest/pipeline/?page={page}",
}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.client_dashboards")
    parser.description = " ".join((__doc__ or "").split("\n\n")[0].split())
    parser.add_argument("--clients", type=int, default=2_000)
    parser.add_argument("--requests", type=int, default=200_000)
    parser.add_argument("--operations", type=int, default=1_000_000)
    parser.add_argument("--portfolios", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--limit-ms", type=float, default=500, help="p95 of a page at most")
    parser.add_argument("--limit-statements", type=int, default=20, help="of a page at most")
    parser.add_argument("--seed", type=int, default=20_260_315)
    parser.add_argument("--fresh", action="store_true", help="make the database anew")
    parser.add_argument("--keep", action="store_true", help="leave the database for the next run")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    place.use_benchmark_database(fresh=options.fresh)
    os.environ["DATABASE_STATEMENT_TIMEOUT_MS"] = "0"
    import django  # noqa: PLC0415 - after the environment is set

    django.setup()
    try:
        report = measure(options)
    finally:
        if not options.keep:
            place.drop_benchmark_database()
    print(json.dumps(report, indent=2, default=str) if options.json else text(report))
    return 1 if report["differing"] or report["over"] else 0


def measure(options: argparse.Namespace) -> dict[str, Any]:
    from client_management.models import ClientOrganization  # noqa: PLC0415 - needs Django

    begin_after_earlier_runs()
    if ClientOrganization.objects.count() < options.clients:
        fill(template(), options.clients, options.requests, options.operations)
    found = {
        "rows": sizes(),
        "pages": {name: timed(path, options) for name, path in PATHS.items()},
    }
    found["over"] = over(found["pages"], options)
    begun = time.perf_counter()
    found["portfolios"], found["differing"] = portfolios(options.portfolios, options.seed)
    found["listed"], wrong = pipeline(options.portfolios, options.seed)
    found["differing"] += wrong
    found["compared_s"] = round(time.perf_counter() - begun, 1)
    return found


def over(pages: dict[str, Any], options: argparse.Namespace) -> list[str]:
    """Pages that take longer, or ask more often, than they may."""
    return [
        f"{name}: {page[key]} {unit}, at most {limit:g}"
        for name, page in pages.items()
        for key, limit, unit in (
            ("p95_ms", options.limit_ms, "ms at p95"),
            ("statements", options.limit_statements, "statements"),
        )
        if page[key] > limit
    ]


def text(report: dict[str, Any]) -> str:
    lines = ["  ".join(f"{name} {count:,}" for name, count in report["rows"].items())]
    for name, page in report["pages"].items():
        lines.append(
            f"{name:14} p50 {page['p50_ms']:7.1f} ms  p95 {page['p95_ms']:7.1f} ms"
            f"  {page['statements']} statements  {page['rows']} rows"
        )
    lines.append(
        f"{report['portfolios']} portfolios and {report['listed']} requests of the pipeline counted"
        f" by hand: {len(report['differing'])} figures differ"
    )
    lines += [f"  over its limit: {each}" for each in report["over"]]
    lines += [f"  differs: {each}" for each in report["differing"][:10]]
    return "\n".join(lines)


def sizes() -> dict[str, int]:
    from client_management import models  # noqa: PLC0415 - needs Django
    from finance.models import Invoice  # noqa: PLC0415

    kinds = (
        models.ClientOrganization,
        models.ServiceRequest,
        models.ServiceQuote,
        models.JobOrder,
        models.JobOperation,
        Invoice,
    )
    return {kind.__name__: kind.objects.count() for kind in kinds}


def timed(path: str, options: argparse.Namespace) -> dict[str, Any]:
    """Times of a page over the view, and its statements."""
    from django.db import connection  # noqa: PLC0415 - needs Django
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    from client_management.models import ServiceRequest  # noqa: PLC0415

    client = _boss(path)
    dice = random.Random(options.seed)  # noqa: S311 - reproducible
    pages = max(1, options.clients * 19 // 20 // 50)
    last = max(20, ServiceRequest.objects.exclude(status="draft").count() // 50)
    client.get(path.format(page=1, far=last))
    times, rows = [], 0
    for _ in range(options.rounds):
        url = path.format(page=dice.randrange(1, pages + 1), far=last - dice.randrange(last // 20))
        begun = time.perf_counter()
        answer = client.get(url)
        times.append((time.perf_counter() - begun) * 1000)
        if answer.status_code != 200:
            raise SystemExit(f"{url}: {answer.status_code} {answer.content[:300]!r}")
        rows = _rows_of(answer)
    with CaptureQueriesContext(connection) as queries:
        client.get(path.format(page=1, far=last))
    return {
        "p50_ms": round(statistics.median(times), 1),
        "p95_ms": round(sorted(times)[int(len(times) * 0.95) - 1], 1),
        "statements": len(queries),
        "rows": rows,
    }


def _boss(path: str) -> Any:
    from rest_framework.test import APIClient  # noqa: PLC0415 - needs Django

    from tests.browser import enter  # noqa: PLC0415
    from tests.users.factories import UserFactory  # noqa: PLC0415

    boss = UserFactory(is_superuser=True)
    client = APIClient(SERVER_NAME="127.0.0.1")
    if path.startswith("/admin/"):
        enter(client, boss)
    else:
        client.force_authenticate(boss)
    return client


def _rows_of(answer: Any) -> int:
    if "json" not in answer["Content-Type"]:
        return len(answer.context_data["page"].object_list)
    body = answer.json()
    return len(body["results"] if isinstance(body, dict) else body)


if __name__ == "__main__":
    sys.exit(main())
