from django.utils import timezone

from common.events import handles
from dispatcher.services.assignments import follow_operation
from flight_operations.events import OperationCancelled, PlanAmended


@handles(PlanAmended)
def follow_an_amended_plan(event: PlanAmended) -> None:
    """The plan in force says what the operation says."""
    follow_operation(event.operation_id, at=timezone.now())


@handles(OperationCancelled)
def follow_a_cancellation(event: OperationCancelled) -> None:
    """A cancelled operation is taken off the plan, and its travel given back."""
    follow_operation(event.operation_id, at=timezone.now())
