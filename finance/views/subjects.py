"""What may be billed by whom: only work that the caller may see."""

from typing import Any

from django.apps import apps

from common.api.permissions import holds
from common.exceptions import InvalidInput
from finance.billables import billable_of
from finance.exceptions import NotBillable
from users.requests import UserRequest


def require_visible(request: UserRequest, command: dict[str, Any]) -> dict[str, Any]:
    """
    The command with the id of what it bills, where the caller may see that.

    Raises NotBillable, InvalidInput.
    """
    billable = billable_of(command["subject"])
    if billable is None:
        raise NotBillable(subject=command["subject"], basis=command.get("basis", "any basis"))
    rows = apps.get_model(billable.subject)._default_manager.visible_to(request.user)
    may_see = not billable.view or holds(request, billable.view)
    number = command.pop("subject_number", None)
    named = {"pk": command["subject_id"]} if number is None else {"number": number}
    row = rows.filter(**named).only("pk").first() if may_see else None
    if row is None:
        pointer = "/subject_id" if number is None else "/subject_number"
        raise InvalidInput(pointer, "There is no such row.")
    return {**command, "subject_id": row.pk}
