# ruff: noqa: S608 - the statements are put together from the constants of this module only
"""The set-based statements of the airport import: what is staged against what is held."""

AIRPORT_COLUMNS = (
    ("ident", "text"),
    ("icao", "text"),
    ("iata", "text"),
    ("gps_code", "text"),
    ("local_code", "text"),
    ("name", "text"),
    ("kind", "text"),
    ("lat", "float8"),
    ("lon", "float8"),
    ("elevation_ft", "int"),
    ("timezone", "text"),
    ("country", "text"),
    ("region", "text"),
    ("municipality", "text"),
    ("is_controlled", "boolean"),
    ("control_source", "text"),
)
RUNWAY_COLUMNS = (
    ("airport_ident", "text"),
    ("source_id", "text"),
    ("le_ident", "text"),
    ("he_ident", "text"),
    ("length_ft", "int"),
    ("width_ft", "int"),
    ("surface", "text"),
    ("is_lighted", "boolean"),
    ("is_closed", "boolean"),
    ("le_lat", "float8"),
    ("le_lon", "float8"),
    ("he_lat", "float8"),
    ("he_lon", "float8"),
    ("le_elevation_ft", "int"),
    ("he_elevation_ft", "int"),
    ("le_heading_deg", "float8"),
    ("he_heading_deg", "float8"),
    ("le_displaced_ft", "int"),
    ("he_displaced_ft", "int"),
)
FREQUENCY_COLUMNS = (
    ("airport_ident", "text"),
    ("source_id", "text"),
    ("kind", "text"),
    ("description", "text"),
    ("mhz", "numeric(9,4)"),
    ("is_tower", "boolean"),
)

FILL_GAPS = """
UPDATE airports_airport AS a
SET timezone = CASE WHEN a.timezone = '' THEN s.timezone ELSE a.timezone END,
    elevation_ft = COALESCE(a.elevation_ft, s.elevation_ft), updated_at = %(at)s
FROM staged_airport AS s
WHERE a.ident = s.ident AND a.source <> %(source)s
  AND ((a.timezone = '' AND s.timezone <> '')
       OR (a.elevation_ft IS NULL AND s.elevation_ft IS NOT NULL))
"""
FORGET_KNOWN = """
DELETE FROM staged_airport AS s USING airports_airport AS a
WHERE a.source <> 'airportsdata' AND (a.ident = s.ident OR a.icao = s.icao)
"""
# An indicator that moves to another row must leave the old one first. A row of another source that
# holds it is the same aerodrome under another ident: it steps back.
FREE_ICAO_CODES = """
UPDATE airports_airport AS a
SET icao = NULL, is_active = a.is_active AND a.source = %(source)s, updated_at = %(at)s
FROM staged_airport AS s
WHERE a.icao = s.icao AND a.ident <> s.ident
"""
_SET_AIRPORT = (
    "icao, iata, gps_code, local_code, name, kind, point, elevation_ft, timezone, country, region,"
    " municipality, source, is_active"
)
_EXCLUDED_AIRPORT = ", ".join(f"EXCLUDED.{name.strip()}" for name in _SET_AIRPORT.split(","))
_HELD_AIRPORT = ", ".join(f"a.{name.strip()}" for name in _SET_AIRPORT.split(","))
# Who set it by hand knows better; where not all frequencies are at hand, one that is missing says
# nothing about towers, and one that is there does.
_KEEPS_CONTROL = (
    "(a.control_source = 'manual'"
    " OR (%(without_frequencies)s AND EXCLUDED.is_controlled IS NOT TRUE))"
)
_CONTROL = f"""
    CASE WHEN {_KEEPS_CONTROL} THEN a.is_controlled ELSE EXCLUDED.is_controlled END,
    CASE WHEN {_KEEPS_CONTROL} THEN a.control_source ELSE EXCLUDED.control_source END
"""
UPSERT_AIRPORTS = f"""
INSERT INTO airports_airport AS a (
    created_at, updated_at, version, ident, {_SET_AIRPORT}, source_cycle, is_controlled,
    control_source)
SELECT %(at)s, %(at)s, 1, ident, icao, iata, gps_code, local_code, name, kind,
       ST_SetSRID(ST_MakePoint(lon, lat), 4326)::geography, elevation_ft, timezone, country,
       region, municipality, %(source)s, TRUE, %(cycle)s, is_controlled,
       control_source
FROM staged_airport
ON CONFLICT (ident) DO UPDATE SET
    updated_at = EXCLUDED.updated_at, source_cycle = EXCLUDED.source_cycle,
    ({_SET_AIRPORT}, is_controlled, control_source) = ROW({_EXCLUDED_AIRPORT}, {_CONTROL})
WHERE ({_HELD_AIRPORT}, a.is_controlled, a.control_source)
      IS DISTINCT FROM ({_EXCLUDED_AIRPORT}, {_CONTROL})
RETURNING ident, xmax = 0
"""
# A row that is in the file and could not be read is not gone: what was held of it stays.
COUNT_MISSING = """
SELECT count(*), count(*) FILTER (WHERE s.ident IS NULL AND a.ident <> ALL (%(rejected)s::text[]))
FROM airports_airport AS a LEFT JOIN staged_airport AS s ON s.ident = a.ident
WHERE a.source = %(source)s AND a.is_active
"""
DROP_MISSING = """
UPDATE airports_airport AS a SET is_active = FALSE, updated_at = %(at)s
WHERE a.source = %(source)s AND a.is_active AND a.ident <> ALL (%(rejected)s::text[])
  AND NOT EXISTS (SELECT 1 FROM staged_airport AS s WHERE s.ident = a.ident)
RETURNING ident
"""

