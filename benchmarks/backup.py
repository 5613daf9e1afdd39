"""
Backup and restore of a demo: to the last row and file, and never half.

A database of its own is filled with both demos and some media files, backed up, and restored into
a fresh one as the schema's owner. Counts and digests of every table, every file and the whole
schema are compared, and the doctor looks at the copy as the application's role. Then backup and
restore are killed with SIGKILL at random moments, and single bits of a backup are flipped.
Needs the environment that script/manage sets and a role that may create a database.
"""

import argparse
import hashlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from benchmarks import place

place.DATABASE = "windsock_benchmark_backup"
COPY = "windsock_benchmark_restored"
TABLES = """
SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname !~ '^(pg_|information_schema)'
  AND c.relname <> 'spatial_ref_sys' ORDER BY 1
"""


# The server spells a condition that it read back with other casts and parentheses.
_SPELLING = re.compile(r"::(character varying|text)(\[\])?|[()]|ARRAY|\s")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.backup", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--kills", type=int, default=10, help="of each of backup and restore")
    parser.add_argument("--flips", type=int, default=40, help="bits to flip, one at a time")
    parser.add_argument("--files", type=int, default=200, help="media files")
    parser.add_argument("--seed", type=int, default=20_260_315)
    return parser.parse_args()


class Ground:
    """The two databases with their media folders, and the commands run on either."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.media = {place.DATABASE: folder / "media", COPY: folder / "restored"}
        for path in self.media.values():
            path.mkdir()

    def environment(self, database: str) -> dict[str, str]:
        def named(variable: str) -> str:
            return urlunsplit(urlsplit(os.environ[variable])._replace(path=f"/{database}"))

        return os.environ | {
            "DATABASE_URL": named("DATABASE_URL"),
            "DATABASE_OWNER_URL": named("DATABASE_OWNER_URL"),
            "MEDIA_ROOT": str(self.media[database]),
        }

    def start(self, database: str, *command: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(  # noqa: S603 - our own commands
            [sys.executable, "manage.py", *command],
            cwd=place.ROOT, env=self.environment(database), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def run(self, database: str, *command: str) -> tuple[int, str, float]:
        began = time.perf_counter()
        running = self.start(database, *command)
        out, err = running.communicate()
        return running.returncode, out or err, time.perf_counter() - began

    def url(self, database: str, variable: str = "DATABASE_OWNER_URL") -> str:
        url = self.environment(database)[variable]
        return url.replace("postgis://", "postgresql://", 1)

    def empty_copy(self) -> None:
        import psycopg  # noqa: PLC0415 - the environment must be complete first

        url = urlunsplit(urlsplit(self.url(COPY))._replace(path="/postgres"))
        with psycopg.connect(url, autocommit=True) as opened:
            opened.execute(f"DROP DATABASE IF EXISTS {COPY} WITH (FORCE)")
            opened.execute(f"CREATE DATABASE {COPY}")
        shutil.rmtree(self.media[COPY])
        self.media[COPY].mkdir()

    def digests(self, database: str) -> dict[str, tuple[int, str]]:
        """Rows and digest of every table, and the digest of the schema without its data."""
        import psycopg  # noqa: PLC0415 - as above

        found = {}
        with psycopg.connect(self.url(database)) as opened:
            for (table,) in opened.execute(TABLES).fetchall():
                query = (
                    "SELECT count(*), md5(coalesce(string_agg(t::text, '' ORDER BY t::text), ''))"  # noqa: S608
                    f" FROM ONLY {table} t"
                )
                found[table] = opened.execute(query).fetchone()
            found["rights and guards"] = (0, "".join(map(str, _guards(opened))))
        return found

    def files(self, database: str) -> dict[str, str]:
        root = self.media[database]
        return {
            path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(root.rglob("*"))
            if path.is_file()
        }


def _guards(opened: Any) -> Iterator[Any]:
    """Owners, rights, triggers, policies, constraints and indexes, as the server spells them."""
    for query in (
        "SELECT relname, pg_get_userbyid(relowner), (SELECT array_agg(a::text ORDER BY a::text)"
        " FROM unnest(relacl) a), relrowsecurity FROM pg_class WHERE relnamespace IN"
        " ('public'::regnamespace, 'telemetry'::regnamespace) AND relkind IN ('r', 'p', 'S')"
        " AND relname <> 'spatial_ref_sys' ORDER BY 1",
        "SELECT pg_get_triggerdef(oid), tgenabled FROM pg_trigger WHERE NOT tgisinternal"
        " ORDER BY 1",
        "SELECT tablename, policyname, qual FROM pg_policies ORDER BY 1, 2",
        "SELECT conrelid::regclass::text, conname, contype, convalidated FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2",
        "SELECT indexdef FROM pg_indexes WHERE schemaname IN ('public', 'telemetry') ORDER BY 1",
        "SELECT proname, prosrc, pg_get_userbyid(proowner), (SELECT array_agg(a::text ORDER BY"
        " a::text) FROM unnest(proacl) a) FROM pg_proc WHERE pronamespace ="
        " 'public'::regnamespace AND pg_get_userbyid(proowner) <> 'postgres' ORDER BY 1, 2",
    ):
        text = _SPELLING.sub("", repr(opened.execute(query).fetchall()))
        yield hashlib.sha256(text.encode()).hexdigest()


def main() -> int:
    options = arguments()
    place.use_benchmark_database(fresh=True)
    folder = Path(tempfile.mkdtemp(prefix="windsock-backup-"))
    try:
        ground = Ground(folder)
        os.environ["MEDIA_ROOT"] = str(ground.media[place.DATABASE])
        report = measure(ground, options)
    finally:
        _drop()
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(report, indent=2) if options.json else _text(report))
    return 0 if report["holds"] else 1


def _drop() -> None:
    import psycopg  # noqa: PLC0415 - as above

    url = urlsplit(os.environ["DATABASE_OWNER_URL"].replace("postgis://", "postgresql://", 1))
    with psycopg.connect(urlunsplit(url._replace(path="/postgres")), autocommit=True) as opened:
        for name in (place.DATABASE, COPY):
            opened.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def measure(ground: Ground, options: argparse.Namespace) -> dict[str, Any]:
    chance = random.Random(options.seed)  # noqa: S311 - which moment, which bit
    fill(ground, options.files, chance)
    backup = ground.folder / "backup"
    made = ground.run(place.DATABASE, "backup", str(backup), "--json", "--quiet")
    ground.empty_copy()
    restored = ground.run(COPY, "restore", str(backup), "--json", "--quiet")
    before, after = ground.digests(place.DATABASE), ground.digests(COPY)
    looked = ground.run(
        COPY, "doctor", "database.answers", "database.role", "database.guards",
        "database.declared", "keys.sealed", "audit.chain", "finance.ledger",
        "rpas.technical_log", "--json",
    )  # fmt: skip
    report: dict[str, Any] = {
        "backup_s": round(made[2], 1),
        "restore_s": round(restored[2], 1),
        "tables": len(before) - 1,
        "rows": sum(count for count, _ in before.values()),
        "bytes": sum(path.stat().st_size for path in backup.iterdir()),
        "files": options.files,
        "exit_codes": [made[0], restored[0], looked[0]],
        "tables_that_differ": sorted(
            name for name in before.keys() | after.keys() if before.get(name) != after.get(name)
        ),
        "files_are_equal": ground.files(place.DATABASE) == ground.files(COPY),
        "doctors_faults": json.loads(looked[1])["faults"],
        "flips": flipped(ground, backup, options.flips, chance),
        "killed_backups": killed_backups(ground, options.kills, chance, made[2]),
        "killed_restores": killed_restores(ground, backup, options.kills, chance, restored[2]),
    }
    report["holds"] = _holds(report)
    return report


def _holds(report: dict[str, Any]) -> bool:
    return (
        report["exit_codes"] == [0, 0, 0]
        and not report["tables_that_differ"]
        and report["files_are_equal"]
        and report["doctors_faults"] == 0
        and report["flips"]["found"] == report["flips"]["made"]
        and report["killed_backups"]["taken_for_whole"] == 0
        and report["killed_restores"]["half"] == 0
        and report["killed_restores"]["last_restore"] == 0
    )


def fill(ground: Ground, files: int, chance: random.Random) -> None:
    """Both demos, and files of up to 200 kB under names of every sort."""
    for command in (
        ["load_reference_data"], ["seed_taxes"], ["seed_accounts"], ["load_demo"],
        ["load_demo_trips"], ["load_demo_clients"],
    ):  # fmt: skip
        status, said, _ = ground.run(place.DATABASE, *command, "--quiet") if (
            "load" in command[0]
        ) else ground.run(place.DATABASE, *command)  # fmt: skip
        if status:
            raise RuntimeError(said)
    for number in range(files):
        path = ground.media[place.DATABASE] / f"kind {number % 7}" / f"Fläche {number}.bin"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(chance.randbytes(chance.randrange(200_000)))


def flipped(ground: Ground, backup: Path, count: int, chance: random.Random) -> dict[str, int]:
    """Flip one bit of one part at a time; the check must find each."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django  # noqa: PLC0415 - the environment must be complete first

    django.setup()
    from common.backup.failures import RestoreRefused  # noqa: PLC0415 - as above
    from common.backup.manifest import read_manifest, require_parts  # noqa: PLC0415

    parts, found = sorted(backup.iterdir()), 0
    for _ in range(count):
        path = chance.choice(parts)
        place_, bit = chance.randrange(path.stat().st_size - 1), 1 << chance.randrange(8)
        with path.open("r+b") as file:
            file.seek(place_)
            was = file.read(1)[0]
            file.seek(place_)
            file.write(bytes([was ^ bit]))
        try:
            require_parts(backup, read_manifest(backup), lambda *told: None)
        except RestoreRefused:
            found += 1
        with path.open("r+b") as file:
            file.seek(place_)
            file.write(bytes([was]))
    return {"made": count, "found": found}


