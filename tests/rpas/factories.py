from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import factory
from factory.django import DjangoModelFactory

from rpas.models import (
    Battery,
    DefectSeverity,
    EntryKind,
    F2DefectEntry,
    F2FlightHoursEntry,
    F2MaintenanceSchedule,
    F2TechnicalLogPartA,
    GroundStation,
    KeyPersonnel,
    KeyPost,
    OperatorChange,
    OperatorMember,
    PartAStatus,
    RPASAircraft,
    RPASOperator,
    TriggerKind,
)
from rpas.services.maintenance import plan_next_due
from tests.users.factories import UserFactory

# The moment of the `now` fixture: Sunday morning, 15 March 2026, in Sydney.
NOW = datetime(2026, 3, 14, 22, 30, tzinfo=UTC)
TODAY = date(2026, 3, 15)


class OperatorFactory(DjangoModelFactory):
    """A Sydney operator with a ReOC for multirotors up to 25 kg; `key_staff=True` fills posts."""

    name = factory.Sequence(lambda n: f"Operator {n}")
    legal_name = factory.LazyAttribute(lambda operator: f"{operator.name} Pty Ltd")
    arn = factory.Sequence(lambda n: f"{800_000 + n}")
    reoc_number = factory.Sequence(lambda n: f"ReOC.{n:04}")
    reoc_issued_on = date(2024, 7, 1)
    reoc_expires_on = date(2027, 6, 30)
    scope_max_mass_kg = 25.0
    scope_types = factory.LazyFunction(lambda: ["multirotor"])
    timezone = "Australia/Sydney"
    insurance_expires_on = date(2027, 6, 30)
    operations_manual_ref = "OM 3.1"
    job_safety_assessment_ref = "JSA-01"

    class Meta:
        model = RPASOperator
        skip_postgeneration_save = True

    @factory.post_generation
    def key_staff(self: RPASOperator, create: bool, extracted: Any, **kwargs: Any) -> None:
        if create and extracted:
            for post in (KeyPost.CEO, KeyPost.CHIEF_REMOTE_PILOT, KeyPost.MAINTENANCE_CONTROLLER):
                KeyPersonnelFactory(operator=self, post=post)


class MemberFactory(DjangoModelFactory):
    """Somebody who has long worked for an operator; `pilot=True` may fly every model named."""

    operator = factory.SubFactory(OperatorFactory)
    user = factory.SubFactory(UserFactory)
    position = "Remote pilot"
    valid_from = date(2020, 1, 1)

    class Meta:
        model = OperatorMember

    class Params:
        pilot = factory.Trait(
            is_remote_pilot=True,
            pilot_authorized_on=date(2024, 1, 1),
            pilot_authorized_by=factory.SubFactory(UserFactory),
            authorized_models=["DJI Matrice 350 RTK"],
        )


class KeyPersonnelFactory(DjangoModelFactory):
    """The holder of a post since long ago; the maintenance controller unless said otherwise."""

    operator = factory.SubFactory(OperatorFactory)
    user = factory.SubFactory(UserFactory)
    post = KeyPost.MAINTENANCE_CONTROLLER
    arn = factory.Sequence(lambda n: f"{700_000 + n}")
    approved_on = date(2023, 12, 1)
    valid_from = date(2024, 1, 1)

    class Meta:
        model = KeyPersonnel


class OperatorChangeFactory(DjangoModelFactory):
    operator = factory.SubFactory(OperatorFactory)
    kind = "aircraft_serial"
    description = "Aircraft added"
    made_on = TODAY

    class Meta:
        model = OperatorChange


class PartAFactory(DjangoModelFactory):
    """An issued Part A with the aircraft's header."""

    aircraft = factory.SubFactory("tests.rpas.factories.AircraftFactory", airworthy=False)
    number = factory.Sequence(lambda n: f"LOG-2026-{n:03}")
    identification = factory.LazyAttribute(lambda log: log.aircraft.registration)
    category = factory.LazyAttribute(lambda log: log.aircraft.category.value)
    model = factory.LazyAttribute(lambda log: log.aircraft.model_name)
    min_gross_mass_kg = factory.LazyAttribute(lambda log: log.aircraft.empty_mass_kg)
    max_gross_mass_kg = factory.LazyAttribute(lambda log: log.aircraft.mtow_kg)
    registration_expires_on = factory.LazyAttribute(
        lambda log: log.aircraft.registration_expires_on
    )
    schedule_reference = "Maker's maintenance manual"
    status = PartAStatus.ISSUED
    statement = "Serviceable."
    issued_at = NOW - timedelta(days=30)
    issued_by = factory.SubFactory(UserFactory)
    issued_name = "Pat Controller"
    issued_arn = "654321"
    content_hash = "0"

    class Meta:
        model = F2TechnicalLogPartA

    class Params:
        draft = factory.Trait(
            status=PartAStatus.DRAFT,
            statement="",
            issued_at=None,
            issued_by=None,
            issued_name="",
            issued_arn="",
            content_hash="",
        )


