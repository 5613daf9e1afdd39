"""What a layout may show: the list that stands at the top of the layout that ships with a kind."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from documents.exceptions import LayoutRefused

PICTURE = "picture:"
MOST = 400
_NAME = r"[a-z][a-z0-9_]*"
_PATH = re.compile(rf"{_NAME}(\[\])?(\.{_NAME}(\[\])?)*|{PICTURE}{_NAME}")
NAME = re.compile(rf"{_NAME}(\.{_NAME})*")


@dataclass(frozen=True)
class Found:
    """Where a name leads: how many scopes from the top, and the way from there."""

    scope: int
    way: tuple[str, ...]
    prefix: str


@dataclass(frozen=True)
class Placeholders:
    """Paths such as `number`, `customer.name`, `legs[].from`, `picture:map`, and their words."""

    words: Mapping[str, str]

    def has_value(self, path: str) -> bool:
        return path in self.words

    def is_list(self, path: str) -> bool:
        return f"{path}[]" in self.words or self._has_below(f"{path}[].")

    def is_group(self, path: str) -> bool:
        return self._has_below(f"{path}.")

    def has_picture(self, name: str) -> bool:
        return f"{PICTURE}{name}" in self.words

    def find(self, name: str, scopes: Sequence[str]) -> Found | None:
        """The innermost scope in which a name is listed; None when none is."""
        for index in range(len(scopes) - 1, -1, -1):
            path = scopes[index] + name
            if self.has_value(path) or self.is_list(path) or self.is_group(path):
                return Found(index, tuple(name.split(".")), path)
        return None

    def _has_below(self, prefix: str) -> bool:
        return any(path.startswith(prefix) for path in self.words)


def read_placeholders(text: str) -> Placeholders:
    """
    Read the list of a shipped layout: a path and what it means on each line.

    Raises LayoutRefused.
    """
    words: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        path, _, meaning = line.strip().partition(" ")
        if not path:
            continue
        if not _PATH.fullmatch(path):
            raise LayoutRefused(f"{path[:60]!r} is not the path of a placeholder.", line=number)
        words[path] = meaning.strip()
    if len(words) > MOST:
        raise LayoutRefused(f"More than {MOST} placeholders are listed.")
    return Placeholders(words)


def paths_of(data: Mapping[str, Any], pictures: Sequence[str] = ()) -> list[str]:
    """Every path of a snapshot, as a list of placeholders names them; for who writes a layout."""
    found: dict[str, None] = {}
    _walk(data, "", found)
    return [*found, *(f"{PICTURE}{name}" for name in sorted(pictures))]


def _walk(value: Any, prefix: str, found: dict[str, None]) -> None:
    for name, inner in value.items():
        path = f"{prefix}{name}"
        if isinstance(inner, Mapping):
            _walk(inner, f"{path}.", found)
        elif isinstance(inner, (list, tuple)):
            found[f"{path}[]"] = None
            for row in inner:
                if isinstance(row, Mapping):
                    _walk(row, f"{path}[].", found)
        else:
            found[path] = None
