"""
Putting a backup back: the database in one transaction that is committed last.

New files are put in their place before it, for an empty database beside them is taken for nothing;
files that replace others follow it, and a folder marks that they have not all come yet.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from common.backup.access import program
from common.backup.checking import ALONE, Plan
from common.backup.failures import RestoreFailed
from common.backup.making import counted
from common.backup.manifest import BLOCK, DUMP, MEDIA, Tell, keep
from common.backup.media import STAGING, copied, is_same, members
from common.backup.named import named_files, unlike
from common.diagnosis import Result, examinations, examine

# In the transaction of the restore: if that fails, nothing was dropped. All names are gathered
# before the first of them goes, for one that went with another can no longer be spelled.
_DROP_ALL = """
SET client_min_messages = warning;
DO $$ DECLARE
    drops text[];
    one text;
    of_extensions oid[] := ARRAY(SELECT objid FROM pg_depend WHERE deptype = 'e');
BEGIN
    SELECT array_agg(it.statement) INTO drops FROM (
        SELECT format('DROP SCHEMA %I CASCADE', n.nspname) FROM pg_namespace n
            WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('public', 'information_schema')
              AND n.oid <> ALL (of_extensions)
        UNION ALL
        SELECT format('DROP %s IF EXISTS public.%I CASCADE',
                CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW'
                               ELSE 'TABLE' END, c.relname)
            FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
              AND c.relkind IN ('r', 'p', 'v', 'm') AND c.oid <> ALL (of_extensions)
        UNION ALL
        SELECT format('DROP ROUTINE IF EXISTS public.%I(%s) CASCADE',
                      p.proname, pg_get_function_identity_arguments(p.oid))
            FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
              AND p.oid <> ALL (of_extensions)
        UNION ALL
        SELECT format('DROP SEQUENCE IF EXISTS public.%I CASCADE', c.relname)
            FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
              AND c.relkind = 'S' AND c.oid <> ALL (of_extensions)
    ) AS it (statement);
    FOREACH one IN ARRAY drops LOOP EXECUTE one; END LOOP;
