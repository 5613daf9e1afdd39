"""REGULATION 1.7, 1.8 and the operation's view of aircraft and operator."""

from datetime import date, timedelta

from common.compliance.findings import Stage
from flight_operations.facts.records import AlertFacts, LogFacts, ReleaseFacts
from rpas.airworthiness import BatteryFacts, ChangeFacts, DefectFacts
from rpas.airworthiness import LogFacts as PartBFacts
from tests.flight_operations.rules.case import AMBER, GREEN, RED, SILENT, Case, unknown
from tests.flight_operations.rules.green import (
    AIRCRAFT,
    CHECKLIST,
    DAY,
    END,
    NOW,
    START,
    changed,
    operation,
    risk,
)

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
NEXT_DAY = DAY + timedelta(days=1)
OVERNIGHT = {"end_date": NEXT_DAY}


def defect(severity, **more):
    usual = {"defect_id": 1, "severity": severity, "description": "Cracked arm", "found_on": DAY}
    return operation(aircraft__defects=(DefectFacts(**(usual | more)),))


def due(**more):
    item = changed(AIRCRAFT.maintenance[0], **more)
    return operation(aircraft__maintenance=(item,))


def battery(**more):
    usual = {"serial_number": "B1", "cycles": 10, "max_cycles": 200, "health_percent": 98}
    return operation(aircraft__batteries=(BatteryFacts(**(usual | more)),))


def item(**more):
    items = (changed(CHECKLIST.items[0], **more), *CHECKLIST.items[1:])
    return operation(checklist__items=items)


def flown(**more):
    return operation(status="landed", log=LogFacts(ended_at=END, **more))


def after(hours, code, expected, **more):
    return Case(code, expected, flown(**more), Stage.POST, END + hours * HOUR)


def alerts(kind="height", count=1, unacknowledged=0, without_note=0):
    found = AlertFacts(
        kind=kind, count=count, unacknowledged=unacknowledged, without_note=without_note
    )
    return (found,)


RELEASE = ReleaseFacts(released_by="Chief", released_at=NOW, is_of_this_plan=True)
LAND = {"category": "land25", "is_paid": False, "is_over_own_land": True}
CHANGE = ChangeFacts(change_id=1, description="New base", made_on=DAY, is_significant=True)

