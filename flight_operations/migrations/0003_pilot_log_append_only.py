from django.db import migrations

from common.database import append_only


class Migration(migrations.Migration):
    dependencies = [
        ("common", "0003_guards"),
        ("flight_operations", "0002_telemetry_partitions"),
    ]

    operations = [append_only("flight_operations_pilotlogentry")]