def _killed(running: "subprocess.Popen[str]", after_s: float) -> bool:
    """Kill a command after a time; says whether it was still at work."""
    try:
        running.wait(after_s)
    except subprocess.TimeoutExpired:
        running.send_signal(signal.SIGKILL)
        running.communicate()
        return True
    running.communicate()
    return False


def killed_backups(
    ground: Ground, kills: int, chance: random.Random, takes_s: float
) -> dict[str, int]:
    found = {"killed": 0, "taken_for_whole": 0, "left_behind": 0}
    target = ground.folder / "again"
    for _ in range(kills):
        command = ("backup", str(target), "--quiet")
        is_killed = _killed(
            ground.start(place.DATABASE, *command), chance.uniform(0.3, 1.0) * takes_s
        )
        found["killed"] += is_killed
        if is_killed and target.exists():
            # Renamed already: then it must be whole.
            status, _, _ = ground.run(COPY, "restore", str(target), "--check", "--replace")
            found["taken_for_whole"] += status != 0
        shutil.rmtree(target, ignore_errors=True)
    status, _, _ = ground.run(place.DATABASE, "backup", str(target), "--quiet")
    found["left_behind"] = len(list(ground.folder.glob(".again.partial-*"))) + status
    return found


def killed_restores(
    ground: Ground, backup: Path, kills: int, chance: random.Random, takes_s: float
) -> dict[str, Any]:
    import psycopg  # noqa: PLC0415 - as above

    found: dict[str, Any] = {"killed": 0, "empty": 0, "whole": 0, "half": 0}
    wanted = ground.digests(place.DATABASE)
    for _ in range(kills):
        ground.empty_copy()
        command = ("restore", str(backup), "--quiet")
        found["killed"] += _killed(ground.start(COPY, *command), chance.uniform(0.3, 1.0) * takes_s)
        # The server ends what its client left behind by itself.
        time.sleep(2)
        with psycopg.connect(ground.url(COPY)) as opened:
            tables = len(opened.execute(TABLES).fetchall())
        if not tables:
            found["empty"] += 1
        elif ground.digests(COPY) == wanted and _files_or_mark(ground):
            found["whole"] += 1
        else:
            found["half"] += 1
    # Where the last one was cut off, the same command goes on.
    ground.run(COPY, "restore", str(backup), "--replace", f"--yes={COPY}", "--quiet")
    is_equal = ground.digests(COPY) == wanted
    is_equal = is_equal and ground.files(COPY) == ground.files(place.DATABASE)
    return found | {"last_restore": int(not is_equal)}


def _files_or_mark(ground: Ground) -> bool:
    is_marked = (ground.media[COPY] / ".restoring").exists()
    there = {
        name: digest for name, digest in ground.files(COPY).items() if ".restoring" not in name
    }
    return is_marked or there == ground.files(place.DATABASE)


def _text(report: dict[str, Any]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in report.items())


if __name__ == "__main__":
    sys.exit(main())
