from django.db import migrations

from common.database import append_only

# The VHF band of aeronautical mobile radio: 118 to 137 MHz (ICAO Annex 10, volume V).
_FREQUENCIES = """
ALTER TABLE contacts_fbo ADD CONSTRAINT fbo_frequencies_are_air_band
    CHECK (118 <= ALL (frequencies_mhz) AND 137 > ALL (frequencies_mhz));
"""


class Migration(migrations.Migration):
    dependencies = [("contacts", "0001_initial")]

    operations = [
        append_only("contacts_communication"),
        append_only("contacts_contactmerge"),
        migrations.RunSQL(
            _FREQUENCIES,
            "ALTER TABLE contacts_fbo DROP CONSTRAINT fbo_frequencies_are_air_band;",
        ),
    ]
