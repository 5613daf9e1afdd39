from django.db import migrations

TABLE = "flight_operations_flightexecutionlog"

# The partitions live in a schema of their own, where the application's role has no right at all:
# it reaches them through the table only, which lets it read and add.
MAKE = f"""
CREATE SCHEMA telemetry;
REVOKE ALL ON SCHEMA telemetry FROM PUBLIC;

CREATE TABLE {TABLE} (
    operation_id bigint NOT NULL,
    recorded_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    lat double precision NOT NULL,
    lon double precision NOT NULL,
    source_id integer NOT NULL,
    sequence integer NOT NULL,
    altitude_m real,
    ground_elevation_m real,
    height_takeoff_m real,
    height_m real,
    speed_ms real,
    heading_deg real,
    battery_percent real,
    flags smallint NOT NULL,
    breaches smallint NOT NULL,
    datum smallint NOT NULL,
    height_basis smallint NOT NULL,
    conformant boolean NOT NULL,
    PRIMARY KEY (operation_id, source_id, sequence, recorded_at),
    CONSTRAINT telemetry_place_in_range
        CHECK (lat BETWEEN -90 AND 90 AND lon BETWEEN -180 AND 180),
    CONSTRAINT telemetry_altitude_in_range CHECK (altitude_m BETWEEN -500 AND 60000),
    CONSTRAINT telemetry_sequence_counts_up CHECK (sequence >= 0)
) PARTITION BY RANGE (recorded_at);

CREATE INDEX telemetry_recorded_at ON {TABLE} USING brin (recorded_at) WITH (autosummarize = on);
CREATE TABLE telemetry.log_default PARTITION OF {TABLE} DEFAULT;

-- Only the function below, which runs as the owner, may take rows out of the default partition.
CREATE FUNCTION telemetry_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND TG_TABLE_NAME = 'log_default'
       AND current_setting('windsock.telemetry_move', true) = 'on'
       AND pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'MEMBER')
    THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER append_only_rows BEFORE UPDATE OR DELETE ON {TABLE}
    FOR EACH ROW EXECUTE FUNCTION telemetry_refuse_change();
CREATE TRIGGER append_only_table BEFORE TRUNCATE ON {TABLE}
    FOR EACH STATEMENT EXECUTE FUNCTION telemetry_refuse_change();
CREATE TRIGGER append_only_table BEFORE TRUNCATE ON telemetry.log_default
    FOR EACH STATEMENT EXECUTE FUNCTION telemetry_refuse_change();

-- Makes the partition of one day (UTC) and moves rows that came before it out of the default one.
CREATE FUNCTION telemetry_ensure_partition(day date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    part text := 'log_' || to_char(day, 'YYYYMMDD');
    first timestamptz := day::timestamp AT TIME ZONE 'UTC';
    behind timestamptz := (day + 1)::timestamp AT TIME ZONE 'UTC';
BEGIN
    IF day NOT BETWEEN DATE '2000-01-01' AND DATE '2100-01-01' THEN
        RAISE EXCEPTION 'no partition for %', day USING ERRCODE = 'datetime_field_overflow';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('telemetry_ensure_partition'));
    IF to_regclass('telemetry.' || part) IS NOT NULL THEN
        RETURN false;
    END IF;
    LOCK TABLE telemetry.log_default IN ACCESS EXCLUSIVE MODE;
    EXECUTE format('CREATE TABLE telemetry.%I (LIKE public.{TABLE}'
                   ' INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', part);
    PERFORM set_config('windsock.telemetry_move', 'on', true);
    EXECUTE format('WITH moved AS (DELETE FROM telemetry.log_default'
                   ' WHERE recorded_at >= $1 AND recorded_at < $2 RETURNING *)'
                   ' INSERT INTO telemetry.%I SELECT * FROM moved', part) USING first, behind;
    PERFORM set_config('windsock.telemetry_move', 'off', true);
    EXECUTE format('ALTER TABLE public.{TABLE} ATTACH PARTITION telemetry.%I'
                   ' FOR VALUES FROM (%L) TO (%L)', part, first, behind);
    EXECUTE format('CREATE TRIGGER append_only_table BEFORE TRUNCATE ON telemetry.%I'
                   ' FOR EACH STATEMENT EXECUTE FUNCTION telemetry_refuse_change()', part);
    RETURN true;
END $$;
REVOKE ALL ON FUNCTION telemetry_ensure_partition(date) FROM PUBLIC;
"""

UNDO = f"""
DROP FUNCTION telemetry_ensure_partition(date);
DROP TABLE {TABLE};
DROP SCHEMA telemetry CASCADE;
DROP FUNCTION telemetry_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("flight_operations", "0001_initial"), ("common", "0003_guards")]

    operations = [migrations.RunSQL(MAKE, UNDO)]
