"""The statement behind rows.py: one JSON array per table, joined to the wanted operations."""

# Times come out in UTC: the connection's time zone is set to it.
_TABLES = {
    "operations": """
        SELECT o.id, o.number, o.status, o.title, o.purpose, o.category, o.sight_mode, o.is_paid,
               o.is_over_own_land, o.planned_start_at, o.planned_end_at, o.actual_end_at,
               o.operator_id, o.aircraft_id, r.timezone, u.id AS pilot_id,
               u.name AS pilot_name, u.is_active AS pilot_is_active,
               NULLIF(f.arn, '') AS pilot_arn, c.id IS NOT NULL AS has_checklist,
               l.completed_at AS log_completed_at, l.became_unserviceable, l.is_as_released,
               EXISTS (SELECT FROM flight_operations_smsincidentreport AS i
                       WHERE i.operation_id = o.id) AS has_incident,
               CASE WHEN p.id IS NOT NULL THEN
                   to_jsonb(p) - ARRAY['launch_site', 'recovery_site'] || jsonb_build_object(
                       'launch_lat', ST_Y(p.launch_site::geometry),
                       'launch_lon', ST_X(p.launch_site::geometry),
                       'recovery_lat', ST_Y(p.recovery_site::geometry),
                       'recovery_lon', ST_X(p.recovery_site::geometry)) END AS plan
        FROM wanted AS o
        JOIN rpas_rpasoperator AS r ON r.id = o.operator_id
        JOIN person AS u ON u.id = o.pilot_in_command_id
        LEFT JOIN users_userprofile AS f ON f.user_id = u.id
        LEFT JOIN flight_operations_flightplan AS p ON p.operation_id = o.id
        LEFT JOIN flight_operations_preflightchecklist AS c ON c.operation_id = o.id
        LEFT JOIN flight_operations_operationallog AS l ON l.operation_id = o.id
        ORDER BY o.id""",
    "volumes": """
        SELECT p.operation_id, v.sequence, encode(ST_AsEWKB(v.area), 'hex') AS area, v.floor_m,
               v.ceiling_m, v.datum, v.starts_at, v.ends_at
        FROM flight_operations_planvolume AS v
        JOIN flight_operations_flightplan AS p ON p.id = v.plan_id
        WHERE p.operation_id IN (SELECT id FROM wanted) ORDER BY p.operation_id, v.sequence""",
    "crew": """
        SELECT m.operation_id, m.user_id, u.name AS name, m.role,
               NULLIF(f.arn, '') AS arn, m.trained_on
        FROM crew AS m JOIN person AS u ON u.id = m.user_id
        LEFT JOIN users_userprofile AS f ON f.user_id = u.id ORDER BY m.id""",
    "papers": """
        SELECT q.user_id, q.kind, q.number, q.classification, q.weight_band, q.aircraft_type,
               q.issued_on, q.expires_on, q.status = 'verified' AS is_verified
        FROM users_qualification AS q
        WHERE q.user_id IN (SELECT user_id FROM pilot UNION SELECT user_id FROM crew)
          AND q.status <> 'revoked' ORDER BY q.id""",
    "memberships": """
        SELECT operator_id, user_id, valid_from, valid_until, is_remote_pilot, pilot_authorized_on,
               authorized_models, is_night_authorized
        FROM rpas_operatormember
        WHERE operator_id IN (SELECT operator_id FROM wanted)
          AND user_id IN (SELECT user_id FROM pilot)
        ORDER BY id""",
    "landings": """
        SELECT e.pilot_id, e.aircraft_category, e.flown_on,
               sum(LEAST(e.take_offs, e.landings)) AS count
        FROM flight_operations_pilotlogentry AS e
        WHERE e.pilot_id IN (SELECT user_id FROM pilot)
          AND e.started_at > (SELECT first_at FROM span) - interval '92 days'
        GROUP BY 1, 2, 3 ORDER BY 1, 2, 3""",
    # Plans that hold a pilot's time and flights that took it, as pilot in command or second pilot.
    "stints": """
        SELECT o.id AS operation_id, who.user_id,
               COALESCE(o.actual_start_at, o.planned_start_at) AS start_at,
               COALESCE(o.actual_end_at, o.planned_end_at) AS end_at
        FROM (SELECT id AS operation_id, pilot_in_command_id AS user_id
              FROM flight_operations_flightoperation
              WHERE pilot_in_command_id IN (SELECT user_id FROM pilot)
              UNION
              SELECT operation_id, user_id FROM flight_operations_crewmember
              WHERE role = 'second_pilot'
                AND user_id IN (SELECT user_id FROM pilot)) AS who
        JOIN flight_operations_flightoperation AS o ON o.id = who.operation_id
        WHERE o.status NOT IN ('draft', 'cancelled', 'rejected')
          AND o.planned_start_at < (SELECT last_at FROM span) + interval '2 days'
          AND o.planned_end_at > (SELECT first_at FROM span) - interval '8 days'
        ORDER BY start_at, o.id""",
    "authorizations": """
        SELECT a.operator_id, a.number, a.kind, a.status, a.authority, a.place, a.aircraft_id,
               encode(ST_AsEWKB(a.area), 'hex') AS area, a.max_height_agl_m, a.valid_from,
               a.valid_until, left(a.conditions, 500) AS conditions, a.applied_on
        FROM flight_operations_operationalauthorization AS a
        WHERE a.operator_id IN (SELECT operator_id FROM wanted)
          AND a.status IN ('granted', 'requested')
          AND a.valid_from < (SELECT last_at FROM span)
          AND a.valid_until > (SELECT first_at FROM span) ORDER BY a.id""",
    "risks": """
        SELECT r.number, r.operator_id, r.operation_id, r.kind, r.status, r.assessed_by_id,
               COALESCE((
                   SELECT json_agg(json_build_object(
                       'hazard', left(i.hazard, 200), 'likelihood', i.likelihood,
                       'severity', i.severity, 'residual_likelihood', i.residual_likelihood,
                       'residual_severity', i.residual_severity) ORDER BY i.sequence)
                   FROM flight_operations_riskitem AS i WHERE i.assessment_id = r.id), '[]')
                   AS items,
               COALESCE((
                   SELECT json_agg(json_build_object(
                       'level', a.level, 'user_id', a.user_id,
                       'by', u.name) ORDER BY a.id)
                   FROM flight_operations_riskapproval AS a JOIN person AS u ON u.id = a.user_id
                   WHERE a.assessment_id = r.id), '[]') AS approvals
        FROM flight_operations_smsriskassessment AS r
        WHERE r.operator_id IN (SELECT operator_id FROM wanted)
          AND ((r.operation_id IN (SELECT id FROM wanted) AND r.status <> 'superseded')
               OR (r.operation_id IS NULL AND r.status = 'approved'))
        ORDER BY r.id""",
    "posts": """
        SELECT k.operator_id, k.user_id, k.post, u.name AS name, k.arn,
               k.approved_on, k.valid_from, k.valid_until
        FROM rpas_keypersonnel AS k JOIN person AS u ON u.id = k.user_id
        WHERE k.operator_id IN (SELECT operator_id FROM wanted) ORDER BY k.id""",
    "releases": """
        SELECT r.operation_id, r.plan_hash, u.name AS released_by, r.released_at
        FROM flight_operations_operationalrelease AS r JOIN person AS u
          ON u.id = r.released_by_id
        WHERE r.operation_id IN (SELECT id FROM wanted) AND r.revoked_at IS NULL""",
    "items": """
        SELECT c.operation_id, i.code, i.title, i.is_required, i.answer, i.answered_at,
               i.valid_until
        FROM flight_operations_checklistitem AS i
        JOIN flight_operations_preflightchecklist AS c ON c.id = i.checklist_id
        WHERE c.operation_id IN (SELECT id FROM wanted)
        ORDER BY c.operation_id, i.sequence, i.id""",
    "logged": """
        SELECT operation_id, pilot_id FROM flight_operations_pilotlogentry
        WHERE operation_id IN (SELECT id FROM wanted) ORDER BY id""",
    "alerts": """
        SELECT operation_id, kind, count(*) AS count,
               count(*) FILTER (WHERE acknowledged_at IS NULL) AS unacknowledged,
               count(*) FILTER (WHERE acknowledgement = '') AS without_note
        FROM flight_operations_conformancealert
        WHERE operation_id IN (SELECT id FROM wanted WHERE actual_end_at IS NOT NULL)
        GROUP BY 1, 2 ORDER BY 1, 2""",
    # Only whom the caller asked about besides the pilots that the operations have.
    "pilots": """
        SELECT u.id AS user_id, u.name, u.is_active, NULLIF(f.arn, '') AS arn
        FROM person AS u LEFT JOIN users_userprofile AS f ON f.user_id = u.id
        WHERE u.id = ANY((SELECT ids FROM asked)::bigint[]) ORDER BY u.id""",
    "settings": """
        SELECT scope, rule, parameter, value FROM common_rulesetting
        WHERE rule IN (SELECT rule FROM timed)
          AND scope IN (SELECT 'rpas_operator:' || operator_id FROM wanted) ORDER BY id""",
}
_ARRAY = "'{}', COALESCE((SELECT json_agg(t) FROM ({}) AS t), '[]')"
_ARRAYS = ",\n".join(_ARRAY.format(name, table) for name, table in _TABLES.items())
SQL = f"""
WITH wanted AS MATERIALIZED (
    SELECT * FROM flight_operations_flightoperation WHERE id = ANY(%s::bigint[])
), crew AS MATERIALIZED (
    SELECT * FROM flight_operations_crewmember WHERE operation_id IN (SELECT id FROM wanted)
), asked AS (
    SELECT %s::bigint[] AS ids
), pilot AS (
    SELECT pilot_in_command_id AS user_id FROM wanted UNION SELECT unnest(ids) FROM asked
), span AS (
    SELECT LEAST(min(planned_start_at), %s::timestamptz) AS first_at,
           GREATEST(max(planned_end_at), %s::timestamptz) AS last_at FROM wanted
), person AS (
    SELECT id, is_active,
           COALESCE(NULLIF(trim(first_name || ' ' || last_name), ''), email) AS name
    FROM users_user
), timed AS (
    SELECT unnest(%s::text[]) AS rule
)
SELECT json_build_object({_ARRAYS})::text
"""  # noqa: S608 - the tables are our own constants
