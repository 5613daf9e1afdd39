"""Files that rows name: a backup without one of them does not pass for whole."""

import hashlib
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from common.backup.access import owners_access
from common.backup.checking import Plan
from common.backup.failures import BackupFailed
from common.backup.making import make_backup
from common.backup.manifest import read_manifest
from common.backup.restoring import compare
from documents.models import Document

pytestmark = pytest.mark.django_db(transaction=True)
NAME, CONTENT = "documents/2026/03/named.pdf", b"%PDF-1.7 insurance"


@pytest.fixture(autouse=True)
def root(settings: Any, tmp_path: Path) -> Path:
    settings.DATABASE_OWNER_URL = ""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    path = tmp_path / "media" / NAME
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    return tmp_path / "media"


def keep(name: str, number: int, **more: Any) -> Document:
    return Document.objects.create(
        number=f"DC-2026-{number:06}",
        kind="uploaded",
        title="Insurance certificate",
        classification="confidential",
        file=name,
        file_name="insurance.pdf",
        media_type="application/pdf",
        size_bytes=len(CONTENT),
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        generated_at=timezone.now(),
        **more,
    )


@pytest.fixture
def document() -> Document:
    return keep(NAME, 1)


def silent(what: str, done: int, total: int | None = None) -> None:
    """Nobody watches."""


def told(*arguments: str) -> tuple[int, Any, str]:
    """Exit status and answers of a command, as a document and as lines."""
    documents = []
    for more in (["--json"], []):
        out, status = io.StringIO(), 0
        # The second backup needs a place of its own.
        given = [f"{each}-lines" if each[0] == "/" and not more else each for each in arguments]
        given = given if arguments[0] == "backup" else list(arguments)
        try:
            call_command(*given, *more, "--quiet", stdout=out)
        except SystemExit as end:
            status = int(str(end.code))
        documents.append(out.getvalue())
    return status, json.loads(documents[0]), documents[1]


def test_what_rows_name_and_what_is_there_agree(root, tmp_path, document):
    status, document, lines = told("backup", str(tmp_path / "backup"))

    assert (status, document["missing"], document["altered"]) == (0, [], [])
    assert "FAULT" not in lines


def test_a_file_that_is_missing_is_told_when_made_checked_and_restored(root, tmp_path, document):
    (root / NAME).unlink()
    folder = tmp_path / "backup"

    status, document, lines = told("backup", str(folder))

    assert (status, document["missing"]) == (1, [NAME])
    assert f"FAULT    {NAME} is named by a row and missing." in lines
    status, document, lines = told("restore", str(folder), "--check", "--replace")
    assert (status, document["faults"]) == (1, [f"{NAME} is named by a row and missing."])
    assert f"FAULT    {NAME}" in lines
    manifest = replace(read_manifest(folder), missing=[])
    plan = Plan(folder, manifest, [], owners_access(), True, [], [])
    assert compare(plan, silent) == [f"{NAME} is named by a row and missing."]


def test_a_file_deleted_while_the_backup_is_made_is_told(root, tmp_path, document):
    def delete(what: str, done: int, total: int | None = None) -> None:
        if what == "Database, bytes":
            (root / NAME).unlink(missing_ok=True)

    manifest = make_backup(tmp_path / "backup", at=timezone.now(), tell=delete)

    assert manifest.missing == [NAME]


def test_other_content_than_the_row_says_is_told_unless_it_is_closed(root, tmp_path, document):
    keep("closed", 2, file_key="key")
    for name in (NAME, "closed"):
        (root / name).write_bytes(b"other")

    manifest = make_backup(tmp_path / "backup", at=timezone.now(), tell=silent)

    assert (manifest.missing, manifest.altered) == ([], [NAME])


def test_a_media_folder_that_is_not_there_is_no_empty_one(root, tmp_path, document):
    root.rename(tmp_path / "unmounted")

    with pytest.raises(BackupFailed, match=r"rows name 1 files in it\. Is its volume mounted"):
        make_backup(tmp_path / "backup", at=timezone.now(), tell=silent)

    assert not list(tmp_path.glob("*backup*"))


def test_without_rows_that_name_files_no_folder_is_needed(root, tmp_path):
    root.rename(tmp_path / "gone")

    assert make_backup(tmp_path / "backup", at=timezone.now(), tell=silent).media_files == 0
