"""Filling a layout with a snapshot: escaped, counted, and nothing but what the snapshot holds."""

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from documents.exceptions import DocumentTooLarge, SnapshotRefused
from documents.layout.language import Fixed, Layout, Node, Section, Shown
from documents.layout.markup import is_address

MOST_ROWS = 2_500
MOST_CHARACTERS = 3_000_000
# What no PDF can show: the C0 and C1 controls but tab and line break, and halves of pairs.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass
class _Measure:
    rows: int = 0
    characters: int = 0

    def count_row(self) -> None:
        self.rows += 1
        if self.rows > MOST_ROWS:
            raise DocumentTooLarge(what="rows", limit=MOST_ROWS)

    def count(self, piece: str) -> str:
        self.characters += len(piece)
        if self.characters > MOST_CHARACTERS:
            raise DocumentTooLarge(what="characters", limit=MOST_CHARACTERS)
        return piece


def fill(layout: Layout, data: Mapping[str, Any], pictures: Mapping[str, str]) -> str:
    """
    The body of a document as HTML; `pictures` are data: addresses by name.

    Raises SnapshotRefused where the data has another shape than the layout's list says, and
    DocumentTooLarge.
    """
    measure = _Measure()
    # A picture weighs on the renderer, not on the text.
    return "".join(_filled(layout.body, [data], pictures, measure))


def _filled(
    nodes: Sequence[Node], scopes: list[Any], pictures: Mapping[str, str], measure: _Measure
) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, Fixed):
            yield measure.count(node.html)
        elif isinstance(node, Section):
            yield from _section(node, scopes, pictures, measure)
        elif node.context == "picture":
            yield pictures.get(node.way[0], "data:,")
        else:
            yield measure.count(_shown(node, scopes))


def _section(
    node: Section, scopes: list[Any], pictures: Mapping[str, str], measure: _Measure
) -> Iterator[str]:
    if node.kind == "picture":
        value: Any = node.way[0] in pictures
    else:
        value = _at(scopes[node.scope], node.way)
    if is_missing(value) != node.is_absent:
        return
    for row in [scopes[-1]] if node.is_absent else _rows(node, value, scopes[-1]):
        if node.kind == "rows":
            measure.count_row()
        yield from _filled(node.inner, [*scopes, row], pictures, measure)


def _rows(node: Section, value: Any, surrounding: Any) -> Sequence[Any]:
    """What a section is shown for: each row, the group itself, or what surrounds it."""
    if node.kind == "rows":
        if not isinstance(value, (list, tuple)):
            raise SnapshotRefused(reason=f"{'.'.join(node.way)} is not a list")
        return value
    if node.kind == "group":
        if not isinstance(value, Mapping):
            raise SnapshotRefused(reason=f"{'.'.join(node.way)} is not a group")
        return [value]
    return [surrounding]


def is_missing(value: Any) -> bool:
    """Nothing to show: null, false, empty. A zero is something."""
    return value is None or value is False or value in ("", [], (), {})


def _shown(node: Shown, scopes: list[Any]) -> str:
    value = _at(scopes[node.scope], node.way)
    if isinstance(value, (list, tuple, Mapping)):
        raise SnapshotRefused(reason=f"{'.'.join(node.way) or 'a row'} is not a single value")
    text = text_of(value)
    if node.context == "address" and text and not is_address(text):
        raise SnapshotRefused(reason=f"{'.'.join(node.way)} is not an address")
    return html.escape(text)


def text_of(value: Any) -> str:
    """A value of a snapshot as people read it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return _UNSEEN.sub("\ufffd", str(value))


def _at(value: Any, way: Sequence[str]) -> Any:
    for name in way:
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value
