from django.db import migrations

from common.database import append_only

# Takes the aircraft's row, so that two entries of one aircraft never get the same place.
HOURS = """
CREATE FUNCTION aircraft_hours_link() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    head aircraft_aircraft%ROWTYPE;
BEGIN
    SELECT * INTO STRICT head FROM aircraft_aircraft
        WHERE id = NEW.aircraft_id FOR NO KEY UPDATE;
    NEW.sequence := head.hours_sequence + 1;
    NEW.progressive_min := head.time_in_service_min + NEW.time_in_service_min;
    NEW.progressive_cycles := head.cycles + NEW.cycles;
    NEW.progressive_landings := head.landings + NEW.landings;
    RETURN NEW;
END $$;

CREATE TRIGGER hours_link BEFORE INSERT ON aircraft_flighthours
    FOR EACH ROW EXECUTE FUNCTION aircraft_hours_link();

CREATE FUNCTION aircraft_hours_totals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE aircraft_aircraft SET
        time_in_service_min = NEW.progressive_min,
        cycles = NEW.progressive_cycles,
        landings = NEW.progressive_landings,
        hours_sequence = NEW.sequence,
        updated_at = now()
    WHERE id = NEW.aircraft_id;
    RETURN NULL;
END $$;

CREATE TRIGGER hours_totals AFTER INSERT ON aircraft_flighthours
    FOR EACH ROW EXECUTE FUNCTION aircraft_hours_totals();
"""

UNDO_HOURS = """
DROP TRIGGER hours_totals ON aircraft_flighthours;
DROP TRIGGER hours_link ON aircraft_flighthours;
DROP FUNCTION aircraft_hours_totals();
DROP FUNCTION aircraft_hours_link();
"""

# The totals say what the last entry says, and nothing else. What an aircraft has when it is
# registered is brought forward and stays as it was.
TOTALS = """
CREATE FUNCTION aircraft_bring_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.brought_forward_min := NEW.time_in_service_min;
    NEW.brought_forward_cycles := NEW.cycles;
    NEW.brought_forward_landings := NEW.landings;
    NEW.hours_sequence := 0;
    RETURN NEW;
END $$;

CREATE TRIGGER bring_forward BEFORE INSERT ON aircraft_aircraft
    FOR EACH ROW EXECUTE FUNCTION aircraft_bring_forward();

CREATE FUNCTION aircraft_guard_totals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.brought_forward_min, NEW.brought_forward_cycles, NEW.brought_forward_landings)
        IS DISTINCT FROM
        (OLD.brought_forward_min, OLD.brought_forward_cycles, OLD.brought_forward_landings)
    THEN
        RAISE EXCEPTION 'the time brought forward is fixed' USING ERRCODE = 'restrict_violation';
    END IF;
    PERFORM 1 FROM aircraft_flighthours e
        WHERE e.aircraft_id = NEW.id AND e.sequence = NEW.hours_sequence
            AND e.sequence = OLD.hours_sequence + 1
            AND (e.progressive_min, e.progressive_cycles, e.progressive_landings)
                = (NEW.time_in_service_min, NEW.cycles, NEW.landings);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the totals of % do not agree with its flight hours', NEW.tail_number
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER guard_totals BEFORE UPDATE ON aircraft_aircraft FOR EACH ROW
    WHEN ((OLD.time_in_service_min, OLD.cycles, OLD.landings, OLD.hours_sequence,
           OLD.brought_forward_min, OLD.brought_forward_cycles, OLD.brought_forward_landings)
        IS DISTINCT FROM
          (NEW.time_in_service_min, NEW.cycles, NEW.landings, NEW.hours_sequence,
           NEW.brought_forward_min, NEW.brought_forward_cycles, NEW.brought_forward_landings))
    EXECUTE FUNCTION aircraft_guard_totals();
"""

UNDO_TOTALS = """
DROP TRIGGER guard_totals ON aircraft_aircraft;
DROP TRIGGER bring_forward ON aircraft_aircraft;
DROP FUNCTION aircraft_guard_totals();
DROP FUNCTION aircraft_bring_forward();
"""


class Migration(migrations.Migration):
    dependencies = [("aircraft", "0001_initial")]

    operations = [
        migrations.RunSQL(HOURS, UNDO_HOURS),
        migrations.RunSQL(TOTALS, UNDO_TOTALS),
        append_only("aircraft_flighthours"),
        append_only("aircraft_maintenancelog"),
    ]
