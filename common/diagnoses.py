"""The doctor's examinations of the ground: database, Redis, worker, events, mail, files, keys."""

import shutil
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import BinaryField, Func, IntegerField, Q, Value
from django.utils import timezone

from common.audit import verify_chain
from common.backup.media import STAGING
from common.database import append_only_tables
from common.diagnosis import DATABASE, Trouble, examination
from common.encryption import (
    SealBroken,
    SealedModel,
    key_ring,
    prefix_of,
    sealed_fields,
    sealed_models,
)
from common.guards import bare_partitions, declared_guards, guards_there, missing_constraints
from common.models import Delivery, Heartbeat, Mail
from common.tasks import MAX_ATTEMPTS

OLDEST_POSTGIS = (3, 3)
CLOCKS_APART_S = 5
WORKER_SILENT_AFTER_S = 60
EVENTS_WAIT_AT_MOST = timedelta(minutes=10)
MAIL_WAITS_AT_MOST = timedelta(minutes=30)
LEAST_FREE_BYTES = 2 * 1024**3
GRANTS = "As the schema's owner: script/manage migrate, which gives each role what it needs."


@examination(DATABASE, "The database answers", needs_database=False)
def database_answers() -> Iterator[Trouble]:
    """Connect, and have something answered."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    # The driver's errors and the pool's are of several families; each means "no".
    except Exception as error:  # noqa: BLE001
        text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        yield Trouble(
            f"No connection: {text}",
            "Start PostgreSQL, and check DATABASE_URL (docs/CONFIGURATION.md).",
        )


@examination("database.clock", "The database's clock is this machine's")
def clocks_agree() -> Iterator[Trouble]:
    """Life cycles and limits compare times of both."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (there,) = cursor.fetchone()
    apart_s = abs((timezone.now() - there).total_seconds())
    if apart_s > CLOCKS_APART_S:
        yield Trouble(
            f"The database's clock and this machine's are {apart_s:.0f} s apart.",
            "Synchronise both with NTP (timedatectl set-ntp true); do not release flights before.",
        )


@examination("database.postgis", "PostGIS is new enough")
def postgis_is_there() -> Iterator[Trouble]:
    """Look for the extension in this database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT extversion FROM pg_extension WHERE extname = 'postgis'")
        row = cursor.fetchone()
    wanted = ".".join(map(str, OLDEST_POSTGIS))
    if row is None:
        yield Trouble(
            "The database has no PostGIS.",
            "As a superuser, in this database: CREATE EXTENSION postgis",
        )
    elif tuple(int(part) for part in row[0].split(".")[:2]) < OLDEST_POSTGIS:
        yield Trouble(
            f"PostGIS {row[0]} is older than {wanted}.",
            "Install a newer PostGIS, then: ALTER EXTENSION postgis UPDATE",
        )


@examination("database.migrations", "The database has the tables of this version")
def migrations_are_applied() -> Iterator[Trouble]:
    """Compare what was applied with what this version brings, in both directions."""
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        first = missing[0][0]
        yield Trouble(
            f"{len(missing)} migrations are not applied, first {first.app_label}.{first.name}.",
            "Back up, then: script/manage migrate",
        )
    ours = {config.label for config in apps.get_app_configs()}
    known = executor.loader.disk_migrations
    newer = [
        key for key in executor.loader.applied_migrations if key[0] in ours and key not in known
    ]
    if newer:
        yield Trouble(
            f"The database was made by a newer version: {'.'.join(min(newer))} is not known here.",
            "Start the version that the database was made with, or restore the backup before it.",
        )


@examination("database.role", "The application's role owns nothing and alters nothing")
def role_is_weak() -> Iterator[Trouble]:
    """Ask the database what the role of this process may do."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, rolsuper FROM pg_roles WHERE rolname = current_user")
        role, is_superuser = cursor.fetchone()
        cursor.execute(
            "SELECT count(*) FROM pg_class c"
            " WHERE pg_has_role(current_user, c.relowner, 'MEMBER') AND c.relkind IN ('r', 'p')"
            " AND c.relnamespace = 'public'::regnamespace"
        )
        (owned,) = cursor.fetchone()
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relname = ANY(%s) AND (has_table_privilege(oid, 'UPDATE')"
            " OR has_table_privilege(oid, 'DELETE')) ORDER BY relname",
            [append_only_tables()],
        )
        open_tables = [name for (name,) in cursor.fetchall()]
    connect = f"Connect as {settings.DATABASE_APP_ROLE} (DATABASE_URL). {GRANTS}"
    if is_superuser:
        yield Trouble(f"{role} is a superuser: nothing guards the records from it.", connect)
    elif owned:
        yield Trouble(
            f"{role} owns {owned} tables, or may act as who does, and can switch guards off.",
            connect,
        )
    elif open_tables:
        yield Trouble(
            f"{role} may change {len(open_tables)} tables that only grow, first {open_tables[0]}.",
            GRANTS,
        )