END $$;
"""
# The target has its extensions, and their tables belong to nobody of ours.
_NOT_OURS = (" EXTENSION ", " spatial_ref_sys ")


def restore(plan: Plan, *, tell: Tell) -> None:
    """
    Put a checked backup in its place. Raises RestoreFailed; the database is then as it was.

    Run again after it was cut off: what is there already is found to be the same.
    """
    root = Path(settings.MEDIA_ROOT)
    kept_back = set(plan.differing)
    try:
        with _unmarked_after(BaseException, root):
            staged = _staged(plan, root, tell)
            _move(root, [name for name in staged if name not in kept_back])
        # Who is cut off here, by a signal, cannot know whether the database was restored.
        with _unmarked_after(Exception, root):
            _restore_database(plan, tell)
    except OSError as error:
        raise RestoreFailed(reason=f"{error.strerror}: {error.filename}") from error
    try:
        _move(root, [name for name in staged if name in kept_back])
        for name in plan.strange:
            (root / name).unlink(missing_ok=True)
        shutil.rmtree(root / STAGING, ignore_errors=True)
    except OSError as error:
        raise RestoreFailed(
            reason=f"The database is restored, files are not: {error.strerror}: {error.filename}."
            " Run it again with --replace."
        ) from error
    with plan.access.connected() as opened:
        opened.execute("ANALYZE")


@contextmanager
def _unmarked_after(kind: type[BaseException], root: Path) -> Iterator[None]:
    """Leave no mark of a cut-off restore where the database is as it was before."""
    try:
        yield
    except kind:
        shutil.rmtree(root / STAGING, ignore_errors=True)
        raise


def _staged(plan: Plan, root: Path, tell: Tell) -> list[str]:
    """Unpack beside their places the files that are not there as they are in the backup."""
    shutil.rmtree(root / STAGING, ignore_errors=True)
    (root / STAGING).mkdir(parents=True, mode=0o700)
    names, differing = [], set(plan.differing)
    for place, (entry, content) in enumerate(members(plan.folder / MEDIA, plan.files), 1):
        if entry.name in differing or not (root / entry.name).exists():
            path = root / STAGING / entry.name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                copied(entry, content, file)
                file.flush()
                os.fsync(file.fileno())
            names.append(entry.name)
        tell("Media files", place, len(plan.files))
    return names


def _move(root: Path, names: list[str]) -> None:
    folders = set()
    for name in names:
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (root / STAGING / name).replace(target)
        folders.add(target.parent)
    for folder in folders:
        keep(folder)


def _restore_database(plan: Plan, tell: Tell) -> None:
    """Feed the dump to one transaction, and commit it when all of the dump went in."""
    connection.close()
    with plan.access.connected() as opened:
        version = opened.info.server_version
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder) / "wanted"
        wanted.write_text("".join(_wanted(plan.folder / DUMP, version)))
        said = Path(folder) / "said"
        with said.open("w") as errors:
            is_done = _fed(plan, wanted, version, errors, tell)
        if not is_done:
            text = said.read_text().strip()
            raise RestoreFailed(reason=f"The database is as it was before. {text[-500:]}".strip())


def _wanted(dump: Path, version: int) -> Iterator[str]:
    listing = subprocess.run(  # noqa: S603 - PostgreSQL's own program
        [program("pg_restore", server_version=version), "--list", str(dump)],
        capture_output=True,
        text=True,
        check=False,
    )
    if listing.returncode:
        raise RestoreFailed(reason=f"{dump} cannot be read: {listing.stderr.strip()[:500]}")
    for line in listing.stdout.splitlines(keepends=True):
        if not any(part in line for part in _NOT_OURS):
            yield line


def _fed(plan: Plan, wanted: Path, version: int, errors: IO[str], tell: Tell) -> bool:
    read = [
        program("pg_restore", server_version=version),
        f"--use-list={wanted}",
        "--file=-",
        str(plan.folder / DUMP),
    ]
    write = [
        program("psql", server_version=version),
        "--no-psqlrc",
        "--quiet",
        "--no-password",
        "--set=ON_ERROR_STOP=1",
        "--output=/dev/null",
    ]
    with (
        subprocess.Popen(  # noqa: S603 - PostgreSQL's own program
            write,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env=plan.access.environment(),
        ) as writer,
        subprocess.Popen(  # noqa: S603 - PostgreSQL's own program
            read, stdout=subprocess.PIPE, stderr=errors
        ) as reader,
    ):
        try:
            _pump(plan, reader, writer, tell)
        except BrokenPipeError:
            reader.kill()
            with suppress(BrokenPipeError):
                writer.stdin.close()  # type: ignore[union-attr]
        return writer.wait() == 0 and reader.wait() == 0


def _pump(plan: Plan, reader: Any, writer: Any, tell: Tell) -> None:
    """
    Without the last word, whoever is cut off here leaves the database as it was.

    psql takes the end of its input for the end of the work, not for a fault.
    """
    writer.stdin.write(b"BEGIN;\n")
    # Unpacking took its time: somebody may have come since it was looked at.
    writer.stdin.write(ALONE.encode())
    if plan.is_replacing:
        writer.stdin.write(_DROP_ALL.encode())
    done = 0
    while block := reader.stdout.read(BLOCK):
        writer.stdin.write(block)
        done += len(block)
        tell("Database, bytes", done, None)
    if reader.wait() == 0:
        writer.stdin.write(b"\nCOMMIT;\n")
        writer.stdin.close()
    else:
        writer.kill()


def compare(plan: Plan, tell: Tell) -> list[str]:
    """What of a restored installation is not as the manifest says."""
    with plan.access.connected() as opened:
        rows = counted(opened, tell)
        named = named_files(opened)
    stated = plan.manifest.rows
    faults = [
        f"{table} has {rows.get(table, 0)} rows instead of {stated.get(table, 0)}."
        for table in sorted(rows.keys() | stated.keys())
        if rows.get(table) != stated.get(table)
    ]
    root = Path(settings.MEDIA_ROOT)
    for place, entry in enumerate(plan.files, 1):
        path = root / entry.name
        if not (path.is_file() and is_same(path, entry)):
            faults.append(f"{entry.name} is not as it was.")
        tell("Files compared", place, len(plan.files))
    return faults + unlike(named, plan.files).lines()


def is_behind() -> bool:
    """Say whether the restored database still needs this version's migrations."""
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def examined() -> Iterator[Result]:
    """The doctor's examinations of the database, the keys and all records that are chained."""
    chosen = [
        each.key
        for each in examinations()
        if each.reads_all or each.key.startswith(("database.", "keys."))
    ]
    yield from examine(only=chosen)
