"""Care, loads, papers, arrangements: one row for each answer."""

from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from operations.facts.papers import (
    GroundFacts,
    PassengerFacts,
    ServiceFacts,
    TaxFacts,
)
from tests.operations.gate.gate_case import (
    AMBER,
    OK,
    RED,
    SILENT,
    Case,
    cabin,
    medical,
    unknown,
)
from tests.operations.gate.green import (
    CABIN,
    EMPTY_LEG,
    LEG,
    LOAD,
    PAPERS,
    empty,
    live,
    paper,
    place,
    trip,
    without,
)

# Two hours at the hospital in between: each way is an hour and 20 minutes of loading at both ends.
THERE_AND_BACK = replace(
    trip(),
    legs=(
        LEG,
        replace(
            LEG,
            sequence=2,
            origin="KBBB",
            destination="KAAA",
            out_at=LEG.in_at + timedelta(hours=2),
            in_at=LEG.in_at + timedelta(hours=3),
        ),
    ),
    ground=(
        GroundFacts(leg=1, is_pickup=False, minutes=20),
        GroundFacts(leg=2, is_pickup=True, minutes=20),
    ),
)
FILLED = ServiceFacts(kind="oxygen", status="confirmed", leg=2, airport="KBBB")


def there_and_back(liters: int, *services: ServiceFacts) -> Any:
    return replace(THERE_AND_BACK, cabin=replace(CABIN, oxygen_l=liters), services=services)


# An hour and 20 minutes of loading at both ends, at 4 l/min and half as much in reserve: 600 l.
CARE = [
    Case("MED-DECISION", trip(), OK),
    Case("MED-DECISION", medical(decision="not_fit"), RED),
    Case("MED-DECISION", medical(decision="conditions", conditions=("Low cabin",)), AMBER),
    unknown(
        "MED-DECISION",
        medical(decision="conditions", conditions=("Low cabin",), awaits_approval=True),
    ),
    unknown("MED-DECISION", medical(decision="fit", awaits_approval=True)),
    unknown("MED-DECISION", medical(decision="pending")),
    unknown("MED-DECISION", medical(decision="")),
    unknown("MED-DECISION", trip(medical=None)),
    Case("MED-OXYGEN", cabin(oxygen_l=600), OK),
    Case("MED-OXYGEN", cabin(oxygen_l=599), RED),
    Case(
        "MED-OXYGEN",
        replace(cabin(oxygen_l=539), ground=(GroundFacts(leg=1, is_pickup=True, minutes=10),)),
        RED,
    ),
    Case("MED-OXYGEN", there_and_back(1200), OK),
    Case("MED-OXYGEN", there_and_back(1199), RED),
    Case("MED-OXYGEN", there_and_back(600, FILLED), OK),
    Case("MED-OXYGEN", there_and_back(599, FILLED), RED),
    Case("MED-OXYGEN", there_and_back(1199, replace(FILLED, airport="KAAA")), RED),
    Case("MED-OXYGEN", there_and_back(1199, replace(FILLED, status="requested")), RED),
    Case("MED-OXYGEN", there_and_back(1199, replace(FILLED, needs_recheck=True)), RED),
    unknown("MED-OXYGEN", replace(live(has_patient=False), kind="air_ambulance")),
    Case("MED-STRETCHER", cabin(stretchers=1), OK),
    Case("MED-STRETCHER", cabin(stretchers=0), RED),
    Case("MED-SEATS", live(passengers=5), OK),
    Case("MED-SEATS", live(passengers=6), RED),
    Case("MED-TEAM", trip(), OK),
    unknown("MED-TEAM", medical(team=("flight_nurse", "flight_nurse"))),
    unknown("MED-TEAM", trip(crew=())),
    Case("MED-CABIN", medical(max_cabin_altitude_ft=7000), OK),
    Case("MED-CABIN", medical(max_cabin_altitude_ft=6999), RED),
    Case(
        "MED-CABIN",
        replace(medical(max_cabin_altitude_ft=8000), cabin=replace(CABIN, is_pressurized=False)),
        RED,
    ),
    unknown(
        "MED-CABIN",
        replace(medical(max_cabin_altitude_ft=8000), cabin=replace(CABIN, cabin_altitude_ft=None)),
    ),
    Case("MED-LOAD", live(payload_kg=82), OK),
    Case("MED-LOAD", live(payload_kg=81), RED),
    unknown("MED-LOAD", medical(patient_mass_kg=None)),
    unknown("MED-LOAD", live(payload_kg=0)),
    Case("OPS-WEIGHT", live(payload_kg=1050, fuel_on_board_kg=1334), OK),
    Case("OPS-WEIGHT", live(payload_kg=1050, fuel_on_board_kg=1335), RED),
    Case("OPS-WEIGHT", live(payload_kg=1051), RED),
    unknown("OPS-WEIGHT", live(fuel_on_board_kg=None)),
    # The tanks hold 1,638 kg.
    Case("OPS-WEIGHT", live(payload_kg=100, fuel_on_board_kg=1638), OK),
    Case("OPS-WEIGHT", live(payload_kg=100, fuel_on_board_kg=1639), RED),
    unknown("OPS-WEIGHT", live(payload_kg=0)),
    unknown("OPS-WEIGHT", empty(payload_kg=0, passengers=1)),
    Case("OPS-WEIGHT", empty(payload_kg=0), OK),
]


