"""The facts of many aircraft in a number of statements that does not grow with the fleet."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from django.db.models import QuerySet

from aircraft.airworthiness import CrewedAircraftFacts, DefectFacts, TaskFacts
from aircraft.models import Aircraft, Defect, MaintenanceTask

_COPIED = (
    "tail_number",
    "status",
    "seats",
    "maintenance_program",
    "airworthiness_certificate",
    "airworthiness_expires_on",
    "registration_expires_on",
    "insurance_expires_on",
    "weighed_on",
    "time_in_service_min",
    "cycles",
)


def aircraft_facts(
    ids: Iterable[int],
    *,
    on: date | Mapping[int, date],
    planned_min: int | Mapping[int, int] = 0,
    planned_cycles: int | Mapping[int, int] = 0,
    is_revenue: bool = True,
) -> dict[int, CrewedAircraftFacts]:
    """
    The facts of many aircraft, each on one local day after some planned minutes and cycles.

    For a trip: `on` is the base's local day on which it ends, the minutes and cycles those booked
    before it and its own. Aircraft that do not exist are left out. Three statements.
    """
    wanted = Aircraft.objects.filter(pk__in=set(ids)).select_related("aircraft_type")
    return facts_of_rows(
        list(wanted.order_by("pk")),
        on=on,
        planned_min=planned_min,
        planned_cycles=planned_cycles,
        is_revenue=is_revenue,
    )


def facts_of_rows(
    rows: Sequence[Aircraft],
    *,
    on: date | Mapping[int, date],
    planned_min: int | Mapping[int, int] = 0,
    planned_cycles: int | Mapping[int, int] = 0,
    is_revenue: bool = True,
) -> dict[int, CrewedAircraftFacts]:
    """The same of aircraft that are read already, with their type. Two statements."""
    keys = [row.pk for row in rows]
    tasks, defects = tasks_of(keys), defects_of(keys)
    return {
        row.pk: CrewedAircraftFacts(
            aircraft_id=row.pk,
            designator=row.aircraft_type.designator,
            engine_count=row.aircraft_type.engine_count,
            on=on if isinstance(on, date) else on[row.pk],
            planned_min=_own(planned_min, row.pk),
            planned_cycles=_own(planned_cycles, row.pk),
            is_revenue=is_revenue,
            tasks=tasks.get(row.pk, ()),
            defects=defects.get(row.pk, ()),
            **{name: getattr(row, name) for name in _COPIED},
        )
        for row in rows
    }


def tasks_of(ids: Sequence[int]) -> dict[int, tuple[TaskFacts, ...]]:
    """Active maintenance tasks by aircraft."""
    return task_facts(MaintenanceTask.objects.active().filter(aircraft__in=ids))


def task_facts(rows: QuerySet[MaintenanceTask]) -> dict[int, tuple[TaskFacts, ...]]:
    """Maintenance tasks as facts, by aircraft."""
    found: dict[int, tuple[TaskFacts, ...]] = {}
    for row in rows.order_by("aircraft", "pk"):
        found[row.aircraft_id] = (*found.get(row.aircraft_id, ()), as_task_facts(row))
    return found


def as_task_facts(row: MaintenanceTask) -> TaskFacts:
    """One maintenance task as facts."""
    copied = (name for name in TaskFacts.__struct_fields__ if name != "task_id")
    return TaskFacts(task_id=row.pk, **{name: getattr(row, name) for name in copied})


def defects_of(ids: Sequence[int]) -> dict[int, tuple[DefectFacts, ...]]:
    """Defects after which nobody has certified the aircraft yet, by aircraft."""
    found: dict[int, tuple[DefectFacts, ...]] = {}
    for row in Defect.objects.unreleased().filter(aircraft__in=ids).order_by("found_at", "pk"):
        facts = DefectFacts(
            number=row.number,
            status=row.status,
            description=row.description[:200],
            found_on=row.found_on,
            mel_item=row.mel_item,
            category=row.category,
            limit_on=row.limit_on,
        )
        found[row.aircraft_id] = (*found.get(row.aircraft_id, ()), facts)
    return found


def _own(value: int | Mapping[int, int], pk: int) -> int:
    return value if isinstance(value, int) else value.get(pk, 0)
