"""Backups: whole or not there; restored to the last row, or nothing is touched."""

import io
import json
import shutil
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import override_settings
from django.utils import timezone
from psycopg import sql

from common.backup import restoring
from common.backup.access import owners_access, program
from common.backup.checking import check
from common.backup.failures import BackupFailed, RestoreFailed, RestoreRefused
from common.backup.making import TABLES, make_backup
from common.backup.manifest import DUMP, MANIFEST, MEDIA, MEDIA_LIST, Part, part_of, read_manifest
from common.backup.media import STAGING
from common.backup.restoring import restore
from common.console import Misuse
from common.mail.kinds import mail_kinds
from common.mail.outbox import post
from tests.users.factories import UserFactory
from users.services.accounts import create_account

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
FILES = {"documents/a.pdf": b"%PDF-1.7" * 1000, "logs/flight ü.csv": b"1,2\n", "empty": b""}


@pytest.fixture(autouse=True)
def own_cluster(settings: Any) -> None:
    """The test database belongs to who made it, whoever owns the one of the environment."""
    settings.DATABASE_OWNER_URL = ""


def silent(what: str, done: int, total: int | None = None) -> None:
    """Nobody watches."""


def digests() -> dict[str, tuple[int, str]]:
    """Rows and a digest of every table of the database that is connected to."""
    found = {}
    with owners_access().connected() as opened:
        for label, schema, name in opened.execute(TABLES).fetchall():
            text = "SELECT count(*), md5(coalesce(string_agg(t::text, '' ORDER BY t::text), ''))"
            query = sql.SQL(text + " FROM ONLY {} t").format(sql.Identifier(schema, name))
            found[label] = opened.execute(query).fetchone()
    return found


