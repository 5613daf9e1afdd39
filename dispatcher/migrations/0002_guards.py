from django.db import migrations

from common.database import append_only

# What was planned, published and told stays readable: rows are withdrawn, resolved or finished,
# never removed, and what has come to its end never changes.
GUARDS = """
CREATE FUNCTION dispatcher_keep_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% rows are ended, never removed', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER keep_row BEFORE DELETE ON dispatcher_dispatchcenter
    FOR EACH ROW EXECUTE FUNCTION dispatcher_keep_row();
CREATE TRIGGER keep_row BEFORE DELETE ON dispatcher_dispatchschedule
    FOR EACH ROW EXECUTE FUNCTION dispatcher_keep_row();
CREATE TRIGGER keep_row BEFORE DELETE ON dispatcher_assignment
    FOR EACH ROW EXECUTE FUNCTION dispatcher_keep_row();
CREATE TRIGGER keep_row BEFORE DELETE ON dispatcher_optimizationrun
    FOR EACH ROW EXECUTE FUNCTION dispatcher_keep_row();
CREATE TRIGGER keep_row BEFORE DELETE ON dispatcher_dispatchevent
    FOR EACH ROW EXECUTE FUNCTION dispatcher_keep_row();
CREATE TRIGGER keep_row BEFORE DELETE ON dispatcher_dispatchnotice
    FOR EACH ROW EXECUTE FUNCTION dispatcher_keep_row();

CREATE FUNCTION dispatcher_guard_assignment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status = 'withdrawn' THEN
        RAISE EXCEPTION 'a withdrawn assignment never changes'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.operation_id, NEW.schedule_id) IS DISTINCT FROM (OLD.operation_id, OLD.schedule_id)
    THEN
        RAISE EXCEPTION 'an assignment stays with its operation and schedule'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER guard_assignment BEFORE UPDATE ON dispatcher_assignment
    FOR EACH ROW EXECUTE FUNCTION dispatcher_guard_assignment();

CREATE FUNCTION dispatcher_guard_run() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'run % is finished and never changes', OLD.number
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER guard_run BEFORE UPDATE ON dispatcher_optimizationrun FOR EACH ROW
    WHEN (OLD.status IN ('succeeded', 'failed', 'cancelled'))
    EXECUTE FUNCTION dispatcher_guard_run();
"""

UNDO = """
DROP TRIGGER guard_run ON dispatcher_optimizationrun;
DROP FUNCTION dispatcher_guard_run();
DROP TRIGGER guard_assignment ON dispatcher_assignment;
DROP FUNCTION dispatcher_guard_assignment();
DROP TRIGGER keep_row ON dispatcher_dispatchnotice;
DROP TRIGGER keep_row ON dispatcher_dispatchevent;
DROP TRIGGER keep_row ON dispatcher_optimizationrun;
DROP TRIGGER keep_row ON dispatcher_assignment;
DROP TRIGGER keep_row ON dispatcher_dispatchschedule;
DROP TRIGGER keep_row ON dispatcher_dispatchcenter;
DROP FUNCTION dispatcher_keep_row();
"""


class Migration(migrations.Migration):
    dependencies = [("dispatcher", "0001_initial")]

    operations = [
        append_only("dispatcher_dispatcheventnote"),
        migrations.RunSQL(GUARDS, UNDO),
    ]
