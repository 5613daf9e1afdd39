from django.db import migrations

# An offer that was sent is what the customer has: only the answer to it may still be written.
OFFERS = """
CREATE FUNCTION operations_guard_offer() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    answer text[] := '{viewed_at,answered_at,answered_by,answered_from,answer_note,updated_at,version}';
BEGIN
    IF OLD.sent_at IS NULL THEN
        RETURN COALESCE(NEW, OLD);
    END IF;
    IF TG_OP = 'DELETE' OR to_jsonb(NEW) - answer IS DISTINCT FROM to_jsonb(OLD) - answer THEN
        RAISE EXCEPTION 'an offer that was sent never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.answered_at IS NOT NULL AND
        (NEW.answered_at, NEW.answered_by, NEW.answered_from, NEW.answer_note)
            IS DISTINCT FROM (OLD.answered_at, OLD.answered_by, OLD.answered_from, OLD.answer_note)
    THEN
        RAISE EXCEPTION 'an offer is answered once' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER guard_offer BEFORE UPDATE OR DELETE ON operations_quoteversion
    FOR EACH ROW EXECUTE FUNCTION operations_guard_offer();

CREATE FUNCTION operations_guard_offer_line() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    sent timestamptz[];
BEGIN
    -- The offer's row is held, so that it is not sent while a line of it changes.
    SELECT array_agg(v.sent_at) INTO sent FROM (
        SELECT sent_at FROM operations_quoteversion
            WHERE id IN (NEW.quote_version_id, OLD.quote_version_id) FOR SHARE
    ) v WHERE v.sent_at IS NOT NULL;
    IF sent IS NOT NULL THEN
        RAISE EXCEPTION 'lines of an offer that was sent never change'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN COALESCE(NEW, OLD);
END $$;

CREATE TRIGGER guard_offer_line BEFORE INSERT OR UPDATE OR DELETE ON operations_quoteline
    FOR EACH ROW EXECUTE FUNCTION operations_guard_offer_line();
"""

UNDO_OFFERS = """
DROP TRIGGER guard_offer_line ON operations_quoteline;
DROP TRIGGER guard_offer ON operations_quoteversion;
DROP FUNCTION operations_guard_offer_line();
DROP FUNCTION operations_guard_offer();
"""

# Looked at when the transaction ends: lines and totals are written one after the other.
SUMS = """
CREATE FUNCTION operations_offer_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    offer operations_quoteversion%ROWTYPE;
    net numeric;
    tax numeric;
BEGIN
    SELECT * INTO offer FROM operations_quoteversion
        WHERE id = CASE TG_TABLE_NAME WHEN 'operations_quoteline'
            THEN (to_jsonb(COALESCE(NEW, OLD)) ->> 'quote_version_id')::bigint
            ELSE (to_jsonb(COALESCE(NEW, OLD)) ->> 'id')::bigint END;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    SELECT COALESCE(sum(amount) FILTER (WHERE kind <> 'tax'), 0),
           COALESCE(sum(amount) FILTER (WHERE kind = 'tax'), 0)
        INTO net, tax FROM operations_quoteline WHERE quote_version_id = offer.id;
    IF (net, tax, net + tax) IS DISTINCT FROM (offer.subtotal, offer.tax_total, offer.total) THEN
        RAISE EXCEPTION 'the lines of offer % come to % and % tax, not % and %',
            offer.id, net, tax, offer.subtotal, offer.tax_total
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER offer_adds_up AFTER INSERT OR UPDATE ON operations_quoteversion
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION operations_offer_adds_up();
CREATE CONSTRAINT TRIGGER offer_adds_up AFTER INSERT OR UPDATE OR DELETE ON operations_quoteline
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION operations_offer_adds_up();
"""

UNDO_SUMS = """
DROP TRIGGER offer_adds_up ON operations_quoteline;
DROP TRIGGER offer_adds_up ON operations_quoteversion;
DROP FUNCTION operations_offer_adds_up();
"""


class Migration(migrations.Migration):
    dependencies = [("operations", "0002_guards")]

    operations = [
        migrations.RunSQL(OFFERS, UNDO_OFFERS),
        migrations.RunSQL(SUMS, UNDO_SUMS),
    ]
