"""What may be billed by whom: only work that the caller may see."""

from typing import Any

from django.apps import apps

from common.api.permissions import holds
from common.exceptions import InvalidInput
from finance.billables import billable_of
from finance.exceptions import NotBillable
from users.requests import UserRequest


def require_visible(request: UserRequest, command: dict[str, Any]) -> dict[str, Any]:
    """The command, where the caller may see what it bills. Raises NotBillable, InvalidInput."""
    billable = billable_of(command["subject"])
    if billable is None:
        raise NotBillable(subject=command["subject"], basis=command.get("basis", "any basis"))
    rows = apps.get_model(billable.subject)._default_manager.visible_to(request.user)
    may_see = not billable.view or holds(request, billable.view)
    if not may_see or not rows.filter(pk=command["subject_id"]).exists():
        raise InvalidInput("/subject_id", "There is no such row.")
    return command
