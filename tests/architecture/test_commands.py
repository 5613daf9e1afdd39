"""Every command of ours says what it is for, what it takes, and ends with an honest status."""

import json
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command, get_commands, load_command_class
from django.core.management.base import CommandError
from django.db import OperationalError

from common.console import EXIT_CODES, Console, ConsoleCommand, Misuse, open_account
from tests.users.factories import UserFactory

ROOT = Path(__file__).resolve().parents[2]
# Django's own, with ours around it.
NOT_OURS = {"migrate"}
OURS = sorted(
    (app, name)
    for name, app in get_commands().items()
    if app in apps.app_configs and Path(apps.get_app_config(app).path).parent == ROOT
)
# A program reads nothing from these but their exit status.
WITHOUT_JSON = {
    "take_bounce", "take_reply", "stand_in_providers", "relational_map", "webhook_receiver",
}  # fmt: skip
LONG = {
    "backup", "count_metrics", "fetch_weather", "import_airports", "import_airspace",
    "import_directives", "import_flight_log",
    "load_demo", "load_demo_clients", "load_demo_trips", "load_reference_data", "optimise_day",
    "recompute_compliance", "restore", "rotate_keys", "verify_audit", "verify_technical_log",
}  # fmt: skip


def command_of(app: str, name: str) -> Any:
    return load_command_class(app, name)


def own_arguments(command: Any) -> list[Any]:
    parser = command.create_parser("manage.py", "command")
    shared = {"help", *command.base_stealth_options, *command.suppressed_base_arguments}
    django = {
        "version", "verbosity", "settings", "pythonpath", "traceback", "no_color", "force_color",
        "skip_checks",
    }  # fmt: skip
    # argparse offers no other way to its arguments.
    found = parser._actions  # noqa: SLF001
    return [each for each in found if each.dest not in shared | django]


@pytest.mark.parametrize(("app", "name"), OURS, ids=[name for _, name in OURS])
def test_a_command_is_described_with_all_that_it_takes(app, name):
    command = command_of(app, name)

    assert len(command.help) > 30
    assert command.help.endswith(".")
    for argument in own_arguments(command):
        assert argument.help, f"{name} {argument.dest} is not described"
        if name not in NOT_OURS:
            assert argument.help[0].isupper(), f"{name} {argument.dest}"
            assert argument.help.endswith("."), f"{name} {argument.dest}"


@pytest.mark.parametrize(("app", "name"), OURS, ids=[name for _, name in OURS])
def test_a_command_has_the_common_manners(app, name):
    if name in NOT_OURS:
        return
    command = command_of(app, name)

    assert isinstance(command, ConsoleCommand)
    assert command.has_json is (name not in WITHOUT_JSON)
    assert command.has_progress is (name in LONG)
    assert EXIT_CODES in command.create_parser("manage.py", name).epilog


