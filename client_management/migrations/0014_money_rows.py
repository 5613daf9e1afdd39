from django.db import migrations

# The guard of 0012 for what clients read of other apps: bills, payments, the books' lines about
# them, and the handing out of papers. Whose money it is says who a client is among the contacts.
#
# Staff's lists must be planned as before, so that each rule is cheap where no scope is set:
# `unscoped` is one boolean (a comparison with NULL is taken to be true of one row in 200), and what
# is a client's is a list that is drawn up once for a statement, and only within a scope.
WHOSE = """
CREATE FUNCTION client_management_unscoped() RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT client_management_scope() IS NULL
$$;

CREATE FUNCTION client_management_payers() RETURNS bigint[]
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT array_agg(c.id)
    FROM client_management_clientorganization o
    JOIN contacts_contact own ON own.id = o.contact_id
    JOIN contacts_contact c
        ON c.id IN (own.id, own.merged_into_id)
        OR c.merged_into_id IN (own.id, own.merged_into_id)
    WHERE o.id = ANY (client_management_scope())
$$;
"""
UNDO = """
DROP FUNCTION client_management_payers();
DROP FUNCTION client_management_unscoped();
"""
PAYERS = "client_management_payers()"
# Whoever the work was for counts too: what was billed of a job is known whoever pays it.
OWN = {
    "finance_invoice": ("payer_id", "customer_id"),
    "finance_payment": ("customer_id",),
    "finance_customercredit": ("customer_id",),
    "finance_paymentmethod": ("customer_id",),
    "finance_methodsaving": ("customer_id",),
    "finance_transaction": ("party_id",),
}
# Rows of a row that is a client's: child, column, parent, the parent's column.
PARTS = (
    ("finance_lineitem", "invoice_id", "finance_invoice", "id"),
    ("finance_billedwork", "invoice_id", "finance_invoice", "id"),
    ("finance_paymentlink", "invoice_id", "finance_invoice", "id"),
    ("finance_allocation", "invoice_id", "finance_invoice", "id"),
    ("finance_refund", "payment_id", "finance_payment", "id"),
    ("finance_dispute", "payment_id", "finance_payment", "id"),
    ("finance_credituse", "credit_id", "finance_customercredit", "id"),
    ("finance_journalentry", "id", "finance_transaction", "entry_id"),
)
# What is only ever added has no history beside it.
WITHOUT_HISTORY = {
    "finance_transaction",
    "finance_journalentry",
    "finance_allocation",
    "finance_credituse",
}
# What a paper that may be handed to a client is about.
SUBJECTS = {
    "client_management.servicerequest": "client_management_servicerequest",
    "client_management.servicequote": "client_management_servicequote",
    "client_management.joborder": "client_management_joborder",
    "finance.invoice": "finance_invoice",
    "finance.payment": "finance_payment",
}


def rules():
    """Which rows of each table, and of its history, are a client's, as SQL."""
    for table, rule in _rules():
        yield table, rule
        if table not in WITHOUT_HISTORY:
            yield f"{table}event", rule
    yield "documents_documentaccess", _handed()


def _rules():
    for table in OWN:
        yield table, _of_payers(table)
    for table, column, parent, named in PARTS:
        found = f"SELECT array_agg(parent.{named}) FROM {parent} parent WHERE {_of_payers(parent)}"
        yield table, f"{column} = ANY (({found})::bigint[])"


def _of_payers(table):
    mine = f"= ANY ((SELECT {PAYERS})::bigint[])"
    return "(" + " OR ".join(f"{column} {mine}" for column in OWN[table]) + ")"


def _handed():
    about = " OR ".join(
        f"(paper.subject_type = '{label}'"
        f" AND EXISTS (SELECT 1 FROM {table} own WHERE own.id = paper.subject_id))"
        for label, table in SUBJECTS.items()
    )
    return (
        "EXISTS (SELECT 1 FROM documents_document paper WHERE paper.id = document_id"
        f" AND paper.classification NOT IN ('internal', 'medical') AND ({about}))"
    )


def policies():
    """The statements that switch the rules on."""
    for table, rule in rules():
        yield (
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;"
            f" CREATE POLICY client_rows ON {table}"
            f" USING ((SELECT client_management_unscoped()) OR ({rule}));"
        )


def undone():
    for table, _ in rules():
        yield f"DROP POLICY client_rows ON {table}; ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;"


class Migration(migrations.Migration):
    dependencies = [
        ("client_management", "0013_plurals"),
        ("contacts", "0001_initial"),
        ("documents", "0008_plurals"),
        ("finance", "0010_plurals"),
    ]

    operations = [
        migrations.RunSQL(WHOSE, UNDO),
        migrations.RunSQL("\n".join(policies()), "\n".join(undone())),
    ]
