from django.db import migrations

# What a bill claimed is released, never forgotten: else the work could be billed twice.
WORK = """
CREATE TRIGGER keep BEFORE DELETE ON finance_billedwork
    FOR EACH ROW EXECUTE FUNCTION finance_keep();
"""

UNDO_WORK = """
DROP TRIGGER keep ON finance_billedwork;
"""

# A step of a ladder stays what it was on the day it was agreed on, as prices and taxes do.
STEPS = """
CREATE TRIGGER guard_dated_row BEFORE UPDATE OR DELETE ON finance_cancellationterm
    FOR EACH ROW EXECUTE FUNCTION finance_guard_dated_row();
"""

UNDO_STEPS = """
DROP TRIGGER guard_dated_row ON finance_cancellationterm;
"""

# Which event of a provider it is, and what it said, never changes: a replay is known by it.
EVENTS = """
CREATE FUNCTION finance_guard_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what a provider told never changes' USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER guard_event BEFORE UPDATE ON finance_providerevent FOR EACH ROW
    WHEN ((OLD.provider, OLD.account_id, OLD.event_id, OLD.payload, OLD.body_hash)
        IS DISTINCT FROM
        (NEW.provider, NEW.account_id, NEW.event_id, NEW.payload, NEW.body_hash))
    EXECUTE FUNCTION finance_guard_event();
"""

UNDO_EVENTS = """
DROP TRIGGER guard_event ON finance_providerevent;
DROP FUNCTION finance_guard_event();
"""


class Migration(migrations.Migration):
    dependencies = [("finance", "0005_payments_online")]

    operations = [
        migrations.RunSQL(WORK, UNDO_WORK),
        migrations.RunSQL(STEPS, UNDO_STEPS),
        migrations.RunSQL(EVENTS, UNDO_EVENTS),
    ]
