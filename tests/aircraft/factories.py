from datetime import UTC, date, datetime, timedelta
from typing import Any

import factory
from factory.django import DjangoModelFactory

from aircraft.models import (
    Aircraft,
    AircraftType,
    AirworthinessDirective,
    AltitudeBand,
    Defect,
    FlightHours,
    MaintenanceLog,
    MaintenanceTask,
    MaintenanceVisit,
    PayloadRange,
)
from aircraft.queries.availability import resource_of
from aircraft.services.maintenance import plan_next_due
from common import booking
from tests.airports.factories import AirportFactory
from tests.users.factories import UserFactory

# The moment of the `now` fixture: Saturday afternoon, 14 March 2026, in Boise.
NOW = datetime(2026, 3, 14, 22, 30, tzinfo=UTC)
TODAY = date(2026, 3, 14)
# Every permission of the app that somebody is asked for.
EVERY = [
    f"aircraft.{action}_{model._meta.model_name}"
    for model in (
        Aircraft,
        AircraftType,
        Defect,
        FlightHours,
        MaintenanceLog,
        MaintenanceTask,
        MaintenanceVisit,
    )
    for action in [
        "view",
        "add",
        "change",
        *(name.rsplit("_", 1)[0] for name, _ in model._meta.permissions),
    ]
]


class TypeFactory(DjangoModelFactory):
    """A King Air 350: a landplane with two turboprops."""

    designator = factory.Sequence(lambda n: f"{'TUVWXYZ'[n // 1000 % 7]}{n % 1000:03d}")
    name = "Beechcraft King Air 350"
    category = "L"
    engine_count = 2
    engine_kind = "T"
    wake = "L"

    class Meta:
        model = AircraftType


class DirectiveFactory(DjangoModelFactory):
    """A directive of CASA's own for all aircraft, in force."""

    source_id = factory.Sequence(lambda n: 50_000 + n)
    number = factory.Sequence(lambda n: f"{n} Amdt 1")
    name = "Emergency Exits"
    series = "GEN"
    series_number = "AD/GENERAL/"
    authority = "CASA"
    status = "active"
    effective_on = date(2016, 2, 26)

    class Meta:
        model = AirworthinessDirective


class AircraftFactory(DjangoModelFactory):
    """
    An airworthy ambulance at Boise with two stretchers and 1,000 hours.

    `airworthy=False` leaves the required tasks out, `performance=False` bands and diagram.
    """

    tail_number = factory.Sequence(lambda n: f"N{n:03d}WS")
    serial_number = factory.Sequence(lambda n: f"FL-{n}")
    aircraft_type = factory.SubFactory(TypeFactory)
    base = factory.SubFactory(AirportFactory, timezone="America/Boise", country="US")
    seats = 8
    stretchers = 2
    min_crew = 2
    mtow_kg = 6804
    empty_weight_kg = 4130
    basic_weight_kg = 4420
    max_payload_kg = 1050
    usable_fuel_kg = 1638
    oxygen_l = 6800
    is_pressurized = True
    cabin_altitude_ft = 7000
    max_crosswind_kt = 25
    max_tailwind_kt = 10
    is_ice_protected = True
    has_weather_radar = True
    has_terrain_awareness = False
    min_runway_m = 1100
    surfaces = factory.LazyFunction(lambda: ["paved", "gravel"])
    max_range_nm = 1550
    taxi_min = 10
    taxi_fuel_kg = 40
    maintenance_program = "selected"
    airworthiness_certificate = "AW-4411"
    registration_expires_on = date(2029, 3, 31)
    insurance_expires_on = date(2027, 6, 30)
    weighed_on = date(2025, 2, 10)
    time_in_service_min = 60_000
    cycles = 900
    landings = 910

    class Meta:
        model = Aircraft
        skip_postgeneration_save = True

    @factory.post_generation
    def airworthy(self: Any, create: bool, given: bool | None, **kwargs: Any) -> None:
        if given is not False:
            for kind in ("program", "altimeter_static", "transponder"):
                TaskFactory(aircraft=self, kind=kind, title=kind, interval_months=24)
            TaskFactory(aircraft=self, kind="elt", title="elt", interval_months=12)

    @factory.post_generation
    def performance(self: Any, create: bool, given: bool | None, **kwargs: Any) -> None:
        if given is not False:
            AltitudeBand.objects.create(
                aircraft=self, floor_ft=5000, ceiling_ft=20_000, cruise_ktas=240, burn_kg_h=360
            )
            AltitudeBand.objects.create(
                aircraft=self,
                floor_ft=20_000,
                ceiling_ft=35_000,
                cruise_ktas=300,
                burn_kg_h=300,
                climb_allowance_min=9,
                climb_allowance_kg=60,
                descent_allowance_min=4,
            )
            for payload_kg, range_nm in ((0, 1550), (700, 1400), (1050, 950)):
                PayloadRange.objects.create(aircraft=self, payload_kg=payload_kg, range_nm=range_nm)


class TaskFactory(DjangoModelFactory):
    """A task done today at the present totals; give it an interval, or it has twelve months."""

    aircraft = factory.SubFactory(AircraftFactory, airworthy=False)
    title = "Inspection"
    last_done_on = TODAY
    last_done_min = factory.LazyAttribute(lambda task: task.aircraft.time_in_service_min)
    last_done_cycles = factory.LazyAttribute(lambda task: task.aircraft.cycles)

    class Meta:
        model = MaintenanceTask

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> MaintenanceTask:
        task = model_class(*args, **kwargs)
        names = ("interval_months", "interval_days", "interval_min", "interval_cycles")
        if not any(getattr(task, name) for name in names):
            task.interval_months = 12
        plan_next_due(task)
        task.save()
        return task


class DefectFactory(DjangoModelFactory):
    """An open defect found an hour ago."""

    number = factory.Sequence(lambda n: f"DF-2020-{n:04d}")
    aircraft = factory.SubFactory(AircraftFactory)
    description = "Weather radar inoperative"
    found_at = NOW - timedelta(hours=1)
    found_on = TODAY
    found_by = factory.SubFactory(UserFactory)

    class Meta:
        model = Defect


class VisitFactory(DjangoModelFactory):
    """A stay of two days from tomorrow, booked in the ledger."""

    number = factory.Sequence(lambda n: f"MV-2020-{n:04d}")
    aircraft = factory.SubFactory(AircraftFactory)
    purpose = "Phase 1"
    start_at = NOW + timedelta(days=1)
    end_at = NOW + timedelta(days=3)

    class Meta:
        model = MaintenanceVisit
        skip_postgeneration_save = True

    @factory.post_generation
    def booked(self: Any, create: bool, given: Any, **kwargs: Any) -> None:
        book_flight(self.aircraft, self.start_at, self.end_at, self)


class HoursFactory(DjangoModelFactory):
    """A flight of an hour; triggers number it and add it up."""

    aircraft = factory.SubFactory(AircraftFactory)
    source = factory.Sequence(lambda n: f"test.leg:{n}")
    flown_on = TODAY
    time_in_service_min = 60
    recorded_by = factory.SubFactory(UserFactory)
    recorded_at = NOW

    class Meta:
        model = FlightHours


def book_flight(aircraft: Aircraft, start: datetime, end: datetime, source: Any = None) -> Any:
    """Book an aircraft for a flight of another app; any record will do as the booker."""
    source = source or UserFactory()
    booking.book([resource_of(aircraft)], start=start, end=end, source=source, purpose="Trip")
    return source
