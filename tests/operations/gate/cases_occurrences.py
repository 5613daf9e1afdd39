"""What an occurrence that is not closed means for the next trips: one row for each answer."""

from typing import Any

from operations.facts.occurrence import OpenOccurrence
from tests.operations.gate.gate_case import AMBER, OK, SILENT, Case, trip
from tests.operations.gate.green import GREEN

CODE = "NTSB-830"


def after(*events: str, **more: Any) -> Any:
    return trip(
        occurrences=tuple(
            OpenOccurrence(number=f"OC-2026-{n:04d}", event=event, **more)
            for n, event in enumerate(events, start=1)
        )
    )


CASES = [
    Case(CODE, GREEN, SILENT),
    Case(CODE, after("accident"), AMBER),
    Case(CODE, after("accident", is_of_aircraft=True), AMBER),
    Case(CODE, after("overdue", is_of_aircraft=True), AMBER),
    Case(CODE, after("serious_incident"), OK),
    Case(CODE, after("serious_incident", "accident"), AMBER),
]
