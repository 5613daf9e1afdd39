from collections.abc import Iterator
from typing import Any

from aircraft.models import FLEET_SCOPE
from common.scopes import scope_source


@scope_source
def fleet_of(user: Any) -> Iterator[str]:
    """The crewed fleet's scope, for whoever works here and may look at aircraft."""
    if user.is_staff and user.has_perm("aircraft.view_aircraft"):
        yield FLEET_SCOPE
