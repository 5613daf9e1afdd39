"""
Admin pages: every list and every record's page over 1,000,000 operations and 10,000,000 positions.

    python -m benchmarks.admin_pages [--operations 1000000] [--positions 10000000] [--rounds 12]
        [--only TEXT] [--fresh] [--keep] [--json]

Makes a database of its own with one record of every kind and copies of an operation with all that
grows with it: plans, verdicts' colors, status changes, the audit trail, positions. Then a
superuser opens each screen: the list as it is, its last but one page, a search, and the pages of
the first, a middle and the last record. Told of each is the 95th percentile of its times in
milliseconds and the most SQL statements of one answer. Exits with 1 where one takes more than 500
ms or 20 statements, or is not answered. Needs the environment that script/manage sets, and a role
that may create a database.
"""

# ruff: noqa: S608 - the statements are made of names of our own tables alone

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from typing import Any

from benchmarks import place

place.DATABASE = "windsock_benchmark_admin"
MOST_MS, MOST_STATEMENTS = 500, 20
OPERATION = "flight_operations_flightoperation"
POSITIONS = "flight_operations_flightexecutionlog"
STATUS = (
    "(ARRAY['planned','authorised','landed','logged','finalised','finalised','finalised',"
    "'finalised','cancelled','aborted'])[1 + (g.n * 7) % 10]"
)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.admin_pages", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--operations", type=int, default=1_000_000)
    parser.add_argument("--positions", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=12, help="of each page (default 12)")
    parser.add_argument("--only", default="", metavar="TEXT", help="screens that contain this")
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
    from django.conf import settings  # noqa: PLC0415 - needs Django

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    try:
        made_s = fill(options)
        pages = [measured(screen, options) for screen in screens(options.only)]
    finally:
        if not options.keep:
            place.drop_benchmark_database()
    report = summary(pages, made_s)
    print(json.dumps(report, indent=2) if options.json else text(report))
    return 0 if not report["failing"] else 1


def fill(options: argparse.Namespace) -> float:
    """One record of every kind, and many operations. Seconds it took; none where they are there."""
    from django.contrib.contenttypes.models import ContentType  # noqa: PLC0415 - needs Django

    from benchmarks.client_template import begin_after_earlier_runs, owner  # noqa: PLC0415
    from flight_operations.models import FlightOperation  # noqa: PLC0415
    from tests.architecture.permission_world import full_world  # noqa: PLC0415

    begin_after_earlier_runs()
    if FlightOperation.objects.count() > options.operations:
        return 0.0
    begun = time.perf_counter()
    with full_world(is_kept=True):
        pass
    first = FlightOperation.objects.exclude(plan=None).order_by("pk").first()
    assert first is not None
    kind = ContentType.objects.get_for_model(FlightOperation).pk
    with owner() as cursor:
        for table in GROWING:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        _operations(cursor, first.pk, options.operations)
        _records(cursor, first.pk, kind, options.operations)
        _positions(cursor, first.pk, options)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in GROWING:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        cursor.execute("ANALYZE")
    return time.perf_counter() - begun


GROWING = (
    OPERATION,
    "flight_operations_flightplan",
    "flight_operations_planvolume",
    "common_compliancestate",
    "common_statuschange",
    "common_auditevent",
    POSITIONS,
)


def _operations(cursor: Any, template: int, count: int) -> None:
    """Copies over three years; nothing is in the air."""
    from benchmarks.client_template import copies  # noqa: PLC0415 - needs Django

    flown = f"{STATUS} IN ('landed','logged','finalised','aborted')"
    start = "src.planned_start_at - ((g.n * 31) % 1000) * interval '1 day'"
    copies(
        cursor,
        OPERATION,
        template,
        count,
        number="'FO-B-' || g.n",
        status=STATUS,
        planned_start_at=start,
        planned_end_at=f"{start} + interval '30 minutes'",
        actual_start_at=f"CASE WHEN {flown} THEN {start} END",
        actual_end_at=f"CASE WHEN {flown} THEN {start} + interval '20 minutes' END",
    )
    cursor.execute(
        "SELECT id FROM flight_operations_flightplan WHERE operation_id = %s", [template]
    )
    (plan,) = cursor.fetchone()
    keys = {"operation_id": f"{template} + g.n"}
    copies(cursor, "flight_operations_flightplan", plan, count, **keys)
    cursor.execute("SELECT min(id) FROM flight_operations_planvolume WHERE plan_id = %s", [plan])
    (volume,) = cursor.fetchone()
    copies(cursor, "flight_operations_planvolume", volume, count, plan_id=f"{plan} + g.n")


def _records(cursor: Any, template: int, kind: int, count: int) -> None:
    """What every operation leaves behind: its color, two steps and two deeds."""
    cursor.execute("SELECT max(id) FROM common_verdict")
    (verdict,) = cursor.fetchone()
    cursor.execute(
        "INSERT INTO common_compliancestate (subject_type, subject_id, scope, color, is_stale,"
        " stale_because, marks, assessed_at, dependencies, verdict_id)"
        " SELECT 'flight_operations.flightoperation', %s + n, '', "
        " (ARRAY['green','amber','red'])[1 + n %% 3], n %% 50 = 0, '', 0, now(),"
        " ARRAY['operation:' || n], %s FROM generate_series(1, %s) AS g (n)",
        [template, verdict, count],
    )
    cursor.execute(
        "INSERT INTO common_statuschange (object_id, from_status, to_status, reason, changed_at,"
        " content_type_id) SELECT %s + n, s.a, s.b, '', now() - n * interval '1 second', %s"
        " FROM generate_series(1, %s) AS g (n),"
        " (VALUES ('planned', 'authorised'), ('authorised', 'active')) AS s (a, b)",
        [template, kind, count],
    )
    cursor.execute(
        "INSERT INTO common_auditevent (action, subject_type, subject_id, subject_label, scope,"
        " actor_label, reason, details, request_id, occurred_at)"
        " SELECT s.a, 'flight_operations.flightoperation', (%s + n)::text, 'FO-B-' || n, '',"
        " 'pilot@example.com', '', '{}', md5(n::text), now() - n * interval '1 second'"
        " FROM generate_series(1, %s) AS g (n), (VALUES ('operation.planned'),"
        " ('operation.released')) AS s (a)",
        [template, count],
    )


