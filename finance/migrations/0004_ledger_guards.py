from django.db import migrations

from common.database import append_only

# Debits and credits of one entry are equal in each currency. Looked at when the transaction ends:
# the lines are written after the entry.
BALANCE = """
CREATE FUNCTION finance_entry_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    entry bigint;
    wrong record;
BEGIN
    entry := (to_jsonb(NEW) ->> CASE TG_TABLE_NAME
        WHEN 'finance_transaction' THEN 'entry_id' ELSE 'id' END)::bigint;
    SELECT currency, sum(debit) AS debit, sum(credit) AS credit INTO wrong
        FROM finance_transaction WHERE entry_id = entry
        GROUP BY currency HAVING sum(debit) <> sum(credit) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'entry % debits % and credits % %',
            entry, wrong.debit, wrong.credit, wrong.currency USING ERRCODE = 'check_violation';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM finance_transaction WHERE entry_id = entry) THEN
        RAISE EXCEPTION 'entry % has no lines', entry USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER entry_balances AFTER INSERT ON finance_journalentry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION finance_entry_balances();
CREATE CONSTRAINT TRIGGER entry_balances AFTER INSERT ON finance_transaction
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION finance_entry_balances();
"""

UNDO_BALANCE = """
DROP TRIGGER entry_balances ON finance_transaction;
DROP TRIGGER entry_balances ON finance_journalentry;
DROP FUNCTION finance_entry_balances();
"""

# An invoice starts as a draft. Once it has a number only its status moves, and what is paid,
# credited or written off moves only beneath a trigger: by an allocation.
INVOICES = """
CREATE FUNCTION finance_guard_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moving text[] := '{status,paid,credited,written_off,updated_at,version}';
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.number IS NOT NULL OR NEW.status <> 'draft'
            OR (NEW.paid, NEW.credited, NEW.written_off) <> (0, 0, 0)
        THEN
            RAISE EXCEPTION 'an invoice starts as a draft' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' THEN
        IF OLD.number IS NOT NULL THEN
            RAISE EXCEPTION 'invoice % is issued', OLD.number USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.number IS NOT NULL AND to_jsonb(NEW) - moving IS DISTINCT FROM to_jsonb(OLD) - moving
    THEN
        RAISE EXCEPTION 'invoice % is issued and never changes', OLD.number
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.paid, NEW.credited, NEW.written_off) <> (OLD.paid, OLD.credited, OLD.written_off)
        AND pg_trigger_depth() < 2
    THEN
        RAISE EXCEPTION 'what is settled of an invoice moves by allocations'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER guard_invoice BEFORE INSERT OR UPDATE OR DELETE ON finance_invoice
    FOR EACH ROW EXECUTE FUNCTION finance_guard_invoice();

CREATE FUNCTION finance_guard_line() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    issued bigint[];
BEGIN
    -- The invoice's row is held, so that it is not issued while a line of it changes.
    SELECT array_agg(i.id) INTO issued FROM (
        SELECT id, number FROM finance_invoice
            WHERE id IN (NEW.invoice_id, OLD.invoice_id) FOR SHARE
    ) i WHERE i.number IS NOT NULL;
    IF issued IS NOT NULL THEN
        RAISE EXCEPTION 'lines of an issued invoice never change'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN COALESCE(NEW, OLD);
END $$;

CREATE TRIGGER guard_line BEFORE INSERT OR UPDATE OR DELETE ON finance_lineitem
    FOR EACH ROW EXECUTE FUNCTION finance_guard_line();

CREATE FUNCTION finance_guard_work() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.released_at IS NOT NULL
        OR to_jsonb(NEW) - '{released_at,updated_at,version}'::text[]
            IS DISTINCT FROM to_jsonb(OLD) - '{released_at,updated_at,version}'::text[]
    THEN
        RAISE EXCEPTION 'what a bill claimed is released once and else never changes'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER guard_work BEFORE UPDATE ON finance_billedwork
    FOR EACH ROW EXECUTE FUNCTION finance_guard_work();
"""

