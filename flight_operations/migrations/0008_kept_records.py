from django.db import migrations

# What CASA wants kept for seven years (Part 101 MOS 10.03 to 10.05), and what it hangs on. Areas,
# crew lines and risks are parts that are written anew while a flight is planned: not these.
KEPT = (
    "checklistitem",
    "flightoperation",
    "flightplan",
    "operationalauthorization",
    "operationallog",
    "operationalrelease",
    "preflightchecklist",
    "riskapproval",
    "smshazardregister",
    "smsincidentreport",
    "smsriskassessment",
)

GUARD = """
CREATE FUNCTION flight_operations_keep_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'records of flying are kept: % is never removed', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
"""


def _keep(model: str) -> migrations.RunSQL:
    table = f"flight_operations_{model}"
    return migrations.RunSQL(
        f"CREATE TRIGGER keep_record BEFORE DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION flight_operations_keep_record();",
        f"DROP TRIGGER keep_record ON {table};",
    )


class Migration(migrations.Migration):
    dependencies = [("flight_operations", "0007_searched_operations")]

    operations = [
        migrations.RunSQL(GUARD, "DROP FUNCTION flight_operations_keep_record();"),
        *[_keep(model) for model in KEPT],
    ]
