"""Operations in the database that may go, with everything a release asks for."""

from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from airports.models import WeatherData, WeatherStation
from common.geo import point
from flight_operations.checklist_template import CHECKLIST_ITEMS
from flight_operations.models import (
    ChecklistItem,
    FlightOperation,
    PilotLogEntry,
    PreFlightChecklist,
)
from tests.flight_operations.factories import LAT, LON, START, OperationFactory
from tests.rpas.factories import OperatorFactory
from users.models import Qualification, User

SUBJECT = "flight_operations.flightoperation"
NOW = START - timedelta(minutes=30)
MODEL = "DJI Matrice 350 RTK"


def ready_operation(**changes: Any) -> FlightOperation:
    """One operation with licensed crew, answered checklist, recent landings and good weather."""
    operator = changes.pop("operator", None) or OperatorFactory(key_staff=True)
    end = START + timedelta(minutes=20)
    usual = {"operator": operator, "planned_end_at": end, "authorised": True}
    operation = OperationFactory(**(usual | changes))
    licensed(operation.pilot_in_command)
    answered(operation)
    return operation


def licensed(user: User) -> None:
    usual = {
        "user": user,
        "authority": "CASA",
        "issued_on": date(2024, 1, 1),
        "status": "verified",
        "verified_by": user,
        "verified_at": NOW,
    }
    Qualification.objects.create(kind="repl", number="R1", weight_band="up_to_25kg", **usual)
    Qualification.objects.create(kind="type_training", number="T1", aircraft_type=MODEL, **usual)
    user.profile.arn = f"{user.pk + 100_000}"
    user.profile.save()


def answered(operation: FlightOperation) -> None:
    checklist = PreFlightChecklist.objects.create(operation=operation)
    ChecklistItem.objects.bulk_create(
        ChecklistItem(
            checklist=checklist,
            sequence=number,
            code=item.code,
            title=item.title,
            answer="done",
            evidence="seen",
            answered_by=operation.pilot_in_command,
            answered_at=NOW,
        )
        for number, item in enumerate(CHECKLIST_ITEMS)
    )


def landed(operation: FlightOperation, user: User, on: date, count: int = 3) -> None:
    started = datetime.combine(on, START.timetz())
    PilotLogEntry.objects.create(
        pilot=user,
        operation=operation,
        flown_on=on,
        aircraft_model=MODEL,
        aircraft_category="small",
        place="Field",
        time_in_service_min=20,
        sight_mode="vlos",
        is_night=False,
        role="pilot_in_command",
        take_offs=count,
        landings=count,
        started_at=started,
        ended_at=started + timedelta(minutes=20),
    )


def reported(
    station: str = "YTST", *, issued_at: datetime = NOW, wind_kt: float = 6.0, **more: Any
) -> WeatherData:
    """A calm report of a station beside the launch site, as the station's latest."""
    row = WeatherData.objects.create(
        **(
            {
                "station": station,
                "kind": "METAR",
                "raw": f"METAR {station} {wind_kt}",
                "raw_hash": f"{station}{issued_at:%d%H%M}{wind_kt}",
                "issued_at": issued_at,
                "received_at": max(issued_at, timezone.now()),
                "wind_speed_kt": wind_kt,
                "visibility_m": 10_000,
                "is_ceiling_known": True,
                "temperature_c": 22.0,
                "dewpoint_c": 10.0,
                "source": "test",
            }
            | more
        )
    )
    WeatherStation.objects.update_or_create(
        station=station,
        defaults={
            "point": point(lat=LAT + 0.05, lon=LON),
            "elevation_ft": 1400,
            "observation": row,
            "observed_at": issued_at,
        },
    )
    return row