def test_all_commands_of_the_order_are_there():
    wanted = {
        "import_airports", "import_airspace", "fetch_weather", "import_flight_log",
        "recompute_compliance", "optimise_day", "verify_technical_log", "verify_audit", "backup",
        "restore", "rotate_keys", "create_operator", "doctor",
    }  # fmt: skip

    assert wanted <= {name for _, name in OURS}


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ["import_airspace"],
        ["import_airports", "--runways", "/nowhere"],
        ["rotate_keys", "--batch-size", "0"],
        ["doctor", "no.such"],
        ["telemetry_partitions", "--ahead", "many"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_what_is_asked_for_wrongly_ends_with_two_and_prints_no_result(arguments):
    ended = subprocess.run(  # noqa: S603 - our own commands
        [sys.executable, "manage.py", *arguments, "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.strip()


@pytest.mark.django_db
def test_what_fails_ends_with_one_and_what_is_misused_with_two():
    with pytest.raises(CommandError) as failed:
        call_command("import_airports", "--airports", "/nowhere/airports.csv")
    with pytest.raises(Misuse) as misused:
        call_command("verify_technical_log", "RPA-9999")

    assert (failed.value.returncode, misused.value.returncode) == (1, 2)


def ended(name: str, *arguments: str) -> Any:
    """How the command ends as a shell would see it."""
    with pytest.raises(SystemExit) as end:
        command_of(get_commands()[name], name).run_from_argv(["manage.py", name, *arguments])
    return end.value.code


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["recompute_compliance", "--from", "junk"], "'junk' is no moment"),
        (["recompute_compliance", "--from", "2026-13-01"], "'2026-13-01' is no day"),
        (["recompute_compliance", "--until", "2026-06-04T08:00"], "has no offset"),
        (["recompute_compliance", "--operator", "\udcff"], "not written in UTF-8"),
        (["count_metrics", "--since", "junk"], "'junk' is no day"),
        (["count_metrics", "--since", "2026-06-04", "--center", "SYD-N"], "no center SYD-N"),
        (["optimise_day", "SYD-N", "tomorrow", "--as", "x"], "'tomorrow' is no day"),
        (["optimise_day", "SYD-N", "2026-06-04", "--as", "x"], "no center SYD-N"),
        (["import_flight_log", "FO-1", str(ROOT / "README.md"), "--actor", "x"], "operation FO-1"),
        (["telemetry_partitions", "--retire-before", "junk"], "'junk' is no day"),
        (["telemetry_partitions", "--ahead", "100000000"], "--ahead is 0 to 366"),
        (["telemetry_partitions", "--ahead", "-1"], "--ahead is 0 to 366"),
        (["telemetry_partitions", "--drop"], "say which days"),
        (["telemetry_partitions", "--retire-before", "2025-01-01", "--drop"], "must be kept"),
    ],
)
def test_misuse_ends_with_two_and_words_that_say_what_is_wrong(capsys, arguments, word):
    assert ended(*arguments) == 2
    said = capsys.readouterr()
    assert (said.out, word in said.err, "Traceback" in said.err) == ("", True, False)


@pytest.mark.django_db
def test_nobody_acts_through_a_closed_account():
    person = UserFactory(email="gone@example.com", is_active=False)

    with pytest.raises(Misuse, match=r"no open account gone@example\.com"):
        open_account(person.email)
    person.is_active = True
    person.save()
    assert open_account("Gone@Example.com") == person


def test_a_database_that_does_not_answer_ends_with_one_line_and_a_remedy(capsys, monkeypatch):
    def away(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("connection refused\n\tIs the server running?")

    monkeypatch.setattr("common.management.commands.verify_audit.verify_chain", away)

    assert ended("verify_audit", "--skip-checks") == 1
    said = capsys.readouterr().err
    assert (said.count("\n"), "script/manage doctor" in said) == (1, True)


def test_a_command_that_is_stopped_says_so_and_ends_with_one(capsys, monkeypatch):
    def stopped(*args: Any, **kwargs: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("common.management.commands.verify_audit.verify_chain", stopped)

    assert ended("verify_audit", "--skip-checks") == 1
    assert capsys.readouterr().err == "Stopped before it was done.\n"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "arguments",
    [["verify_audit"], ["verify_ledger"], ["verify_technical_log"], ["seed_cities"],
     ["seed_types"], ["seed_accounts"], ["rotate_keys"], ["telemetry_partitions"],
     ["load_reference_data"], ["doctor", "database.clock"], ["doctor", "--list"], ["list_rules"]],
    ids=" ".join,
)  # fmt: skip
def test_the_result_is_one_document_and_nothing_else(arguments):
    out, err = StringIO(), StringIO()

    call_command(*arguments, "--json", stdout=out, stderr=err)

    json.loads(out.getvalue())


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def shown(stream: StringIO, *, is_quiet: bool = False) -> str:
    seconds = iter(range(100))
    console = Console(stream, is_quiet=is_quiet, clock=lambda: float(next(seconds)))
    for done in range(0, 13, 2):
        console.show("Rows", done, 12)
    console.say("Done.")
    return stream.getvalue()


def test_a_terminal_shows_a_bar_with_rate_and_time_left():
    text = shown(Terminal())

    assert "\rRows [............" in text
    assert "\rRows [############............]  50 %  6 of 12  2.0/s  3 s left" in text
    assert text.endswith("100 %  12 of 12  2.0/s          \nDone.\n")


def test_a_log_gets_a_plain_line_in_a_while_and_quiet_nothing():
    lines = shown(StringIO()).splitlines()

    assert lines == [
        "Rows: 83 %  10 of 12  2.0/s  1 s left",
        "Rows: 100 %  12 of 12  2.0/s",
        "Done.",
    ]
    assert shown(Terminal(), is_quiet=True) == ""
