from django.db import migrations

# What a price or a tax was on a day stays so: quotes name the row. It can be given an end, once.
GUARDS = """
CREATE FUNCTION finance_guard_dated_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION '% rows are ended, never removed', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.effective_until IS NOT NULL
        OR to_jsonb(NEW) - '{effective_until,updated_at,version}'::text[]
            IS DISTINCT FROM to_jsonb(OLD) - '{effective_until,updated_at,version}'::text[]
    THEN
        RAISE EXCEPTION '% rows are ended and replaced, never changed', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER guard_dated_row BEFORE UPDATE OR DELETE ON finance_rate
    FOR EACH ROW EXECUTE FUNCTION finance_guard_dated_row();
CREATE TRIGGER guard_dated_row BEFORE UPDATE OR DELETE ON finance_taxrule
    FOR EACH ROW EXECUTE FUNCTION finance_guard_dated_row();

CREATE FUNCTION finance_guard_card() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the currency and the code of a card are fixed'
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER guard_card BEFORE UPDATE ON finance_ratecard FOR EACH ROW
    WHEN ((OLD.currency, OLD.code) IS DISTINCT FROM (NEW.currency, NEW.code))
    EXECUTE FUNCTION finance_guard_card();
"""

UNDO = """
DROP TRIGGER guard_card ON finance_ratecard;
DROP TRIGGER guard_dated_row ON finance_taxrule;
DROP TRIGGER guard_dated_row ON finance_rate;
DROP FUNCTION finance_guard_card();
DROP FUNCTION finance_guard_dated_row();
"""


class Migration(migrations.Migration):
    dependencies = [("finance", "0001_initial")]

    operations = [migrations.RunSQL(GUARDS, UNDO)]
