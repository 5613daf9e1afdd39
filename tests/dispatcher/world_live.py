"""One event and one notice of an operator's center, for tests of every route."""

from typing import Any

from django.utils import timezone

from dispatcher.models import DispatchCenter, DispatchNotice
from dispatcher.services.events import raise_event
from flight_operations.models import FlightOperation
from rpas.models import RPASOperator
from tests.dispatcher.live_scene import make_center


def live_rows(operator: RPASOperator, operation: FlightOperation) -> dict[str, tuple[str, Any]]:
    """The key in the address of one row of every kind that belongs to an operator."""
    at = timezone.now()
    found = DispatchCenter.objects.filter(operator=operator, is_active=True).first()
    center = found or make_center(operator)
    event = raise_event(
        center,
        kind="other",
        severity="warning",
        title="The van broke down",
        occurred_at=at,
        operation=operation,
        actor=None,
        at=at,
    )
    notice = DispatchNotice.objects.create(
        center=center,
        recipient=operation.pilot_in_command,
        kind="event",
        event=event,
        source_key="world",
        text="The van broke down",
        issued_at=at,
    )
    return {
        "dispatcher/events": ("number", event.number),
        "dispatcher/notices": ("id", notice.pk),
    }
