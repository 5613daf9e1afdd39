from datetime import datetime
from typing import Any

from django.db import transaction

from common import audit
from common.exceptions import StaleVersion
from users.exceptions import DepartmentLoop
from users.models import Department, User


@transaction.atomic
def create_department(*, actor: User, at: datetime, **fields: Any) -> Department:
    """Add a department, below another or at the top."""
    department = Department.objects.create(**fields)
    audit.record("department.create", department, actor=actor, at=at)
    return department


@transaction.atomic
def change_department(
    department: Department, *, version: int | None, actor: User, at: datetime, **changes: Any
) -> Department:
    """Rename a department, move it, change its head. Raises DepartmentLoop, StaleVersion."""
    # All rows, in one order: two moves at once could otherwise close a loop between them.
    everyone = {
        row.pk: row
        for row in Department.objects.select_for_update(no_key=True, of=("self",)).order_by("pk")
    }
    department = everyone[department.pk]
    if version is not None and department.version != version:
        raise StaleVersion(yours=version, current=department.version)
    parent = changes.get("parent")
    if parent is not None and department.pk in _line(everyone, parent.pk):
        raise DepartmentLoop(parent=parent.code, department=department.code)
    for name, value in changes.items():
        setattr(department, name, value)
    department.save(update_fields=[*changes, "updated_at"])
    audit.record("department.change", department, actor=actor, at=at, fields=sorted(changes))
    return department


def _line(everyone: dict[int, Department], start: int | None) -> set[int]:
    """A department and all those above it."""
    line: set[int] = set()
    while start is not None and start not in line:
        line.add(start)
        start = everyone[start].parent_id
    return line
