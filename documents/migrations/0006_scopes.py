import django.contrib.postgres.fields
from django.db import migrations, models


# Files about no record that were handed in before belong to nobody but who handed them in: whose
# they are was not noted, and is not guessed.
class Migration(migrations.Migration):

    dependencies = [('documents', '0005_search')]

    operations = [
        migrations.AddField(
            model_name='document',
            name='scopes',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), default=list, help_text='Of a file about no record: the operators of who handed it in.', size=None),
        ),
    ]
