"""
One statement that brings everything about many people that crew rules ask for, as typed rows.

The rows of every table are gathered as JSON and decoded straight into structs, so a thousand people
cost as many statements as one.
"""

from collections.abc import Sequence
from datetime import date, datetime

import msgspec
from msgspec import Struct

from common.statements import execute_prepared, raw_cursor


class PersonRow(Struct):
    """One person asked about."""

    id: int
    name: str
    is_active: bool
    date_of_birth: date | None


class PaperRow(Struct):
    """A license, rating, medical or registration."""

    user_id: int
    kind: str
    number: str
    classification: str
    aircraft_type: str
    issued_on: date
    expires_on: date | None
    is_verified: bool


class CheckRow(Struct):
    """A check that was passed or failed."""

    user_id: int
    kind: str
    aircraft_type: str
    type_code: str | None
    done_on: date
    base_month: date
    is_passed: bool


class QuarterRow(Struct):
    """Minutes of one person in one quarter; `trip_id` only for trips that may be left out."""

    user_id: int
    start_at: datetime
    trip_id: int | None
    minutes: float


class FlightRow(Struct):
    """A commercial flight, flown or planned, from blocks to blocks."""

    user_id: int
    trip_id: int | None
    start_at: datetime
    end_at: datetime
    minutes: float
    pilots: int
    is_flown: bool


class DutyRow(Struct):
    """A time that is no rest."""

    user_id: int
    trip_id: int | None
    start_at: datetime
    end_at: datetime
    source: str


class DayRow(Struct):
    """What one person flew on one day in one type; `type_code` is that of Doc 8643, e.g. L2T."""

    user_id: int
    on: date
    aircraft_type: str
    type_code: str | None
    minutes: int
    day_takeoffs: int
    day_landings: int
    night_takeoffs: int
    night_landings: int
    approaches: int


class DeclaredRow(Struct):
    """Days for which flying elsewhere is declared, both included."""

    user_id: int
    from_on: date
    until_on: date


class ExperienceRow(Struct):
    """Hours of one person, logged here and declared."""

    user_id: int
    total_min: int
    night_min: int
    cross_country_min: int | None
    instrument_min: int | None
    instrument_flight_min: int | None


class CrewRows(Struct):
    """Everything the statement brings."""

    people: list[PersonRow]
    papers: list[PaperRow]
    checks: list[CheckRow]
    quarters: list[QuarterRow]
    flights: list[FlightRow]
    duties: list[DutyRow]
    days: list[DayRow]
    declared: list[DeclaredRow]
    experience: list[ExperienceRow]


