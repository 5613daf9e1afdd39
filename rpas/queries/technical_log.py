"""Read the F2 technical log, and check that nobody altered it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from common.progress import Tell, tell_nobody
from rpas.models import (
    F2DefectEntry,
    F2FlightHoursEntry,
    F2MaintenanceSchedule,
    F2TechnicalLogPartA,
    MaintenanceRecord,
    RPASAircraft,
)

START = "0" * 64


@dataclass(frozen=True)
class TechnicalLog:
    """The whole F2 log of one aircraft: Part A in force, Part B, defects, maintenance."""

    aircraft: RPASAircraft
    part_a: F2TechnicalLogPartA | None
    entries: QuerySet[F2FlightHoursEntry]
    defects: QuerySet[F2DefectEntry]
    schedules: QuerySet[F2MaintenanceSchedule]
    maintenance: QuerySet[MaintenanceRecord]


def technical_log(aircraft: RPASAircraft) -> TechnicalLog:
    """The log of an aircraft, each part in the order in which it was written."""
    return TechnicalLog(
        aircraft=aircraft,
        part_a=F2TechnicalLogPartA.objects.issued().on_aircraft(aircraft.pk).first(),
        entries=F2FlightHoursEntry.objects.on_aircraft(aircraft.pk).order_by("sequence"),
        defects=F2DefectEntry.objects.on_aircraft(aircraft.pk).order_by("found_at", "pk"),
        schedules=F2MaintenanceSchedule.objects.on_aircraft(aircraft.pk).order_by("pk"),
        maintenance=MaintenanceRecord.objects.on_aircraft(aircraft.pk).order_by("pk"),
    )


@dataclass(frozen=True)
class LogFault:
    """The first row of an aircraft's log that was altered or is missing, and why we say so."""

    aircraft_id: int
    registration: str
    row: str
    reason: str

    def __str__(self) -> str:
        return f"{self.row}: {self.reason}"


@dataclass(frozen=True)
class LogCheck:
    """How much was read and what was found, one fault per aircraft at most."""

    aircraft: int = 0
    entries: int = 0
    faults: Sequence[LogFault] = field(default_factory=tuple)


BATCH = 2000
# All by batches: one statement over every row would outlast the time a statement has.
_PART_B = """
    SELECT e.aircraft_id, e.id, e.sequence, e.previous_hash, e.hash,
           rpas_part_b_digest(e.previous_hash, e), e.time_in_service_min, e.cycles, e.flights,
           e.progressive_total_min, e.progressive_cycles, e.progressive_flights
    FROM rpas_f2flighthoursentry e
    WHERE (%(id)s::bigint IS NULL OR e.aircraft_id = %(id)s)
      AND (%(aircraft)s::bigint IS NULL
           OR (e.aircraft_id, e.sequence, e.id) > (%(aircraft)s, %(sequence)s, %(entry)s))
    ORDER BY e.aircraft_id, e.sequence, e.id LIMIT %(batch)s
"""
_PART_A = """
    SELECT a.id, a.aircraft_id, 'Part A ' || a.number,
           a.status <> 'draft' AND a.content_hash <> rpas_part_a_digest(a)
    FROM rpas_f2technicallogparta a
    WHERE (%(id)s::bigint IS NULL OR a.aircraft_id = %(id)s)
      AND (%(after)s::bigint IS NULL OR a.id > %(after)s)
    ORDER BY a.id LIMIT %(batch)s
"""
_CONFIGURATION = """
    SELECT c.id, c.aircraft_id, 'Configuration change ' || c.id,
           c.content_hash <> rpas_configuration_digest(c)
    FROM rpas_configurationchange c
    WHERE (%(id)s::bigint IS NULL OR c.aircraft_id = %(id)s)
      AND (%(after)s::bigint IS NULL OR c.id > %(after)s)
    ORDER BY c.id LIMIT %(batch)s
"""
# The history of a defect names each that ever was, and what its seal was last. One that was there
# before it had a seal has none in its history.
_DEFECTS = """
    SELECT d.id, d.aircraft_id, 'Defect ' || d.id,
           d.content_hash <> rpas_defect_digest(d) OR d.content_hash <> coalesce((
               SELECT nullif(h.content_hash, '') FROM rpas_f2defectentryevent h
               WHERE h.pgh_obj_id = d.id ORDER BY h.pgh_id DESC LIMIT 1
           ), d.content_hash)
    FROM rpas_f2defectentry d
    WHERE (%(id)s::bigint IS NULL OR d.aircraft_id = %(id)s)
      AND (%(after)s::bigint IS NULL OR d.id > %(after)s)
    ORDER BY d.id LIMIT %(batch)s
"""
_DEFECT_HISTORY = """
    SELECT h.pgh_id, h.aircraft_id, 'Defect ' || h.pgh_obj_id,
           NOT EXISTS (SELECT 1 FROM rpas_f2defectentry d WHERE d.id = h.pgh_obj_id)
    FROM rpas_f2defectentryevent h
    WHERE (%(id)s::bigint IS NULL OR h.aircraft_id = %(id)s)
      AND (%(after)s::bigint IS NULL OR h.pgh_id > %(after)s)
    ORDER BY h.pgh_id LIMIT %(batch)s
"""
_MAINTENANCE = """
    SELECT m.id, m.aircraft_id, 'Maintenance record ' || m.id,
           m.content_hash <> rpas_maintenance_digest(m)
    FROM rpas_maintenancerecord m
    WHERE (%(id)s::bigint IS NULL OR m.aircraft_id = %(id)s)
      AND (%(after)s::bigint IS NULL OR m.id > %(after)s)
    ORDER BY m.id LIMIT %(batch)s
"""
_SEALED = (
    ("Headers of Part A", _PART_A, "the header was altered"),
    ("Configuration changes", _CONFIGURATION, "the record was altered"),
    ("Defects", _DEFECTS, "the record was altered"),
    ("History of defects", _DEFECT_HISTORY, "the record is missing"),
    ("Maintenance records", _MAINTENANCE, "the record was altered"),
)


