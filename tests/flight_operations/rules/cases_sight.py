"""REGULATION 1.6 and 1.9: sight, examinations, crew, fitness, recency, fatigue."""

from datetime import date, timedelta

from flight_operations.facts.people import LandingDay, WorkPeriod
from tests.flight_operations.rules.case import AMBER, GREEN, RED, SILENT, Case, unknown
from tests.flight_operations.rules.green import (
    CHECKLIST,
    DAY,
    END,
    EXAM,
    NOW,
    OBSERVER,
    REPL,
    START,
    SUPERVISOR,
    approval,
    changed,
    operation,
    paper,
)

EVLOS = approval("evlos")


def evlos(*approvals, **changes):
    usual = {"sight_mode": "evlos", "crew": (OBSERVER,), "authorizations": approvals}
    return operation(**(usual | changes))


def bvlos(*papers, **changes):
    usual = {"sight_mode": "bvlos", "pilot__qualifications": (REPL, *papers)}
    return operation(**(usual | changes))


def link(distance_m, **changes):
    return evlos(EVLOS, max_distance_pilot_m=distance_m, **changes)


def requested(days, kind="height"):
    request = approval(kind, status="requested", applied_on=DAY - timedelta(days=days))
    return operation(authorizations=(request,))


UNTRAINED = changed(OBSERVER, trained_on=None)
SIGHT = [
    Case("MOS-5-EVLOS", SILENT, operation()),
    Case("MOS-5-EVLOS", AMBER, evlos(EVLOS)),
    Case("MOS-5-EVLOS", RED, evlos()),
    Case("MOS-5-EVLOS", RED, evlos(EVLOS, crew=())),
    Case("MOS-5-EVLOS", RED, evlos(EVLOS, crew=(UNTRAINED,))),
    Case(
        "MOS-5-EVLOS",
        AMBER,
        evlos(EVLOS, crew=(changed(UNTRAINED, qualifications=(paper("evlos_training"),)),)),
    ),
    Case("MOS-5-EVLOS", RED, evlos(EVLOS, take_off_mass_kg=151.0)),
    *unknown("MOS-5-EVLOS", evlos(EVLOS, take_off_mass_kg=None)),
    Case("MOS-5-DIST", SILENT, operation()),
    Case("MOS-5-DIST", GREEN, evlos(max_distance_observer_m=1500.0)),
    Case("MOS-5-DIST", RED, evlos(max_distance_observer_m=1500.1)),
    *unknown("MOS-5-DIST", evlos(max_distance_observer_m=None)),
    Case("MOS-5-LINK", SILENT, operation()),
    Case("MOS-5-LINK", GREEN, link(6400.0)),
    Case("MOS-5-LINK", RED, link(6400.1)),
    Case("MOS-5-LINK", SILENT, link(7000.0, max_height_agl_m=152.5)),
    *unknown("MOS-5-LINK", link(None)),
    *unknown("MOS-5-LINK", link(100.0, aircraft__control_link_range_m=None)),
    Case("EX27-EVLOS", SILENT, operation()),
    Case("EX27-EVLOS", AMBER, evlos(EVLOS)),
    Case("EX27-EVLOS", RED, bvlos()),
    Case("EX27-EVLOS", AMBER, bvlos(crew=(SUPERVISOR,))),
    Case("EX27-EVLOS", RED, bvlos(crew=(changed(SUPERVISOR, qualifications=()),))),
    Case("EX27-EVLOS", SILENT, bvlos(EXAM)),
    Case("REPL-BVLOS", SILENT, operation()),
    Case("REPL-BVLOS", GREEN, bvlos(EXAM)),
    Case("REPL-BVLOS", RED, bvlos()),
    Case("REPL-BVLOS", AMBER, bvlos(crew=(SUPERVISOR,))),
    Case("REPL-BVLOS", AMBER, bvlos(is_enclosed=True)),
    Case("BVLOS", SILENT, operation()),
    Case("BVLOS", RED, bvlos(EXAM)),
    Case("BVLOS", AMBER, bvlos(EXAM, authorizations=(approval("bvlos"),))),
    Case("BVLOS", RED, bvlos(EXAM, category="sub2", authorizations=(approval("bvlos"),))),
    Case("AUTH-LEAD", SILENT, operation()),
    Case("AUTH-LEAD", SILENT, requested(60)),
    Case("AUTH-LEAD", AMBER, requested(59)),
    Case("AUTH-LEAD", SILENT, requested(28, "noncontrolled_height")),
    Case("AUTH-LEAD", AMBER, requested(27, "noncontrolled_height")),
    Case("AUTH-LEAD", SILENT, requested(0, "app")),
]


