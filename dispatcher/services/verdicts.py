"""Making verdicts again in bounded batches, each of which stands by itself."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from common.compliance.service import recompute
from common.models import ComplianceState
from dispatcher.queries.verdicts import Choice, chosen_states


@dataclass(frozen=True)
class Turned:
    """A record whose color is another than before."""

    number: str
    before: str
    after: str


@dataclass
class Recomputed:
    """What came of it; `last` is the key after which to go on where it was cut off."""

    total: int
    done: int = 0
    made_again: int = 0
    last: int = 0
    turned: list[Turned] = field(default_factory=list)
    colors: Counter[str] = field(default_factory=Counter)


def recompute_chosen(
    choice: Choice,
    *,
    is_stale: bool,
    after: int,
    batch_size: int,
    clock: Callable[[], datetime],
) -> Iterator[Recomputed]:
    """
    Judge the chosen records afresh, batch by batch; yields how far it is after each.

    Nothing is released by this. A release that the new verdict no longer supports is taken back by
    the handlers that any change of a verdict wakes.
    """
    states = chosen_states(choice, now=clock(), is_stale=is_stale, after=after)
    # Settled now: what a batch changes must not change what the next one is.
    wanted = list(states.values_list("pk", flat=True))
    report = Recomputed(total=len(wanted), last=after)
    for start in range(0, len(wanted), batch_size):
        part = wanted[start : start + batch_size]
        before = _colors(part)
        report.made_again += recompute(part, at=clock())
        for pk, (number, color) in _colors(part).items():
            report.colors[color] += 1
            if pk in before and before[pk][1] != color:
                report.turned.append(Turned(number, before[pk][1], color))
        report.done += len(part)
        report.last = part[-1]
        yield report
    if not wanted:
        yield report


def _colors(keys: list[int]) -> dict[int, tuple[str, str]]:
    rows = ComplianceState.objects.filter(pk__in=keys).order_by("pk")
    found = rows.values_list("pk", "verdict__subject_label", "color")
    return {pk: (label, color) for pk, label, color in found}
