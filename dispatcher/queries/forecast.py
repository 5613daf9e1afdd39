"""What the plan will run into: one statement for everything that limits are held against."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from common.statements import execute_prepared, raw_cursor
from dispatcher.forecasting import Crossing, PlannedOperation, Totals, maintenance_crossings
from dispatcher.models import DispatchCenter
from flight_operations.models import UPCOMING, OperationStatus
from operations.models import BEFORE_FLIGHT, TripStatus
from rpas.airworthiness import MaintenanceFacts

# So many are listed; they come soonest first.
MOST_LIMITS = 1000
# Rules of the verdict that count what else the people and the crewed aircraft have to do.
LIMITS = ("AU-RPAS-FATIGUE-%", "FAR-135.26%", "FAR-135.27%", "CREWED-MAINT")
COUNTED = (*(s for s in UPCOMING if s != OperationStatus.DRAFT), OperationStatus.ACTIVE)
TYPES = {"flight_operations.flightoperation": "operation", "operations.trip": "trip"}

SQL = """
WITH ahead AS MATERIALIZED (
    SELECT id, number, aircraft_id, planned_start_at AS start_at, planned_end_at AS end_at
    FROM flight_operations_flightoperation
    WHERE operator_id = %s AND status = ANY(%s::text[]) AND planned_end_at > %s::timestamptz
      AND planned_start_at < %s::timestamptz
), asked AS (
    SELECT 'flight_operations.flightoperation' AS kind, id, start_at FROM ahead
    UNION ALL
    SELECT 'operations.trip', id, start_at FROM operations_trip
    WHERE %s::boolean AND status = ANY(%s::text[]) AND end_at > %s::timestamptz
      AND start_at < %s::timestamptz
)
SELECT json_build_object(
    'operations', COALESCE((SELECT json_agg(ahead) FROM ahead), '[]'),
    'aircraft', COALESCE((
        SELECT json_agg(json_build_object(
            'id', a.id, 'registration', a.registration, 'cycles', a.cycles, 'flights', a.flights,
            'time_in_service_min', a.time_in_service_min))
        FROM rpas_rpasaircraft AS a WHERE a.id IN (SELECT aircraft_id FROM ahead)), '[]'),
    'maintenance', COALESCE((
        SELECT json_agg(json_build_object(
            'aircraft_id', m.aircraft_id, 'schedule_id', m.id, 'title', m.title, 'kind', m.kind,
            'notice_days', m.notice_days, 'interval_days', m.interval_days,
            'interval_min', m.interval_min, 'interval_cycles', m.interval_cycles,
            'interval_flights', m.interval_flights, 'next_due_on', m.next_due_on,
            'next_due_min', m.next_due_min, 'next_due_cycles', m.next_due_cycles,
            'next_due_flights', m.next_due_flights, 'condition', m.condition,
            'is_triggered', m.is_triggered) ORDER BY m.id)
        FROM rpas_f2maintenanceschedule AS m
        WHERE m.is_active AND m.aircraft_id IN (SELECT aircraft_id FROM ahead)), '[]'),
    'limits', COALESCE((
        SELECT json_agg(json_build_object(
            'kind', s.subject_type, 'id', s.subject_id, 'number', v.subject_label,
            'starts_at', asked.start_at, 'rule', f ->> 'rule', 'color', f ->> 'color',
            'message', f ->> 'message', 'is_stale', s.is_stale)
            ORDER BY asked.start_at, s.subject_id)
        FROM asked
        JOIN common_compliancestate AS s ON s.subject_type = asked.kind AND s.subject_id = asked.id
        JOIN common_verdict AS v ON v.id = s.verdict_id
        CROSS JOIN LATERAL jsonb_array_elements(v.findings) AS f
        WHERE s.color <> 'green' AND f ->> 'color' <> 'green'
          AND f ->> 'rule' LIKE ANY(%s::text[])), '[]')
)::text
"""


class LimitRow(Struct, frozen=True):
    """A finding on record that counts what else somebody or something has to do."""

    kind: str
    id: int
    number: str
    starts_at: datetime
    rule: str
    color: str
    message: str
    is_stale: bool


class MaintenanceRow(MaintenanceFacts, frozen=True, kw_only=True):
    """A maintenance item with the aircraft it belongs to."""

    aircraft_id: int


class Inputs(Struct, frozen=True, kw_only=True):
    """Everything the one statement brought."""

    operations: tuple[PlannedOperation, ...] = ()
    aircraft: tuple[Totals, ...] = ()
    maintenance: tuple[MaintenanceRow, ...] = ()
    limits: tuple[LimitRow, ...] = ()


_DECODER = msgspec.json.Decoder(Inputs)


def forecast_of(
    center: DispatchCenter, *, now: datetime, until: datetime, with_trips: bool
) -> list[Crossing]:
    """
    Limits of maintenance, duty and flying that the plan comes near or passes, soonest first.

    All of the operator's operations count, from now to `until`; with `with_trips` those of crewed
    trips, too. Duty and flying are as the verdicts say, which count all other work. 1 statement.
    """
    inputs = _fetch(center, now=now, until=until, with_trips=with_trips)
    items: dict[int, list[MaintenanceFacts]] = defaultdict(list)
    for row in inputs.maintenance:
        items[row.aircraft_id].append(row)
    fleet = {
        row.id: msgspec.structs.replace(row, maintenance=tuple(items[row.id]))
        for row in inputs.aircraft
    }
    # Maintenance falls due by the operator's calendar, as the rules and the planner read it.
    zone = ZoneInfo(center.operator.timezone)
    found = maintenance_crossings(inputs.operations, fleet, zone=zone)
    found += [_of_verdict(row) for row in inputs.limits]
    return sorted(found, key=lambda each: (str(each.starts_at), each.type, each.id))


def _of_verdict(row: LimitRow) -> Crossing:
    return Crossing(
        type=TYPES[row.kind],
        id=row.id,
        number=row.number,
        color=row.color,
        text=row.message,
        starts_at=row.starts_at,
        rule=row.rule,
        is_by_earlier=True,
        is_stale=row.is_stale,
    )


def _fetch(center: DispatchCenter, *, now: datetime, until: datetime, with_trips: bool) -> Inputs:
    trips: Sequence[str] = (*BEFORE_FLIGHT, TripStatus.ACTIVE)
    parameters = [
        center.operator_id,
        [str(status) for status in COUNTED],
        now,
        until,
        with_trips,
        [str(status) for status in trips],
        now,
        until,
        list(LIMITS),
    ]
    with raw_cursor() as cursor:
        row = execute_prepared(cursor, SQL, parameters).fetchone()
    return _DECODER.decode(row[0]) if row else Inputs()