class ScheduleFactory(DjangoModelFactory):
    """A 50-hour inspection last done when the aircraft was new; next due points are planned."""

    aircraft = factory.SubFactory("tests.rpas.factories.AircraftFactory", airworthy=False)
    title = "50 h inspection"
    kind = TriggerKind.FLIGHT_HOURS
    interval_min = factory.LazyAttribute(
        lambda item: 3000 if item.kind == TriggerKind.FLIGHT_HOURS else None
    )
    reference = "Maker's manual 4.2"
    last_done_on = date(2026, 1, 10)

    class Meta:
        model = F2MaintenanceSchedule

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> F2MaintenanceSchedule:
        schedule = model_class(*args, **kwargs)
        plan_next_due(schedule)
        schedule.save()
        return schedule


class EntryFactory(DjangoModelFactory):
    """A satisfactory daily inspection of the story's day in Part B."""

    aircraft = factory.SubFactory("tests.rpas.factories.AircraftFactory", airworthy=False)
    sequence = 1
    kind = EntryKind.DAILY_INSPECTION
    entry_on = TODAY
    inspection_satisfactory = factory.LazyAttribute(
        lambda entry: True if entry.kind == EntryKind.DAILY_INSPECTION else None
    )
    certified_by = factory.SubFactory(UserFactory)
    certified_name = "Pat Pilot"
    certified_arn = "123456"
    recorded_at = NOW

    class Meta:
        model = F2FlightHoursEntry

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> F2FlightHoursEntry:
        aircraft = kwargs["aircraft"]
        entry = super()._create(model_class, *args, **kwargs)
        entry.refresh_from_db()
        aircraft.refresh_from_db()
        entry.aircraft = aircraft
        return entry


class AircraftFactory(DjangoModelFactory):
    """
    An airworthy 9.2 kg multirotor: Part A issued, a maintenance schedule, inspected today.

    "Today" is the local day of `airworthy_at` (the `now` fixture unless given); `airworthy=False`
    leaves the log empty.
    """

    operator = factory.SubFactory(OperatorFactory)
    registration = factory.Sequence(lambda n: f"RPA-{n:04}")
    serial_number = factory.Sequence(lambda n: f"1ZNBJ{n:05}")
    make = "DJI"
    model = "Matrice 350 RTK"
    kind = "multirotor"
    empty_mass_kg = 6.47
    mtow_kg = 9.2
    registration_expires_on = date(2027, 1, 31)
    max_wind_ms = 12.0
    min_temperature_c = -20.0
    max_temperature_c = 50.0
    ip_rating = "IP55"
    firmware_version = "10.01.00"
    endurance = timedelta(minutes=45)
    max_speed_ms = 23.0
    control_link_range_m = 8000.0
    has_position_lights = True

    class Meta:
        model = RPASAircraft
        skip_postgeneration_save = True

    airworthy = True
    airworthy_at = NOW

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> RPASAircraft:
        is_airworthy, at = kwargs.pop("airworthy"), kwargs.pop("airworthy_at")
        aircraft = super()._create(model_class, *args, **kwargs)
        aircraft.refresh_from_db()
        return make_airworthy(aircraft, at=at) if is_airworthy else aircraft


def make_airworthy(aircraft: RPASAircraft, *, at: datetime = NOW) -> RPASAircraft:
    """Issue Part A, add a maintenance schedule and record a daily inspection of the local day."""
    PartAFactory(aircraft=aircraft, issued_at=at - timedelta(days=30))
    day = at.astimezone(ZoneInfo(aircraft.operator.timezone)).date()
    ScheduleFactory(
        aircraft=aircraft,
        last_done_on=day - timedelta(days=60),
        last_done_min=aircraft.time_in_service_min,
        last_done_cycles=aircraft.cycles,
        last_done_flights=aircraft.flights,
    )
    inspect(aircraft, at=at)
    return aircraft


def inspect(aircraft: RPASAircraft, *, at: datetime = NOW) -> F2FlightHoursEntry:
    """Write a satisfactory daily inspection for the local day of a moment."""
    day = at.astimezone(ZoneInfo(aircraft.operator.timezone)).date()
    return EntryFactory(aircraft=aircraft, entry_on=day, recorded_at=at)


class DefectFactory(DjangoModelFactory):
    """An open major defect found this morning; `minor=True` for a minor one."""

    aircraft = factory.SubFactory(AircraftFactory)
    severity = DefectSeverity.MAJOR
    description = "Cracked arm at the rear left motor"
    found_at = NOW - timedelta(hours=1)
    found_by = factory.SubFactory(UserFactory)
    found_name = "Pat Pilot"
    found_arn = "123456"

    class Meta:
        model = F2DefectEntry

    class Params:
        minor = factory.Trait(severity=DefectSeverity.MINOR, description="Scratched landing gear")


class BatteryFactory(DjangoModelFactory):
    """A healthy battery on the shelf."""

    operator = factory.SubFactory(OperatorFactory)
    serial_number = factory.Sequence(lambda n: f"TB65-{n:05}")
    model = "TB65"
    capacity_mah = 5880
    max_cycles = 400
    health_percent = 97

    class Meta:
        model = Battery


class GroundStationFactory(DjangoModelFactory):
    operator = factory.SubFactory(OperatorFactory)
    name = "Field station"
    device_id = factory.Sequence(lambda n: f"gcs-{n:04}")

    class Meta:
        model = GroundStation