UNDO_INVOICES = """
DROP TRIGGER guard_work ON finance_billedwork;
DROP FUNCTION finance_guard_work();
DROP TRIGGER guard_line ON finance_lineitem;
DROP FUNCTION finance_guard_line();
DROP TRIGGER guard_invoice ON finance_invoice;
DROP FUNCTION finance_guard_invoice();
"""

# Looked at when the transaction ends: lines and totals are written one after the other.
SUMS = """
CREATE FUNCTION finance_invoice_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    bill finance_invoice%ROWTYPE;
    net numeric;
    tax numeric;
    foreign_lines bigint;
BEGIN
    SELECT * INTO bill FROM finance_invoice
        WHERE id = (to_jsonb(COALESCE(NEW, OLD)) ->> CASE TG_TABLE_NAME
            WHEN 'finance_lineitem' THEN 'invoice_id' ELSE 'id' END)::bigint;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    SELECT COALESCE(sum(amount), 0), COALESCE(sum(tax_amount), 0),
           count(*) FILTER (WHERE currency <> bill.currency)
        INTO net, tax, foreign_lines FROM finance_lineitem WHERE invoice_id = bill.id;
    IF (net, tax) <> (bill.subtotal, bill.tax_total) OR foreign_lines > 0 THEN
        RAISE EXCEPTION 'the lines of invoice % come to % and % tax, not % and %',
            bill.id, net, tax, bill.subtotal, bill.tax_total USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER invoice_adds_up
    AFTER INSERT OR UPDATE OF subtotal, tax_total, currency ON finance_invoice
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION finance_invoice_adds_up();
CREATE CONSTRAINT TRIGGER invoice_adds_up AFTER INSERT OR UPDATE OR DELETE ON finance_lineitem
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION finance_invoice_adds_up();
"""

UNDO_SUMS = """
DROP TRIGGER invoice_adds_up ON finance_lineitem;
DROP TRIGGER invoice_adds_up ON finance_invoice;
DROP FUNCTION finance_invoice_adds_up();
"""

