"""When work could start, what objections mean for a plan, and how far it is: without a database."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from dispatcher.journeys import distance_km
from dispatcher.permitted import permitted
from dispatcher.planning.model import Exclusion, Period
from dispatcher.starts import common, free_of, moments, spans, within

SIX = datetime(2026, 3, 15, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)


def at(hours):
    return SIX + hours * HOUR


def span(start, end):
    return Period(at(start), at(end))


def test_starts_lie_on_the_grid_at_the_ends_and_where_something_turns():
    found = moments([span(0, 4)], HOUR, grid=2 * HOUR, turns=[at(2.5)])

    assert found == (at(0), at(1.5), at(2), at(2.5), at(3))
    assert moments([span(0, 0.5)], HOUR, grid=HOUR) == ()


def test_spans_join_the_starts_that_nobody_refuses_within_one_window():
    starts = (at(0), at(1), at(2), at(3))

    assert spans(starts, {at(2)}, [span(0, 4)], HOUR) == (span(0, 2), span(3, 4))
    # The first fits its window exactly, so it is a span of its own.
    assert spans((at(0), at(2), at(3)), (), [span(0, 1), span(2, 4)], HOUR) == (
        span(0, 1),
        span(2, 4),
    )


def test_periods_are_cut_taken_out_and_intersected():
    assert within([span(-1, 1), span(5, 6)], span(0, 4)) == (span(0, 1),)
    assert free_of(span(0, 6), [span(3, 4), span(1, 2)]) == (span(0, 1), span(2, 3), span(4, 6))
    assert free_of(span(0, 6), [span(-1, 7)]) == ()
    assert common([span(0, 3), span(4, 6)], [span(2, 5)]) == (span(2, 3), span(4, 5))


@dataclass(frozen=True)
class No:
    rule: str
    starts: frozenset | None = None
    aircraft: frozenset | None = None
    pilots: frozenset | None = None
    message: str = "no"
    fix: str = ""


def answer(*objections):
    return permitted("T", objections, starts=[at(0), at(1), at(2)], aircraft=[1, 2], pilots=[7, 8])


def test_an_objection_to_all_at_some_hours_narrows_the_hours_under_its_head():
    found = answer(No("CASR-101.238-DAY", frozenset({at(2)})), No("WXD-TS", frozenset({at(0)})))

    assert found.refused == {"daylight": {at(2)}, "weather": {at(0)}}
    assert found.exclusions == []


def test_an_objection_to_some_or_to_the_operation_excludes():
    found = answer(
        No("F2-MAJOR", aircraft=frozenset({1})),
        No("REPL", aircraft=frozenset({2}), pilots=frozenset({8})),
        No("SMS-5x5"),
    )

    assert found.exclusions == [
        Exclusion("F2-MAJOR", "no", task="T", aircraft="a1"),
        Exclusion("REPL", "no", task="T", aircraft="a2", pilot="p8"),
        Exclusion("SMS-5x5", "no", task="T"),
    ]


def test_whoever_may_at_fewer_hours_than_another_is_left_out():
    found = answer(No("WXD-WIND", frozenset({at(1), at(2)}), aircraft=frozenset({1})))

    assert found.refused == {}
    assert found.exclusions == [Exclusion("WXD-WIND", "no", task="T", aircraft="a1")]


def test_where_all_may_only_at_some_hours_the_hours_are_theirs():
    found = answer(No("WXD-WIND", frozenset({at(2)}), aircraft=frozenset({1, 2})))

    assert found.refused == {"weather": {at(2)}}
    assert found.exclusions == []


def test_distance_is_the_great_circle():
    assert distance_km(-33.9, 151.2, -33.9, 151.2) == 0
    assert distance_km(0, 0, 0, 1) == pytest.approx(111.195, abs=0.001)
