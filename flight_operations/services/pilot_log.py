from zoneinfo import ZoneInfo

from airports.queries.sun import daylight_facts
from flight_operations.models import CrewMember, FlightOperation, PilotLogEntry


def write_pilot_logs(operation: FlightOperation, *, minutes: int) -> None:
    """Write the flight into the log of each remote pilot who took part (MOS 10.06)."""
    start, end = operation.actual_start_at, operation.actual_end_at
    if start is None or end is None:
        raise ValueError(f"{operation} has not landed")
    second = CrewMember.Role.SECOND_PILOT
    seconds = operation.crew.filter(role=second).values_list("user_id", flat=True)
    roles = [(operation.pilot_in_command_id, "pilot_in_command"), *((pk, second) for pk in seconds)]
    zone = ZoneInfo(operation.operator.timezone)
    site = operation.plan.launch_site
    light = daylight_facts(lat=site.y, lon=site.x, start=start, end=end)
    PilotLogEntry.objects.bulk_create(
        PilotLogEntry(
            pilot_id=pilot,
            operation=operation,
            flown_on=start.astimezone(zone).date(),
            aircraft_model=f"{operation.aircraft.make} {operation.aircraft.model}",
            aircraft_category=operation.aircraft.category,
            place=operation.plan.control_station,
            time_in_service_min=minutes,
            sight_mode=operation.sight_mode,
            is_night=not light.is_within_civil_twilight,
            role=str(role),
            started_at=start,
            ended_at=end,
        )
        for pilot, role in roles
    )
