"""
What a board hears of every record that moves: its state, the moment it has one.

The app that knows a kind of record registers how a board names it; what a board shows beyond that
it hears from that app's events.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models

from common.live.publish import board_channel, publish_on_commit


@dataclass(frozen=True)
class Shown:
    """Whose record it is and what its viewers are told; nothing that any of them may not see."""

    scope: str
    event: str
    data: Mapping[str, Any]


# Reads as little as it can: it runs inside everybody's transactions.
Describe = Callable[[Any], Shown]

_described: dict[str, Describe] = {}


def on_board(label: str) -> Callable[[Describe], Describe]:
    """Register how a board is told of a kind of record, `label` being `app.model`."""

    def register(describe: Describe) -> Describe:
        _described[label] = describe
        return describe

    return register


def tell_board(record: models.Model) -> None:
    """Tell the board of a record's scope where it stands now, once that is committed."""
    describe = _described.get(record._meta.label_lower)
    if describe is not None:
        shown = describe(record)
        publish_on_commit(board_channel(shown.scope), shown.event, shown.data)