def files_below(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def media(settings: Any, tmp_path: Path) -> Path:
    root = tmp_path / "media"
    settings.MEDIA_ROOT = str(root)
    for name, content in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    return root


@pytest.fixture
def rows() -> None:
    """Rows under append-only triggers, sealed ones and a chain of audit events."""
    for number in range(3):
        create_account(
            email=f"kept{number}@example.com",
            first_name="P",
            last_name=str(number),
            actor=UserFactory(),
            at=timezone.now(),
        )
    kind = next(each for each in mail_kinds() if each.key == "agreement_code")
    context = dict.fromkeys(kind.fields, "x")
    with transaction.atomic():
        post(kind.key, to="a@b.example", context=context, once="1", at=timezone.now())


@pytest.fixture
def elsewhere(settings: Any, tmp_path: Path) -> Iterator[Callable[[], None]]:
    """Turns to an empty database and media folder, for as long as the test lasts."""
    own = connection.settings_dict["NAME"]
    name = f"{own}_restored"
    with psycopg.connect(**_server(), autocommit=True) as opened:
        opened.execute(f'DROP DATABASE IF EXISTS "{name}"')
        opened.execute(f'CREATE DATABASE "{name}"')

    def turn() -> None:
        connection.close()
        connection.settings_dict["NAME"] = name
        settings.MEDIA_ROOT = str(tmp_path / "restored")

    yield turn
    connection.close()
    connection.settings_dict["NAME"] = own
    with psycopg.connect(**_server(), autocommit=True) as opened:
        opened.execute(f'DROP DATABASE "{name}"')


def _server() -> dict[str, Any]:
    return {**owners_access().values, "dbname": "postgres"}


def test_a_backup_is_restored_to_the_last_row_and_file(media, rows, elsewhere, tmp_path):
    folder = tmp_path / "backup"
    out = io.StringIO()
    call_command("backup", str(folder), "--json", "--quiet", stdout=out)
    before = digests()
    elsewhere()

    told = io.StringIO()
    call_command("restore", str(folder), "--json", "--quiet", stdout=told)

    made, restored = json.loads(out.getvalue()), json.loads(told.getvalue())
    assert digests() == before
    assert files_below(tmp_path / "restored") == FILES
    assert (restored["faults"], restored["troubles"]) == ([], [])
    assert {"audit.chain", "finance.ledger", "database.declared"} <= set(restored["examined"])
    assert made["rows"] == restored["rows"] == sum(count for count, _ in before.values())
    assert restored["media_files"] == 3
    assert made["keys"]
    _require_replacing(folder, tmp_path / "restored")


def _require_replacing(folder: Path, root: Path) -> None:
    """What is there is replaced on somebody's word alone, and wholly."""
    (root / "documents/a.pdf").write_bytes(b"other")
    (root / "strange").write_bytes(b"x")
    with owners_access().connected() as opened:
        opened.execute("CREATE TABLE stranger (id int); CREATE SEQUENCE numbers")
        with pytest.raises(RestoreRefused, match="1 sessions are at work"):
            check(folder, may_replace=True, tell=silent)
    for arguments in ([], ["--check"]):
        with pytest.raises(CommandError, match="is not empty"):
            call_command("restore", str(folder), *arguments, "--quiet")
    with pytest.raises(Misuse, match="Nothing was changed"):
        call_command("restore", str(folder), "--replace", "--yes=other", "--quiet")
    assert (root / "strange").exists()

    name = connection.settings_dict["NAME"]
    call_command("restore", str(folder), "--replace", f"--yes={name}", "--quiet")

    assert files_below(root) == FILES
    with owners_access().connected() as opened:
        (there,) = opened.execute("SELECT to_regclass('stranger') IS NOT NULL").fetchone()
    assert not there


def test_a_dump_that_breaks_off_leaves_the_database_as_it_was(
    media, elsewhere, tmp_path, monkeypatch
):
    folder = tmp_path / "backup"
    make_backup(folder, at=timezone.now(), tell=silent)
    elsewhere()
    plan = check(folder, may_replace=False, tell=silent)
    dump = (folder / DUMP).read_bytes()
    (folder / DUMP).write_bytes(dump[:-300])

    with pytest.raises(RestoreFailed, match="as it was before"):
        restore(plan, tell=silent)

    assert digests() == {}
    assert not (tmp_path / "restored" / STAGING).exists()


@pytest.fixture
def away(settings: Any, elsewhere: Callable[[], None], copy: Path) -> Iterator[Path]:
    """A backup for an empty database, whose owner is no superuser."""
    rewritten(copy, roles={"owners": [], "grantees": []})
    elsewhere()
    settings.DATABASE_OWNER_URL = "postgis://windsock_owner@/ignored"
    yield copy
    settings.DATABASE_OWNER_URL = ""


def working() -> psycopg.Connection[Any]:
    """A session of the application."""
    return psycopg.connect(**{**owners_access().values, "user": "windsock_app"})


def test_the_owner_sees_sessions_of_the_applications_role(away):
    with working(), pytest.raises(RestoreRefused, match="1 sessions are at work"):
        check(away, may_replace=True, tell=silent)
    check(away, may_replace=True, tell=silent)


def test_who_came_since_the_check_stops_the_restore(away, tmp_path):
    plan = check(away, may_replace=True, tell=silent)
    with working(), pytest.raises(RestoreFailed, match="1 sessions are at work"):
        restore(plan, tell=silent)

    assert digests() == {}
    assert not (tmp_path / "restored" / STAGING).exists()


@pytest.mark.parametrize("fault", [OSError(28, "No space left"), BackupFailed(reason="gone")])
@pytest.mark.parametrize("step", ["_staged", "_restore_database"])
def test_what_fails_before_the_database_leaves_no_mark(away, tmp_path, monkeypatch, fault, step):
    whole = getattr(restoring, step)

    def failing(*given: Any) -> Any:
        if step == "_staged":
            whole(*given)
        raise fault

    plan = check(away, may_replace=True, tell=silent)
    monkeypatch.setattr(restoring, step, failing)
    with pytest.raises((RestoreFailed, BackupFailed)):
        restore(plan, tell=silent)

    assert (tmp_path / "restored").exists()
    assert not (tmp_path / "restored" / STAGING).exists()


@pytest.fixture(scope="module")
def made(tmp_path_factory: Any, django_db_setup: None, django_db_blocker: Any) -> Path:
    """A backup that the tests below copy and damage."""
    place = tmp_path_factory.mktemp("made")
    (place / "media").mkdir()
    for name in ("a", "b"):
        (place / "media" / name).write_bytes(name.encode() * 1000)
    with (
        django_db_blocker.unblock(),
        override_settings(MEDIA_ROOT=str(place / "media"), DATABASE_OWNER_URL=""),
    ):
        make_backup(place / "backup", at=timezone.now(), tell=silent)
        connection.close()
    return place / "backup"


@pytest.fixture
def copy(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "copy"))


@pytest.mark.parametrize("name", [DUMP, MEDIA, MEDIA_LIST, MANIFEST])
@pytest.mark.parametrize("where", [0.0, 0.5, 0.99])
def test_one_flipped_bit_is_found(copy, name, where):
    content = bytearray((copy / name).read_bytes())
    content[int(len(content) * where)] ^= 1
    (copy / name).write_bytes(content)

    with pytest.raises(RestoreRefused, match=name):
        check(copy, may_replace=True, tell=silent)


