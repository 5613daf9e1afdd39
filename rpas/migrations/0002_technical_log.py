from django.db import migrations

from common.database import append_only

# The chain of Part B. The digest is defined once, here; writing and verifying both use it. jsonb
# prints an object in one canonical way (keys in a fixed order), so its text is what is hashed.
PART_B = """
CREATE FUNCTION rpas_part_b_digest(previous text, e rpas_f2flighthoursentry) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT encode(sha256(convert_to(jsonb_build_object(
        'previous_hash', previous,
        'aircraft', e.aircraft_id,
        'part_a', e.part_a_id,
        'sequence', e.sequence,
        'kind', e.kind,
        'entry_on', to_char(e.entry_on, 'YYYY-MM-DD'),
        'inspection_satisfactory', e.inspection_satisfactory,
        'defects_checked', to_jsonb(e.defects_checked),
        'findings', e.findings,
        'time_in_service_min', e.time_in_service_min,
        'cycles', e.cycles,
        'flights', e.flights,
        'progressive_total_min', e.progressive_total_min,
        'progressive_cycles', e.progressive_cycles,
        'progressive_flights', e.progressive_flights,
        'operation_number', e.operation_number,
        'corrects', e.corrects_id,
        'reason', e.reason,
        'certified_by', e.certified_by_id,
        'certified_name', e.certified_name,
        'certified_arn', e.certified_arn,
        'recorded_at', to_char(e.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    )::text, 'UTF8')), 'hex')
$$;

-- Takes the aircraft's row, so that two entries of one aircraft never get the same place.
CREATE FUNCTION rpas_part_b_link() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    head rpas_rpasaircraft%ROWTYPE;
BEGIN
    SELECT * INTO STRICT head FROM rpas_rpasaircraft
        WHERE id = NEW.aircraft_id FOR NO KEY UPDATE;
    NEW.sequence := head.part_b_sequence + 1;
    NEW.progressive_total_min := head.time_in_service_min + NEW.time_in_service_min;
    NEW.progressive_cycles := head.cycles + NEW.cycles;
    NEW.progressive_flights := head.flights + NEW.flights;
    NEW.previous_hash := coalesce(nullif(head.part_b_hash, ''), repeat('0', 64));
    NEW.hash := rpas_part_b_digest(NEW.previous_hash, NEW);
    RETURN NEW;
END $$;

CREATE TRIGGER part_b_link BEFORE INSERT ON rpas_f2flighthoursentry
    FOR EACH ROW EXECUTE FUNCTION rpas_part_b_link();

CREATE FUNCTION rpas_part_b_totals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE rpas_rpasaircraft SET
        time_in_service_min = NEW.progressive_total_min,
        cycles = NEW.progressive_cycles,
        flights = NEW.progressive_flights,
        part_b_sequence = NEW.sequence,
        part_b_hash = NEW.hash,
        updated_at = now()
    WHERE id = NEW.aircraft_id;
    RETURN NULL;
END $$;

CREATE TRIGGER part_b_totals AFTER INSERT ON rpas_f2flighthoursentry
    FOR EACH ROW EXECUTE FUNCTION rpas_part_b_totals();
"""

UNDO_PART_B = """
DROP TRIGGER part_b_totals ON rpas_f2flighthoursentry;
DROP TRIGGER part_b_link ON rpas_f2flighthoursentry;
DROP FUNCTION rpas_part_b_totals();
DROP FUNCTION rpas_part_b_link();
DROP FUNCTION rpas_part_b_digest(text, rpas_f2flighthoursentry);
"""

