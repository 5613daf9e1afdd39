from django.db import migrations

from common.database import append_only

# What a document is made of is fixed; its standing may change, its keys may be closed anew, and
# once nothing keeps it any more it may lose what it held. Retention is counted by the server's day.
GUARDS = """
CREATE FUNCTION documents_guard_document() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    standing text[] := '{is_current,is_reissue_due,retained_until,updated_at,version,file_key,'
        'sealed_snapshot,deleted_by_id,deleted_at,deleted_because}';
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'documents leave their row behind' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL THEN
        IF OLD.retained_until IS NOT NULL AND OLD.retained_until >= current_date THEN
            RAISE EXCEPTION 'the document is under retention'
                USING ERRCODE = 'restrict_violation', CONSTRAINT = 'document_under_retention';
        END IF;
        standing := standing || '{file,snapshot}'::text[];
    ELSIF OLD.deleted_at IS DISTINCT FROM NEW.deleted_at
        OR (NEW.deleted_at IS NULL AND (
            (OLD.file_key IS NULL) <> (NEW.file_key IS NULL)
            OR (OLD.sealed_snapshot IS NULL) <> (NEW.sealed_snapshot IS NULL)))
    THEN
        RAISE EXCEPTION 'what a document was made of is fixed'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.retained_until IS NOT NULL
        AND (NEW.retained_until IS NULL OR NEW.retained_until < OLD.retained_until)
    THEN
        RAISE EXCEPTION 'retention is only ever extended'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF to_jsonb(NEW) - standing IS DISTINCT FROM to_jsonb(OLD) - standing THEN
        RAISE EXCEPTION 'what a document was made of is fixed'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER guard_document BEFORE UPDATE OR DELETE ON documents_document
    FOR EACH ROW EXECUTE FUNCTION documents_guard_document();

CREATE FUNCTION documents_guard_template() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE'
        OR (OLD.kind, OLD.edition) IS DISTINCT FROM (NEW.kind, NEW.edition)
        OR (OLD.status <> 'draft'
            AND to_jsonb(NEW) - '{status,updated_at,version}'::text[]
                IS DISTINCT FROM to_jsonb(OLD) - '{status,updated_at,version}'::text[])
        OR (OLD.status = 'published' AND NEW.status = 'draft')
        OR (OLD.status = 'retired' AND NEW.status <> 'retired')
    THEN
        RAISE EXCEPTION 'a template that was published stays as it is'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER guard_template BEFORE UPDATE OR DELETE ON documents_documenttemplate
    FOR EACH ROW EXECUTE FUNCTION documents_guard_template();

-- The number is printed in the document, so it is needed before the document is made. A series row
-- would stay locked while a page is laid out; a sequence holds nobody up, and may leave gaps.
CREATE SEQUENCE documents_document_number;
"""

UNDO = """
DROP SEQUENCE documents_document_number;
DROP TRIGGER guard_template ON documents_documenttemplate;
DROP FUNCTION documents_guard_template();
DROP TRIGGER guard_document ON documents_document;
DROP FUNCTION documents_guard_document();
"""


class Migration(migrations.Migration):
    dependencies = [("documents", "0001_initial")]

    operations = [append_only("documents_documentaccess"), migrations.RunSQL(GUARDS, UNDO)]