FLEET = [
    Case("RPAS-STATUS", GREEN, operation()),
    Case("RPAS-STATUS", RED, operation(aircraft__status="quarantined")),
    Case("REGO", GREEN, operation()),
    Case("REGO", AMBER, operation(aircraft__registration_expires_on=date(2026, 4, 14))),
    Case("REGO", AMBER, operation(aircraft__registration_expires_on=DAY)),
    Case("REGO", RED, operation(aircraft__registration_expires_on=date(2026, 3, 14))),
    Case("REGO", RED, operation(aircraft__registration_expires_on=None)),
    Case("REGO", RED, operation(aircraft__registration_expires_on=DAY, **OVERNIGHT)),
    Case("REGO", AMBER, operation(aircraft__registration_expires_on=NEXT_DAY, **OVERNIGHT)),
    Case("F2-MAJOR", GREEN, operation()),
    Case("F2-MAJOR", RED, defect("major")),
    Case("F2-MINOR", GREEN, operation()),
    Case("F2-MINOR", AMBER, defect("minor", last_checked_on=DAY)),
    *unknown("F2-MINOR", defect("minor")),
    Case("F2-MAINT", GREEN, due(interval_min=100, next_due_min=31)),
    Case("F2-MAINT", AMBER, due(interval_min=100, next_due_min=30)),
    Case("F2-MAINT", AMBER, due(interval_min=100, next_due_min=20)),
    Case("F2-MAINT", RED, due(interval_min=100, next_due_min=19)),
    Case("F2-CERT", GREEN, operation()),
    Case("F2-CERT", RED, operation(aircraft__part_a=None)),
    Case("F2-DAILY", GREEN, operation()),
    Case("F2-DAILY", RED, operation(aircraft__inspection__is_satisfactory=False)),
    *unknown("F2-DAILY", operation(aircraft__inspection=None)),
    *unknown("F2-DAILY", operation(aircraft__inspection__entry_on=date(2026, 3, 14))),
    Case("F2-SUM", GREEN, operation()),
    Case("F2-SUM", RED, operation(aircraft__log=PartBFacts(summed_min=1))),
    Case("BATTERY-HEALTH", GREEN, battery(health_percent=81)),
    Case("BATTERY-HEALTH", AMBER, battery(health_percent=80)),
    Case("BATTERY-HEALTH", RED, battery(health_percent=59)),
    Case("BATTERY-CYCLES", GREEN, battery()),
    Case("BATTERY-CYCLES", RED, battery(cycles=200)),
    Case("MOS-10.01-FORM", GREEN, operation()),
    Case("MOS-10.01-FORM", RED, operation(aircraft__log=PartBFacts(altered_sequence=2))),
    Case("MOS-10.07-TECH", GREEN, operation()),
    Case("MOS-10.07-TECH", AMBER, operation(aircraft__firmware_version="")),
    *unknown("MOS-10.07-TECH", operation(aircraft__maintenance=())),
    Case("RPAS-OPERATOR", GREEN, operation()),
    Case("RPAS-OPERATOR", RED, operation(operator__is_active=False)),
    Case("INSURANCE", GREEN, operation()),
    Case("INSURANCE", AMBER, operation(operator__insurance_expires_on=None)),
    Case("INSURANCE", AMBER, operation(operator__insurance_expires_on=DAY, **OVERNIGHT)),
    Case("REOC-CHANGE", RED, operation(operator__changes=(CHANGE,))),
    Case("AIRCRAFT-MTOW", GREEN, operation(take_off_mass_kg=9.2)),
    Case("AIRCRAFT-MTOW", RED, operation(take_off_mass_kg=9.21)),
    Case("AIRCRAFT-MTOW", RED, operation(take_off_mass_kg=6.4)),
    *unknown("AIRCRAFT-MTOW", operation(take_off_mass_kg=None)),
    Case("AIRCRAFT-ENDURANCE", GREEN, operation(end_at=START + timedelta(minutes=40.5))),
    Case("AIRCRAFT-ENDURANCE", AMBER, operation(end_at=START + timedelta(minutes=41))),
    Case("AIRCRAFT-ENDURANCE", AMBER, operation(aircraft__endurance_min=None)),
]
RECORDS = [
    Case("MOS-10.03-DOCS", GREEN, operation()),
    Case(
        "MOS-10.03-DOCS",
        GREEN,
        operation(operator__job_safety_assessment_ref="", risks=(risk("D", 1, "department"),)),
    ),
    *unknown("MOS-10.03-DOCS", operation(operator__job_safety_assessment_ref="")),
    Case("MOS-10.03-DOCS", SILENT, operation(category="sub2")),
    Case("MOS-10.04-REL", GREEN, operation()),
    *unknown("MOS-10.04-REL", operation(purpose=" ")),
    *unknown("MOS-10.04-REL", operation(control_station="")),
    *unknown("MOS-10.04-REL", operation(launch_lat=None)),
    *unknown("MOS-10.04-REL", operation(pilot__arn=None)),
    Case("MOS-10.04-REL", RED, operation(), Stage.INFLIGHT),
    Case("MOS-10.04-REL", GREEN, operation(release=RELEASE), Stage.INFLIGHT),
    Case(
        "MOS-10.04-REL",
        RED,
        operation(release=changed(RELEASE, is_of_this_plan=False)),
        Stage.INFLIGHT,
    ),
    Case("MOS-10.05-LOG", SILENT, operation()),
    after(24, "MOS-10.05-LOG", GREEN),
    after(24.01, "MOS-10.05-LOG", AMBER),
    after(72, "MOS-10.05-LOG", AMBER),
    after(72.01, "MOS-10.05-LOG", RED),
    after(99, "MOS-10.05-LOG", GREEN, log_completed_at=END),
    Case("MOS-10.05-ALERTS", SILENT, operation()),
    after(1, "MOS-10.05-ALERTS", SILENT),
    after(1, "MOS-10.05-ALERTS", GREEN, alerts=alerts()),
    after(1, "MOS-10.05-ALERTS", AMBER, alerts=alerts(unacknowledged=1), is_as_released=False),
    after(1, "MOS-10.05-ALERTS", AMBER, alerts=alerts(unacknowledged=1), has_incident=True),
    after(1, "MOS-10.05-ALERTS", AMBER, alerts=alerts(without_note=1)),
    after(1, "MOS-10.05-ALERTS", AMBER, alerts=alerts(without_note=1), is_as_released=True),
    after(1, "MOS-10.05-ALERTS", GREEN, alerts=alerts(without_note=1), is_as_released=False),
    after(1, "MOS-10.05-ALERTS", GREEN, alerts=alerts(without_note=1), has_incident=True),
    after(1, "MOS-10.05-ALERTS", GREEN, alerts=alerts("silence", without_note=1)),
    Case("MOS-10.06-PILOT", SILENT, operation()),
    after(1, "MOS-10.06-PILOT", AMBER),
    after(1, "MOS-10.06-PILOT", GREEN, pilots_logged=(7,)),
    Case("MOS-10.3-EXCL", SILENT, operation()),
    Case("MOS-10.3-EXCL", GREEN, operation(**LAND)),
    Case("MOS-10.3-EXCL", AMBER, operation(**LAND, purpose="")),
    Case("PREFLIGHT-CHECKLIST", GREEN, operation()),
    Case("PREFLIGHT-CHECKLIST", GREEN, item(answer="not_applicable")),
    Case("PREFLIGHT-CHECKLIST", RED, item(answer="failed")),
    Case("PREFLIGHT-CHECKLIST", GREEN, item(valid_until=NOW + SECOND)),
    *unknown("PREFLIGHT-CHECKLIST", item(valid_until=NOW)),
    *unknown("PREFLIGHT-CHECKLIST", item(answer="")),
    *unknown("PREFLIGHT-CHECKLIST", operation(checklist=None)),
    Case("PLAN-COMPLETE", GREEN, operation()),
    Case("PLAN-COMPLETE", RED, operation(end_at=END + SECOND)),
    Case("PLAN-COMPLETE", RED, operation(start_at=START - SECOND)),
    *unknown("PLAN-COMPLETE", operation(volumes=())),
    *unknown("PLAN-COMPLETE", operation(has_plan=False)),
    Case("PLAN-WINDOW", GREEN, operation(), at=END - SECOND),
    Case("PLAN-WINDOW", RED, operation(), at=END),
    Case("PLAN-WINDOW", AMBER, operation(), Stage.INFLIGHT, END),
    Case("PLAN-WINDOW", SILENT, operation(), Stage.POST, END),
]
CASES = [*FLEET, *RECORDS]
