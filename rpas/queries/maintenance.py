from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from rpas.airworthiness import DueItem, due_items
from rpas.models import F2MaintenanceSchedule, RPASAircraft, RPASOperator
from rpas.queries.airworthiness import maintenance_of


@dataclass(frozen=True)
class AircraftDue:
    """One maintenance item of one aircraft that is near, exceeded or within the horizon."""

    registration: str
    item: DueItem


def maintenance_due(operator: RPASOperator, *, on: date, horizon_days: int) -> list[AircraftDue]:
    """
    What of an operator's fleet is due on a day or within the days after it, worst first.

    Items counted by hours, cycles or flights are listed when near or exceeded.
    """
    aircraft = RPASAircraft.objects.not_retired().filter(operator=operator)
    rows = {row.pk: row for row in aircraft.order_by("pk")}
    active = F2MaintenanceSchedule.objects.active().filter(aircraft__in=rows)
    found = [
        AircraftDue(rows[pk].registration, item)
        for pk, entries in maintenance_of(active).items()
        for item in due_items(
            entries,
            on=on,
            time_min=rows[pk].time_in_service_min,
            cycles=rows[pk].cycles,
            flights=rows[pk].flights,
        )
        if item.is_exceeded or item.is_near or _is_within(item, horizon_days)
    ]
    return sorted(
        found, key=lambda due: (not due.item.is_exceeded, due.item.remaining, due.registration)
    )


def due_after(aircraft: RPASAircraft, *, extra_minutes: int = 0, on: date) -> Sequence[DueItem]:
    """Every item of an aircraft with what remains after a flight of some minutes on a day."""
    active = F2MaintenanceSchedule.objects.active().on_aircraft(aircraft.pk)
    one = 1 if extra_minutes else 0
    return due_items(
        maintenance_of(active).get(aircraft.pk, ()),
        on=on,
        time_min=aircraft.time_in_service_min + extra_minutes,
        cycles=aircraft.cycles + one,
        flights=aircraft.flights + one,
    )


def _is_within(item: DueItem, horizon_days: int) -> bool:
    return item.unit == "days" and item.remaining <= horizon_days
