from typing import Self

from common.querysets import StaffQuerySet

# The crewed fleet is the company's own: one scope for its records, verdicts and settings.
FLEET_SCOPE = "crewed_fleet"
# The dependency key of what rests on how many helicopters there are (14 CFR 135.619).
HELICOPTERS = "crewed_helicopters"


class FleetQuerySet(StaffQuerySet):
    """Rows of the crewed fleet, which is the company's own."""


class PartOfAircraftQuerySet(FleetQuerySet):
    def on_aircraft(self, aircraft_id: int) -> Self:
        return self.filter(aircraft=aircraft_id)
