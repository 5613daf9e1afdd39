import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flight_operations.telemetry.episodes import Episode, Ledger, silences
from flight_operations.telemetry.limits import AlertKind, FlightLimits
from flight_operations.telemetry.samples import Samples
from tests.flight_operations.sky import BASE_US, SECOND, judged, track

LIMITS = FlightLimits()


def fold(*batches: Samples) -> Ledger:
    """Fold batches in the order they arrive, as the service does."""
    ledger, newest = Ledger(), None
    for batch in batches:
        samples = batch.in_time_order()
        ledger.fold(samples, judged(samples, LIMITS).findings, newest_us=newest)
        last = int(samples.recorded_us[-1])
        newest = last if newest is None else max(newest, last)
    return ledger


def spans(ledger: Ledger) -> list[tuple[float, float | None]]:
    return sorted(
        (
            (e.started_us - BASE_US) / SECOND,
            None if e.ended_us is None else (e.ended_us - BASE_US) / SECOND,
        )
        for e in ledger.episodes
    )


def test_one_breach_is_one_alert_with_its_worst_moment():
    ledger = fold(track(100, 125, 130, 122, 100, 100, 100, 100, 100, 100, 100))

    (episode,) = ledger.episodes
    assert (episode.kind, episode.worst, episode.count) == (AlertKind.HEIGHT, 130.0, 3)
    assert (episode.worst_us - BASE_US) / SECOND == 2
    assert spans(ledger) == [(1, 4)]


def test_a_short_return_does_not_end_the_alert():
    assert spans(fold(track(125, 100, 100, 100, 125, 100))) == [(0, None)]


def test_the_alert_ends_where_five_seconds_of_keeping_the_limit_began():
    assert spans(fold(track(125, *[100] * 6))) == [(0, 1)]
    assert spans(fold(track(125, *[100] * 5))) == [(0, None)]


def test_a_second_excursion_is_a_second_alert():
    assert spans(fold(track(125, *[100] * 7, 125))) == [(0, 1), (8, None)]


def test_silence_in_the_middle_of_a_breach_does_not_split_it():
    assert spans(fold(track(125, 125), track(125, start_s=40))) == [(0, None)]


def test_a_late_packet_widens_the_alert_it_belongs_to():
    ledger = fold(track(100, start_s=0), track(125, 125, start_s=10), track(140, start_s=8))

    (episode,) = ledger.episodes
    assert spans(ledger) == [(8, None)]
    assert episode.worst == 140


def test_a_late_packet_far_from_any_alert_is_an_ended_alert_of_its_own():
    ledger = fold(track(*[100] * 60), track(140, 141, start_s=20))

    assert spans(ledger) == [(20, 21)]


def test_late_conforming_packets_change_nothing():
    ledger = fold(track(125, 125, start_s=30), track(*[100] * 20, start_s=0))

    assert spans(ledger) == [(30, None)]


def test_a_batch_sent_twice_changes_nothing():
    batch = track(100, 125, 130, 100)
    once, twice = fold(batch), fold(batch, batch)

    assert spans(once) == spans(twice)
    assert [e.worst for e in once.episodes] == [e.worst for e in twice.episodes]


heights = st.lists(st.sampled_from([100.0, 125.0, 130.0]), min_size=1, max_size=60)
steps = st.sampled_from([0.5, 1.0, 2.0, 4.0, 7.0])


def plain(values: list[float], times: list[float]) -> list[tuple[float, float | None]]:
    """The rule written down as a loop: open on a breach, close after five seconds of keeping."""
    found: list[list[float | None]] = []
    clear: float | None = None
    is_open = False
    for value, moment in zip(values, times, strict=True):
        if value > 120:
            if not is_open:
                found.append([moment, None])
                is_open = True
            clear = None
        elif is_open:
            clear = moment if clear is None else clear
            if moment - clear >= 5:
                found[-1][1] = clear
                is_open, clear = False, None
    return [(start or 0.0, end) for start, end in found]


@settings(max_examples=200, deadline=None)
@given(heights, steps, st.data())
def test_cutting_a_flight_into_batches_does_not_change_its_alerts(values, step, data):
    samples = track(*values, step_s=step)
    cuts = sorted(data.draw(st.sets(st.integers(1, max(1, len(values) - 1)), max_size=6)))
    edges = [0, *[c for c in cuts if c < len(values)], len(values)]
    batches = [samples.take(slice(a, b)) for a, b in itertools.pairwise(edges)]

    expected = plain(values, [n * step for n in range(len(values))])
    assert spans(fold(*batches)) == expected
    assert sum(e.count for e in fold(*batches).episodes) == sum(v > 120 for v in values)


@settings(max_examples=200, deadline=None)
@given(heights, steps, st.randoms(use_true_random=False))
def test_shuffled_packets_lose_no_breach_and_open_no_second_alert(values, step, random):
    samples = track(*values, step_s=step)
    order = list(range(len(values)))
    random.shuffle(order)
    batches = [samples.take([row]) for row in order]

    ledger = fold(*batches)

    breaking = samples.recorded_us[np.array(values) > 120]
    for moment in breaking:
        assert any(e.started_us <= moment <= (e.ended_us or e.last_us) for e in ledger.episodes)
    assert sum(e.is_open for e in ledger.episodes) <= 1
    if len(breaking):
        assert max(e.worst for e in ledger.episodes) == max(values)
        assert min(e.started_us for e in ledger.episodes) == breaking.min()


def test_state_read_back_from_storage_continues_the_episode():
    first = fold(track(125, 100, 100))
    (stored,) = first.episodes
    again = Episode(
        AlertKind.HEIGHT, "", stored.started_us, stored.last_us, stored.worst, stored.worst_us,
        stored.lat, stored.lon, clear_since_us=stored.clear_since_us, key=7,
    )  # fmt: skip
    ledger = Ledger([again])
    samples = track(100, 100, 100, 100, start_s=3)

    ledger.fold(samples, judged(samples, LIMITS).findings, newest_us=BASE_US + 2 * SECOND)

    assert [(e.key, (e.ended_us - BASE_US) / SECOND) for e in ledger.touched] == [(7, 1.0)]


@pytest.mark.parametrize(
    ("previous", "seconds", "expected"),
    [
        (None, [0, 15, 30], []),
        (None, [0, 15, 31], [(15, 31)]),
        (0, [16], [(0, 16)]),
        (20, [0, 10, 21], []),
        (20, [0, 10, 40], [(20, 40)]),
    ],
)
def test_silence_is_a_gap_longer_than_15_seconds(previous, seconds, expected):
    times = BASE_US + np.array(seconds, dtype=np.int64) * SECOND
    start = None if previous is None else BASE_US + previous * SECOND

    found = silences(times, previous_us=start)

    assert [((a - BASE_US) // SECOND, (b - BASE_US) // SECOND) for a, b in found] == expected
