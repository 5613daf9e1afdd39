import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from dispatcher.models import ScheduleStatus
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
