from django.db import migrations

from common.database import append_only

AUDIT_CHAIN = """
CREATE FUNCTION common_audit_digest(previous text, e common_auditevent) RETURNS text
LANGUAGE sql STABLE AS $$
    -- As JSON: no text can pass for the border between two.
    SELECT encode(sha256(convert_to(jsonb_build_array(previous, e.id, e.action, e.subject_type,
        e.subject_id, e.subject_label, e.scope, e.actor_id, e.actor_label, e.reason, e.details,
        e.request_id, host(e.address),
        to_char(e.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'))::text, 'UTF8')),
        'hex')
$$;

-- Runs at commit (deferred), when every other lock of the transaction is already held: the chain's
-- own lock is then always the last one and cannot take part in a deadlock.
CREATE FUNCTION common_audit_chain() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    last common_auditlink%ROWTYPE;
    previous text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('common_audit_chain'));
    SELECT * INTO last FROM common_auditlink ORDER BY sequence DESC LIMIT 1;
    previous := coalesce(last.hash, repeat('0', 64));
    INSERT INTO common_auditlink (sequence, event_id, previous_hash, hash)
    VALUES (coalesce(last.sequence, 0) + 1, NEW.id, previous, common_audit_digest(previous, NEW));
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER audit_chain AFTER INSERT ON common_auditevent
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION common_audit_chain();
"""

UNDO = """
DROP TRIGGER audit_chain ON common_auditevent;
DROP FUNCTION common_audit_chain();
DROP FUNCTION common_audit_digest(text, common_auditevent);
"""


class Migration(migrations.Migration):
    dependencies = [("common", "0002_initial")]

    operations = [
        append_only("common_statuschange"),
        append_only("common_auditevent"),
        append_only("common_auditlink"),
        append_only("common_verdict"),
        migrations.RunSQL(AUDIT_CHAIN, UNDO),
    ]
