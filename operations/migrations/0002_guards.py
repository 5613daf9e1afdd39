from django.db import migrations

from common.database import append_only


class Migration(migrations.Migration):
    dependencies = [("operations", "0001_initial")]

    operations = [append_only("operations_crewlogentry")]
