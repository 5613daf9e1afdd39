from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('operations', '0007_privacy_guards'),
    ]

    operations = [
        migrations.AddConstraint(
            model_name='riskworksheet',
            constraint=models.CheckConstraint(condition=models.Q(('approved_by', None), models.Q(('approved_by', models.F('signed_by')), _negated=True), _connector='OR'), name='worksheet_approved_by_another'),
        ),
    ]
