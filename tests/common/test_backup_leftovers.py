"""What a backup that was ended leaves behind: nothing, or what the next one removes."""

import fcntl
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from common.backup.checking import check
from common.backup.failures import RestoreRefused
from common.backup.making import make_backup
from common.backup.manifest import DUMP, read_manifest
from common.management.commands import backup as command

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def place(settings: Any, tmp_path: Path) -> Path:
    settings.DATABASE_OWNER_URL = ""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    (tmp_path / "place").mkdir()
    return tmp_path / "place"


def silent(what: str, done: int, total: int | None = None) -> None:
    """Nobody watches."""


def test_what_killed_backups_left_is_no_backup_and_goes_with_the_next_of_any_name(place):
    left = place / ".20260315T0200.partial-12345678"
    held = place / ".20260315T0300.partial-12345678"
    others = [place / ".config", place / ".x.partial-notours", place / "x.partial-12345678"]
    for folder in (left, held, *others):
        folder.mkdir()
        (folder / DUMP).write_bytes(b"half")
    with pytest.raises(RestoreRefused, match="is no backup"):
        check(left, may_replace=True, tell=silent)
    opened = os.open(held, os.O_RDONLY)
    fcntl.flock(opened, fcntl.LOCK_EX)

    try:
        make_backup(place / "20260315T0400", at=timezone.now(), tell=silent)
    finally:
        os.close(opened)

    assert read_manifest(place / "20260315T0400").media_files == 0
    assert set(place.iterdir()) == {place / "20260315T0400", held, *others}


def test_a_backup_that_is_told_to_end_takes_away_what_it_wrote(place, monkeypatch):
    def told_to_end(*arguments: Any, **options: Any) -> Any:
        def end(what: str, done: int, total: int | None = None) -> None:
            if what == "Database, bytes":
                assert len(list(place.iterdir())) == 1
                os.kill(os.getpid(), signal.SIGTERM)

        return make_backup(*arguments, **{**options, "tell": end})

    monkeypatch.setattr(command, "make_backup", told_to_end)
    before = signal.getsignal(signal.SIGTERM)
    # Without the command's own word the signal would end the tests.
    signal.signal(signal.SIGTERM, lambda *given: None)
    try:
        with pytest.raises(SystemExit) as end:
            call_command("backup", str(place / "new"), "--quiet")
    finally:
        signal.signal(signal.SIGTERM, before)

    assert end.value.code == 128 + signal.SIGTERM
    assert list(place.iterdir()) == []
