import json
from datetime import UTC, datetime
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command

from common.console import Misuse
from dispatcher.models import OperationalMetrics, ScheduleStatus
from tests.dispatcher.scene import DAY


def optimise(desk, *more):
    out = StringIO()
    call_command(
        "optimise_day",
        desk.center.code,
        DAY.isoformat(),
        "--as",
        desk.dispatcher.email,
        *more,
        stdout=out,
    )
    return out.getvalue()


def test_a_day_is_planned_and_published_from_the_console(desk, now):
    operation = desk.wanted(now, km_east=5)

    told = json.loads(optimise(desk, "--seed", "2", "--publish", "--json"))

    assert (told["status"], told["seed"], told["unassigned"]) == ("succeeded", 2, [])
    assert told["diff"] == {"added": 1, "changed": 0, "removed": 0, "unchanged": 0}
    operation.refresh_from_db()
    assert operation.status == "planned"
    assert desk.center.schedules.get().status == ScheduleStatus.PUBLISHED


def test_who_or_what_is_not_there_is_an_error(desk):
    desk.center.code = "NOWHERE"

    with pytest.raises(CommandError, match="no center NOWHERE"):
        optimise(desk)


def counted(*arguments, at):
    out, err = StringIO(), StringIO()
    with time_machine.travel(at, tick=False):
        call_command("count_metrics", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


# 20:00 on Sunday 15 March in Perth.
EVENING = datetime(2026, 3, 15, 12, tzinfo=UTC)


def test_days_that_were_not_counted_at_the_time_are_counted_from_the_console(desk):
    told, _ = counted("--since", "2026-03-10", "--json", at=EVENING)

    code = desk.center.code
    # Five whole days and twenty hours of the sixth.
    rows = 5 * 289 + 12 * 20 + 1
    assert json.loads(told) == {
        "centers": [code], "first": "2026-03-10", "last": "2026-03-15", "days": 6, "rows": rows,
    }  # fmt: skip
    assert OperationalMetrics.objects.filter(center=desk.center).count() == rows

    again, shown = counted("--since", "2026-03-14", "--until", "2026-03-15", at=EVENING)

    assert again == f"Counted 2026-03-14 to 2026-03-14 of {code}. Days: 1, rows: 289.\n"
    assert "1 of 1" in shown
    assert OperationalMetrics.objects.filter(center=desk.center).count() == rows


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--since", "2026-03-16"), "no day between"),
        (("--since", "2026-03-14", "--until", "2026-03-14"), "no day between"),
        (("--since", "2025-03-10"), "at most 366 days"),
        (("--since", "2026-03-14", "--center", "NOWHERE"), "no center NOWHERE"),
    ],
)
def test_days_that_cannot_be_counted_are_misuse(desk, arguments, word):
    with pytest.raises(Misuse, match=word):
        counted(*arguments, at=EVENING)

    assert not OperationalMetrics.objects.exists()


def test_where_no_center_is_active_nothing_was_counted(desk):
    type(desk.center).objects.update(is_active=False)

    with pytest.raises(CommandError, match="No center is active") as failed:
        counted("--since", "2026-03-14", at=EVENING)

    assert failed.value.returncode == 1
