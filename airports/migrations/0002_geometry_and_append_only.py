from django.db import migrations

# ST_ calls are schema-qualified so that a restore, which runs with an empty search path, works.
# The span is checked per part: a correct split at the antimeridian spans the world as a whole.
_AREA_CHECK = """
CREATE FUNCTION airports_area_is_sound(area public.geometry) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT public.ST_IsValid(area)
       AND NOT public.ST_IsEmpty(area)
       AND public.ST_NDims(area) = 2
       AND public.ST_NPoints(area) <= 10000
       AND public.ST_XMin(area) >= -180 AND public.ST_XMax(area) <= 180
       AND public.ST_YMin(area) >= -90 AND public.ST_YMax(area) <= 90
       AND NOT EXISTS (
           SELECT 1 FROM public.ST_Dump(area) AS part
           WHERE public.ST_XMax(part.geom) - public.ST_XMin(part.geom) > 180
       )
$$;
ALTER TABLE airports_airspacerestriction
    ADD CONSTRAINT airspace_area_is_sound CHECK (airports_area_is_sound(area));
"""

_APPEND_ONLY = """
CREATE FUNCTION airports_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER weather_is_append_only BEFORE UPDATE OR DELETE ON airports_weatherdata
    FOR EACH ROW EXECUTE FUNCTION airports_refuse_change();
"""

# History is looked up by row, never by place; its spatial indexes made the import of 73,623
# aerodromes take more than twice as long.
_NO_PLACES_IN_HISTORY = """
DO $$
DECLARE spatial record;
BEGIN
    FOR spatial IN
        SELECT c.oid::regclass AS name FROM pg_index AS i
        JOIN pg_class AS c ON c.oid = i.indexrelid
        JOIN pg_am AS a ON a.oid = c.relam
        WHERE a.amname = 'gist' AND i.indrelid IN (
            'airports_airportevent'::regclass,
            'airports_runwayevent'::regclass,
            'airports_airspacerestrictionevent'::regclass
        )
    LOOP
        EXECUTE format('DROP INDEX %s', spatial.name);
    END LOOP;
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("airports", "0001_initial")]

    operations = [
        migrations.RunSQL(
            _AREA_CHECK,
            "ALTER TABLE airports_airspacerestriction DROP CONSTRAINT airspace_area_is_sound;"
            "DROP FUNCTION airports_area_is_sound(public.geometry);",
        ),
        migrations.RunSQL(
            _APPEND_ONLY,
            "DROP TRIGGER weather_is_append_only ON airports_weatherdata;"
            "DROP FUNCTION airports_refuse_change();",
        ),
        migrations.RunSQL(_NO_PLACES_IN_HISTORY, migrations.RunSQL.noop),
    ]