@examination("database.guards", "No trigger is switched off, no constraint unchecked")
def guards_are_on() -> Iterator[Trouble]:
    """Find what was switched off, left unchecked or left half built."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.oid::regclass::text, quote_ident(t.tgname) FROM pg_trigger t"
            " JOIN pg_class c ON c.oid = t.tgrelid WHERE t.tgenabled IN ('D', 'R')"
            " AND c.relnamespace::regnamespace::text IN ('public', 'telemetry') ORDER BY 1, 2"
        )
        for table, name in cursor.fetchall():
            yield Trouble(
                f"Trigger {name} on {table} is switched off.",
                f"As the owner: ALTER TABLE {table} ENABLE TRIGGER {name}; then look at what was"
                " written meanwhile: script/manage verify_audit",
            )
        cursor.execute(
            "SELECT conrelid::regclass::text, conname FROM pg_constraint"
            " WHERE NOT convalidated AND connamespace = 'public'::regnamespace ORDER BY 1, 2"
        )
        for table, name in cursor.fetchall():
            yield Trouble(
                f"Constraint {name} on {table} was never checked against the rows there are.",
                f"As the owner: ALTER TABLE {table} VALIDATE CONSTRAINT {name}",
            )
        cursor.execute(
            "SELECT indexrelid::regclass::text FROM pg_index i"
            " JOIN pg_class c ON c.oid = i.indrelid WHERE NOT i.indisvalid"
            " AND c.relnamespace = 'public'::regnamespace ORDER BY 1"
        )
        for (name,) in cursor.fetchall():
            yield Trouble(
                f"Index {name} is half built and serves nobody.",
                f"As the owner: REINDEX INDEX CONCURRENTLY {name}",
            )


@examination("database.declared", "No trigger, policy or constraint was dropped")
def guards_are_there() -> Iterator[Trouble]:
    """Hold what guards the tables against what the migrations and models say there is."""
    after = " Then look at what was written meanwhile: script/manage verify_audit"
    declared = declared_guards(connection)
    for guard in sorted(declared.keys() - guards_there(connection)):
        yield Trouble(
            f"The {guard.kind} {guard.name} on {guard.table} is gone.",
            "As the owner, run its statement again, which this prints: script/manage sqlmigrate"
            f" {declared[guard]}.{after}",
        )
    for partition, table, name in bare_partitions(connection):
        yield Trouble(
            f"Partition {partition} lacks the trigger {name} of {table}.",
            f"As the owner, make it as {table} has it (\\d {table} in psql).{after}",
        )
    for table, name in missing_constraints(connection):
        yield Trouble(
            f"The constraint {name} of {table} is gone.",
            "As the owner, run its statement again; script/manage sqlmigrate prints it for the"
            " migration of that app that adds it.",
        )


@examination("redis.answers", "Redis answers", needs_database=False)
def redis_answers() -> Iterator[Trouble]:
    """Write a value and read it back."""
    if not settings.REDIS_URL:
        yield Trouble(
            "REDIS_URL is not set: background work runs in this process, and nobody hears events"
            " live.",
            "Set REDIS_URL (docs/CONFIGURATION.md).",
            is_fault=not settings.DEBUG,
        )
        return
    remedy = "Start Redis, and check REDIS_URL (docs/CONFIGURATION.md)."
    try:
        cache.set("doctor", "1", 10)
        if cache.get("doctor") != "1":
            yield Trouble("Redis forgets what it is given.", remedy)
    # The client's own errors, all meaning "no".
    except Exception as error:  # noqa: BLE001
        yield Trouble(f"No answer: {type(error).__name__}.", remedy)


@examination("worker.heartbeat", "The worker and its clock run")
def worker_runs() -> Iterator[Trouble]:
    """The scheduler queues a heartbeat and the worker writes it: one of both is missing."""
    if settings.SCHEDULER_BACKEND != "celery":
        yield Trouble(
            "SCHEDULER_BACKEND is not celery: nothing periodic is done.",
            "Set REDIS_URL and SCHEDULER_BACKEND=celery, and start worker and beat (Procfile).",
            is_fault=not settings.DEBUG,
        )
        return
    beat = Heartbeat.objects.filter(name="worker").first()
    remedy = (
        "Start the worker and beat (Procfile); where both run, look into their log for why"
        " common.tasks.heartbeat is not done."
    )
    if beat is None:
        yield Trouble("No worker ever ran on this database.", remedy)
        return
    age_s = (timezone.now() - beat.beat_at).total_seconds()
    if age_s > WORKER_SILENT_AFTER_S:
        yield Trouble(f"The last heartbeat is {age_s / 60:.0f} min old.", remedy)


@examination("events.delivered", "Events reach who waits for them")
def events_are_delivered() -> Iterator[Trouble]:
    """Find deliveries that were given up, and those that wait too long."""
    now = timezone.now()
    open_ones = Delivery.objects.filter(delivered_at=None)
    lost = open_ones.filter(attempts__gte=MAX_ATTEMPTS)
    last = lost.order_by("-pk").first()
    if last is not None:
        error = last.last_error.strip().splitlines()[-1:] or [""]
        yield Trouble(
            f"{lost.count()} deliveries were given up, the last to {last.handler}:"
            f" {error[0][:200]}",
            "Put the cause right, then in the admin: Deliveries, action Deliver again.",
        )
    late = open_ones.filter(attempts=0, event__occurred_at__lt=now - EVENTS_WAIT_AT_MOST).count()
    if late:
        yield Trouble(
            f"{late} deliveries have waited for more than 10 minutes.",
            "See worker.heartbeat; with a worker at work it has too much to do: start another.",
            is_fault=False,
        )


@examination("mail.sent", "Mail goes out")
def mail_goes_out() -> Iterator[Trouble]:
    """Find mails that stay."""
    since = timezone.now() - MAIL_WAITS_AT_MOST
    waiting = Mail.objects.filter(status__in=Mail.OPEN, queued_at__lt=since).count()
    if waiting:
        yield Trouble(
            f"{waiting} mails have waited for more than 30 minutes.",
            "Check EMAIL_HOST and the account (docs/CONFIGURATION.md) and what the server answered"
            " (Mails in the admin); what waits is then sent by itself.",
        )


@examination("files.storage", "Files can be stored", needs_database=False)
def files_can_be_stored() -> Iterator[Trouble]:
    """Write a file where documents go, and look how much room there is."""
    root = Path(settings.MEDIA_ROOT)
    # It is made with the first file.
    while not root.exists():
        root = root.parent
    remedy = f"Give the service's account the right to write to {root} (MEDIA_ROOT)."
    try:
        with tempfile.TemporaryFile(dir=root) as file:
            file.write(b"doctor")
    except OSError as error:
        yield Trouble(f"Nothing can be written to {root}: {error.strerror}.", remedy)
        return
    if (Path(settings.MEDIA_ROOT) / STAGING).exists():
        yield Trouble(
            f"A restore was cut off: {STAGING} below {settings.MEDIA_ROOT} holds files of it.",
            "Restore that backup again: script/manage restore FOLDER --replace",
        )
    free = shutil.disk_usage(root).free
    if free < LEAST_FREE_BYTES:
        yield Trouble(
            f"{free / 1024**2:.0f} MB are free at {root}.",
            "Make room before uploads and logs are refused: move old flight logs and deliverables.",
        )


@examination("keys.sealed", "Every sealed value has its key")
def sealed_values_have_keys() -> Iterator[Trouble]:
    """Find rows that are closed with a key that is not there."""
    for model in sealed_models(apps.get_models()):
        count = _without_key(model)
        if count:
            yield Trouble(
                f"{count} rows of {model._meta.verbose_name_plural} are closed with a key that is"
                " not in FIELD_ENCRYPTION_KEYS.",
                "Put the old key back behind the new one, then: script/manage rotate_keys",
            )
            continue
        yield from _not_opened(model)


def _not_opened(model: type[SealedModel]) -> Iterator[Trouble]:
    """The first and the last value of each field: another key under the same id opens neither."""
    rows, broken = model._default_manager.order_by("pk"), []
    for field in sealed_fields(model):
        there = rows.filter(**{f"{field.name}__isnull": False})
        ends = {row.pk: row for row in (there.first(), there.last()) if row}
        broken += [told for row in ends.values() if (told := _seal_fault(row, field.name))]
    if broken:
        yield Trouble(
            f"{len(broken)} of the values looked at do not open. {broken[0]}",
            "Put the lost key back under its id, from the copy of FIELD_ENCRYPTION_KEYS"
            " that is kept elsewhere.",
        )


def _seal_fault(row: SealedModel, name: str) -> str:
    try:
        getattr(row, name)
    except SealBroken as broken:
        return str(broken)
    return ""


def _without_key(model: type[SealedModel]) -> int:
    rows, lost = model._default_manager.all(), Q()
    for field in sealed_fields(model):
        has_key = Q(**{f"{field.name}__isnull": True})
        for number, key in enumerate(key_ring()):
            start, alias = prefix_of(key), f"head_{number}_of_{field.name}"
            length = Value(len(start), output_field=IntegerField())
            head = Func(
                field.name, Value(1), length, function="SUBSTRING", output_field=BinaryField()
            )
            rows = rows.alias(**{alias: head})
            has_key |= Q(**{alias: start})
        lost |= ~has_key
    return int(rows.filter(lost).count())


@examination("audit.chain", "The audit trail is whole", reads_all=True)
def audit_is_whole() -> Iterator[Trouble]:
    """Walk the whole chain."""
    _, fault = verify_chain()
    if fault is not None:
        yield Trouble(
            f"Broken at link {fault.sequence}: {fault.reason}.",
            "Keep this database as it is, compare with the last backup, and find who can write to"
            " it besides the application.",
        )


@examination("settings.debug", "Settings are those of production", needs_database=False)
def settings_are_of_production() -> Iterator[Trouble]:
    """DEBUG shows errors with their data and lets demo secrets pass."""
    if settings.DEBUG:
        yield Trouble(
            "DEBUG is on: demo secrets pass and errors show their data.",
            "Unset DEBUG on a machine that others reach; the settings then name each secret that"
            " is missing.",
            is_fault=False,
        )