_TABLES = {
    "people": """
        SELECT id, is_active, date_of_birth,
               COALESCE(NULLIF(trim(first_name || ' ' || last_name), ''), email) AS name
        FROM users_user WHERE id IN (SELECT id FROM person) ORDER BY id""",
    "papers": """
        SELECT user_id, kind, number, classification, aircraft_type, issued_on, expires_on,
               status = 'verified' AS is_verified
        FROM users_qualification
        WHERE user_id IN (SELECT id FROM person) AND status <> 'revoked' ORDER BY id""",
    # A type or instrument check of three years ago can be the one that a lapse is counted from.
    "checks": """
        SELECT c.user_id, c.kind, c.aircraft_type, t.code AS type_code, c.done_on, c.base_month,
               c.is_passed
        FROM users_checkrecord AS c LEFT JOIN type AS t ON t.designator = c.aircraft_type
        WHERE c.user_id IN (SELECT id FROM person) AND c.withdrawn_at IS NULL
          AND c.done_on > (SELECT first_at FROM asked) - interval '4 years' ORDER BY c.id""",
    "quarters": """
        SELECT f.user_id, q.start_at,
               CASE WHEN f.trip_id = ANY((SELECT trips FROM asked)::bigint[]) THEN f.trip_id END
                   AS trip_id,
               round(sum(f.minutes * EXTRACT(EPOCH FROM
                       LEAST(f.end_at, q.end_at) - GREATEST(f.start_at, q.start_at))
                   / EXTRACT(EPOCH FROM f.end_at - f.start_at)), 6)::float AS minutes
        FROM flight AS f JOIN quarter AS q
          ON f.start_at < q.end_at AND f.end_at > q.start_at
        GROUP BY 1, 2, 3 ORDER BY 1, 2, 3""",
    "flights": """
        SELECT user_id, trip_id, start_at, end_at, minutes::float AS minutes, pilots, is_flown
        FROM flight
        WHERE end_at > (SELECT first_at FROM asked) - interval '8 days'
          AND start_at < (SELECT last_at FROM asked) + interval '4 days'
        ORDER BY start_at, end_at, user_id""",
    "duties": """
        SELECT d.user_id, d.trip_id, d.start_at, d.end_at, d.source FROM (
            SELECT person_id AS user_id, trip_id, report_at AS start_at, end_at, 'trip' AS source
            FROM operations_dutyperiod
            WHERE person_id IN (SELECT id FROM person) AND status <> 'cancelled'
            UNION ALL
            SELECT resource_id, NULL, lower(period), upper(period), source_type
            FROM common_resourcebooking
            WHERE resource_kind = 'person' AND resource_id IN (SELECT id FROM person) AND is_live
              AND source_type <> 'operations.dutyperiod' AND source_type NOT LIKE '%%leave%%'
            UNION ALL
            SELECT user_id, NULL, off_at, on_at, 'elsewhere' FROM users_declaredflight
            WHERE user_id IN (SELECT id FROM person) AND withdrawn_at IS NULL AND is_commercial
        ) AS d
        WHERE d.end_at > (SELECT date_trunc('quarter', first_at) FROM asked) - interval '8 days'
          AND d.start_at < (SELECT date_trunc('quarter', last_at) FROM asked) + interval '4 months'
        ORDER BY d.start_at, d.end_at, d.user_id""",
    "days": """
        SELECT f.user_id, f.on, f.aircraft_type, t.code AS type_code, sum(f.minutes) AS minutes,
               sum(f.day_takeoffs) AS day_takeoffs, sum(f.day_landings) AS day_landings,
               sum(f.night_takeoffs) AS night_takeoffs, sum(f.night_landings) AS night_landings,
               sum(f.approaches) AS approaches
        FROM (
            SELECT person_id AS user_id, on_at::date AS on, aircraft_type, block_min AS minutes,
                   day_takeoffs * is_sole_manipulator::int AS day_takeoffs,
                   day_landings * is_sole_manipulator::int AS day_landings,
                   night_takeoffs * is_sole_manipulator::int AS night_takeoffs,
                   night_landings * is_sole_manipulator::int AS night_landings, approaches
            FROM logged
            UNION ALL
            SELECT user_id, on_at::date, aircraft_type, flight_min,
                   day_takeoffs * is_sole_manipulator::int,
                   day_landings * is_sole_manipulator::int,
                   night_takeoffs * is_sole_manipulator::int,
                   night_landings * is_sole_manipulator::int, approaches
            FROM users_declaredflight
            WHERE user_id IN (SELECT id FROM person) AND withdrawn_at IS NULL
        ) AS f LEFT JOIN type AS t ON t.designator = f.aircraft_type
        WHERE f.on >= (SELECT first_at FROM asked)::date - 400
          AND f.on <= (SELECT last_at FROM asked)::date
        GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3""",
    "declared": """
        SELECT user_id, from_on, until_on FROM users_flyingdeclaration
        WHERE user_id IN (SELECT id FROM person) AND withdrawn_at IS NULL
          AND until_on > (SELECT first_at FROM asked)::date - 800 ORDER BY from_on, id""",
    "experience": """
        SELECT e.user_id,
               sum(e.flown_minutes) + COALESCE(max(l.minutes), 0) AS total_min,
               sum(e.night_minutes) + COALESCE(max(l.night_min), 0) AS night_min,
               sum(e.cross_country_minutes) AS cross_country_min,
               sum(e.instrument_minutes) AS instrument_min,
               sum(e.instrument_flight_minutes) AS instrument_flight_min
        FROM users_flightexperience AS e LEFT JOIN (
            SELECT person_id, sum(block_min) AS minutes, sum(night_min) AS night_min
            FROM logged GROUP BY 1
        ) AS l ON l.person_id = e.user_id
        WHERE e.user_id IN (SELECT id FROM person) AND e.category IN ('aeroplane', 'helicopter')
        GROUP BY 1 ORDER BY 1""",
}
# An entry that a later one corrects stays on file and counts no more.
_LOGGED = """
    SELECT e.* FROM operations_crewlogentry AS e
    WHERE e.person_id IN (SELECT id FROM person) AND e.role IN ('pic', 'sic', 'relief')
      AND NOT EXISTS (SELECT FROM operations_crewlogentry AS c WHERE c.corrects_id = e.id)
"""
# Flights count from blocks to blocks. What is logged counts as logged, what is not yet as planned,
# and a leg of a trip that was called off or broken off before it left does not count.
_FLIGHT = """
    SELECT e.person_id AS user_id, l.trip_id, COALESCE(l.actual_out_at, e.off_at) AS start_at,
           COALESCE(l.actual_in_at, e.on_at) AS end_at, e.block_min::numeric AS minutes,
           (SELECT count(DISTINCT o.person_id) FROM operations_crewlogentry AS o
            WHERE o.leg_id = e.leg_id AND o.role IN ('pic', 'sic', 'relief')) AS pilots,
           TRUE AS is_flown
    FROM logged AS e JOIN operations_tripleg AS l ON l.id = e.leg_id
    WHERE e.on_at > (SELECT start_at FROM reach) AND e.off_at < (SELECT end_at FROM reach)
    UNION ALL
    SELECT c.person_id, l.trip_id, COALESCE(l.actual_out_at, l.estimated_out_at),
           GREATEST(COALESCE(l.actual_in_at, l.estimated_in_at),
                    COALESCE(l.actual_out_at, l.estimated_out_at) + interval '1 minute'),
           CASE WHEN l.actual_in_at IS NULL THEN l.block_min ELSE
               GREATEST(EXTRACT(EPOCH FROM l.actual_in_at - l.actual_out_at) / 60, 0) END,
           (SELECT count(*) FROM operations_crewline AS o
            WHERE o.leg_id = l.id AND o.role IN ('pic', 'sic', 'relief')
              AND o.status IN ('offered', 'accepted')),
           l.actual_in_at IS NOT NULL
    FROM operations_crewline AS c
    JOIN operations_tripleg AS l ON l.id = c.leg_id
    JOIN operations_trip AS t ON t.id = l.trip_id
    WHERE c.person_id IN (SELECT id FROM person) AND c.role IN ('pic', 'sic', 'relief')
      AND c.status IN ('offered', 'accepted') AND l.status <> 'cancelled'
      AND t.status <> 'cancelled'
      AND (t.status NOT IN ('completed', 'closed', 'aborted') OR l.actual_out_at IS NOT NULL)
      AND NOT EXISTS (SELECT FROM operations_crewlogentry AS e
                      WHERE e.leg_id = l.id AND e.person_id = c.person_id)
      AND l.estimated_in_at > (SELECT start_at FROM reach)
      AND l.estimated_out_at < (SELECT end_at FROM reach)
    UNION ALL
    SELECT user_id, NULL, off_at, on_at, flight_min, 1, TRUE
    FROM users_declaredflight
    WHERE user_id IN (SELECT id FROM person) AND is_commercial AND withdrawn_at IS NULL
      AND on_at > (SELECT start_at FROM reach) AND off_at < (SELECT end_at FROM reach)
"""
_ARRAY = "'{}', COALESCE((SELECT json_agg(t) FROM ({}) AS t), '[]')"
_ARRAYS = ",\n".join(_ARRAY.format(name, table) for name, table in _TABLES.items())
_SQL = f"""
WITH asked AS MATERIALIZED (
    SELECT %s::timestamptz AS first_at, %s::timestamptz AS last_at, %s::bigint[] AS trips
), person AS MATERIALIZED (
    SELECT unnest(%s::bigint[]) AS id
), reach AS MATERIALIZED (
    SELECT date_trunc('year', first_at) - interval '3 months' AS start_at,
           date_trunc('year', last_at) + interval '15 months' AS end_at FROM asked
), quarter AS MATERIALIZED (
    SELECT g AS start_at, g + interval '3 months' AS end_at
    FROM reach, generate_series(start_at, end_at - interval '1 day', interval '3 months') AS g
), type AS MATERIALIZED (
    SELECT designator, category || engine_count || engine_kind AS code FROM aircraft_aircrafttype
), logged AS MATERIALIZED ({_LOGGED}
), flight AS MATERIALIZED ({_FLIGHT})
SELECT json_build_object({_ARRAYS})::text
"""  # noqa: S608 - the tables are our own constants


def fetch_crew_rows(
    people: Sequence[int], *, first_at: datetime, last_at: datetime, trips: Sequence[int]
) -> CrewRows:
    """
    Rows about people for duties between two moments, in one statement.

    `trips` are those whose own flights a caller wants to tell apart from the rest.
    """
    values = (first_at, last_at, sorted(set(trips)), sorted(set(people)))
    with raw_cursor() as cursor:
        row = execute_prepared(cursor, _SQL, values).fetchone()
    return msgspec.json.decode(row[0] if row else b"{}", type=CrewRows)