# Figures that are sums of rows move with the rows, whoever writes them.
MOVES = """
CREATE FUNCTION finance_allocate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE finance_invoice SET
        paid = paid + CASE WHEN NEW.kind IN ('payment', 'credit', 'deposit', 'to_credit')
            THEN NEW.amount ELSE 0 END,
        credited = credited + CASE WHEN NEW.kind = 'credit_note' THEN NEW.amount ELSE 0 END,
        written_off = written_off + CASE WHEN NEW.kind = 'write_off' THEN NEW.amount ELSE 0 END
        WHERE id = NEW.invoice_id AND currency = NEW.currency AND number IS NOT NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'invoice % is not issued, or in another currency than %',
            NEW.invoice_id, NEW.currency USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER allocate AFTER INSERT ON finance_allocation
    FOR EACH ROW EXECUTE FUNCTION finance_allocate();

CREATE FUNCTION finance_use_credit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE finance_customercredit SET remaining = remaining - NEW.amount WHERE id = NEW.credit_id;
    RETURN NULL;
END $$;

CREATE TRIGGER use_credit AFTER INSERT ON finance_credituse
    FOR EACH ROW EXECUTE FUNCTION finance_use_credit();

CREATE FUNCTION finance_guard_credit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moving text[] := '{remaining,updated_at,version}';
BEGIN
    IF to_jsonb(NEW) - moving IS DISTINCT FROM to_jsonb(OLD) - moving
        OR (NEW.remaining <> OLD.remaining AND pg_trigger_depth() < 2)
    THEN
        RAISE EXCEPTION 'what is left of a credit moves by its uses'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER guard_credit BEFORE UPDATE ON finance_customercredit
    FOR EACH ROW EXECUTE FUNCTION finance_guard_credit();

CREATE FUNCTION finance_count_refund() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    counted numeric := 0;
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.status <> 'failed' THEN
        counted := counted - OLD.amount;
    END IF;
    IF NEW.status <> 'failed' THEN
        counted := counted + NEW.amount;
    END IF;
    IF counted <> 0 THEN
        UPDATE finance_payment SET refunded = refunded + counted
            WHERE id = NEW.payment_id AND currency = NEW.currency;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'a refund is in the currency of its payment'
                USING ERRCODE = 'restrict_violation';
        END IF;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER count_refund AFTER INSERT OR UPDATE ON finance_refund
    FOR EACH ROW EXECUTE FUNCTION finance_count_refund();

CREATE FUNCTION finance_guard_payment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moving text[] := '{status,refunded,charged_back,updated_at,version}';
BEGIN
    IF to_jsonb(NEW) - moving IS DISTINCT FROM to_jsonb(OLD) - moving
        OR (NEW.refunded <> OLD.refunded AND pg_trigger_depth() < 2)
    THEN
        RAISE EXCEPTION 'a payment that came never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER guard_payment BEFORE UPDATE ON finance_payment
    FOR EACH ROW EXECUTE FUNCTION finance_guard_payment();

CREATE FUNCTION finance_guard_amount() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the amount that was asked for is fixed' USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER guard_amount BEFORE UPDATE ON finance_paymentintent FOR EACH ROW
    WHEN ((OLD.amount, OLD.currency, OLD.provider, OLD.idempotency_key, OLD.customer_id)
        IS DISTINCT FROM
        (NEW.amount, NEW.currency, NEW.provider, NEW.idempotency_key, NEW.customer_id))
    EXECUTE FUNCTION finance_guard_amount();
CREATE TRIGGER guard_amount BEFORE UPDATE ON finance_refund FOR EACH ROW
    WHEN ((OLD.amount, OLD.currency, OLD.payment_id, OLD.idempotency_key) IS DISTINCT FROM
        (NEW.amount, NEW.currency, NEW.payment_id, NEW.idempotency_key))
    EXECUTE FUNCTION finance_guard_amount();

CREATE FUNCTION finance_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% rows are never removed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER keep BEFORE DELETE ON finance_payment
    FOR EACH ROW EXECUTE FUNCTION finance_keep();
CREATE TRIGGER keep BEFORE DELETE ON finance_refund
    FOR EACH ROW EXECUTE FUNCTION finance_keep();
CREATE TRIGGER keep BEFORE DELETE ON finance_dispute
    FOR EACH ROW EXECUTE FUNCTION finance_keep();
CREATE TRIGGER keep BEFORE DELETE ON finance_paymentintent
    FOR EACH ROW EXECUTE FUNCTION finance_keep();
CREATE TRIGGER keep BEFORE DELETE ON finance_customercredit
    FOR EACH ROW EXECUTE FUNCTION finance_keep();
CREATE TRIGGER keep BEFORE DELETE ON finance_providerevent
    FOR EACH ROW EXECUTE FUNCTION finance_keep();
"""

UNDO_MOVES = """
DROP TRIGGER keep ON finance_providerevent;
DROP TRIGGER keep ON finance_customercredit;
DROP TRIGGER keep ON finance_paymentintent;
DROP TRIGGER keep ON finance_dispute;
DROP TRIGGER keep ON finance_refund;
DROP TRIGGER keep ON finance_payment;
DROP FUNCTION finance_keep();
DROP TRIGGER guard_amount ON finance_refund;
DROP TRIGGER guard_amount ON finance_paymentintent;
DROP FUNCTION finance_guard_amount();
DROP TRIGGER guard_payment ON finance_payment;
DROP FUNCTION finance_guard_payment();
DROP TRIGGER count_refund ON finance_refund;
DROP FUNCTION finance_count_refund();
DROP TRIGGER guard_credit ON finance_customercredit;
DROP FUNCTION finance_guard_credit();
DROP TRIGGER use_credit ON finance_credituse;
DROP FUNCTION finance_use_credit();
DROP TRIGGER allocate ON finance_allocation;
DROP FUNCTION finance_allocate();
"""


class Migration(migrations.Migration):
    dependencies = [("finance", "0003_ledger")]

    operations = [
        append_only("finance_currencyrate"),
        append_only("finance_journalentry"),
        append_only("finance_transaction"),
        append_only("finance_allocation"),
        append_only("finance_credituse"),
        migrations.RunSQL(BALANCE, UNDO_BALANCE),
        migrations.RunSQL(INVOICES, UNDO_INVOICES),
        migrations.RunSQL(SUMS, UNDO_SUMS),
        migrations.RunSQL(MOVES, UNDO_MOVES),
    ]
