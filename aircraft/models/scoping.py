from typing import Any, Self

from common.querysets import ScopedQuerySet

# The crewed fleet is the company's own: one scope for its records, verdicts and settings.
FLEET_SCOPE = "crewed_fleet"


class FleetQuerySet(ScopedQuerySet):
    """Rows of the crewed fleet: whoever works here sees all of them, nobody else any."""

    def visible_to(self, user: Any) -> Self:
        """All rows for staff, none for clients and machines without a staff role."""
        return self if user.is_authenticated and user.is_staff else self.none()


class PartOfAircraftQuerySet(FleetQuerySet):
    def on_aircraft(self, aircraft_id: int) -> Self:
        return self.filter(aircraft=aircraft_id)