def _positions(cursor: Any, template: int, options: argparse.Namespace) -> None:
    """The same number for each operation that has any, one a second."""
    cursor.execute("SELECT min(id) FROM flight_operations_telemetrysource")
    (source,) = cursor.fetchone()
    each = 1_000
    cursor.execute(
        f"INSERT INTO {POSITIONS} (operation_id, recorded_at, received_at, lat, lon, source_id,"
        " sequence, height_m, flags, breaches, datum, height_basis, conformant)"
        " SELECT %s + o, now() + s * interval '1 second', now(), -35.3, 149.1, %s, s, 80, 0, 0, 0,"
        " 0, true FROM generate_series(1, %s) AS a (o), generate_series(1, %s) AS b (s)",
        [template, source or 1, max(1, options.positions // each), each],
    )


def screens(only: str) -> Iterator[tuple[str, Any]]:
    """Every registered screen, by its address."""
    from django.contrib import admin  # noqa: PLC0415 - needs Django
    from django.urls import reverse  # noqa: PLC0415

    for model, screen in sorted(admin.site._registry.items(), key=lambda each: each[0]._meta.label):  # noqa: SLF001 - the list of what is there
        meta = model._meta
        address = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
        if only in address:
            yield address, screen


def measured(entry: tuple[str, Any], options: argparse.Namespace) -> dict[str, Any]:
    """Times and statements of one screen's pages."""
    address, screen = entry
    model = screen.model
    counted = model._base_manager.all()  # noqa: SLF001 - whatever the screen shows of it
    paths = {"list": address}
    if screen.search_fields:
        paths["search"] = f"{address}?q=1234"
    rows = _estimate(model)
    if rows > 2 * screen.list_per_page:
        paths["later page"] = f"{address}?p=40" if rows > 5_000 else f"{address}?p=2"
    keys = list(counted.order_by("pk").values_list("pk", flat=True)[:1])
    keys += list(counted.order_by("-pk").values_list("pk", flat=True)[:1])
    for place_, key in zip(("first", "last"), keys, strict=False):
        paths[place_] = f"{address}{key}/change/"
    found = {name: _timed(path, options.rounds) for name, path in paths.items()}
    return {"screen": address, "rows": rows, "pages": found}


def _estimate(model: Any) -> int:
    from django.db import connection  # noqa: PLC0415 - needs Django

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE relname = %s",
            [model._meta.db_table],
        )
        return int((cursor.fetchone() or (0,))[0])


_CLIENT: list[Any] = []


def _timed(path: str, rounds: int) -> dict[str, Any]:
    from django.db import connection  # noqa: PLC0415 - needs Django
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    client = _client()
    answer = client.get(path)
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        client.get(path)
        times.append((time.perf_counter() - begun) * 1000)
    with CaptureQueriesContext(connection) as queries:
        client.get(path)
    slowest = max(queries.captured_queries, key=lambda each: float(each["time"]), default=None)
    return {
        "status": answer.status_code,
        "p95_ms": round(sorted(times)[max(0, int(len(times) * 0.95) - 1)], 1),
        "statements": len(queries),
        "slowest": slowest and f"{slowest['time']} s {slowest['sql'][:400]}",
    }


def _client() -> Any:
    from django.test import Client  # noqa: PLC0415 - needs Django

    from tests.browser import enter  # noqa: PLC0415
    from tests.users.factories import UserFactory  # noqa: PLC0415

    if not _CLIENT:
        client = Client(SERVER_NAME="127.0.0.1")
        enter(client, UserFactory(is_superuser=True))
        _CLIENT.append(client)
    return _CLIENT[0]


def summary(pages: list[dict[str, Any]], made_s: float) -> dict[str, Any]:
    every = [
        {"screen": each["screen"], "page": name, "rows": each["rows"], **values}
        for each in pages
        for name, values in each["pages"].items()
    ]
    failing = [
        each
        for each in every
        if each["status"] != 200 or each["p95_ms"] > MOST_MS or each["statements"] > MOST_STATEMENTS
    ]
    return {
        "made_s": round(made_s, 1),
        "screens": len(pages),
        "pages": len(every),
        "p95_ms_of_the_slowest": max((each["p95_ms"] for each in every), default=None),
        "most_statements": max((each["statements"] for each in every), default=None),
        "failing": failing,
        "every": every,
    }


def text(report: dict[str, Any]) -> str:
    lines = [
        f"{each['screen']:58} {each['page']:11} {each['status']}  p95 {each['p95_ms']:8.1f} ms"
        f"  {each['statements']:3} statements  of {each['rows']:,} rows"
        for each in report["every"]
    ]
    lines.append(
        f"{report['screens']} screens, {report['pages']} pages: slowest p95"
        f" {report['p95_ms_of_the_slowest']} ms, most statements {report['most_statements']},"
        f" {len(report['failing'])} failing; made in {report['made_s']} s"
    )
    lines += [
        f"FAIL {each['screen']} {each['page']}: {each['status']}, {each['p95_ms']} ms,"
        f" {each['statements']} statements; {each['slowest']}"
        for each in report["failing"]
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
