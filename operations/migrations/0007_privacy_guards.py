from django.db import migrations

from common.database import append_only


class Migration(migrations.Migration):
    dependencies = [("operations", "0003_quotes_guards")]

    operations = [
        append_only("operations_patientaccess"),
        append_only("operations_passengeraccess"),
        append_only("operations_breakglass"),
    ]
