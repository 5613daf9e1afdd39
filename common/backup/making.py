"""Making a backup: one moment of the database, then the files, then the manifest, then the name."""

import fcntl
import os
import re
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from django.apps import apps
from django.conf import settings
from psycopg import sql

from common.backup.access import Access, owners_access, program, require_owner
from common.backup.failures import BackupFailed
from common.backup.manifest import (
    DUMP,
    MANIFEST,
    MEDIA,
    MEDIA_LIST,
    PARTS,
    Manifest,
    Tell,
    fingerprint,
    keep,
    part_of,
    read_manifest,
    require_parts,
)
from common.backup.media import copied, listed, members, write_media
from common.backup.named import COLUMN, named_files, unlike
from common.encryption import sealed_fields, sealed_models

_PARTIAL = re.compile(r"\..+\.partial-[0-9a-f]{8}")
# The owner's tables in every schema of ours; what extensions brought is theirs.
TABLES = """
SELECT c.oid::regclass::text, n.nspname, c.relname FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname !~ '^(pg_|information_schema)'
  AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
                  AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1
"""
_ROLES = """
SELECT 'owners', pg_get_userbyid(relowner) FROM pg_class WHERE relkind IN ('r', 'p')
    AND relnamespace = 'public'::regnamespace
    AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
                    AND d.objid = pg_class.oid AND d.deptype = 'e')
UNION
SELECT 'grantees', pg_get_userbyid(a.grantee) FROM pg_class, aclexplode(relacl) a
    WHERE relnamespace = 'public'::regnamespace AND a.grantee <> 0
ORDER BY 1, 2
"""
_KEY_IDS = """
SELECT DISTINCT convert_from(substring({column} FROM 3 FOR get_byte({column}, 1)), 'SQL_ASCII')
FROM {table} WHERE {column} IS NOT NULL
"""


def make_backup(folder: Path, *, at: datetime, tell: Tell) -> Manifest:
    """
    Write a backup of this installation to a folder that is not there yet.

    It is made under another name and renamed when it was read back and held against its manifest.
    Raises BackupFailed; what it wrote until then is taken away.
    """
    access = owners_access()
    try:
        if folder.exists():
            raise BackupFailed(reason=f"{folder} is there already.")
        if not folder.parent.is_dir():
            raise BackupFailed(reason=f"There is no folder {folder.parent}.")
        with _unnamed(folder) as work:
            manifest = _fill(work, access, at=at, tell=tell)
            work.rename(folder)
            keep(folder.parent)
    except OSError as error:
        raise BackupFailed(reason=f"{error.strerror}: {error.filename or folder}") from error
    return manifest


@contextmanager
def _unnamed(folder: Path) -> Iterator[Path]:
    """A folder beside the wanted one, gone in the end unless it was renamed."""
    work = folder.parent / f".{folder.name}.partial-{secrets.token_hex(4)}"
    # Nobody takes a folder that is not locked yet for one that a killed backup left.
    with _locked(folder.parent):
        for left in folder.parent.iterdir():
            if _PARTIAL.fullmatch(left.name) and left.is_dir() and not left.is_symlink():
                _remove_unless_held(left)
        work.mkdir(mode=0o700)
        held = os.open(work, os.O_RDONLY)
        fcntl.flock(held, fcntl.LOCK_EX)
    try:
        yield work
    finally:
        os.close(held)
        shutil.rmtree(work, ignore_errors=True)


@contextmanager
def _locked(folder: Path, *, is_waiting: bool = True) -> Iterator[None]:
    opened = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | (0 if is_waiting else fcntl.LOCK_NB))
        yield
    finally:
        os.close(opened)


def _remove_unless_held(left: Path) -> None:
    """Take away what a killed backup left; one that is being made is locked, others' stay."""
    with suppress(BlockingIOError, PermissionError), _locked(left, is_waiting=False):
        shutil.rmtree(left, ignore_errors=True)