def abroad(*papers: Any, **more: Any) -> Any:
    leg = live(arrival=place("CYYC", 5, country="CA"), **more)
    return replace(leg, evidence=(*PAPERS, *papers))


def loaded(**more: Any) -> Any:
    papers = [entry for entry in PAPERS if entry.kind != "load_manifest"]
    return trip(evidence=(*papers, paper("load_manifest", **LOAD | more)))


ONE = PassengerFacts(legs=(1,))
FREE = TaxFacts(leg=1, code="FET", is_exempt=True)
DOCUMENTS = [
    Case("DOC-GENDEC", abroad(paper("gendec", health="none", signatory="Agent")), OK),
    unknown("DOC-GENDEC", abroad(paper("gendec", health="none"))),
    unknown("DOC-GENDEC", abroad()),
    unknown("DOC-GENDEC", live(arrival=None)),
    Case("DOC-GENDEC", live(), SILENT),
    Case("DOC-PAXMAN", trip(), OK),
    Case("DOC-PAXMAN", replace(live(passengers=1), passengers=(ONE,), evidence=()), OK),
    Case("DOC-PAXMAN", replace(live(passengers=1), passengers=(ONE, ONE)), RED),
    Case("DOC-PAXMAN", replace(live(passengers=1), passengers=(ONE,)), RED),
    unknown("DOC-PAXMAN", live(passengers=1)),
    Case("DOC-CARGO", abroad(paper("cargo_manifest")), OK),
    Case("DOC-CARGO", abroad(), AMBER),
    Case("DOC-FREEZE", trip(), OK),
    Case("DOC-FREEZE", trip(papers_due=("Crew list",)), AMBER),
    Case("DOC-FREEZE", trip(papers_due=("Crew list",), legs=()), SILENT),
    Case("DOC-CONSENT", trip(), OK),
    Case(
        "DOC-CONSENT",
        replace(without("consent"), evidence=(paper("consent_emergency"),)),
        AMBER,
    ),
    unknown("DOC-CONSENT", without("consent")),
    Case("FAR-135.63-MANIFEST", loaded(take_off_weight_kg=6804), OK),
    Case("FAR-135.63-MANIFEST", loaded(take_off_weight_kg=6805), RED),
    Case("FAR-135.63-MANIFEST", loaded(cg=5.5), OK),
    Case("FAR-135.63-MANIFEST", loaded(cg=5.51), RED),
    unknown("FAR-135.63-MANIFEST", loaded(cg=None)),
    unknown("FAR-135.63-MANIFEST", without("load_manifest")),
    Case("FAR-135.117", trip(), OK),
    Case("FAR-135.117", without("briefing"), AMBER),
    Case("FET-AMB", trip(taxes=(replace(FREE, evidence="Ventilator fitted"),)), OK),
    Case("FET-AMB", trip(taxes=(FREE,)), AMBER),
    Case("FET-AMB", trip(taxes=(FREE,), evidence=(paper("tax_exemption"),)), OK),
    Case("FET-AMB", replace(live(is_acute_care=False), taxes=(FREE,)), AMBER),
    Case("FET-AMB", trip(), SILENT),
]
WAITING = ServiceFacts(kind="permit", status="requested", airport="KBBB")
CALLED_OFF = replace(WAITING, status="cancelled", leg=1)
GROUND = [
    Case("OPS-LEGS", trip(), OK),
    Case("OPS-LEGS", trip(legs=()), RED),
    Case("OPS-LEGS", trip(legs=(LEG, replace(EMPTY_LEG, origin="KZZZ"))), RED),
    Case("OPS-LEGS", trip(legs=(LEG, replace(EMPTY_LEG, out_at=LEG.in_at))), OK),
    Case(
        "OPS-LEGS",
        trip(legs=(LEG, replace(EMPTY_LEG, out_at=LEG.in_at - timedelta(seconds=1)))),
        RED,
    ),
    Case("OPS-SERVICES", trip(services=(replace(WAITING, status="confirmed"),)), OK),
    Case("OPS-SERVICES", trip(services=(replace(WAITING, is_required=False),)), OK),
    unknown("OPS-SERVICES", trip(services=(WAITING,))),
    unknown("OPS-SERVICES", trip(services=(CALLED_OFF,))),
    unknown("OPS-SERVICES", trip(services=(CALLED_OFF, replace(WAITING, airport="KAAA")))),
    Case("OPS-SERVICES", trip(services=(CALLED_OFF, replace(CALLED_OFF, status="confirmed"))), OK),
    Case("OPS-SERVICES", trip(services=(replace(CALLED_OFF, leg=3),)), OK),
    Case("OPS-SERVICES", trip(services=(replace(CALLED_OFF, status="na"),)), OK),
    Case("OPS-RECHECK", trip(), OK),
    unknown("OPS-RECHECK", trip(services=(replace(WAITING, needs_recheck=True),))),
]
CASES = [*CARE, *DOCUMENTS, *GROUND]
