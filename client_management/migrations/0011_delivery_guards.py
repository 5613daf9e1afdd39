from django.db import migrations

from common.database import append_only

# The check of airports: valid, two-dimensional, on Earth, bounded, no part wider than half of it.
AREAS = """
ALTER TABLE client_management_coveragereport
    ADD CONSTRAINT coverage_area_is_sound CHECK (airports_area_is_sound(area));
"""
UNDO_AREAS = """
ALTER TABLE client_management_coveragereport DROP CONSTRAINT coverage_area_is_sound;
"""

# What belongs to a client cannot come to hang off another one's row.
TENANTS = """
ALTER TABLE client_management_deliverable
    ADD CONSTRAINT deliverable_job_is_of_its_client FOREIGN KEY (job_id, organization_id)
    REFERENCES client_management_joborder (id, organization_id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE client_management_upload
    ADD CONSTRAINT upload_job_is_of_its_client FOREIGN KEY (job_id, organization_id)
    REFERENCES client_management_joborder (id, organization_id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE client_management_processingrun
    ADD CONSTRAINT processing_job_is_of_its_client FOREIGN KEY (job_id, organization_id)
    REFERENCES client_management_joborder (id, organization_id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE client_management_coveragereport
    ADD CONSTRAINT coverage_job_is_of_its_client FOREIGN KEY (job_id, organization_id)
    REFERENCES client_management_joborder (id, organization_id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE client_management_messagethread
    ADD CONSTRAINT thread_job_is_of_its_client FOREIGN KEY (job_id, organization_id)
    REFERENCES client_management_joborder (id, organization_id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE client_management_messagethread
    ADD CONSTRAINT thread_request_is_of_its_client FOREIGN KEY (request_id, organization_id)
    REFERENCES client_management_servicerequest (id, organization_id)
    DEFERRABLE INITIALLY DEFERRED;
"""
UNDO_TENANTS = """
ALTER TABLE client_management_messagethread DROP CONSTRAINT thread_request_is_of_its_client;
ALTER TABLE client_management_messagethread DROP CONSTRAINT thread_job_is_of_its_client;
ALTER TABLE client_management_coveragereport DROP CONSTRAINT coverage_job_is_of_its_client;
ALTER TABLE client_management_processingrun DROP CONSTRAINT processing_job_is_of_its_client;
ALTER TABLE client_management_upload DROP CONSTRAINT upload_job_is_of_its_client;
ALTER TABLE client_management_deliverable DROP CONSTRAINT deliverable_job_is_of_its_client;
"""

# What was handed in stays as it was; its bytes are dropped once, when their time is over.
ISSUES = """
CREATE FUNCTION client_management_guard_issue() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    loose text[] := '{file,dropped_at,dropped_by_id,dropped_because}';
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'issues are never removed' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.dropped_at IS NOT NULL OR NEW.dropped_at IS NULL OR NEW.file <> ''
        OR NEW.dropped_at::date <= OLD.retained_until
        OR to_jsonb(NEW) - loose IS DISTINCT FROM to_jsonb(OLD) - loose
    THEN
        RAISE EXCEPTION 'an issue never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER guard_issue BEFORE UPDATE OR DELETE ON client_management_deliverableissue
    FOR EACH ROW EXECUTE FUNCTION client_management_guard_issue();
"""
UNDO_ISSUES = """
DROP TRIGGER guard_issue ON client_management_deliverableissue;
DROP FUNCTION client_management_guard_issue();
"""


class Migration(migrations.Migration):
    dependencies = [("client_management", "0010_deliverables")]

    operations = [
        append_only("client_management_deliverablereview"),
        append_only("client_management_deliverabledownload"),
        append_only("client_management_clientmessage"),
        append_only("client_management_messagefile"),
        migrations.RunSQL(AREAS, UNDO_AREAS),
        migrations.RunSQL(TENANTS, UNDO_TENANTS),
        migrations.RunSQL(ISSUES, UNDO_ISSUES),
    ]
