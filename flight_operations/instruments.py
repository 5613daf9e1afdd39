"""The dated CASA instruments that rules rest on; once one lapses, its rules turn amber."""

from datetime import date

from common.compliance.registry import Instrument, instrument

CHECKED_ON = date(2026, 8, 31)

DIRECTIONS = instrument(
    Instrument(
        name="CASA 20/25",
        subject="Directions: emergency operations, aerodromes, people and their safety zone",
        effective_from=date(2025, 4, 1),
        effective_to=date(2028, 3, 31),
        source_checked_on=CHECKED_ON,
    )
)
POPULOUS_RELIEF = instrument(
    Instrument(
        name="CASA EX45/24",
        subject="Populous areas for holders of an approval near people (as amended by EX92/25)",
        effective_from=date(2025, 11, 16),
        effective_to=date(2027, 7, 31),
        source_checked_on=CHECKED_ON,
    )
)
APP_3NM = instrument(
    Instrument(
        name="CASA 66/24",
        subject="Within 3 NM of a controlled aerodrome by a drone safety app",
        effective_from=date(2024, 11, 16),
        effective_to=date(2026, 11, 30),
        source_checked_on=CHECKED_ON,
    )
)
APP_R405 = instrument(
    Instrument(
        name="CASA 67/24",
        subject="Restricted areas R405A and R405B by a drone safety app",
        effective_from=date(2024, 11, 16),
        effective_to=date(2026, 11, 11),
        source_checked_on=CHECKED_ON,
    )
)
DEFENCE_AERODROMES = instrument(
    Instrument(
        name="CASA 23/23",
        subject="RPA in the no-fly zone of aerodromes controlled by the Defence Force",
        effective_from=date(2023, 4, 30),
        effective_to=date(2026, 4, 30),
        source_checked_on=CHECKED_ON,
    )
)
# The ends of the last two were not seen: they do not lapse by date, and their rules say so.
BVLOS_EXAM_RELIEF = instrument(
    Instrument(
        name="CASA EX27/23",
        subject="Relief from the BVLOS examination",
        effective_from=date(2023, 4, 1),
        effective_to=None,
        source_checked_on=CHECKED_ON,
    )
)
TEST_FLIGHTS = instrument(
    Instrument(
        name="CASA 63/21",
        subject="Unregistered test flights",
        effective_from=date(2021, 1, 1),
        effective_to=None,
        source_checked_on=CHECKED_ON,
    )
)
