"""Everything that is looked at before a restore changes anything."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from common.backup.access import Access, owners_access
from common.backup.failures import BackupFailed, RestoreRefused
from common.backup.making import TABLES, require_readable
from common.backup.manifest import (
    MEDIA_LIST,
    Manifest,
    Tell,
    fingerprint,
    read_manifest,
    require_parts,
)
from common.backup.media import MediaFile, is_same, listed, media_names

_MAY_ACT = "SELECT rolname, pg_has_role(current_user, oid, 'MEMBER') FROM pg_roles"
# Who is of another role shows nothing but role, database and process to the owner; what serves the
# server itself has no role. A session that was just closed takes a moment to be gone.
ALONE = """
DO $$ DECLARE
    others integer;
BEGIN
    FOR attempt IN 1..20 LOOP
        PERFORM pg_stat_clear_snapshot();
        SELECT count(*) INTO others FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()
              AND usesysid IS NOT NULL;
        EXIT WHEN others = 0;
        PERFORM pg_sleep(0.1);
    END LOOP;
    IF others > 0 THEN
        RAISE EXCEPTION '% sessions are at work in %: stop web, worker and beat.',
            others, current_database();
    END IF;
END $$;
"""


@dataclass(frozen=True)
class Plan:
    """A backup that was found whole, and the place that it fits into."""

    folder: Path
    manifest: Manifest
    files: list[MediaFile]
    access: Access
    is_replacing: bool
    # Names of files that are there: with other content than in the backup, and not in it at all.
    differing: list[str]
    strange: list[str]


def check(folder: Path, *, may_replace: bool, tell: Tell) -> Plan:
    """
    Read all of a backup and look at where it is to go.

    Raises RestoreRefused, BackupFailed with the first thing that is not as it must be.
    """
    manifest = read_manifest(folder)
    require_parts(folder, manifest, tell)
    _require_known(manifest)
    _require_keys(manifest)
    access = owners_access()
    # Django's own session would count as somebody at work.
    connection.close()
    with access.connected() as opened:
        _require_server(opened, manifest)
        try:
            require_readable(folder, server_version=opened.info.server_version)
        except BackupFailed as failed:
            raise RestoreRefused(reason=str(failed)) from failed
        is_filled = opened.execute(TABLES).fetchone() is not None
        _require_place(opened, access, is_filled=is_filled, may_replace=may_replace)
    files = listed(folder / MEDIA_LIST)
    differing, strange = _compared(Path(settings.MEDIA_ROOT), files, tell)
    if (differing or strange) and not may_replace:
        name = (differing or strange)[0]
        raise RestoreRefused(
            reason=f"{settings.MEDIA_ROOT} holds other files, such as {name}. Empty it, or use"
            " --replace."
        )
    return Plan(folder, manifest, files, access, is_filled, differing, strange)


def _require_known(manifest: Manifest) -> None:
    known = MigrationLoader(None).disk_migrations
    for app, names in sorted(manifest.migrations.items()):
        for name in names:
            if (app, name) not in known:
                raise RestoreRefused(
                    reason=f"The backup was made by a newer version: {app}.{name} is not known"
                    " here. Restore it with that version."
                )


def _require_keys(manifest: Manifest) -> None:
    for key_id, stated in sorted(manifest.keys.items()):
        own = fingerprint(key_id)
        if own is None:
            raise RestoreRefused(
                reason=f"Key {key_id} is not in FIELD_ENCRYPTION_KEYS; without it sealed values"
                " stay closed."
            )
        if stated and own != stated:
            raise RestoreRefused(
                reason=f"Key {key_id} in FIELD_ENCRYPTION_KEYS is another than the one the backup's"
                " sealed values are closed with."
            )


def _require_server(opened: psycopg.Connection[Any], manifest: Manifest) -> None:
    if opened.info.server_version // 10_000 < manifest.server_version // 10_000:
        raise RestoreRefused(
            reason=f"The backup comes from PostgreSQL {manifest.server_version // 10_000}, which"
            f" is newer than this server, {opened.info.server_version // 10_000}."
        )
    may_act = {name: bool(may) for name, may in opened.execute(_MAY_ACT)}
    for role in manifest.roles["owners"]:
        if not may_act.get(role, False):
            raise RestoreRefused(
                reason=f"The tables belong to {role}, whom {opened.info.user} cannot act as. Make"
                " the role, and name it in DATABASE_OWNER_URL."
            )
    for role in manifest.roles["grantees"]:
        if role not in may_act:
            raise RestoreRefused(
                reason=f"The backup grants rights to {role}, a role that this server does not have."
            )
    there = {name for (name,) in opened.execute("SELECT extname FROM pg_extension")}
    for name in manifest.extensions:
        if name not in there:
            raise RestoreRefused(
                reason=f"The database has no extension {name}. As a superuser, in this database:"
                f" CREATE EXTENSION {name}"
            )


def _require_place(
    opened: psycopg.Connection[Any], access: Access, *, is_filled: bool, may_replace: bool
) -> None:
    if is_filled and not may_replace:
        raise RestoreRefused(
            reason=f"The database {access.database} is not empty. Name an empty one, or use"
            " --replace."
        )
    require_alone(opened)


def require_alone(opened: psycopg.Connection[Any]) -> None:
    """Raise RestoreRefused when others are connected to this database, whatever their role."""
    try:
        opened.execute(ALONE)
    except psycopg.errors.RaiseException as error:
        raise RestoreRefused(reason=error.diag.message_primary) from None


def _compared(root: Path, files: list[MediaFile], tell: Tell) -> tuple[list[str], list[str]]:
    wanted = {entry.name: entry for entry in files}
    there, differing = media_names(root), []
    for place, name in enumerate(there, 1):
        if name in wanted and not is_same(root / name, wanted[name]):
            differing.append(name)
        tell("Files compared", place, len(there))
    return differing, [name for name in there if name not in wanted]