ORPHAN_RUNWAYS = """
SELECT airport_ident || ' ' || source_id FROM staged_runway AS s
WHERE NOT EXISTS (SELECT 1 FROM airports_airport AS a WHERE a.ident = s.airport_ident)
ORDER BY 1
"""
_SET_RUNWAY = (
    "le_ident, he_ident, length_ft, width_ft, surface, is_lighted, is_closed, le_point, he_point,"
    " le_elevation_ft, he_elevation_ft, le_heading_deg, he_heading_deg, le_displaced_ft,"
    " he_displaced_ft, centerline"
)
_EXCLUDED_RUNWAY = ", ".join(f"EXCLUDED.{name.strip()}" for name in _SET_RUNWAY.split(","))
_HELD_RUNWAY = ", ".join(f"r.{name.strip()}" for name in _SET_RUNWAY.split(","))
# An end more than 15 km from the reference point is a slip of the pen: the end stays unknown.
UPSERT_RUNWAYS = f"""
WITH ended AS (
    SELECT a.id AS airport_id, s.*,
           CASE WHEN ST_DWithin(le.point, a.point, 15000) THEN le.point END AS le_point,
           CASE WHEN ST_DWithin(he.point, a.point, 15000) THEN he.point END AS he_point
    FROM staged_runway AS s
    JOIN airports_airport AS a ON a.ident = s.airport_ident
    CROSS JOIN LATERAL (
        SELECT ST_SetSRID(ST_MakePoint(s.le_lon, s.le_lat), 4326)::geography AS point) AS le
    CROSS JOIN LATERAL (
        SELECT ST_SetSRID(ST_MakePoint(s.he_lon, s.he_lat), 4326)::geography AS point) AS he
)
INSERT INTO airports_runway AS r (
    created_at, updated_at, version, airport_id, source_id, {_SET_RUNWAY})
SELECT %(at)s, %(at)s, 1, airport_id, source_id, le_ident, he_ident, length_ft, width_ft, surface,
       is_lighted, is_closed, le_point, he_point, le_elevation_ft, he_elevation_ft,
       le_heading_deg, he_heading_deg, le_displaced_ft, he_displaced_ft,
       CASE WHEN le_point <> he_point
            THEN ST_MakeLine(le_point::geometry, he_point::geometry)::geography END
FROM ended
ON CONFLICT (airport_id, source_id) DO UPDATE SET
    updated_at = EXCLUDED.updated_at, ({_SET_RUNWAY}) = ROW({_EXCLUDED_RUNWAY})
WHERE ({_HELD_RUNWAY}) IS DISTINCT FROM ({_EXCLUDED_RUNWAY})
RETURNING xmax = 0
"""
COUNT_RUNWAYS = """
SELECT count(*), count(*) FILTER (
    WHERE s.source_id IS NULL AND r.source_id <> ALL (%(rejected)s::text[]))
FROM airports_runway AS r JOIN airports_airport AS a ON a.id = r.airport_id
LEFT JOIN staged_runway AS s ON s.airport_ident = a.ident AND s.source_id = r.source_id
WHERE a.source = 'ourairports'
"""
DROP_RUNWAYS = """
DELETE FROM airports_runway AS r USING airports_airport AS a
WHERE a.id = r.airport_id AND a.source = 'ourairports'
  AND r.source_id <> ALL (%(rejected)s::text[])
  AND NOT EXISTS (SELECT 1 FROM staged_runway AS s
                  WHERE s.airport_ident = a.ident AND s.source_id = r.source_id)
RETURNING r.id
"""

ORPHAN_FREQUENCIES = ORPHAN_RUNWAYS.replace("staged_runway", "staged_frequency")
_SET_FREQUENCY = "kind, description, mhz"
_EXCLUDED_FREQUENCY = "EXCLUDED.kind, EXCLUDED.description, EXCLUDED.mhz"
UPSERT_FREQUENCIES = f"""
INSERT INTO airports_frequency AS f (
    created_at, updated_at, version, airport_id, source_id, {_SET_FREQUENCY})
SELECT %(at)s, %(at)s, 1, a.id, s.source_id, s.kind, s.description, s.mhz
FROM staged_frequency AS s JOIN airports_airport AS a ON a.ident = s.airport_ident
ON CONFLICT (airport_id, source_id) DO UPDATE SET
    updated_at = EXCLUDED.updated_at, ({_SET_FREQUENCY}) = ROW({_EXCLUDED_FREQUENCY})
WHERE (f.kind, f.description, f.mhz) IS DISTINCT FROM ({_EXCLUDED_FREQUENCY})
RETURNING xmax = 0
"""
COUNT_FREQUENCIES, DROP_FREQUENCIES = (
    statement.replace("airports_runway", "airports_frequency").replace(
        "staged_runway", "staged_frequency"
    )
    for statement in (COUNT_RUNWAYS, DROP_RUNWAYS)
)
