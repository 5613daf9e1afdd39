"""
The F2 technical log as its form has it: Part A with schedule, maintenance and defects, Part B.

What is due is shown as it stood when the paper was made; times in service are hours and minutes.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from documents.exceptions import NothingToShow
from documents.kinds import Source, rows_for
from documents.wording import NONE, day, duration, figure, fingerprint, local, moment, text
from rpas.airworthiness import Category
from rpas.models import (
    DefectSeverity,
    EntryKind,
    F2DefectEntry,
    F2FlightHoursEntry,
    F2MaintenanceSchedule,
    F2TechnicalLogPartA,
    MaintenanceRecord,
)
from rpas.queries.technical_log import START, LogFault, verify_technical_log

CATEGORIES = {category.value: category.value.replace("_", " ") for category in Category}
# The newest lines: a document has no more rows than its engine lays out.
MOST_ENTRIES = 1000
MOST_RECORDS = 300


def part_a(log_id: int, reader: Any, at: datetime) -> Source:
    """Header, certification, maintenance required and done, major and minor defects."""
    log = _log(log_id, reader)
    zone = log.aircraft.operator.timezone
    defects = F2DefectEntry.objects.on_aircraft(log.aircraft_id).order_by("-found_at", "-pk")
    rows = [(row.severity, _defect(row, zone)) for row in reversed(defects[:MOST_RECORDS])]
    major = [row for severity, row in rows if severity == DefectSeverity.MAJOR]
    minor = [row for severity, row in rows if severity == DefectSeverity.MINOR]
    maintenance = _maintenance(log)
    data = {
        **_header(log),
        "certification": _certification(log, zone),
        "maintenance": maintenance,
        "has_maintenance": bool(maintenance),
        "major_defects": major,
        "has_major": bool(major),
        "minor_defects": minor,
        "has_minor": bool(minor),
    }
    return _source(log, data)


def part_b(log_id: int, reader: Any, at: datetime) -> Source:
    """
    The lines written under one Part A: inspections, flights, corrections, totals, hash chain.

    The chain is verified when the paper is made, and what was found is on it.
    """
    log = _log(log_id, reader)
    newest = F2FlightHoursEntry.objects.filter(part_a=log).order_by("-sequence")
    entries = list(reversed(newest.select_related("corrects")[:MOST_ENTRIES]))
    if not entries:
        raise NothingToShow(kind="Part B", subject=log.number, because="nothing was entered")
    first, last = entries[0], entries[-1]
    before = first.progressive_total_min - first.time_in_service_min
    check = verify_technical_log(log.aircraft)
    data = {
        **_header(log),
        "brought_forward": duration(before),
        "chain_before": _chain_start(first),
        "entries": [_entry(row, log.aircraft.operator.timezone) for row in entries],
        "total": duration(last.progressive_total_min),
        "total_minutes": figure(last.progressive_total_min, "min"),
        "total_cycles": figure(last.progressive_cycles),
        "total_flights": figure(last.progressive_flights),
        "chain_head": last.hash,
        "is_whole": not check.faults,
        "check": _check_words(check.faults, check.entries),
    }
    return _source(log, data)


def _source(log: F2TechnicalLogPartA, data: dict[str, Any]) -> Source:
    scope = log.aircraft.operator.scope
    return Source(title=log.number, version=fingerprint(data), data=data, scope=scope)


def _log(log_id: int, reader: Any) -> F2TechnicalLogPartA:
    rows = rows_for(F2TechnicalLogPartA.objects, reader)
    found: F2TechnicalLogPartA = rows.select_related("aircraft__operator").get(pk=log_id)
    return found


def _header(log: F2TechnicalLogPartA) -> dict[str, Any]:
    """The header as it was frozen when Part A was issued."""
    operator = log.aircraft.operator
    return {
        "number": log.number,
        "status": log.get_status_display(),
        "operator": {"name": operator.legal_name, "arn": operator.arn},
        "identification": log.identification,
        "serial": log.aircraft.serial_number,
        "category": CATEGORIES.get(log.category, log.category),
        "model": log.model,
        "min_mass": figure(log.min_gross_mass_kg, "kg", 2),
        "max_mass": figure(log.max_gross_mass_kg, "kg", 2),
        "registration_expires": day(log.registration_expires_on),
        "schedule_reference": text(log.schedule_reference),
    }


def _certification(log: F2TechnicalLogPartA, zone: str) -> list[dict[str, Any]]:
    """Who certified what and when; a draft is certified by nobody."""
    if log.issued_at is None:
        return []
    return [
        {
            "statement": log.statement,
            "issued": moment(log.issued_at, zone),
            "name": log.issued_name,
            "arn": log.issued_arn,
            "seal": log.content_hash,
        }
    ]


def _maintenance(log: F2TechnicalLogPartA) -> list[dict[str, str]]:
    """What is required with when it is due, and below it what was completed: date, name, ARN."""
    schedules = F2MaintenanceSchedule.objects.on_aircraft(log.aircraft_id).filter(is_active=True)
    records = MaintenanceRecord.objects.on_aircraft(log.aircraft_id).select_related("schedule")
    newest = reversed(records.order_by("-completed_on", "-pk")[:MOST_RECORDS])
    done = [_done(row) for row in newest]
    return [_required(row) for row in schedules.order_by("title", "pk")] + done


def _required(row: F2MaintenanceSchedule) -> dict[str, str]:
    due = [
        day(row.next_due_on) if row.next_due_on else "",
        duration(row.next_due_min) if row.next_due_min is not None else "",
        f"{row.next_due_cycles:,} cycles" if row.next_due_cycles is not None else "",
        f"{row.next_due_flights:,} flights" if row.next_due_flights is not None else "",
        row.condition,
    ]
    return {
        "item": row.title,
        "due": " or ".join(part for part in due if part) or NONE,
        "completed": NONE,
        "name": NONE,
        "arn": NONE,
    }


def _done(row: MaintenanceRecord) -> dict[str, str]:
    title = row.schedule.title if row.schedule else "Unscheduled"
    return {
        "item": f"{title}: {row.work_done}",
        "due": f"at {duration(row.time_in_service_min)}",
        "completed": day(row.completed_on),
        "name": row.name,
        "arn": row.arn,
    }


def _defect(row: F2DefectEntry, zone: str) -> dict[str, str]:
    return {
        "item": row.description,
        "found": local(row.found_at, zone),
        "found_name": row.found_name,
        "found_arn": text(row.found_arn),
        "rectified": local(row.rectified_at, zone),
        "rectified_action": text(row.rectified_action),
        "rectified_name": text(row.rectified_name),
        "rectified_arn": text(row.rectified_arn),
        "last_checked": day(row.last_checked_on),
    }


def _entry(row: F2FlightHoursEntry, zone: str) -> dict[str, str]:
    return {
        "sequence": str(row.sequence),
        "date": day(row.entry_on),
        "what": _what(row),
        "result": _result(row),
        "time": duration(row.time_in_service_min),
        "total": duration(row.progressive_total_min),
        "cycles": str(row.progressive_cycles),
        "name": row.certified_name,
        "arn": row.certified_arn,
        "recorded": local(row.recorded_at, zone),
        "previous_hash": row.previous_hash,
        "hash": row.hash,
    }


def _what(row: F2FlightHoursEntry) -> str:
    if row.kind == EntryKind.CORRECTION and row.corrects:
        return f"Correction of line {row.corrects.sequence}: {row.reason}"
    if row.kind == EntryKind.FLIGHT and row.operation_number:
        return f"Flight {row.operation_number}"
    return row.get_kind_display()


def _result(row: F2FlightHoursEntry) -> str:
    """What an inspection found."""
    if row.inspection_satisfactory is None:
        return NONE
    words = "Satisfactory" if row.inspection_satisfactory else "Not satisfactory"
    looked = f"{len(row.defects_checked)} minor defects looked at" if row.defects_checked else ""
    return "; ".join(part for part in (words, row.findings, looked) if part)


def _chain_start(first: F2FlightHoursEntry) -> str:
    return "the beginning of the log" if first.previous_hash == START else first.previous_hash


def _check_words(faults: Sequence[LogFault], entries: int) -> str:
    if faults:
        return str(faults[0])
    return f"{entries:,} lines of the log verified: the chain is whole and the totals add up."
