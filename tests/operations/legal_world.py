"""
A world in which the rules of crewed flying find nothing to say, stage by stage.

An offer or a booking asks for `specifications()` and an `aircraft()`; a crew for `crew_member()`;
a release and off blocks for `make_ready(trip)`, which adds briefs, the manifest, papers, confirmed
services, a signed worksheet and the weather of the hour. All of it stands around `at`, the moment
of the `now` fixture unless said, and takes few statements: rows are written in bulk.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from aircraft.models import Aircraft, AircraftType, AltitudeBand, MaintenanceTask, PayloadRange
from aircraft.services.maintenance import plan_next_due
from airports.models import Airport, Runway
from airports.services.weather import store_reports
from airports.source_rows import SourceReport
from common.geo import point
from operations.models import (
    OpsSpec,
    RiskWorksheet,
    ServiceItem,
    ServiceStatus,
    Trip,
    TripEvidence,
    TripLeg,
)
from operations.plan_hash import plan_hash
from operations.risk_template import CURRENT
from tests.aircraft.factories import AircraftFactory, TypeFactory
from tests.airports.factories import AirportFactory, RunwayFactory
from tests.operations.factories import NOW, PassengerFactory
from tests.users.factories import UserFactory, grant
from users.models import (
    CheckRecord,
    DeclaredFlight,
    FlightExperience,
    FlyingDeclaration,
    Qualification,
    User,
)

TYPE = "B350"
SPECIFICATIONS = {
    "A024": "Air ambulance by aeroplane",
    "C055": "Alternate airport weather minima",
    "SMS": "Safety management system",
}
TASKS = {"program": 24, "altimeter_static": 24, "transponder": 24, "elt": 12}
# Of a pilot: kind, class and type. The last one is for who cares for the patient.
PAPERS = (
    ("license", "ATP", ""),
    ("rating", "Instrument", ""),
    ("rating", "Type rating", TYPE),
    ("medical", "Class 1", ""),
    ("medical_registration", "RN", ""),
)
CHECKS = (
    ("135.293a", ""),
    ("135.293b", TYPE),
    ("135.297", ""),
    ("135.299", TYPE),
    ("135.343", ""),
    ("135.621", ""),
    ("61.56", ""),
)
# Three landings by night and by day within the last 90 days.
FLOWN_DAYS_AGO = (8, 16, 30, 44)
BRIEF = {
    "min_ceiling_ft": 250,
    "min_visibility_m": 1200,
    "circling_ceiling_ft": 600,
    "landing_distance_m": 900,
    "fuel_on_board_kg": 1100,
    "payload_kg": 300,
}
LOAD = {
    "take_off_weight_kg": 6100.0,
    "max_take_off_weight_kg": 6804.0,
    "cg": 5.1,
    "cg_forward": 4.6,
    "cg_aft": 5.5,
}
LEG_PAPERS = ("gendec", "cargo_manifest")
PATIENT_PAPERS = ("consent", "oxygen", "briefing")
CLEAR = "27008KT 9999 SCT050"


def specifications(at: datetime = NOW) -> None:
    """What the authority allows the operator to do; twice is as good as once."""
    OpsSpec.objects.bulk_create(
        [
            OpsSpec(code=code, title=title, issued_on=at.date() - timedelta(days=700))
            for code, title in SPECIFICATIONS.items()
        ],
        ignore_conflicts=True,
    )


def aircraft(at: datetime = NOW, **fields: Any) -> Aircraft:
    """A King Air with papers in force, maintenance just done and its performance known."""
    specifications(at)
    kind = AircraftType.objects.filter(designator=TYPE).first() or TypeFactory(designator=TYPE)
    row: Aircraft = AircraftFactory(
        **{"aircraft_type": kind, "airworthy": False, "performance": False} | fields
    )
    MaintenanceTask.objects.bulk_create(
        [_task(row, kind, months, at.date()) for kind, months in TASKS.items()]
    )
    AltitudeBand.objects.bulk_create(
        AltitudeBand(
            aircraft=row, floor_ft=floor, ceiling_ft=ceiling, cruise_ktas=speed, burn_kg_h=burn
        )
        for floor, ceiling, speed, burn in ((0, 20_000, 240, 360), (20_000, 35_000, 300, 300))
    )
    PayloadRange.objects.bulk_create(
        PayloadRange(aircraft=row, payload_kg=payload, range_nm=reach)
        for payload, reach in ((0, 1550), (700, 1400), (1050, 950))
    )
    return row


def airport(ident: str, lat: float, lon: float, **fields: Any) -> Airport:
    """An American airport with one long lit runway from east to west."""
    given = {"timezone": "America/Boise", "country": "US", "is_controlled": True}
    row: Airport = AirportFactory(ident=ident, point=point(lat=lat, lon=lon), **given | fields)
    runway(row)
    return row


def runway(at: Airport, **fields: Any) -> Runway:
    """Nine thousand feet of lit asphalt from east to west."""
    lat, lon = at.point.y, at.point.x
    row: Runway = RunwayFactory(
        **{
            "airport": at,
            "le_ident": "09",
            "he_ident": "27",
            "surface": "ASP",
            "length_ft": 9000,
            "is_lighted": True,
            "le_heading_deg": 90.0,
            "he_heading_deg": 270.0,
            "ends": ((lat, lon - 0.02), (lat, lon + 0.02)),
        }
        | fields
    )
    return row


def crew_member(at: datetime = NOW, **fields: Any) -> User:
    """Somebody employed here who may take any place on a flight: pilot, nurse or both."""
    person: User = UserFactory(**{"date_of_birth": date(1988, 5, 17)} | fields)
    grant(person)
    papers(person, at)
    return person


def papers(person: User, at: datetime = NOW) -> None:
    """Licenses, medical, checks, recency and declarations of a person: five statements."""
    today = at.date()
    issued = today - timedelta(days=60)
    Qualification.objects.bulk_create(
        Qualification(
            user=person,
            kind=kind,
            authority="FAA",
            number=f"{person.pk}-{number}",
            classification=classification,
            aircraft_type=designator,
            issued_on=issued,
            status="verified",
            verified_by=person,
            verified_at=at - timedelta(days=50),
            expires_on=today + timedelta(days=400) if kind == "medical_registration" else None,
        )
        for number, (kind, classification, designator) in enumerate(PAPERS)
    )
    done = today - timedelta(days=45)
    CheckRecord.objects.bulk_create(
        CheckRecord(
            user=person,
            kind=kind,
            aircraft_type=designator,
            done_on=done,
            base_month=done.replace(day=1),
            examiner="J. Ortiz",
            recorded_by=person,
            recorded_at=at,
        )
        for kind, designator in CHECKS
    )
    DeclaredFlight.objects.bulk_create(_flown(person, at, days) for days in FLOWN_DAYS_AGO)
    FlyingDeclaration.objects.create(
        user=person,
        from_on=today - timedelta(days=800),
        until_on=today + timedelta(days=60),
        declared_by=person,
        declared_at=at,
    )
    FlightExperience.objects.create(
        user=person,
        category="aeroplane",
        flown_minutes=300_000,
        night_minutes=60_000,
        cross_country_minutes=200_000,
        instrument_minutes=30_000,
        instrument_flight_minutes=20_000,
        landings=4_000,
        as_of_on=today - timedelta(days=90),
        declared_by=person,
        declared_at=at,
    )


def weather(at: datetime, *airports: Airport, sky: str = CLEAR) -> None:
    """A report of ten minutes ago and a forecast for the trip, of all airports in one batch."""
    issued = at - timedelta(minutes=10)
    begins = at.replace(minute=0) - timedelta(hours=2)
    period = f"{begins:%d%H}/{begins + timedelta(hours=36):%d%H}"
    reports = []
    for row in airports:
        place = {"station": row.ident, "lat": row.point.y, "lon": row.point.x}
        metar = f"METAR {row.ident} {issued:%d%H%M}Z {sky} 15/02 A3010"
        taf = f"TAF {row.ident} {issued:%d%H%M}Z {period} {sky}"
        reports += [
            SourceReport(kind="METAR", raw=metar, **place),
            SourceReport(kind="TAF", raw=taf, **place),
        ]
    store_reports(reports, source="test", at=at)


def brief(trip: Trip, **fields: Any) -> None:
    """What dispatch enters for each leg: minima, landing distance, fuel, load."""
    TripLeg.objects.filter(trip=trip).update(**BRIEF | fields)


def file_papers(trip: Trip, at: datetime = NOW) -> None:
    """Everything on paper that a release asks for, what is there kept; services confirmed."""
    desk = trip.coordinator or UserFactory()
    found: list[tuple[str, TripLeg | None, dict[str, Any]]] = [("airport_hours", None, {})]
    for leg in trip.legs.order_by("sequence"):
        found.append(("load_manifest", leg, LOAD | {"passengers": leg.passengers}))
        found.append(("passenger_manifest", leg, {"passengers": leg.passengers}))
        found += [(kind, leg, {}) for kind in (*LEG_PAPERS, "briefing")]
        if leg.has_patient:
            found += [(kind, leg, {}) for kind in PATIENT_PAPERS if kind != "briefing"]
    TripEvidence.objects.bulk_create(
        [
            TripEvidence(
                trip=trip,
                leg=leg,
                kind=kind,
                reference=f"{kind} 12",
                details=details,
                recorded_by=desk,
                recorded_at=at,
            )
            for kind, leg, details in found
        ],
        ignore_conflicts=True,
    )
    ServiceItem.objects.filter(trip=trip).exclude(status=ServiceStatus.NOT_APPLICABLE).update(
        status=ServiceStatus.CONFIRMED, needs_recheck=False
    )


def list_passengers(trip: Trip) -> None:
    """As many people on the manifest of each leg as are planned on it, unless there is one."""
    if trip.passengers.exists():
        return
    legs = list(trip.legs.filter(passengers__gt=0))
    for number in range(max((leg.passengers for leg in legs), default=0)):
        person = PassengerFactory(trip=trip, role="passenger")
        person.legs.set([leg for leg in legs if leg.passengers > number])


def sign_worksheet(trip: Trip, at: datetime = NOW) -> RiskWorksheet:
    """The worksheet with the best answer to every question, signed for the plan as it stands."""
    pilot = trip.legs.order_by("sequence")[0].crew.get(role="pic").person
    sheet, _ = RiskWorksheet.objects.update_or_create(
        trip=trip,
        defaults={
            "answers": {factor.code: factor.answers[0].code for factor in CURRENT.factors},
            "score": 0,
            "threshold": CURRENT.threshold,
            "signed_by": pilot,
            "signed_at": at,
            "plan_hash": plan_hash(trip),
        },
    )
    return sheet


def make_ready(trip: Trip, at: datetime = NOW) -> None:
    """Let a crewed trip in planning have everything that its release asks for."""
    brief(trip)
    list_passengers(trip)
    file_papers(trip, at)
    sign_worksheet(trip, at)
    weather(at, *airports_of([trip]))


def airports_of(trips: Iterable[Trip]) -> list[Airport]:
    """Where the flights of some trips begin and end."""
    legs = TripLeg.objects.filter(trip__in=list(trips))
    keys = {key for pair in legs.values_list("origin", "destination") for key in pair}
    return list(Airport.objects.filter(pk__in=keys).order_by("pk"))


def _task(row: Aircraft, kind: str, months: int, today: date) -> MaintenanceTask:
    task = MaintenanceTask(
        aircraft=row,
        title=kind,
        kind=kind,
        interval_months=months,
        last_done_on=today,
        last_done_min=row.time_in_service_min,
        last_done_cycles=row.cycles,
    )
    plan_next_due(task)
    return task


def _flown(person: User, at: datetime, days: int) -> DeclaredFlight:
    off = at - timedelta(days=days)
    return DeclaredFlight(
        user=person,
        aircraft_type=TYPE,
        off_at=off,
        on_at=off + timedelta(hours=2),
        flight_min=120,
        day_takeoffs=1,
        day_landings=1,
        night_takeoffs=1,
        night_landings=1,
        approaches=2,
        declared_by=person,
        declared_at=at,
    )
