"""Rows of the air-ambulance and charter desk, as few columns as a test needs to say."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import factory
from factory.django import DjangoModelFactory

from operations.models import (
    ControlDuty,
    CrewLine,
    DutyPeriod,
    MedicalRequirement,
    Occurrence,
    Passenger,
    Patient,
    PatientMatch,
    PrivacyBreach,
    Quote,
    RequestedLeg,
    ServiceItem,
    Trip,
    TripLeg,
)
from tests.aircraft.factories import AircraftFactory
from tests.airports.factories import AirportFactory
from tests.contacts.factories import ContactFactory
from tests.users.factories import UserFactory

# The moment of the `now` fixture, and a departure the next day.
NOW = datetime(2026, 3, 14, 22, 30, tzinfo=UTC)
DEPARTURE = datetime(2026, 3, 15, 20, 0, tzinfo=UTC)


class PatientFactory(DjangoModelFactory):
    """Somebody of 82 kg on a stretcher; nothing else is known unless `known=True`."""

    number = factory.Sequence(lambda n: f"PT-2025-{n:04d}")
    mass_kg = 82

    class Meta:
        model = Patient

    class Params:
        known = factory.Trait(
            family_name="Example",
            given_names="Ana Maria",
            date_of_birth=date(1961, 4, 2),
            sex="female",
            medical_record_number="RPA 00417-2",
            next_of_kin="Rui Example, husband, +61 412 345 678",
            physician_contact="Dr Okafor, ward 4, +61 2 9999 1234",
            diagnosis="Polytrauma after a fall",
            medications="Morphine 2 mg",
            allergies="Penicillin",
            infectious_status="MRSA, contact precautions",
            notes="Speaks Portuguese",
        )


class PatientMatchFactory(DjangoModelFactory):
    """Two patients that nobody has compared yet."""

    patient = factory.SubFactory(PatientFactory)
    looks_like = factory.SubFactory(PatientFactory)
    noted_at = NOW

    class Meta:
        model = PatientMatch


class RequirementFactory(DjangoModelFactory):
    """Advanced care by a nurse, 4 l/min of oxygen, found fit to fly."""

    patient = factory.SubFactory(PatientFactory)
    acuity = "advanced"
    team = factory.LazyFunction(lambda: ["flight_nurse"])
    oxygen_flow_lpm = "4.0"
    decision = "fit"
    decided_by = factory.SubFactory(UserFactory)
    decided_at = NOW

    class Meta:
        model = MedicalRequirement


class PassengerFactory(DjangoModelFactory):
    """An escort of 70 kg on no leg yet."""

    trip = factory.SubFactory("tests.operations.factories.TripFactory")
    role = "escort"
    mass_kg = 70

    class Meta:
        model = Passenger

    class Params:
        known = factory.Trait(
            family_name="Example",
            given_names="Rui",
            date_of_birth=date(1959, 11, 30),
            sex="male",
            nationality="PT",
            residence="FR",
            document_kind="passport",
            document_number="CA123456",
            document_country="PT",
            document_expires_on=date(2031, 5, 31),
        )


class QuoteFactory(DjangoModelFactory):
    """A request without legs; `requirement=None` for a charter."""

    number = factory.Sequence(lambda n: f"QT-2026-{n:04d}")
    customer = factory.SubFactory(ContactFactory)
    requested_at = NOW
    title = "Inter-hospital transfer"
    requirement = factory.SubFactory(RequirementFactory)

    class Meta:
        model = Quote


class RequestedLegFactory(DjangoModelFactory):
    quote = factory.SubFactory(QuoteFactory)
    sequence = factory.Sequence(lambda n: n + 1)
    origin = factory.SubFactory(AirportFactory)
    destination = factory.SubFactory(AirportFactory)
    earliest_departure_at = DEPARTURE
    has_patient = True

    class Meta:
        model = RequestedLeg


class TripFactory(DjangoModelFactory):
    """A confirmed trip of four hours; `legs` says how many one-hour legs it has."""

    number = factory.Sequence(lambda n: f"TR-2026-{n:04d}")
    customer = factory.SubFactory(ContactFactory)
    title = "Inter-hospital transfer"
    aircraft = factory.SubFactory(AircraftFactory)
    requirement = factory.SubFactory(RequirementFactory)
    start_at = DEPARTURE
    end_at = factory.LazyAttribute(lambda trip: trip.start_at + timedelta(hours=4))
    status = "confirmed"

    class Meta:
        model = Trip
        skip_postgeneration_save = True

    @factory.post_generation
    def legs(self: Any, create: bool, given: int | None, **kwargs: Any) -> None:
        for number in range(given or 0):
            out = self.start_at + timedelta(minutes=90 * number)
            LegFactory(trip=self, sequence=number + 1, planned_out_at=out)


class LegFactory(DjangoModelFactory):
    """An hour from blocks to blocks with the patient: five minutes of taxi at either end."""

    trip = factory.SubFactory(TripFactory)
    sequence = factory.Sequence(lambda n: n + 1)
    kind = "live"
    has_patient = True
    origin = factory.SubFactory(AirportFactory)
    destination = factory.SubFactory(AirportFactory)
    distance_nm = "220.00"
    block_min = 60
    flight_min = 50
    fuel_kg = 400
    planned_out_at = DEPARTURE
    planned_off_at = factory.LazyAttribute(lambda leg: leg.planned_out_at + timedelta(minutes=5))
    planned_on_at = factory.LazyAttribute(lambda leg: leg.planned_out_at + timedelta(minutes=55))
    planned_in_at = factory.LazyAttribute(lambda leg: leg.planned_out_at + timedelta(minutes=60))
    estimated_out_at = factory.LazyAttribute(lambda leg: leg.planned_out_at)
    estimated_in_at = factory.LazyAttribute(lambda leg: leg.planned_in_at)

    class Meta:
        model = TripLeg


class DutyFactory(DjangoModelFactory):
    """A duty on a trip from an hour before to half an hour after it; not in the ledger."""

    person = factory.SubFactory(UserFactory)
    trip = factory.SubFactory(TripFactory)
    planned_report_at = factory.LazyAttribute(lambda d: d.trip.start_at - timedelta(hours=1))
    planned_end_at = factory.LazyAttribute(lambda d: d.trip.end_at + timedelta(minutes=30))
    report_at = factory.LazyAttribute(lambda d: d.planned_report_at)
    end_at = factory.LazyAttribute(lambda d: d.planned_end_at)

    class Meta:
        model = DutyPeriod


class ControlDutyFactory(DjangoModelFactory):
    """A shift of eight hours at operations control; not in the ledger."""

    person = factory.SubFactory(UserFactory)
    start_at = NOW
    end_at = factory.LazyAttribute(lambda duty: duty.start_at + timedelta(hours=8))

    class Meta:
        model = ControlDuty


class OccurrenceFactory(DjangoModelFactory):
    """A fire in flight half an hour ago, an incident that nobody was told of yet."""

    number = factory.Sequence(lambda n: f"OC-2025-{n:04d}")
    aircraft = factory.SubFactory(AircraftFactory)
    kind = "fire"
    event = "serious_incident"
    occurred_at = NOW - timedelta(minutes=30)
    aware_at = NOW - timedelta(minutes=20)
    time_zone = "Australia/Sydney"
    place = "20 NM east"
    narrative = "Smoke, then fire."
    is_notifiable = True
    reported_by = factory.SubFactory(UserFactory)

    class Meta:
        model = Occurrence


class PrivacyBreachFactory(DjangoModelFactory):
    """A folder lost yesterday, whose three persons nobody told yet."""

    number = factory.Sequence(lambda n: f"PB-2025-{n:04d}")
    discovered_at = NOW - timedelta(days=1)
    narrative = "A folder was left in a taxi."
    persons_affected = 3
    reported_by = factory.SubFactory(UserFactory)

    class Meta:
        model = PrivacyBreach


class CrewLineFactory(DjangoModelFactory):
    """The pilot in command of a leg, accepted; the duty is made with it."""

    leg = factory.SubFactory(LegFactory)
    person = factory.SubFactory(UserFactory)
    role = "pic"
    duty = factory.LazyAttribute(lambda line: DutyFactory(person=line.person, trip=line.leg.trip))
    offered_at = NOW
    offered_by = factory.SubFactory(UserFactory)
    answered_at = NOW
    status = "accepted"

    class Meta:
        model = CrewLine


class ServiceItemFactory(DjangoModelFactory):
    trip = factory.SubFactory(TripFactory)
    kind = "handling"

    class Meta:
        model = ServiceItem
