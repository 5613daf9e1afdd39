"""The plan that holds for a day, as the planner knows plans."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from dispatcher.keys import aircraft_key, pilot_key
from dispatcher.models import AssignmentStatus
from dispatcher.planning.model import Assignment, Period, Plan, Score, Stint
from dispatcher.queries.day_problem import DayProblem
from dispatcher.queries.day_rows import assignment_of, settled_assignment
from flight_operations.models import FlightOperation, OperationStatus

NOTHING = Score(0, 0, 0, 0, 0, 0, 0, 0, 0)


def plan_in_force(day: DayProblem, *, with_proposed: bool = False) -> Plan:
    """
    What is published, and what is booked without an assignment; with the proposed on top if asked.

    What is fixed in the problem counts as pinned.
    """
    pinned = {each.task for each in day.problem.commitments if each.task}
    placed: list[tuple[Assignment, datetime]] = []
    for operation in day.rows.operations:
        found = _placed(operation, operation.number in pinned, with_proposed)
        if found is not None:
            placed.append(found)
    placed.sort(key=lambda each: (each[0].period, each[0].task))
    assignments = tuple(each for each, _ in placed)
    return Plan(
        assignments=assignments,
        unassigned=(),
        stints=_stints(placed),
        score=NOTHING,
        input_hash="",
        seed=0,
    )


def _placed(
    operation: FlightOperation, is_pinned: bool, with_proposed: bool
) -> tuple[Assignment, datetime] | None:
    held = (
        settled_assignment(operation)
        if with_proposed
        else assignment_of(operation, AssignmentStatus.PUBLISHED)
    )
    if held is not None:
        return (
            Assignment(
                task=operation.number,
                aircraft=aircraft_key(held.aircraft_id),
                pilot=pilot_key(held.pilot_id),
                period=Period(held.start_at, held.end_at),
                arrives=held.occupied_from,
                is_pinned=is_pinned,
            ),
            held.occupied_until,
        )
    if operation.status == OperationStatus.DRAFT:
        return None
    start, end = operation.planned_start_at, operation.planned_end_at
    assignment = Assignment(
        task=operation.number,
        aircraft=aircraft_key(operation.aircraft_id),
        pilot=pilot_key(operation.pilot_in_command_id),
        period=Period(start, end),
        arrives=start,
        is_pinned=is_pinned,
    )
    return assignment, end


def _stints(placed: Sequence[tuple[Assignment, datetime]]) -> tuple[Stint, ...]:
    """Work of one pair in one outing: until they are back, which is later than their last work."""
    pairs: dict[tuple[str, str], list[tuple[Assignment, datetime]]] = defaultdict(list)
    for entry in placed:
        pairs[entry[0].aircraft, entry[0].pilot].append(entry)
    found = []
    for (aircraft, pilot), entries in sorted(pairs.items()):
        outing: list[tuple[Assignment, datetime]] = []
        for entry in entries:
            outing.append(entry)
            if entry[1] > entry[0].period.end:
                found.append(_stint(aircraft, pilot, outing))
                outing = []
        if outing:
            found.append(_stint(aircraft, pilot, outing))
    return tuple(found)


def _stint(aircraft: str, pilot: str, outing: Sequence[tuple[Assignment, datetime]]) -> Stint:
    return Stint(
        aircraft=aircraft,
        pilot=pilot,
        period=Period(outing[0][0].arrives, outing[-1][1]),
        tasks=tuple(each.task for each, _ in outing),
    )
