from django.db import migrations, models

# The lines of an entry are written with it: an entry that is committed takes no more, not even
# lines that level each other. The transaction that made it is noted by the database itself; rows
# from before have none, and take none.
LINES = """
ALTER TABLE finance_journalentry ADD COLUMN made_in bigint NOT NULL DEFAULT 0;

CREATE FUNCTION finance_note_transaction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.made_in := pg_current_xact_id()::text::bigint;
    RETURN NEW;
END $$;

CREATE TRIGGER note_transaction BEFORE INSERT ON finance_journalentry
    FOR EACH ROW EXECUTE FUNCTION finance_note_transaction();

CREATE FUNCTION finance_line_comes_with_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM finance_journalentry
        WHERE id = NEW.entry_id AND made_in = pg_current_xact_id()::text::bigint;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'entry % is posted and takes no more lines', NEW.entry_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER line_comes_with_entry BEFORE INSERT ON finance_transaction
    FOR EACH ROW EXECUTE FUNCTION finance_line_comes_with_entry();
"""

UNDO_LINES = """
DROP TRIGGER line_comes_with_entry ON finance_transaction;
DROP FUNCTION finance_line_comes_with_entry();
DROP TRIGGER note_transaction ON finance_journalentry;
DROP FUNCTION finance_note_transaction();
ALTER TABLE finance_journalentry DROP COLUMN made_in;
"""

# What lost disputes took of a payment moves with them, as refunds do; what a refund gave back
# before is gone already. Decided is decided.
DISPUTES = """
CREATE FUNCTION finance_count_dispute() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.status IN ('won', 'lost') AND NEW.status <> OLD.status THEN
            RAISE EXCEPTION 'a dispute that was decided stays so'
                USING ERRCODE = 'restrict_violation';
        END IF;
        IF (OLD.payment_id, OLD.amount, OLD.currency)
            IS DISTINCT FROM (NEW.payment_id, NEW.amount, NEW.currency)
        THEN
            RAISE EXCEPTION 'what is disputed is fixed' USING ERRCODE = 'restrict_violation';
        END IF;
        IF OLD.status = NEW.status THEN
            RETURN NULL;
        END IF;
    END IF;
    IF NEW.status = 'lost' THEN
        UPDATE finance_payment
            SET charged_back = charged_back + least(NEW.amount, amount - refunded - charged_back)
            WHERE id = NEW.payment_id AND amount - refunded - charged_back > 0;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER count_dispute AFTER INSERT OR UPDATE ON finance_dispute
    FOR EACH ROW EXECUTE FUNCTION finance_count_dispute();

CREATE FUNCTION finance_guard_charged_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'what was charged back moves by disputes'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER guard_charged_back BEFORE UPDATE ON finance_payment FOR EACH ROW
    WHEN (OLD.charged_back <> NEW.charged_back)
    EXECUTE FUNCTION finance_guard_charged_back();
"""

UNDO_DISPUTES = """
DROP TRIGGER guard_charged_back ON finance_payment;
DROP FUNCTION finance_guard_charged_back();
DROP TRIGGER count_dispute ON finance_dispute;
DROP FUNCTION finance_count_dispute();
"""


class Migration(migrations.Migration):

    dependencies = [('finance', '0006_further_guards')]

    operations = [
        # Providers number their events for each account.
        migrations.RemoveConstraint(model_name='providerevent', name='one_row_per_provider_event'),
        migrations.AddConstraint(
            model_name='providerevent',
            constraint=models.UniqueConstraint(fields=('provider', 'account', 'event_id'), name='one_row_per_provider_event', nulls_distinct=False),
        ),
        migrations.RunSQL(LINES, UNDO_LINES),
        migrations.RunSQL(DISPUTES, UNDO_DISPUTES),
    ]
