"""What apps above add to the page of a record that an app below owns."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from common.desk.standing import Group, Problem


@dataclass(frozen=True, kw_only=True)
class More:
    """Facts under headings of their own, and what is not in order with them."""

    groups: Sequence[Group] = ()
    problems: Sequence[Problem] = ()


Tell = Callable[[Any, Any, datetime], More]
_tellers: dict[str, list[Tell]] = defaultdict(list)


def adds_to(label: str) -> Callable[[Tell], Tell]:
    """Register what is told of records of a kind, `label` being `app.model`."""

    def register(tell: Tell) -> Tell:
        if tell not in _tellers[label]:
            _tellers[label].append(tell)
        return tell

    return register


def added_to(record: Any, user: Any, now: datetime) -> More:
    """What the apps above tell of a record to a reader, in the order of the apps."""
    told = [tell(record, user, now) for tell in _tellers[record._meta.label_lower]]
    return More(
        groups=tuple(group for each in told for group in each.groups),
        problems=tuple(problem for each in told for problem in each.problems),
    )
