"""The statement behind gathered_fleet.py: aircraft and operators with all their parts, as JSON."""

_AIRCRAFT = """
SELECT a.id AS aircraft_id, a.operator_id, a.registration, a.make, a.model, a.kind, a.status,
       a.empty_mass_kg, a.mtow_kg, a.registration_expires_on, a.max_wind_ms, a.min_temperature_c,
       a.max_temperature_c, a.ip_rating, a.firmware_version, a.max_speed_ms,
       a.control_link_range_m, a.has_position_lights, a.time_in_service_min, a.cycles, a.flights,
       EXTRACT(epoch FROM a.endurance)::float8 / 60 AS endurance_min,
       a.brought_forward_min, a.part_b_sequence, a.part_b_hash, a.log_fault,
       (SELECT json_build_object(
            'number', p.number, 'issued_on', (p.issued_at AT TIME ZONE o.timezone)::date,
            'name', p.issued_name, 'arn', p.issued_arn, 'identification', p.identification,
            'category', p.category, 'model', p.model, 'max_gross_mass_kg', p.max_gross_mass_kg,
            'registration_expires_on', p.registration_expires_on)
        FROM rpas_f2technicallogparta AS p
        WHERE p.aircraft_id = a.id AND p.status = 'issued') AS part_a,
       COALESCE((
           SELECT json_agg(json_build_object(
               'defect_id', d.id, 'severity', d.severity,
               'description', left(d.description, 200),
               'found_on', (d.found_at AT TIME ZONE o.timezone)::date,
               'last_checked_on', d.last_checked_on) ORDER BY d.id)
           FROM rpas_f2defectentry AS d
           WHERE d.aircraft_id = a.id AND d.status IN ('open', 'deferred')), '[]') AS defects,
       COALESCE((
           SELECT json_agg(json_build_object(
               'schedule_id', m.id, 'title', m.title, 'kind', m.kind,
               'notice_days', m.notice_days, 'interval_days', m.interval_days,
               'interval_min', m.interval_min, 'interval_cycles', m.interval_cycles,
               'interval_flights', m.interval_flights, 'next_due_on', m.next_due_on,
               'next_due_min', m.next_due_min, 'next_due_cycles', m.next_due_cycles,
               'next_due_flights', m.next_due_flights, 'condition', m.condition,
               'is_triggered', m.is_triggered) ORDER BY m.id)
           FROM rpas_f2maintenanceschedule AS m
           WHERE m.aircraft_id = a.id AND m.is_active), '[]') AS maintenance,
       COALESCE((
           SELECT json_agg(json_build_object(
               'serial_number', b.serial_number, 'cycles', b.cycles, 'max_cycles', b.max_cycles,
               'health_percent', b.health_percent, 'status', b.status) ORDER BY b.id)
           FROM rpas_battery AS b
           WHERE b.aircraft_id = a.id AND b.status <> 'retired'), '[]') AS batteries,
       (SELECT json_build_object(
            'entries', count(*), 'first', min((r.e).sequence), 'last', max((r.e).sequence),
            'before', (array_agg((r.e).progressive_total_min - (r.e).time_in_service_min
                                 ORDER BY (r.e).sequence))[1],
            'added', sum((r.e).time_in_service_min),
            'progressive', (array_agg((r.e).progressive_total_min
                                      ORDER BY (r.e).sequence DESC))[1],
            'digest', (array_agg((r.e).hash ORDER BY (r.e).sequence DESC))[1],
            'altered', min((r.e).sequence) FILTER (
                WHERE (r.e).hash <> rpas_part_b_digest((r.e).previous_hash, r.e)))
        FROM (SELECT e FROM rpas_f2flighthoursentry AS e WHERE e.aircraft_id = a.id
              ORDER BY e.sequence DESC LIMIT (SELECT n FROM latest)) AS r
        HAVING count(*) > 0) AS recent
FROM rpas_rpasaircraft AS a JOIN rpas_rpasoperator AS o ON o.id = a.operator_id
WHERE a.id IN (SELECT aircraft_id FROM asked) ORDER BY a.id
"""
_INSPECTIONS = """
SELECT DISTINCT ON (e.aircraft_id, e.entry_on) e.aircraft_id, e.sequence, e.entry_on,
       COALESCE(e.inspection_satisfactory, FALSE) AS is_satisfactory, e.certified_name AS name,
       e.certified_arn AS arn, left(e.findings, 300) AS findings
FROM rpas_f2flighthoursentry AS e
JOIN asked ON asked.aircraft_id = e.aircraft_id AND asked.entry_on = e.entry_on
WHERE e.kind = 'daily_inspection'
ORDER BY e.aircraft_id, e.entry_on, e.sequence DESC
"""
_OPERATORS = """
SELECT o.id AS operator_id, o.name, o.arn, o.timezone, o.is_active, o.reoc_number,
       o.reoc_issued_on, o.reoc_expires_on, o.scope_max_mass_kg, o.scope_types, o.scope_models,
       o.insurance_expires_on, o.operations_manual_ref, o.job_safety_assessment_ref,
       COALESCE((
           SELECT json_agg(json_build_object(
               'change_id', c.id, 'description', left(c.description, 200), 'made_on', c.made_on,
               'is_significant', c.kind = ANY(significant.kinds),
               'notified_on', c.notified_on, 'approved_on', c.approved_on) ORDER BY c.id)
           FROM rpas_operatorchange AS c
           WHERE c.operator_id = o.id AND CASE WHEN c.kind = ANY(significant.kinds)
               THEN c.approved_on IS NULL ELSE c.notified_on IS NULL END), '[]') AS changes
FROM rpas_rpasoperator AS o, significant
WHERE o.id = ANY((SELECT ids FROM operators)::bigint[]) ORDER BY o.id
"""
# Parameters in order: aircraft and days, operators, significant kinds of change, entries to read.
SQL = f"""
WITH asked AS MATERIALIZED (
    SELECT * FROM unnest(%s::bigint[], %s::date[]) AS t (aircraft_id, entry_on)
), operators AS (SELECT %s::bigint[] AS ids), significant AS (SELECT %s::text[] AS kinds),
latest AS (SELECT %s::int AS n)
SELECT json_build_object(
    'aircraft', COALESCE((SELECT json_agg(t) FROM ({_AIRCRAFT}) AS t), '[]'),
    'inspections', COALESCE((SELECT json_agg(t) FROM ({_INSPECTIONS}) AS t), '[]'),
    'operators', COALESCE((SELECT json_agg(t) FROM ({_OPERATORS}) AS t), '[]'))::text
"""  # noqa: S608 - the parts are our own constants
