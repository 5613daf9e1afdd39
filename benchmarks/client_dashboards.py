"""
Dashboards of clients: 2,000 clients, 200,000 requests, 1,000,000 operations in a database of its
own; times and statements of a page over the views and of the desk's pages, and 1,000 random
portfolios counted by hand.

    python -m benchmarks.client_dashboards [--clients 2000] [--requests 200000]
        [--operations 1000000] [--portfolios 1000] [--rounds 60] [--fresh] [--keep] [--json]

Rows are copies of one client's that the services made, with other keys, states and days. The count
by hand reads plain rows and adds them up in Python. Exits with 1 where one portfolio differs. Needs
the environment that script/manage sets, and a role that may create a database.
"""

# ruff: noqa: S608 - the statements are made of names of our own tables alone

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
from benchmarks.client_template import begin_after_earlier_runs, copies, owner, template

place.DATABASE = "windsock_benchmark_clients"
PATHS = {
    "dashboard": "/api/client-management/organizations/dashboard/?page={page}",
    "pipeline": "/api/client-management/service-requests/pipeline/?status=quoted&page={page}",
    "pipeline, all": "/api/client-management/service-requests/pipeline/?page={page}",
    "stages": "/api/client-management/service-requests/pipeline-stages/",
    "dashboard page": "/admin/client_management/clientorganization/at-a-glance/?page={page}",
    "pipeline page": "/admin/client_management/servicerequest/pipeline/?page={page}",
}
APP = "client_management_"
OPERATION = "flight_operations_flightoperation"
INVOICE = "finance_invoice"
JOB_STATUS = (
    "(ARRAY['confirmed','scheduled','in_progress','delivered','accepted','invoiced',"
    "'completed','completed','on_hold','cancelled'])[1 + (g.n / 10) % 10]"
)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.client_dashboards")
    parser.description = " ".join((__doc__ or "").split("\n\n")[0].split())
    parser.add_argument("--clients", type=int, default=2_000)
    parser.add_argument("--requests", type=int, default=200_000)
    parser.add_argument("--operations", type=int, default=1_000_000)
    parser.add_argument("--portfolios", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=60)
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
    return 1 if report["differing"] else 0


def measure(options: argparse.Namespace) -> dict[str, Any]:
    from client_management.models import ClientOrganization  # noqa: PLC0415 - needs Django

    begin_after_earlier_runs()
    if ClientOrganization.objects.count() < options.clients:
        fill(options)
    found = {
        "rows": sizes(),
        "pages": {name: timed(path, options) for name, path in PATHS.items()},
    }
    begun = time.perf_counter()
    found["portfolios"], found["differing"] = portfolios(options.portfolios, options.seed)
    found["listed"], wrong = pipeline(options.portfolios, options.seed)
    found["differing"] += wrong
    found["compared_s"] = round(time.perf_counter() - begun, 1)
    return found


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
    lines += [f"  differs: {each}" for each in report["differing"][:10]]
    return "\n".join(lines)


