from collections.abc import Iterator
from typing import Any

from common.scopes import scope_source
from rpas.models import OperatorMember


@scope_source
def operators_of(user: Any) -> Iterator[str]:
    """The scopes of the operators a person works for today."""
    live = OperatorMember.objects.live().of_user(user)
    for pk in live.values_list("operator", flat=True):
        yield f"rpas_operator:{pk}"