# The totals say what the last entry of the log says, and nothing else. What an aircraft has when
# it is registered is brought forward and stays as it was.
TOTALS = """
CREATE FUNCTION rpas_bring_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.brought_forward_min := NEW.time_in_service_min;
    NEW.brought_forward_cycles := NEW.cycles;
    NEW.brought_forward_flights := NEW.flights;
    NEW.part_b_sequence := 0;
    NEW.part_b_hash := '';
    RETURN NEW;
END $$;

CREATE TRIGGER bring_forward BEFORE INSERT ON rpas_rpasaircraft
    FOR EACH ROW EXECUTE FUNCTION rpas_bring_forward();

CREATE FUNCTION rpas_guard_totals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.brought_forward_min, NEW.brought_forward_cycles, NEW.brought_forward_flights)
        IS DISTINCT FROM
        (OLD.brought_forward_min, OLD.brought_forward_cycles, OLD.brought_forward_flights)
    THEN
        RAISE EXCEPTION 'the time brought forward is fixed' USING ERRCODE = 'restrict_violation';
    END IF;
    PERFORM 1 FROM rpas_f2flighthoursentry e
        WHERE e.aircraft_id = NEW.id AND e.sequence = NEW.part_b_sequence
            AND e.sequence >= OLD.part_b_sequence AND e.hash = NEW.part_b_hash
            AND (e.progressive_total_min, e.progressive_cycles, e.progressive_flights)
                = (NEW.time_in_service_min, NEW.cycles, NEW.flights);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the totals of % do not agree with its technical log', NEW.registration
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER guard_totals BEFORE UPDATE ON rpas_rpasaircraft FOR EACH ROW
    WHEN ((OLD.time_in_service_min, OLD.cycles, OLD.flights, OLD.part_b_sequence, OLD.part_b_hash,
           OLD.brought_forward_min, OLD.brought_forward_cycles, OLD.brought_forward_flights)
        IS DISTINCT FROM
          (NEW.time_in_service_min, NEW.cycles, NEW.flights, NEW.part_b_sequence, NEW.part_b_hash,
           NEW.brought_forward_min, NEW.brought_forward_cycles, NEW.brought_forward_flights))
    EXECUTE FUNCTION rpas_guard_totals();
"""

UNDO_TOTALS = """
DROP TRIGGER guard_totals ON rpas_rpasaircraft;
DROP TRIGGER bring_forward ON rpas_rpasaircraft;
DROP FUNCTION rpas_guard_totals();
DROP FUNCTION rpas_bring_forward();
"""

# Part A: a draft may change; once issued nothing but the step to superseded.
PART_A = """
CREATE FUNCTION rpas_part_a_digest(a rpas_f2technicallogparta) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT encode(sha256(convert_to(jsonb_build_object(
        'aircraft', a.aircraft_id,
        'number', a.number,
        'identification', a.identification,
        'category', a.category,
        'model', a.model,
        'min_gross_mass_kg', a.min_gross_mass_kg,
        'max_gross_mass_kg', a.max_gross_mass_kg,
        'registration_expires_on', to_char(a.registration_expires_on, 'YYYY-MM-DD'),
        'schedule_reference', a.schedule_reference,
        'statement', a.statement,
        'issued_at', to_char(a.issued_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'issued_by', a.issued_by_id,
        'issued_name', a.issued_name,
        'issued_arn', a.issued_arn
    )::text, 'UTF8')), 'hex')
$$;

CREATE FUNCTION rpas_guard_part_a() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    may_change CONSTANT text[] := ARRAY['status', 'updated_at', 'version'];
BEGIN
    IF TG_OP = 'INSERT' OR (TG_OP = 'UPDATE' AND OLD.status = 'draft') THEN
        IF NEW.status <> 'draft' THEN
            NEW.content_hash := rpas_part_a_digest(NEW);
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.status = 'draft' THEN
        RETURN OLD;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.status = 'issued' AND NEW.status = 'superseded'
        AND to_jsonb(NEW) - may_change = to_jsonb(OLD) - may_change
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'technical log % is issued and cannot be changed', OLD.number
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER guard_part_a BEFORE INSERT OR UPDATE OR DELETE ON rpas_f2technicallogparta
    FOR EACH ROW EXECUTE FUNCTION rpas_guard_part_a();
"""

UNDO_PART_A = """
DROP TRIGGER guard_part_a ON rpas_f2technicallogparta;
DROP FUNCTION rpas_guard_part_a();
DROP FUNCTION rpas_part_a_digest(rpas_f2technicallogparta);
"""


class Migration(migrations.Migration):
    dependencies = [("rpas", "0001_initial")]

    operations = [
        migrations.RunSQL(PART_B, UNDO_PART_B),
        migrations.RunSQL(TOTALS, UNDO_TOTALS),
        migrations.RunSQL(PART_A, UNDO_PART_A),
        append_only("rpas_f2flighthoursentry"),
        append_only("rpas_maintenancerecord"),
        append_only("rpas_configurationchange"),
    ]
