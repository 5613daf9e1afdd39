"""The pilot's own look at the weather, where no station is near."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from common import audit
from common.exceptions import InvalidInput
from common.lifecycle import locked
from flight_operations.exceptions import NotAmendable
from flight_operations.models import UPCOMING, FlightOperation, FlightPlan
from flight_operations.services.assessment import mark_changed

OLDEST = timedelta(hours=2)


@transaction.atomic
def enter_observation(
    operation: FlightOperation, *, observation: Mapping[str, Any], actor: Any, at: datetime
) -> FlightOperation:
    """
    Store what the pilot sees at the site; evidence, not plan, so a release stands if it holds.

    Raises InvalidInput for a time to come or more than two hours old, NotAmendable once flown.
    """
    operation = locked(operation)
    if operation.status not in UPCOMING:
        raise NotAmendable(status=str(operation.status))
    seen = observation["observed_at"]
    if not at - OLDEST <= seen <= at:
        raise InvalidInput("/observed_at", "Within the last two hours.")
    stored = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in observation.items()
    }
    FlightPlan.objects.filter(operation=operation).update(local_weather_observation=stored)
    audit.record("operation.observed", operation, actor=actor, at=at, scope=operation.scope)
    mark_changed(operation, "weather observed at the site")
    return operation
