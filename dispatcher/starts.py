"""When work could start: moments worth asking about, and the spans that the answers make. Pure."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from dispatcher.planning.model import Period


def moments(
    windows: Sequence[Period],
    duration: timedelta,
    *,
    grid: timedelta,
    turns: Iterable[datetime] = (),
) -> tuple[datetime, ...]:
    """
    Starts within the windows: each window's ends, a grid between them, and every turn.

    At a turn (sunset, the end of an approval) the answer may change: for work that starts there
    and for work that ends there.
    """
    found: set[datetime] = set()
    edges = {edge for turn in turns for edge in (turn, turn - duration)}
    for window in windows:
        last = window.end - duration
        if last < window.start:
            continue
        found |= {window.start, last}
        found.update(edge for edge in edges if window.start < edge < last)
        step = window.start + grid
        while step < last:
            found.add(step)
            step += grid
    return tuple(sorted(found))


def spans(
    starts: Sequence[datetime],
    refused: Collection[datetime],
    windows: Sequence[Period],
    duration: timedelta,
) -> tuple[Period, ...]:
    """
    The spans in which work fits whole, from the starts that nobody refuses.

    Two neighboring starts that are fine make everything between them fine, where they lie in one
    window: there is no turn between them.
    """
    found: list[Period] = []
    for window in windows:
        run: list[datetime] = []
        inside = [each for each in starts if window.start <= each <= window.end - duration]
        for start in [*inside, None]:
            if start is not None and start not in refused:
                run.append(start)
            elif run:
                found.append(Period(run[0], run[-1] + duration))
                run = []
    return tuple(found)


def within(windows: Iterable[Period], bounds: Period) -> tuple[Period, ...]:
    """The windows, cut to the bounds; what lies outside is left out."""
    cut = (Period(max(w.start, bounds.start), min(w.end, bounds.end)) for w in windows)
    return tuple(each for each in cut if each.start < each.end)


def free_of(bounds: Period, taken: Iterable[Period]) -> tuple[Period, ...]:
    """What is left of a span when the taken periods are cut out of it."""
    free, start = [], bounds.start
    for each in sorted(taken):
        if each.start > start:
            free.append(Period(start, min(each.start, bounds.end)))
        start = max(start, each.end)
        if start >= bounds.end:
            return tuple(one for one in free if one.start < one.end)
    free.append(Period(start, bounds.end))
    return tuple(one for one in free if one.start < one.end)


def common(first: Sequence[Period], second: Sequence[Period]) -> tuple[Period, ...]:
    """The spans that lie in one of each."""
    both = (
        Period(max(one.start, other.start), min(one.end, other.end))
        for one in first
        for other in second
    )
    return tuple(sorted(each for each in both if each.start < each.end))