def fill(options: argparse.Namespace) -> None:
    """Multiply the rows of one client; guards look away meanwhile, foreign keys do not."""
    rows = template()
    n_clients, n_requests, n_operations = options.clients, options.requests, options.operations
    status = (
        "(ARRAY['submitted','assessing','quoted','approved','approved','approved','declined',"
        "'expired','cancelled','draft'])[1 + (n % 1000 * 7919) % 10]"
    )
    organization = f"{rows['organization']} + 1 + ((n::bigint * 48271) % {n_clients})"
    with owner() as cursor:
        for table in GUARDED:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        copies(cursor, "contacts_contact", rows["contact"], n_clients, name="'Client ' || n")
        copies(
            cursor,
            f"{APP}clientorganization",
            rows["organization"],
            n_clients,
            number="'CLI-B-' || n",
            name="'Client ' || lpad(n::text, 6, '0')",
            contact_id=f"{rows['contact']} + n",
            status="CASE WHEN n % 20 = 0 THEN 'suspended' ELSE 'active' END",
        )
        copies(
            cursor,
            f"{APP}servicerequest",
            rows["request"],
            n_requests,
            number="'SR-B-' || n",
            organization_id=organization,
            status=status,
            budget="(n % 5000)::numeric",
            approved_budget=f"CASE WHEN {status} = 'approved' THEN (n % 900)::numeric END",
            wanted_from="src.wanted_from + (n * 31) % 365",
            wanted_until="src.wanted_from + (n * 31) % 365 + 10",
        )
        _quotes_and_jobs(cursor, rows, n_requests)
        _operations(cursor, rows, n_operations)
        _invoices(cursor, rows, n_clients, n_requests // 4)
        # Keys that are looked at when a transaction ends are looked at now.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in GUARDED:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        cursor.execute("ANALYZE")


GUARDED = (
    f"{APP}clientorganization",
    f"{APP}servicerequest",
    f"{APP}servicequote",
    f"{APP}joborder",
    f"{APP}joboperation",
    OPERATION,
    INVOICE,
    "contacts_contact",
)


def _quotes_and_jobs(cursor: Any, rows: dict[str, int], count: int) -> None:
    """An offer for each request that got so far, a job for each that was approved."""
    base = rows["request"]
    cursor.execute(
        f"CREATE TEMP TABLE wanted AS SELECT id - {base} AS n, organization_id, status"
        f" FROM {APP}servicerequest WHERE id > {base}"
    )
    cursor.execute("CREATE UNIQUE INDEX ON wanted (n)")
    standing = (
        "CASE w.status WHEN 'approved' THEN 'accepted' WHEN 'quoted' THEN 'sent' ELSE w.status END"
    )
    accepted = f"CASE WHEN {JOB_STATUS} IN ('accepted','invoiced','completed') THEN"
    copies(
        cursor,
        f"{APP}servicequote",
        rows["quote"],
        count,
        join=(
            "JOIN wanted w ON w.n = g.n AND w.status IN ('quoted','approved','declined','expired')"
        ),
        number="'SQ-B-' || g.n",
        request_id=f"{base} + g.n",
        status=standing,
        link_digest="md5(g.n::text) || md5((-g.n)::text)",
        answered_at="src.sent_at",
        answered_by_id="src.sent_by_id",
    )
    copies(
        cursor,
        f"{APP}joborder",
        rows["job"],
        count,
        join="JOIN wanted w ON w.n = g.n AND w.status = 'approved'",
        number="'JOB-B-' || g.n",
        request_id=f"{base} + g.n",
        quote_id=f"{rows['quote']} + g.n",
        organization_id="w.organization_id",
        status=JOB_STATUS,
        agreed_amount="(g.n % 7000)::numeric",
        accepted_at=f"{accepted} src.created_at END",
        accepted_by_id=f"{accepted} (SELECT sent_by_id FROM {APP}servicequote LIMIT 1) END",
    )


def _operations(cursor: Any, rows: dict[str, int], count: int) -> None:
    """Operations, each flown for one job; nothing is in the air."""
    status = (
        "(ARRAY['draft','planned','authorised','landed','logged','finalised','finalised',"
        "'finalised','cancelled','aborted'])[1 + (n % 1000 * 7919) % 10]"
    )
    flown = f"{status} IN ('landed','logged','finalised','aborted')"
    start = "src.planned_start_at + ((n * 31) % 200 - 150) * interval '1 day'"
    copies(
        cursor,
        OPERATION,
        rows["operation"],
        count,
        number="'FO-B-' || n",
        status=status,
        planned_start_at=start,
        planned_end_at=f"{start} + interval '30 minutes'",
        actual_start_at=f"CASE WHEN {flown} THEN {start} END",
        actual_end_at=f"CASE WHEN {flown} THEN {start} + interval '20 minutes' END",
    )
    cursor.execute(
        f"CREATE TEMP TABLE jobs AS SELECT id, row_number() OVER (ORDER BY id) - 1 AS place"
        f" FROM {APP}joborder WHERE id > {rows['job']}"
    )
    cursor.execute("CREATE UNIQUE INDEX ON jobs (place)")
    copies(
        cursor,
        f"{APP}joboperation",
        rows["link"],
        count,
        join="JOIN jobs j ON j.place = (g.n::bigint * 69621) % (SELECT count(*) FROM jobs)",
        job_id="j.id",
        operation_id=f"{rows['operation']} + g.n",
        sequence="row_number() OVER (PARTITION BY j.id ORDER BY g.n)",
        part_m2="(g.n % 900 + 1)::float8",
    )


def _invoices(cursor: Any, rows: dict[str, int], clients: int, count: int) -> None:
    """Bills of every client: paid, in part, open and late."""
    status = "(ARRAY['paid','part_paid','open','overdue','void'])[1 + (n * 7919) % 5]"
    copies(
        cursor,
        INVOICE,
        rows["invoice"],
        count,
        number="'INV-B-' || n",
        payer_id=f"{rows['contact']} + 1 + ((n::bigint * 48271) % {clients})",
        status=status,
        paid=f"CASE {status} WHEN 'paid' THEN src.total WHEN 'part_paid'"
        " THEN round(src.total * (n % 90) / 100, 2) ELSE 0 END",
    )


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
    from rest_framework.test import APIClient  # noqa: PLC0415

    from tests.browser import enter  # noqa: PLC0415
    from tests.users.factories import UserFactory  # noqa: PLC0415

    boss = UserFactory(is_superuser=True)
    client = APIClient(SERVER_NAME="127.0.0.1")
    if path.startswith("/admin/"):
        enter(client, boss)
    else:
        client.force_authenticate(boss)
    dice = random.Random(options.seed)  # noqa: S311 - reproducible
    pages = max(1, options.clients * 19 // 20 // 50)
    client.get(path.format(page=1))
    times, rows = [], 0
    for _ in range(options.rounds):
        url = path.format(page=dice.randrange(1, pages + 1))
        begun = time.perf_counter()
        answer = client.get(url)
        times.append((time.perf_counter() - begun) * 1000)
        if answer.status_code != 200:
            raise SystemExit(f"{url}: {answer.status_code} {answer.content[:300]!r}")
        rows = _rows_of(answer)
    with CaptureQueriesContext(connection) as queries:
        client.get(path.format(page=1))
    return {
        "p50_ms": round(statistics.median(times), 1),
        "p95_ms": round(sorted(times)[int(len(times) * 0.95) - 1], 1),
        "statements": len(queries),
        "rows": rows,
    }


def _rows_of(answer: Any) -> int:
    if "json" not in answer["Content-Type"]:
        return len(answer.context_data["page"].object_list)
    body = answer.json()
    return len(body["results"] if isinstance(body, dict) else body)


if __name__ == "__main__":
    sys.exit(main())
