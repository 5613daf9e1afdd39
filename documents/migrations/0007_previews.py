import django.db.models.deletion
from django.db import migrations, models

# The signed file of a document that was deleted goes with it; nothing else of the agreement does.
DROPS = """
CREATE FUNCTION documents_drops_signed(before documents_agreement, after documents_agreement)
RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT before.file <> '' AND after.file = '' AND after.file_key IS NULL
        AND to_jsonb(after) - '{file,file_key,updated_at,version}'::text[]
            = to_jsonb(before) - '{file,file_key,updated_at,version}'::text[]
        AND EXISTS (
            SELECT 1 FROM documents_document
            WHERE id = after.document_id AND deleted_at IS NOT NULL)
$$;

DROP TRIGGER guard_agreement ON documents_agreement;
CREATE TRIGGER guard_agreement BEFORE UPDATE ON documents_agreement
    FOR EACH ROW WHEN (NOT documents_drops_signed(OLD, NEW))
    EXECUTE FUNCTION documents_guard_agreement();
CREATE TRIGGER keep_agreement BEFORE DELETE ON documents_agreement
    FOR EACH ROW EXECUTE FUNCTION documents_guard_agreement();
"""

UNDO = """
DROP TRIGGER keep_agreement ON documents_agreement;
DROP TRIGGER guard_agreement ON documents_agreement;
CREATE TRIGGER guard_agreement BEFORE UPDATE OR DELETE ON documents_agreement
    FOR EACH ROW EXECUTE FUNCTION documents_guard_agreement();
DROP FUNCTION documents_drops_signed(documents_agreement, documents_agreement);
"""


class Migration(migrations.Migration):

    dependencies = [('documents', '0006_scopes')]

    operations = [
        migrations.AlterField(
            model_name='documentaccess',
            name='document',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='accesses', to='documents.document'),
        ),
        migrations.AddField(
            model_name='documentaccess',
            name='template',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='documents.documenttemplate'),
        ),
        migrations.AddField(
            model_name='documentaccess',
            name='subject_type',
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name='documentaccess',
            name='subject_id',
            field=models.PositiveBigIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name='documentaccess',
            name='deed',
            field=models.CharField(choices=[('view', 'Looked at'), ('link', 'Was given a link'), ('download', 'Downloaded'), ('preview', 'Was shown a template with'), ('refused', 'Was refused')], max_length=10),
        ),
        migrations.RemoveConstraint(model_name='documentaccess', name='document_deed_is_known'),
        migrations.AddConstraint(
            model_name='documentaccess',
            constraint=models.CheckConstraint(condition=models.Q(('deed__in', ['view', 'link', 'download', 'preview', 'refused'])), name='document_deed_is_known'),
        ),
        migrations.AddConstraint(
            model_name='documentaccess',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('document__isnull', False), ('subject_id', None), ('template', None)), models.Q(('deed', 'preview'), ('document', None), ('subject_id__isnull', False), ('template__isnull', False)), _connector='OR'), name='access_is_of_document_or_preview'),
        ),
        migrations.RunSQL(DROPS, UNDO),
    ]
