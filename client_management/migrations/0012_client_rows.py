from django.db import migrations

# Beneath the door of the portal: while `windsock.client_scope` names clients, the application's
# role sees and writes their rows only. Without it (staff, workers) every row is there.
SCOPE = """
CREATE FUNCTION client_management_scope() RETURNS bigint[]
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT NULLIF(current_setting('windsock.client_scope', true), '')::bigint[]
$$;
"""
OWN = (
    "customerportalaccess",
    "invitation",
    "onboardingcheck",
    "servicerequest",
    "joborder",
    "deliverable",
    "upload",
    "processingrun",
    "coveragereport",
    "messagethread",
)
# Rows of a client's row: child, column, parent.
PARTS = (
    ("contractrate", "contract_id", "contract"),
    ("requestassessment", "request_id", "servicerequest"),
    ("servicequote", "request_id", "servicerequest"),
    ("servicequoteline", "quote_id", "servicequote"),
    ("milestone", "job_id", "joborder"),
    ("joboperation", "job_id", "joborder"),
    ("jobcost", "job_id", "joborder"),
    ("deliverableissue", "deliverable_id", "deliverable"),
    ("deliverablereview", "deliverable_id", "deliverable"),
    ("sharelink", "deliverable_id", "deliverable"),
    ("deliverabledownload", "issue_id", "deliverableissue"),
    ("uploadpart", "upload_id", "upload"),
    ("clientmessage", "thread_id", "messagethread"),
    ("messagefile", "message_id", "clientmessage"),
    ("threadmember", "thread_id", "messagethread"),
    ("coveragereport_operations", "coveragereport_id", "coveragereport"),
    ("coveragereport_refly_operations", "coveragereport_id", "coveragereport"),
    ("processingrun_inputs", "processingrun_id", "processingrun"),
)
# Those whose history is kept, row by row, in a table beside them.
TRACKED = {
    "clientorganization",
    "contract",
    "customerportalaccess",
    "invitation",
    "onboardingcheck",
    "servicerequest",
    "joborder",
    "deliverable",
    "processingrun",
    "contractrate",
    "servicequote",
    "servicequoteline",
    "milestone",
    "joboperation",
    "jobcost",
    "sharelink",
}


def rules():
    """Which rows of each table, and of its history, are a client's, as SQL."""
    for table, rule in _rules():
        yield table, rule
        if table in TRACKED:
            yield f"{table}event", rule


def _rules():
    mine = "= ANY ((SELECT client_management_scope())::bigint[])"
    yield "clientorganization", f"id {mine}"
    # The house's own terms stand behind the jobs of everybody.
    yield "contract", f"organization_id IS NULL OR organization_id {mine}"
    for table in OWN:
        yield table, f"organization_id {mine}"
    for table, column, parent in PARTS:
        name = f"client_management_{parent}"
        yield table, f"EXISTS (SELECT 1 FROM {name} parent WHERE parent.id = {column})"


def policies():
    """The statements that switch the rules on."""
    for table, rule in rules():
        name = f"client_management_{table}"
        yield (
            f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY;"
            f" CREATE POLICY client_rows ON {name}"
            f" USING ((SELECT client_management_scope()) IS NULL OR ({rule}));"
        )


def undone():
    for table, _ in rules():
        name = f"client_management_{table}"
        yield f"DROP POLICY client_rows ON {name}; ALTER TABLE {name} DISABLE ROW LEVEL SECURITY;"


class Migration(migrations.Migration):
    dependencies = [("client_management", "0011_delivery_guards")]

    operations = [
        migrations.RunSQL(SCOPE, "DROP FUNCTION client_management_scope();"),
        migrations.RunSQL("\n".join(policies()), "\n".join(undone())),
    ]
