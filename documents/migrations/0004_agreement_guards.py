from django.db import migrations

from common.database import append_only

# Who is asked to sign what never changes; a link, a signature and a sealed file are written once. A
# countersignature takes the place of the sealed file, and a key may close sealed columns anew.
GUARDS = """
-- Whether a sealed value became another one under the same key: not by a change of keys.
CREATE FUNCTION documents_is_rewritten(before bytea, after bytea) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    SELECT before IS NOT NULL AND after IS NOT NULL AND before <> after
        AND substring(before FROM 1 FOR 2 + get_byte(before, 1))
            = substring(after FROM 1 FOR 2 + get_byte(after, 1))
$$;

CREATE FUNCTION documents_guard_agreement() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    now_ jsonb := to_jsonb(NEW);
    old_ jsonb := to_jsonb(OLD);
    sealed text[] := '{signer_name,signed_name,drawing,declined_because,file_key}';
    loose text[] := sealed || '{status,updated_at,version}'::text[];
    name text;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'agreements are never removed' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.sent_at IS NULL THEN
        loose := loose || '{sent_at,sent_by_id,expires_at,link_salt,link_digest}'::text[];
    END IF;
    IF OLD.viewed_at IS NULL THEN
        loose := loose || '{viewed_at}'::text[];
    END IF;
    IF OLD.status IN ('sent', 'viewed') THEN
        loose := loose || '{signed_at,signed_from,user_agent,declined_at}'::text[];
    END IF;
    IF OLD.status = 'signed' THEN
        loose := loose || '{countersigned_at,countersigned_by_id}'::text[];
        IF OLD.sealed_at IS NULL THEN
            loose := loose || '{sealed_at,certificate_sha256}'::text[];
        END IF;
        IF OLD.sealed_at IS NULL OR NEW.status = 'countersigned' OR NEW.countersigned_at IS NOT NULL
        THEN
            loose := loose || '{file,sha256,size_bytes}'::text[];
        END IF;
    END IF;
    IF now_ - loose IS DISTINCT FROM old_ - loose THEN
        RAISE EXCEPTION 'what was sent or signed is fixed' USING ERRCODE = 'restrict_violation';
    END IF;
    FOREACH name IN ARRAY sealed LOOP
        IF old_ -> name <> 'null'::jsonb AND now_ -> name = 'null'::jsonb THEN
            RAISE EXCEPTION 'what was sent or signed is fixed'
                USING ERRCODE = 'restrict_violation';
        END IF;
    END LOOP;
    IF documents_is_rewritten(OLD.signer_name, NEW.signer_name)
        OR documents_is_rewritten(OLD.signed_name, NEW.signed_name)
        OR documents_is_rewritten(OLD.drawing, NEW.drawing)
        OR documents_is_rewritten(OLD.declined_because, NEW.declined_because)
        OR (OLD.signed_at IS NOT NULL AND OLD.drawing IS NULL AND NEW.drawing IS NOT NULL)
    THEN
        RAISE EXCEPTION 'what was sent or signed is fixed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER guard_agreement BEFORE UPDATE OR DELETE ON documents_agreement
    FOR EACH ROW EXECUTE FUNCTION documents_guard_agreement();
"""

UNDO = """
DROP TRIGGER guard_agreement ON documents_agreement;
DROP FUNCTION documents_guard_agreement();
DROP FUNCTION documents_is_rewritten(bytea, bytea);
"""


class Migration(migrations.Migration):
    dependencies = [("documents", "0003_agreements")]

    operations = [append_only("documents_agreemententry"), migrations.RunSQL(GUARDS, UNDO)]
