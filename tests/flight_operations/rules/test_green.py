from datetime import timedelta

from common.compliance.findings import Color, Stage
from tests.flight_operations.rules.green import GREEN, NOW, START, findings


def not_green(**question):
    return {
        code: [f.message for f in found if f.color != Color.GREEN]
        for code, found in findings(GREEN, **question).items()
        if any(f.color != Color.GREEN for f in found)
    }


def test_the_ordinary_operation_is_green_throughout_at_release():
    assert not_green() == {}


def test_it_is_green_half_an_hour_before_while_planning_too():
    assert not_green(stage=Stage.PLANNING) == {}


def test_days_before_only_the_report_that_cannot_exist_yet_is_amber():
    early = not_green(stage=Stage.PLANNING, at=START - timedelta(days=3))

    assert set(early) == {"WXD-AGE", "WXD-TEMP", "WXD-FOG"}


def test_in_flight_it_asks_for_the_release():
    assert set(not_green(stage=Stage.INFLIGHT, at=NOW)) == {"MOS-10.04-REL"}
