from django.db import migrations

from common.database import append_only

# The check of airports: valid, two-dimensional, on Earth, bounded, no part wider than half of it.
AREAS = """
ALTER TABLE client_management_servicerequest
    ADD CONSTRAINT request_area_is_sound CHECK (airports_area_is_sound(area));
ALTER TABLE client_management_joboperation
    ADD CONSTRAINT job_operation_part_is_sound CHECK (airports_area_is_sound(part));
"""

UNDO_AREAS = """
ALTER TABLE client_management_joboperation DROP CONSTRAINT job_operation_part_is_sound;
ALTER TABLE client_management_servicerequest DROP CONSTRAINT request_area_is_sound;
"""

# History is looked up by row, never by place.
NO_PLACES_IN_HISTORY = """
DO $$
DECLARE spatial record;
BEGIN
    FOR spatial IN
        SELECT c.oid::regclass AS name FROM pg_index AS i
        JOIN pg_class AS c ON c.oid = i.indexrelid
        JOIN pg_am AS a ON a.oid = c.relam
        WHERE a.amname = 'gist' AND i.indrelid IN (
            'client_management_servicerequestevent'::regclass,
            'client_management_joboperationevent'::regclass
        )
    LOOP
        EXECUTE format('DROP INDEX %s', spatial.name);
    END LOOP;
END
$$;
"""

# What belongs to a client cannot come to hang off another one's row.
TENANTS = """
ALTER TABLE client_management_servicerequest
    ADD CONSTRAINT request_access_is_of_its_client FOREIGN KEY (access_id, organization_id)
    REFERENCES client_management_customerportalaccess (id, organization_id)
    DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE client_management_joborder
    ADD CONSTRAINT job_request_is_of_its_client FOREIGN KEY (request_id, organization_id)
    REFERENCES client_management_servicerequest (id, organization_id)
    DEFERRABLE INITIALLY DEFERRED;
"""

UNDO_TENANTS = """
ALTER TABLE client_management_joborder DROP CONSTRAINT job_request_is_of_its_client;
ALTER TABLE client_management_servicerequest DROP CONSTRAINT request_access_is_of_its_client;
"""

# An offer that was sent is what the client has: only the answer to it may still be written.
OFFERS = """
CREATE FUNCTION client_management_guard_offer() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    answer text[] := '{status,viewed_at,answered_at,answered_by_id,answered_through_id,'
        'answered_from,answer_note,updated_at,version}';
BEGIN
    IF OLD.sent_at IS NULL THEN
        RETURN COALESCE(NEW, OLD);
    END IF;
    IF TG_OP = 'DELETE' OR to_jsonb(NEW) - answer IS DISTINCT FROM to_jsonb(OLD) - answer THEN
        RAISE EXCEPTION 'a quote that was sent never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.answered_at IS NOT NULL AND (
        NEW.answered_at, NEW.answered_by_id, NEW.answered_through_id, NEW.answered_from,
        NEW.answer_note
    ) IS DISTINCT FROM (
        OLD.answered_at, OLD.answered_by_id, OLD.answered_through_id, OLD.answered_from,
        OLD.answer_note
    ) THEN
        RAISE EXCEPTION 'a quote is answered once' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER guard_offer BEFORE UPDATE OR DELETE ON client_management_servicequote
    FOR EACH ROW EXECUTE FUNCTION client_management_guard_offer();

CREATE FUNCTION client_management_guard_offer_line() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    sent timestamptz[];
BEGIN
    -- The quote's row is held, so that it is not sent while a line of it changes.
    SELECT array_agg(q.sent_at) INTO sent FROM (
        SELECT sent_at FROM client_management_servicequote
            WHERE id IN (NEW.quote_id, OLD.quote_id) FOR SHARE
    ) q WHERE q.sent_at IS NOT NULL;
    IF sent IS NOT NULL THEN
        RAISE EXCEPTION 'lines of a quote that was sent never change'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN COALESCE(NEW, OLD);
END $$;

CREATE TRIGGER guard_offer_line BEFORE INSERT OR UPDATE OR DELETE
    ON client_management_servicequoteline
    FOR EACH ROW EXECUTE FUNCTION client_management_guard_offer_line();
"""

UNDO_OFFERS = """
DROP TRIGGER guard_offer_line ON client_management_servicequoteline;
DROP TRIGGER guard_offer ON client_management_servicequote;
DROP FUNCTION client_management_guard_offer_line();
DROP FUNCTION client_management_guard_offer();
"""