@dataclass
class _Walk:
    """Where the reading of one aircraft's Part B has got to."""

    totals: tuple[int, int, int]
    sequence: int = 0
    hash: str = START
    fault: tuple[str, str] | None = None

    def step(self, row: tuple[Any, ...]) -> None:
        if self.fault is None:
            self.fault = self._fault(row)
        self.sequence, self.hash = row[2], row[4]

    def _fault(self, row: tuple[Any, ...]) -> tuple[str, str] | None:
        _, _, sequence, before, stored, computed, *numbers = row
        name = f"Part B entry {sequence}"
        if sequence != self.sequence + 1:
            return f"Part B entry {self.sequence + 1}", "the entry is missing"
        if stored != computed:
            return name, "the entry was altered"
        if before != self.hash:
            return name, "the entry does not follow the one before"
        added = zip(self.totals, numbers[:3], strict=True)
        self.totals = tuple(total + more for total, more in added)
        return None if self.totals == tuple(numbers[3:]) else (name, "the totals do not add up")


def verify_technical_log(
    aircraft: RPASAircraft | None = None, tell: Tell = tell_nobody
) -> LogCheck:
    """
    Read the whole log of one aircraft, or of all, and name the first altered or missing row each.

    Part B is walked entry by entry against its hash chain, its sums and the head that the aircraft
    keeps; each issued Part A, defect, maintenance record and configuration change is compared with
    its seal.
    """
    # All is read as it stood at one moment: what is written meanwhile is no fault.
    with _one_moment():
        return _verified(aircraft, tell)


@contextmanager
def _one_moment() -> Iterator[None]:
    """One snapshot for several statements; inside a transaction the caller's locks serve."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _verified(aircraft: RPASAircraft | None, tell: Tell) -> LogCheck:
    chosen = {"id": aircraft.pk if aircraft else None}
    walks: dict[int, _Walk] = {}
    rows = RPASAircraft.objects.filter(pk=aircraft.pk) if aircraft else RPASAircraft.objects.all()
    heads = {row.pk: row for row in rows.order_by("pk")}
    for pk, row in heads.items():
        forward = (row.brought_forward_min, row.brought_forward_cycles, row.brought_forward_flights)
        walks[pk] = _Walk(forward)
    entries, expected = 0, sum(row.part_b_sequence for row in heads.values())
    for batch in _part_b(chosen):
        for entry in batch:
            walks[entry[0]].step(entry)
        entries += len(batch)
        tell("Entries of Part B", entries, max(expected, entries))
    altered = _altered(chosen, tell)
    faults = []
    for pk, row in heads.items():
        found = walks[pk].fault or _head_fault(row, walks[pk]) or altered.get(pk)
        if found:
            faults.append(LogFault(pk, row.registration, *found))
    return LogCheck(len(heads), entries, tuple(faults))


def _altered(chosen: dict[str, Any], tell: Tell) -> dict[int, tuple[str, str]]:
    """The first record of each aircraft that does not agree with its seal."""
    altered: dict[int, tuple[str, str]] = {}
    for what, statement, reason in _SEALED:
        done = 0
        for batch in _sealed(statement, chosen):
            done += len(batch)
            tell(what, done, None)
            for _, pk, name, is_wrong in batch:
                if is_wrong:
                    altered.setdefault(pk, (name, reason))
    return altered


def _head_fault(row: RPASAircraft, walk: _Walk) -> tuple[str, str] | None:
    if row.part_b_sequence > walk.sequence:
        return f"Part B entry {walk.sequence + 1}", "the entry is missing"
    if row.part_b_sequence < walk.sequence or (walk.sequence and row.part_b_hash != walk.hash):
        return "the head of Part B", "it does not name the last entry"
    if (row.time_in_service_min, row.cycles, row.flights) != walk.totals:
        return "the aircraft's totals", "they do not agree with Part B"
    return None


def _part_b(chosen: dict[str, Any]) -> Iterator[list[tuple[Any, ...]]]:
    after: dict[str, str | None] = {"aircraft": None, "entry": None, "sequence": None}
    while batch := _batch(_PART_B, chosen | after):
        yield batch
        if len(batch) < BATCH:
            return
        after = dict(zip(after, map(str, batch[-1][:3]), strict=True))


def _sealed(statement: str, chosen: dict[str, Any]) -> Iterator[list[tuple[Any, ...]]]:
    # As text: the lowest key there can be is no number that may stand before a cast.
    after: str | None = None
    while batch := _batch(statement, chosen | {"after": after}):
        yield batch
        if len(batch) < BATCH:
            return
        after = str(batch[-1][0])


def _batch(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values | {"batch": BATCH})
        return cursor.fetchall()
