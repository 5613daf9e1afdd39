from django.db import migrations

# Each digest is defined once, here; sealing and verifying both use it. Times are printed in UTC
# whatever the session's zone; jsonb prints an object in one canonical way.
DIGESTS = """
CREATE FUNCTION rpas_defect_digest(d rpas_f2defectentry) RETURNS text
LANGUAGE sql STABLE SET timezone = 'UTC' AS $$
    SELECT encode(sha256(convert_to(jsonb_build_object(
        'id', d.id,
        'aircraft', d.aircraft_id,
        'part_a', d.part_a_id,
        'severity', d.severity,
        'description', d.description,
        'status', d.status,
        'found', jsonb_build_array(d.found_at, d.found_by_id, d.found_name, d.found_arn),
        'last_checked_on', d.last_checked_on,
        'deferred_reason', d.deferred_reason,
        'rectified', jsonb_build_array(
            d.rectified_at, d.rectified_by_id, d.rectified_name, d.rectified_arn,
            d.rectified_action),
        'certified', jsonb_build_array(
            d.certified_at, d.certified_by_id, d.certified_name, d.certified_arn)
    )::text, 'UTF8')), 'hex')
$$;

CREATE FUNCTION rpas_maintenance_digest(m rpas_maintenancerecord) RETURNS text
LANGUAGE sql STABLE SET timezone = 'UTC' AS $$
    SELECT encode(sha256(convert_to(jsonb_build_object(
        'id', m.id,
        'schedule', m.schedule_id,
        'aircraft', m.aircraft_id,
        'completed_on', m.completed_on,
        'totals', jsonb_build_array(m.time_in_service_min, m.cycles, m.flights),
        'signed', jsonb_build_array(m.name, m.arn),
        'work_done', m.work_done,
        'parts', m.parts,
        'recorded', jsonb_build_array(m.recorded_by_id, m.recorded_at)
    )::text, 'UTF8')), 'hex')
$$;

CREATE FUNCTION rpas_configuration_digest(c rpas_configurationchange) RETURNS text
LANGUAGE sql STABLE SET timezone = 'UTC' AS $$
    SELECT encode(sha256(convert_to(jsonb_build_object(
        'id', c.id,
        'aircraft', c.aircraft_id,
        'component', c.component,
        'values', jsonb_build_array(c.from_value, c.to_value),
        'reason', c.reason,
        'changed', jsonb_build_array(c.changed_by_id, c.changed_at),
        'time_in_service_min', c.time_in_service_min
    )::text, 'UTF8')), 'hex')
$$;
"""

UNDO_DIGESTS = """
DROP FUNCTION rpas_defect_digest(rpas_f2defectentry);
DROP FUNCTION rpas_maintenance_digest(rpas_maintenancerecord);
DROP FUNCTION rpas_configuration_digest(rpas_configurationchange);
"""

# What is written before the triggers exist is sealed as it stands; the tables refuse changes
# otherwise, so their triggers rest for this one statement.
SEAL_WHAT_IS_THERE = """
ALTER TABLE rpas_f2defectentry DISABLE TRIGGER USER;
UPDATE rpas_f2defectentry AS d SET content_hash = rpas_defect_digest(d);
ALTER TABLE rpas_f2defectentry ENABLE TRIGGER USER;
ALTER TABLE rpas_maintenancerecord DISABLE TRIGGER USER;
UPDATE rpas_maintenancerecord AS m SET content_hash = rpas_maintenance_digest(m);
ALTER TABLE rpas_maintenancerecord ENABLE TRIGGER USER;
ALTER TABLE rpas_configurationchange DISABLE TRIGGER USER;
UPDATE rpas_configurationchange AS c SET content_hash = rpas_configuration_digest(c);
ALTER TABLE rpas_configurationchange ENABLE TRIGGER USER;
"""

SEALS = """
CREATE FUNCTION rpas_seal_maintenance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.content_hash := rpas_maintenance_digest(NEW);
    RETURN NEW;
END $$;
CREATE TRIGGER seal BEFORE INSERT ON rpas_maintenancerecord
    FOR EACH ROW EXECUTE FUNCTION rpas_seal_maintenance();

CREATE FUNCTION rpas_seal_configuration() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.content_hash := rpas_configuration_digest(NEW);
    RETURN NEW;
END $$;
CREATE TRIGGER seal BEFORE INSERT ON rpas_configurationchange
    FOR EACH ROW EXECUTE FUNCTION rpas_seal_configuration();

-- What was found stays as it was written; so does a rectification, and after it everything but
-- the certification.
CREATE FUNCTION rpas_guard_defect() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    certification CONSTANT text[] := ARRAY['status', 'certified_at', 'certified_by_id',
        'certified_name', 'certified_arn', 'content_hash', 'updated_at', 'version'];
    until_rectified CONSTANT text[] := certification || ARRAY['last_checked_on',
        'deferred_reason', 'rectified_at', 'rectified_by_id', 'rectified_name',
        'rectified_arn', 'rectified_action'];
    may_change text[];
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'defect % belongs to the technical log and stays', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'UPDATE' THEN
        may_change := CASE
            WHEN OLD.certified_at IS NOT NULL THEN ARRAY['content_hash', 'updated_at', 'version']
            WHEN OLD.rectified_at IS NOT NULL THEN certification
            ELSE until_rectified END;
        IF to_jsonb(NEW) - may_change <> to_jsonb(OLD) - may_change THEN
            RAISE EXCEPTION 'what is written of defect % cannot be changed', OLD.id
                USING ERRCODE = 'restrict_violation';
        END IF;
    END IF;
    NEW.content_hash := rpas_defect_digest(NEW);
    RETURN NEW;
END $$;
CREATE TRIGGER guard_defect BEFORE INSERT OR UPDATE OR DELETE ON rpas_f2defectentry
    FOR EACH ROW EXECUTE FUNCTION rpas_guard_defect();
"""

UNDO_SEALS = """
DROP TRIGGER guard_defect ON rpas_f2defectentry;
DROP TRIGGER seal ON rpas_configurationchange;
DROP TRIGGER seal ON rpas_maintenancerecord;
DROP FUNCTION rpas_guard_defect();
DROP FUNCTION rpas_seal_configuration();
DROP FUNCTION rpas_seal_maintenance();
"""


class Migration(migrations.Migration):
    dependencies = [("rpas", "0004_sealed_records")]

    operations = [
        migrations.RunSQL(DIGESTS, UNDO_DIGESTS),
        migrations.RunSQL(SEAL_WHAT_IS_THERE, migrations.RunSQL.noop),
        migrations.RunSQL(SEALS, UNDO_SEALS),
    ]