@pytest.mark.parametrize("name", [DUMP, MEDIA, MEDIA_LIST, MANIFEST])
def test_what_is_cut_short_or_missing_is_found(copy, name):
    content = (copy / name).read_bytes()
    (copy / name).write_bytes(content[:-2])
    with pytest.raises(RestoreRefused, match=name):
        check(copy, may_replace=True, tell=silent)

    (copy / name).unlink()
    with pytest.raises(RestoreRefused, match=name):
        check(copy, may_replace=True, tell=silent)


def rewritten(folder: Path, **changes: Any) -> None:
    (folder / MANIFEST).write_bytes(replace(read_manifest(folder), **changes).as_json())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"migrations": {"rpas": ["0001_initial", "9999_later"]}}, "rpas.9999_later is not known"),
        ({"keys": {"lost": "00"}}, "Key lost is not in FIELD_ENCRYPTION_KEYS"),
        ({"server_version": 990_000}, "newer than this server"),
        ({"roles": {"owners": ["nobody_here"], "grantees": []}}, "belong to nobody_here"),
        ({"roles": {"owners": [], "grantees": ["nobody_here"]}}, "rights to nobody_here"),
        ({"extensions": ["no_such"]}, "no extension no_such"),
        ({"format": 2}, "not of format 1"),
    ],
)
def test_a_backup_that_does_not_fit_here_is_refused(copy, changes, said):
    rewritten(copy, **changes)

    with pytest.raises(RestoreRefused, match=said):
        check(copy, may_replace=True, tell=silent)


def test_another_key_under_the_same_id_is_refused(copy, settings):
    name = settings.FIELD_ENCRYPTION_KEYS[0][0]
    rewritten(copy, keys={name: "0123456789abcdef"})

    with pytest.raises(RestoreRefused, match=f"Key {name} .* is another"):
        check(copy, may_replace=True, tell=silent)


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", ".restoring/x"])
def test_an_archive_cannot_write_outside_the_media_folder(copy, name):
    content = b"x"
    with tarfile.open(copy / MEDIA, "w") as tar:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    entry = {"name": name, "size": 1, "sha256": "2d711642b726b04401627ca9fbac32f5"}
    (copy / MEDIA_LIST).write_text(json.dumps(entry) + "\n")
    parts = {part: _part(copy / part) for part in (DUMP, MEDIA, MEDIA_LIST)}
    rewritten(copy, parts=parts)

    with pytest.raises(RestoreRefused, match="does not belong below a media folder"):
        check(copy, may_replace=True, tell=silent)


def _part(path: Path) -> Part:
    return part_of(path, silent)


class Killed(BaseException):
    """Stands in for the end of the process."""


@pytest.mark.parametrize("at", ["Tables counted", "Database, bytes", "Media files", "media.tar"])
def test_a_backup_that_is_cut_off_is_not_there(media, tmp_path, at):
    def cut_off(what: str, done: int, total: int | None = None) -> None:
        if what.startswith(at):
            raise Killed

    place = tmp_path / "place"
    place.mkdir()
    with pytest.raises(Killed):
        make_backup(place / "backup", at=timezone.now(), tell=cut_off)

    assert list(place.iterdir()) == []


def test_a_backup_takes_nobodys_place_and_needs_one(media, tmp_path):
    (tmp_path / "there").mkdir()
    (media / "link").symlink_to("/etc/hostname")

    for folder, said in (
        ("there", "is there already"),
        ("no/where", "There is no folder"),
        ("new", "is no regular file"),
        ("/proc/backup", "No such file"),
        ("n" * 300, "too long"),
    ):
        with pytest.raises(BackupFailed, match=said):
            make_backup(tmp_path / folder, at=timezone.now(), tell=silent)
    with pytest.raises(BackupFailed, match="not installed"):
        program("pg_nothing", server_version=150_000)


def test_the_applications_role_makes_no_backup_with_rows_left_out(media, tmp_path, monkeypatch):
    values = {**owners_access().values, "user": "windsock_app"}
    monkeypatch.setitem(connection.settings_dict, "USER", values["user"])

    with pytest.raises(BackupFailed, match="owner's role in DATABASE_OWNER_URL"):
        make_backup(tmp_path / "backup", at=timezone.now(), tell=silent)


def test_no_password_is_in_a_command_and_no_key_in_the_manifest(made, settings):
    access = replace(owners_access(), values={"dbname": "x", "password": "secret-word"})

    assert access.environment()["PGPASSWORD"] == "secret-word"
    text = (made / MANIFEST).read_text()
    for _, key in settings.FIELD_ENCRYPTION_KEYS:
        assert key.hex() not in text
    assert (made / MANIFEST).stat().st_mode & 0o077 == 0