def _fill(work: Path, access: Access, *, at: datetime, tell: Tell) -> Manifest:
    with access.connected() as opened:
        require_owner(opened)
        opened.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        facts = _facts(opened, tell)
        named = named_files(opened)
        root = Path(settings.MEDIA_ROOT)
        if named and not root.is_dir():
            raise BackupFailed(
                reason=f"There is no folder {root} (MEDIA_ROOT), and rows name {len(named)} files"
                " in it. Is its volume mounted?"
            )
        row = opened.execute("SELECT pg_export_snapshot()").fetchone()
        assert row is not None  # noqa: S101 - a function of one row
        version = opened.info.server_version
        _dump(work / DUMP, access, snapshot=row[0], server_version=version, tell=tell)
    # Files are written before the rows that name them: all those of the snapshot are there, but
    # for what was deleted since.
    count, size = write_media(root, work / MEDIA, work / MEDIA_LIST, tell)
    lost = unlike(named, listed(work / MEDIA_LIST))
    for name in PARTS:
        (work / name).chmod(0o600)
        keep(work / name)
    manifest = Manifest(
        made_at=at.isoformat(),
        database=access.database,
        server_version=version,
        media_files=count,
        media_bytes=size,
        parts={name: part_of(work / name, tell) for name in PARTS},
        missing=lost.missing,
        altered=lost.altered,
        **facts,
    )
    (work / MANIFEST).write_bytes(manifest.as_json())
    (work / MANIFEST).chmod(0o600)
    keep(work / MANIFEST)
    keep(work)
    _read_back(work, tell)
    return manifest


def _read_back(work: Path, tell: Tell) -> None:
    manifest = read_manifest(work)
    require_parts(work, manifest, tell)
    require_readable(work, server_version=manifest.server_version)


def require_readable(folder: Path, *, server_version: int) -> None:
    """Unpack everything to nowhere. Raises BackupFailed, RestoreRefused."""
    read = subprocess.run(  # noqa: S603 - PostgreSQL's own program
        [
            program("pg_restore", server_version=server_version),
            "--file=/dev/null",
            str(folder / DUMP),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if read.returncode:
        raise BackupFailed(reason=f"{DUMP} cannot be read: {read.stderr.strip()[:500]}")
    for entry, content in members(folder / MEDIA, listed(folder / MEDIA_LIST)):
        copied(entry, content)


def _facts(opened: psycopg.Connection[Any], tell: Tell) -> dict[str, Any]:
    """What the manifest says of the database, as it stands in this transaction."""
    roles: dict[str, list[str]] = {"owners": [], "grantees": []}
    for kind, name in opened.execute(_ROLES):
        roles[kind].append(name)
    migrations: dict[str, list[str]] = {}
    for app, name in opened.execute("SELECT app, name FROM django_migrations ORDER BY id"):
        migrations.setdefault(app, []).append(name)
    extensions = opened.execute("SELECT extname FROM pg_extension ORDER BY 1").fetchall()
    return {
        "roles": roles,
        "migrations": migrations,
        "extensions": [name for (name,) in extensions if name != "plpgsql"],
        "rows": counted(opened, tell),
        "keys": {key_id: fingerprint(key_id) or "" for key_id in sorted(_key_ids(opened))},
    }


def counted(opened: psycopg.Connection[Any], tell: Tell) -> dict[str, int]:
    """The number of rows of every table."""
    tables = opened.execute(TABLES).fetchall()
    found = {}
    for place, (label, schema, name) in enumerate(tables, 1):
        count = sql.SQL("SELECT count(*) FROM ONLY {}").format(sql.Identifier(schema, name))
        row = opened.execute(count).fetchone()
        found[label] = row[0] if row else 0
        tell("Tables counted", place, len(tables))
    return found


def _key_ids(opened: psycopg.Connection[Any]) -> set[str]:
    found: set[str] = set()
    for model in sealed_models(apps.get_models()):
        table = model._meta.db_table
        for each in sealed_fields(model):
            # Before an upgrade the database may not have what this version's models have.
            if opened.execute(COLUMN, [table, each.column]).fetchone() is None:
                continue
            assert each.column is not None  # noqa: S101 - a concrete field has one
            names = {"column": sql.Identifier(each.column), "table": sql.Identifier(table)}
            found |= {key for (key,) in opened.execute(sql.SQL(_KEY_IDS).format(**names))}
    return found


def _dump(path: Path, access: Access, *, snapshot: str, server_version: int, tell: Tell) -> None:
    command = [
        program("pg_dump", server_version=server_version),
        "--format=custom",
        "--no-password",
        "--lock-wait-timeout=60s",
        f"--snapshot={snapshot}",
        f"--file={path}",
    ]
    with subprocess.Popen(  # noqa: S603 - PostgreSQL's own program
        command, env=access.environment(), stderr=subprocess.PIPE, text=True
    ) as running:
        try:
            while running.poll() is None:
                time.sleep(0.05)
                tell("Database, bytes", path.stat().st_size if path.exists() else 0, None)
        except BaseException:
            running.kill()
            raise
        said = running.stderr.read().strip() if running.stderr else ""
    if running.returncode:
        raise BackupFailed(reason=f"pg_dump failed: {said[:500]}")
