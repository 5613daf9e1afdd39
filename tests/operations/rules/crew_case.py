from datetime import datetime
from typing import Any, NamedTuple

from common.compliance.findings import Color, Stage
from operations.facts.trip import TripFacts
from tests.operations.rules.green_crew import NOW

GREEN, AMBER, RED, SILENT = Color.GREEN, Color.AMBER, Color.RED, None


class CrewCase(NamedTuple):
    """One question to one rule about a crew, and the color of the answer."""

    code: str
    expected: Color | None
    facts: TripFacts
    what: str
    stage: Stage = Stage.RELEASE
    at: datetime = NOW

    @property
    def id(self) -> str:
        return f"{self.code}: {self.what}"


def unknown(code: str, facts: TripFacts, what: str) -> list[CrewCase]:
    """A missing input: amber while planning, red at release (C-UNKNOWN)."""
    return [
        CrewCase(code, AMBER, facts, f"{what}, planning", Stage.PLANNING),
        CrewCase(code, RED, facts, f"{what}, release", Stage.RELEASE),
    ]


def cases(code: str, *rows: tuple[Color | None, TripFacts, str] | CrewCase | Any) -> list[CrewCase]:
    """Cases of one rule from (color, facts, what) and from lists of whole cases."""
    found: list[CrewCase] = []
    for row in rows:
        if isinstance(row, list):
            found += row
        else:
            found.append(row if isinstance(row, CrewCase) else CrewCase(code, *row))
    return found
