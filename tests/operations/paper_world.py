"""A trip with all that its papers can show: Boise to Vancouver by a stop for fuel, and back."""

from datetime import date, timedelta
from typing import Any

from django.db import transaction

from documents.models import Letterhead
from operations.models import GroundLeg, QuoteLine, QuoteVersion, Trip, TripEvidence
from operations.services.releases import release_trip
from tests.contacts.factories import ContactFactory, FBOFactory, GroundProviderFactory
from tests.operations import legal_world
from tests.operations.factories import (
    DEPARTURE,
    LegFactory,
    PassengerFactory,
    PatientFactory,
    RequirementFactory,
    ServiceItemFactory,
    TripFactory,
)
from tests.operations.gate import scene
from tests.operations.trip_world import accepted_quote
from tests.users.factories import UserFactory

AT = scene.AT
HEALTH = {
    "health": "Fractures, not infectious.",
    "communicable": "Nobody on board",
    "other_conditions": "No other condition",
    "disinsection": "KBOI, 14 Mar 2026 18:00 UTC, residual",
    "signatory": "S. Brook, pilot in command",
}
CARGO = {
    "export_declarations": 3,
    "items": [
        {"air_waybill": "000-12345675", "packages": 2, "nature": "Spare tires", "mass_kg": 38.5}
    ],
}


def paper_trip(**more: Any) -> Trip:
    """Released: 1 Boise-Spokane (fuel) and 2 on to Vancouver with patient and escort, 3 home."""
    Letterhead.objects.get_or_create(name="Alpine Air Rescue Inc.")
    boise, spokane = scene.fields()
    away = legal_world.airport(
        "CYVR", 49.1947, -123.1792, icao="CYVR", country="CA", timezone="America/Vancouver"
    )
    legal_world.weather(AT, boise, spokane, away)
    patient = PatientFactory(known=True)
    trip = TripFactory(
        aircraft=legal_world.aircraft(AT, base=boise),
        requirement=RequirementFactory(patient=patient, equipment=["Ventilator"]),
        status="planning",
        coordinator=UserFactory(first_name="Noor", last_name="Hale"),
        end_at=DEPARTURE + timedelta(hours=6),
        notes="Bring the second ventilator.",
        **more,
    )
    live = {"passengers": 1, **scene.BRIEF}
    start = trip.start_at
    legs = [
        LegFactory(trip=trip, sequence=1, origin=boise, destination=spokane,
                   is_technical_stop=True, planned_out_at=start, **live),
        LegFactory(trip=trip, sequence=2, origin=spokane, destination=away,
                   planned_out_at=start + timedelta(minutes=105), **live),
        LegFactory(trip=trip, sequence=3, kind="positioning", has_patient=False, origin=away,
                   destination=boise, planned_out_at=start + timedelta(minutes=240),
                   **scene.BRIEF),
    ]  # fmt: skip
    for role, first, last in (
        ("pic", "Sasha Jane", "Brook"),
        ("sic", "Devon", "Pike"),
        ("flight_nurse", "Imani", "Cole"),
    ):
        scene.crew(trip, role, legal_world.crew_member(AT, first_name=first, last_name=last))
    escort = PassengerFactory(
        trip=trip, family_name="Okonkwo", given_names="Rui", date_of_birth=date(1959, 11, 30),
        sex="male", nationality="US", residence="CA", document_kind="passport",
        document_number="X1234567", document_country="US",
        document_expires_on=date(2035, 5, 31), baggage_kg=9,
    )  # fmt: skip
    escort.legs.set(legs[:2])
    _ground(trip, legs)
    legal_world.file_papers(trip, AT)
    _details(trip)
    return trip


def _ground(trip: Trip, legs: list[Any]) -> None:
    handler = FBOFactory(airport=legs[0].origin, name="Boise Jet Center", phone="+1 208 555 0100")
    ServiceItemFactory(trip=trip, leg=legs[0], airport=legs[0].origin, fbo=handler,
                       reference="H-4711", status="confirmed")  # fmt: skip
    hospital = ContactFactory(name="Lakeside Hospital", kind="organization")
    driver = GroundProviderFactory(airport=legs[0].origin, name="Swift Ambulance")
    GroundLeg.objects.create(
        trip=trip, leg=legs[0], is_pickup=True, place=hospital, provider=driver,
        distance_km="18.0", planned_start_at=trip.start_at - timedelta(minutes=50),
        planned_end_at=trip.start_at - timedelta(minutes=15),
    )  # fmt: skip


def _details(trip: Trip) -> None:
    rows = TripEvidence.objects.filter(trip=trip)
    for row in rows.filter(kind="gendec"):
        row.details = HEALTH
        row.save()
    for row in rows.filter(kind="cargo_manifest", leg__sequence=2):
        row.details = CARGO
        row.save()


def released(trip: Trip) -> Trip:
    """The trip with a signed worksheet, released with every amber finding acknowledged."""
    scene.sign_worksheet(trip)
    notes = [
        {"rule": rule, "note": "Known and accepted."}
        for rule in ("DOC-CONSENT", "WX-FLTCAT", "CERT-EXPIRY")
    ]
    release_trip(trip, acknowledgements=notes, actor=UserFactory(), at=AT)
    return Trip.objects.get(pk=trip.pk)


def offer(**more: Any) -> QuoteVersion:
    """A sent and accepted offer of three legs."""
    version: QuoteVersion = accepted_quote(**more).accepted_version
    return version


def next_version(version: QuoteVersion, *, amount: int, **more: Any) -> QuoteVersion:
    """Another version of an offer, not sent, of one line with another amount than computed."""
    left_out = {"id", "sequence", "sent_at", "sent_by_id", "link_digest"}
    kept = {
        field.attname: getattr(version, field.attname)
        for field in version._meta.concrete_fields
        if field.attname not in left_out
    }
    kept |= {"sequence": version.sequence + 1, "subtotal": amount, "total": amount}
    with transaction.atomic():
        new = QuoteVersion.objects.create(**kept | more)
        QuoteLine.objects.create(
            quote_version=new, sequence=1, kind="live_flight", description="Flight",
            formula="hours x price per hour", inputs={}, quantity=1, unit="hour", unit_price=1000,
            computed=1000, amount=amount, override_reason="Old friend",
            overridden_by=version.priced_by, overridden_at=AT,
        )  # fmt: skip
    return new