def fit(**answer):
    items = tuple(
        changed(item, **answer) if item.code == "fitness" else item for item in CHECKLIST.items
    )
    return operation(checklist__items=items)


def landed(*days):
    found = tuple(LandingDay(on=DAY - timedelta(days=back), count=count) for back, count in days)
    return operation(pilot__landing_days=found)


PEOPLE = [
    Case("MOS-10.08-CREW", SILENT, operation()),
    Case("MOS-10.08-CREW", GREEN, operation(crew=(OBSERVER,))),
    Case("MOS-10.08-CREW", RED, operation(crew=(UNTRAINED,))),
    Case("MOS-10.08-CREW", RED, operation(crew=(changed(OBSERVER, trained_on=date(2026, 3, 16)),))),
    Case("AU-RPAS-FIT", GREEN, operation()),
    Case("AU-RPAS-FIT", RED, fit(answer="failed")),
    *unknown("AU-RPAS-FIT", fit(answer="")),
    *unknown("AU-RPAS-FIT", fit(valid_until=NOW)),
    *unknown("AU-RPAS-FIT", operation(checklist=None)),
    Case("AU-RPAS-RECENCY", GREEN, landed((75, 3))),
    Case("AU-RPAS-RECENCY", AMBER, landed((76, 3))),
    Case("AU-RPAS-RECENCY", AMBER, landed((90, 3))),
    Case("AU-RPAS-RECENCY", AMBER, landed((91, 3))),
    Case("AU-RPAS-RECENCY", AMBER, landed((10, 2))),
    Case("AU-RPAS-RECENCY", GREEN, landed((80, 1), (20, 2), (10, 1))),
    Case(
        "AU-RPAS-RECENCY", RED, landed((10, 2)), parameters={"AU-RPAS-RECENCY": {"is_binding": 1}}
    ),
    Case(
        "AU-RPAS-RECENCY",
        AMBER,
        landed((10, 3)),
        parameters={"AU-RPAS-RECENCY": {"min_landings": 5}},
    ),
]


def also(*periods):
    """Other flights of the pilot: start and end in hours from this start, by days from this day."""
    work = tuple(
        WorkPeriod(
            on=DAY + timedelta(days=day),
            start_at=START + timedelta(days=day, hours=start),
            end_at=START + timedelta(days=day, hours=end),
        )
        for day, start, end in periods
    )
    return operation(pilot__work=work)


THIS_H = (END - START).total_seconds() / 3600
FATIGUE = [
    Case("AU-RPAS-FATIGUE-DUTY", GREEN, operation()),
    Case("AU-RPAS-FATIGUE-DUTY", GREEN, also((0, 10.0, 10.8))),
    Case("AU-RPAS-FATIGUE-DUTY", AMBER, also((0, 10.0, 10.81))),
    Case("AU-RPAS-FATIGUE-DUTY", AMBER, also((0, 11.0, 12.0))),
    Case("AU-RPAS-FATIGUE-DUTY", RED, also((0, 11.0, 12.01))),
    Case("AU-RPAS-FATIGUE-FLIGHT", GREEN, also((0, 1, 1 + 7.2 - THIS_H))),
    Case("AU-RPAS-FATIGUE-FLIGHT", AMBER, also((0, 1, 1 + 7.21 - THIS_H))),
    Case("AU-RPAS-FATIGUE-FLIGHT", AMBER, also((0, 1, 1 + 8 - THIS_H))),
    Case("AU-RPAS-FATIGUE-FLIGHT", RED, also((0, 1, 1.01 + 8 - THIS_H))),
    Case("AU-RPAS-FATIGUE-REST", GREEN, also((-1, 10, 13))),
    Case("AU-RPAS-FATIGUE-REST", AMBER, also((-1, 10, 13.01))),
    Case("AU-RPAS-FATIGUE-REST", AMBER, also((-1, 10, 14))),
    Case("AU-RPAS-FATIGUE-REST", RED, also((-1, 10, 14.01))),
    Case("AU-RPAS-FATIGUE-REST", RED, also((1, -14, -13))),
    Case("AU-RPAS-FATIGUE-DAYOFF", GREEN, also(*((-back, 1, 2) for back in range(1, 6)))),
    Case("AU-RPAS-FATIGUE-DAYOFF", RED, also(*((-back, 1, 2) for back in range(1, 7)))),
    Case("AU-RPAS-FATIGUE-DAYOFF", RED, also((1, 1, 2), *((-back, 1, 2) for back in range(1, 6)))),
]
CASES = [*SIGHT, *PEOPLE, *FATIGUE]
