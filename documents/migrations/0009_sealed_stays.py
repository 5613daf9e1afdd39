from django.db import migrations

# The key of a file is as good as the file: another one under the same key of the installation is no
# change of keys, it makes unreadable what must be kept.
GUARDS = """
CREATE FUNCTION documents_guard_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.deleted_at IS NULL AND (
        documents_is_rewritten(OLD.file_key, NEW.file_key)
        OR documents_is_rewritten(OLD.sealed_snapshot, NEW.sealed_snapshot))
    THEN
        RAISE EXCEPTION 'what a document was made of is fixed'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER guard_sealed BEFORE UPDATE ON documents_document
    FOR EACH ROW EXECUTE FUNCTION documents_guard_sealed();

CREATE FUNCTION documents_guard_signed_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.file = OLD.file AND documents_is_rewritten(OLD.file_key, NEW.file_key) THEN
        RAISE EXCEPTION 'what was sent or signed is fixed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER guard_signed_key BEFORE UPDATE ON documents_agreement
    FOR EACH ROW EXECUTE FUNCTION documents_guard_signed_key();
"""

UNDO = """
DROP TRIGGER guard_signed_key ON documents_agreement;
DROP FUNCTION documents_guard_signed_key();
DROP TRIGGER guard_sealed ON documents_document;
DROP FUNCTION documents_guard_sealed();
"""


class Migration(migrations.Migration):
    dependencies = [("documents", "0008_plurals")]

    operations = [migrations.RunSQL(GUARDS, UNDO)]