# Looked at when the transaction ends: lines and totals are written one after the other.
SUMS = """
CREATE FUNCTION client_management_offer_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    offer client_management_servicequote%ROWTYPE;
    net numeric;
    tax numeric;
BEGIN
    SELECT * INTO offer FROM client_management_servicequote
        WHERE id = CASE TG_TABLE_NAME WHEN 'client_management_servicequoteline'
            THEN (to_jsonb(COALESCE(NEW, OLD)) ->> 'quote_id')::bigint
            ELSE (to_jsonb(COALESCE(NEW, OLD)) ->> 'id')::bigint END;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    SELECT COALESCE(sum(amount) FILTER (WHERE kind <> 'tax'), 0),
           COALESCE(sum(amount) FILTER (WHERE kind = 'tax'), 0)
        INTO net, tax FROM client_management_servicequoteline WHERE quote_id = offer.id;
    IF (net, tax, net + tax) IS DISTINCT FROM (offer.subtotal, offer.tax_total, offer.total) THEN
        RAISE EXCEPTION 'the lines of quote % come to % and % tax, not % and %',
            offer.id, net, tax, offer.subtotal, offer.tax_total
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER offer_adds_up AFTER INSERT OR UPDATE ON client_management_servicequote
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION client_management_offer_adds_up();
CREATE CONSTRAINT TRIGGER offer_adds_up AFTER INSERT OR UPDATE OR DELETE
    ON client_management_servicequoteline
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION client_management_offer_adds_up();

CREATE FUNCTION client_management_milestones_add_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    job client_management_joborder%ROWTYPE;
    agreed numeric;
BEGIN
    SELECT * INTO job FROM client_management_joborder
        WHERE id = CASE TG_TABLE_NAME WHEN 'client_management_milestone'
            THEN (to_jsonb(COALESCE(NEW, OLD)) ->> 'job_id')::bigint
            ELSE (to_jsonb(COALESCE(NEW, OLD)) ->> 'id')::bigint END;
    IF NOT FOUND OR job.billing_trigger <> 'milestones'
        OR job.status IN ('draft', 'on_hold', 'cancelled')
    THEN
        RETURN NULL;
    END IF;
    SELECT COALESCE(sum(amount), 0) INTO agreed
        FROM client_management_milestone WHERE job_id = job.id;
    IF agreed <> job.agreed_amount THEN
        RAISE EXCEPTION 'the milestones of job % come to %, not %',
            job.id, agreed, job.agreed_amount USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER milestones_add_up AFTER INSERT OR UPDATE ON client_management_joborder
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION client_management_milestones_add_up();
CREATE CONSTRAINT TRIGGER milestones_add_up AFTER INSERT OR UPDATE OR DELETE
    ON client_management_milestone
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION client_management_milestones_add_up();
"""

UNDO_SUMS = """
DROP TRIGGER milestones_add_up ON client_management_milestone;
DROP TRIGGER milestones_add_up ON client_management_joborder;
DROP FUNCTION client_management_milestones_add_up();
DROP TRIGGER offer_adds_up ON client_management_servicequoteline;
DROP TRIGGER offer_adds_up ON client_management_servicequote;
DROP FUNCTION client_management_offer_adds_up();
"""

# A price that was agreed on is given an end, once; quotes name the row.
PRICES = """
CREATE FUNCTION client_management_guard_dated_row() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE TRIGGER guard_dated_row BEFORE UPDATE OR DELETE ON client_management_contractrate
    FOR EACH ROW EXECUTE FUNCTION client_management_guard_dated_row();
CREATE TRIGGER guard_dated_row BEFORE UPDATE OR DELETE ON client_management_costrate
    FOR EACH ROW EXECUTE FUNCTION client_management_guard_dated_row();

CREATE FUNCTION client_management_guard_contract() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    standing text[] := '{status,effective_until,purchase_order,document_id,updated_at,version}';
BEGIN
    IF TG_OP = 'DELETE' OR to_jsonb(NEW) - standing IS DISTINCT FROM to_jsonb(OLD) - standing THEN
        RAISE EXCEPTION 'a contract in force is ended and replaced, never changed'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER guard_contract BEFORE UPDATE OR DELETE ON client_management_contract
    FOR EACH ROW WHEN (OLD.status <> 'draft')
    EXECUTE FUNCTION client_management_guard_contract();
"""

UNDO_PRICES = """
DROP TRIGGER guard_contract ON client_management_contract;
DROP FUNCTION client_management_guard_contract();
DROP TRIGGER guard_dated_row ON client_management_costrate;
DROP TRIGGER guard_dated_row ON client_management_contractrate;
DROP FUNCTION client_management_guard_dated_row();
"""

# Which job an operation is flown for is written once; what was spent is taken back, never changed.
DEEDS = """
CREATE FUNCTION client_management_guard_deed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % stay as they were written', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER guard_job_operation BEFORE UPDATE ON client_management_joboperation FOR EACH ROW
    EXECUTE FUNCTION client_management_guard_deed();
CREATE TRIGGER guard_job_operation_stays BEFORE DELETE ON client_management_joboperation
    FOR EACH ROW EXECUTE FUNCTION client_management_guard_deed();

CREATE FUNCTION client_management_guard_cost() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    voiding text[] := '{voided_at,voided_by_id,voided_because,updated_at,version}';
BEGIN
    IF TG_OP = 'DELETE' OR OLD.voided_at IS NOT NULL
        OR to_jsonb(NEW) - voiding IS DISTINCT FROM to_jsonb(OLD) - voiding
    THEN
        RAISE EXCEPTION 'a cost is taken back once, never changed'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER guard_cost BEFORE UPDATE OR DELETE ON client_management_jobcost
    FOR EACH ROW EXECUTE FUNCTION client_management_guard_cost();
"""

UNDO_DEEDS = """
DROP TRIGGER guard_cost ON client_management_jobcost;
DROP FUNCTION client_management_guard_cost();
DROP TRIGGER guard_job_operation_stays ON client_management_joboperation;
DROP TRIGGER guard_job_operation ON client_management_joboperation;
DROP FUNCTION client_management_guard_deed();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("client_management", "0001_initial"),
        ("airports", "0002_geometry_and_append_only"),
    ]

    operations = [
        migrations.RunSQL(AREAS, UNDO_AREAS),
        migrations.RunSQL(NO_PLACES_IN_HISTORY, migrations.RunSQL.noop),
        migrations.RunSQL(TENANTS, UNDO_TENANTS),
        migrations.RunSQL(OFFERS, UNDO_OFFERS),
        migrations.RunSQL(SUMS, UNDO_SUMS),
        migrations.RunSQL(PRICES, UNDO_PRICES),
        migrations.RunSQL(DEEDS, UNDO_DEEDS),
        append_only("client_management_requestassessment"),
    ]
