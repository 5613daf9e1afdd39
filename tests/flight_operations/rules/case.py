from datetime import datetime
from typing import Any, NamedTuple

from common.compliance.findings import Color, Stage
from tests.flight_operations.rules.green import NOW

GREEN, AMBER, RED, SILENT = Color.GREEN, Color.AMBER, Color.RED, None


class Case(NamedTuple):
    """One question to one rule: the facts, when it is asked, and the color of the answer."""

    code: str
    expected: Color | None
    facts: Any
    stage: Stage = Stage.RELEASE
    at: datetime = NOW
    parameters: dict[str, dict[str, float]] | None = None

    @property
    def id(self) -> str:
        return f"{self.code}-{self.expected.value if self.expected else 'silent'}"


def unknown(code: str, facts: Any) -> list[Case]:
    """A missing input: amber while planning, red at release (C-UNKNOWN)."""
    return [Case(code, AMBER, facts, Stage.PLANNING), Case(code, RED, facts, Stage.RELEASE)]
