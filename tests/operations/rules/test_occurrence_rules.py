"""49 CFR 830: what is an accident, until when the NTSB is told, and the colors of the clocks."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from common.compliance.engine import evaluate
from common.compliance.findings import Color, Stage
from operations.facts.occurrence import OccurrenceFacts
from operations.occurrences import event_of, is_notifiable, report_due_at

KNOWN = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
DUE = datetime(2026, 3, 13, 5, 0, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
SECOND = timedelta(seconds=1)
CHICAGO = ZoneInfo("America/Chicago")


@pytest.mark.parametrize(
    ("kind", "injuries", "damage", "event"),
    [
        ("fire", "none", "none", "serious_incident"),
        ("fire", "minor", "minor", "serious_incident"),
        ("fire", "serious", "none", "accident"),
        ("property", "fatal", "none", "accident"),
        ("rotor_blades", "none", "substantial", "accident"),
        ("runway", "none", "destroyed", "accident"),
        # Nobody knows yet what it did: as the kind says.
        ("accident", "none", "none", "accident"),
        ("overdue", "none", "none", "overdue"),
        ("overdue", "fatal", "destroyed", "accident"),
    ],
)
def test_harm_makes_an_accident_of_whatever_was_listed(kind, injuries, damage, event):
    assert event_of(kind=kind, injuries=injuries, damage=damage) == event


def test_an_aircraft_that_turned_up_asks_for_no_notice():
    assert is_notifiable(event="overdue", is_found=False)
    assert not is_notifiable(event="overdue", is_found=True)
    assert is_notifiable(event="accident", is_found=True)
    assert is_notifiable(event="serious_incident", is_found=False)


@pytest.mark.parametrize(
    ("event", "occurred", "due"),
    [
        # 2 March, 23:30 in Chicago: the tenth day is the 12th, whole; clocks changed on the 8th.
        ("accident", "2026-03-03T05:30Z", "2026-03-13T05:00Z"),
        # An hour later is the next day there.
        ("accident", "2026-03-03T06:30Z", "2026-03-14T05:00Z"),
        ("overdue", "2026-03-03T05:30Z", "2026-03-10T05:00Z"),
        # Over Thanksgiving and a weekend: days are days.
        ("accident", "2026-11-20T18:00Z", "2026-12-01T06:00Z"),
        ("serious_incident", "2026-03-03T05:30Z", None),
    ],
)
def test_days_are_calendar_days_of_the_place_without_the_first(event, occurred, due):
    found = report_due_at(event=event, occurred_at=datetime.fromisoformat(occurred), zone=CHICAGO)

    assert found == (None if due is None else datetime.fromisoformat(due))


def test_a_found_aircraft_is_not_reported_and_an_incident_when_the_board_asks():
    common = {"occurred_at": KNOWN, "zone": CHICAGO}
    asked = report_due_at(event="serious_incident", asked_for_on=date(2026, 4, 1), **common)

    assert report_due_at(event="overdue", is_found=True, **common) is None
    assert asked == datetime(2026, 4, 2, 5, 0, tzinfo=UTC)
    # The days after an accident are the regulation's own.
    accident = report_due_at(event="accident", asked_for_on=date(2026, 9, 1), **common)
    assert accident == DUE


def occurrence(**more):
    values = {
        "number": "OC-2026-0001",
        "event": "accident",
        "status": "reported",
        "aware_at": KNOWN,
        "report_due_at": DUE,
        **more,
    }
    return OccurrenceFacts(**values)


def colors(facts, at):
    found = evaluate(facts, stage=Stage.POST, at=at).findings
    assert {finding.rule for finding in found} == {"NTSB-830"}
    assert {finding.citation for finding in found} == {"49 CFR 830.5, 830.15"}
    return [finding.color for finding in found]


@pytest.mark.parametrize(
    ("after", "color"),
    [
        (timedelta(0), Color.AMBER),
        (59 * MINUTE, Color.AMBER),
        (60 * MINUTE, Color.RED),
    ],
)
def test_notice_is_amber_at_once_and_red_after_an_hour(after, color):
    assert colors(occurrence(), KNOWN + after)[0] == color
    assert colors(occurrence(notified_at=KNOWN + MINUTE), KNOWN + after)[0] == Color.GREEN


@pytest.mark.parametrize(
    ("at", "color"),
    [
        (DUE - 3 * DAY - SECOND, Color.GREEN),
        (DUE - 3 * DAY, Color.AMBER),
        (DUE - SECOND, Color.AMBER),
        (DUE, Color.RED),
    ],
)
def test_the_report_is_amber_for_its_last_three_days_and_then_red(at, color):
    facts = occurrence(notified_at=KNOWN)

    assert colors(facts, at) == [Color.GREEN, color]
    assert colors(occurrence(notified_at=KNOWN, filed_at=at), at) == [Color.GREEN, Color.GREEN]


def test_nothing_is_asked_of_an_aircraft_that_turned_up():
    facts = occurrence(event="overdue", is_notifiable=False, report_due_at=None)

    assert colors(facts, DUE) == [Color.GREEN]


def test_nobody_signs_a_notice_away():
    found = evaluate(occurrence(), stage=Stage.POST, at=DUE).findings

    assert all(finding.is_absolute for finding in found)
