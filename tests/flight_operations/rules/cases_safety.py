"""REGULATION 1.10: risk acceptance, hazards, incidents and their clocks."""

from datetime import timedelta

from flight_operations.facts.safety import HazardFacts, IncidentFacts
from tests.flight_operations.rules.case import AMBER, GREEN, RED, SILENT, Case, unknown
from tests.flight_operations.rules.green import DAY, NOW, changed, operation, risk

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
EMPTY = changed(risk("D", 1), items=())
RISKS = [
    Case("SMS-5x5", GREEN, risk("C", 3)),
    *unknown("SMS-5x5", EMPTY),
    Case("SMS-ACCEPT", RED, risk("A", 5, "top_management")),
    Case("SMS-ACCEPT", RED, risk("B", 4)),
    Case("SMS-ACCEPT", RED, risk("B", 4, "department")),
    Case("SMS-ACCEPT", AMBER, risk("B", 4, "senior_management")),
    Case("SMS-ACCEPT", AMBER, risk("B", 4, "top_management")),
    Case("SMS-ACCEPT", AMBER, risk("C", 3)),
    Case("SMS-ACCEPT", GREEN, risk("C", 3, "department")),
    Case("SMS-ACCEPT", GREEN, risk("C", 2)),
    Case("SMS-ACCEPT", GREEN, risk("D", 1)),
    Case("SMS-ACCEPT", RED, risk("D", 1, status="rejected")),
    *unknown("SMS-ACCEPT", EMPTY),
    Case("SMS-ACCEPT", SILENT, operation()),
    Case("SMS-ACCEPT", AMBER, operation(risks=(risk("C", 3),))),
    Case("SMS-ACCEPT", RED, operation(risks=(risk("D", 1), risk("B", 4)))),
    Case("SMS-ACCEPT", SILENT, operation(risks=(risk("B", 4, "ceo", is_generic=True),))),
]


def hazard(**more):
    usual = {
        "rule_date": DAY,
        "number": "HZ-1",
        "status": "open",
        "likelihood": "B",
        "severity": 3,
        "residual_likelihood": "D",
        "residual_severity": 3,
        "has_owner": True,
    }
    return HazardFacts(**(usual | more))


HAZARDS = [
    Case("SMS-HAZ", GREEN, hazard()),
    Case("SMS-HAZ", RED, hazard(residual_likelihood="A", residual_severity=4)),
    Case("SMS-HAZ", GREEN, hazard(action_due_on=DAY, review_on=DAY)),
    Case("SMS-HAZ", AMBER, hazard(action_due_on=DAY - timedelta(days=1))),
    Case("SMS-HAZ", AMBER, hazard(review_on=DAY - timedelta(days=1))),
    Case("SMS-HAZ", AMBER, hazard(residual_likelihood=None)),
    Case("SMS-HAZ", AMBER, hazard(has_owner=False)),
    Case("SMS-HAZ", GREEN, hazard(status="closed", residual_likelihood="A", residual_severity=5)),
]


def incident(**more):
    usual = {
        "number": "IN-1",
        "status": "reported",
        "classification": "flyaway",
        "occurred_at": NOW,
        "aware_at": NOW,
        "operating_category": "reoc",
        "aircraft_mass_kg": 7.5,
        "injuries": "none",
        "damage": "none",
        "third_party_damage": "none",
        "is_aircraft_quarantined": True,
    }
    return IncidentFacts(**(usual | more))


def hurt(**more):
    return incident(injuries="serious", **more)


def heavy(**more):
    return incident(aircraft_mass_kg=25.1, **more)


def later(code, hours, expected, facts):
    return Case(code, expected, facts, at=NOW + hours * HOUR)


INCIDENTS = [
    Case("TSI-TYPE1", SILENT, incident(aircraft_mass_kg=25.0)),
    Case("TSI-TYPE1", GREEN, heavy()),
    Case("TSI-TYPE1", GREEN, incident(is_type_certified=True)),
    Case("TSI-TYPE1", AMBER, incident(aircraft_mass_kg=None)),
    Case("TSI-TYPE2", GREEN, incident(aircraft_mass_kg=25.0)),
    Case("TSI-TYPE2", GREEN, incident(operating_category="")),
    Case("TSI-TYPE2", SILENT, incident(operating_category="sub2")),
    Case("TSI-NONE", GREEN, incident(operating_category="sub2")),
    Case("TSI-NONE", GREEN, incident(aircraft_mass_kg=0.25)),
    Case("TSI-NONE", SILENT, incident()),
    Case("TSI-IMM-1", SILENT, heavy()),
    Case("TSI-IMM-1", RED, heavy(damage="destroyed")),
    Case("TSI-IMM-1", RED, heavy(classification="near_collision")),
    Case("TSI-IMM-1", GREEN, heavy(damage="destroyed", phoned_at=NOW)),
    Case("TSI-IMM-2", SILENT, incident(damage="destroyed")),
    Case("TSI-IMM-2", RED, hurt()),
    Case("TSI-IMM-2", GREEN, hurt(phoned_at=NOW)),
    later("TSI-ROUT", 71, AMBER, incident()),
    later("TSI-ROUT", 72, RED, incident()),
    later("TSI-ROUT", 99, GREEN, incident(written_at=NOW)),
    Case("TSI-ROUT", SILENT, incident(classification="other")),
    Case("TSI-ROUT", SILENT, incident(operating_category="micro")),
    later("TSI-CLOCK", 0.99, GREEN, hurt()),
    later("TSI-CLOCK", 1, AMBER, hurt()),
    later("TSI-CLOCK", 3.99, AMBER, hurt()),
    later("TSI-CLOCK", 4, RED, hurt()),
    later("TSI-CLOCK", 47.9, GREEN, hurt(phoned_at=NOW)),
    later("TSI-CLOCK", 48, AMBER, hurt(phoned_at=NOW)),
    later("TSI-CLOCK", 71.9, AMBER, incident()),
    later("TSI-CLOCK", 72, RED, incident()),
    Case("TSI-CLOCK", SILENT, incident(classification="other")),
    Case("TSI-DATA", GREEN, incident()),
    Case("TSI-DATA", AMBER, incident(missing_particulars=("pilot",))),
    Case("TSI-DATA", SILENT, incident(classification="other")),
    Case("SMS-INC", GREEN, incident()),
    Case("SMS-INC", RED, incident(is_aircraft_quarantined=False)),
    Case("SMS-INC", GREEN, incident(is_aircraft_quarantined=False, status="closed")),
    Case("SMS-INC", SILENT, incident(has_aircraft=False)),
]
CASES = [*RISKS, *HAZARDS, *INCIDENTS]
