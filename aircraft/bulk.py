"""Recurring maintenance of the crewed fleet from a sheet."""

from typing import Any

from aircraft.models import MaintenanceTask
from aircraft.models.maintenance import TaskKind
from aircraft.serializers.maintenance import AddTaskSerializer, UpdateTaskSerializer
from aircraft.services import maintenance
from common.imports.kinds import Column, ImportKind, Values, import_kind

_MAY_CHANGE = (
    "kind", "reference", "interval_months", "interval_days", "interval_min", "interval_cycles",
    "tolerance_days", "tolerance_min", "tolerance_cycles", "notice_days",
)  # fmt: skip
_DONE = ("last_done_on", "last_done_min", "last_done_cycles")


def _find(user: Any, values: Values) -> MaintenanceTask | None:
    rows = MaintenanceTask.objects.visible_to(user).filter(is_active=True)
    same = rows.filter(aircraft=values["aircraft"], title=values["title"])
    return same.select_related("aircraft").order_by("pk").first()


def _now(task: MaintenanceTask) -> Values:
    return {name: getattr(task, name) for name in (*_MAY_CHANGE, *_DONE)}


import_kind(
    ImportKind(
        code="maintenance-tasks",
        title="Maintenance tasks",
        named_by=("aircraft", "title"),
        about=(
            "Recurring work on crewed aircraft. A row means the active task of the same aircraft"
            " and title; what was last done changes by completing the task."
        ),
        model=MaintenanceTask,
        columns=(
            Column("aircraft", "Tail number.", "N123AB", is_required=True),
            Column("title", "Says which task is meant.", "100-hour inspection", is_required=True),
            Column("kind", ", ".join(TaskKind.values), TaskKind.values[0]),
            Column("reference", "Where it is required.", "14 CFR 91.409(b)"),
            Column("interval_months", "Calendar months.", ""),
            Column("interval_days", "Days.", ""),
            Column("interval_min", "Time in service, minutes.", "6000"),
            Column("interval_cycles", "Cycles.", ""),
            Column("tolerance_days", "Days.", ""),
            Column("tolerance_min", "Minutes.", ""),
            Column("tolerance_cycles", "Cycles.", ""),
            Column("notice_days", "How long before it is shown as near.", "14"),
            Column("last_done_on", "Such as 2026-05-30; today when empty.", "2026-05-30"),
            Column("last_done_min", "Time in service then, minutes.", "120000"),
            Column("last_done_cycles", "Cycles then.", "1500"),
        ),
        create_serializer=AddTaskSerializer,
        amend_serializer=UpdateTaskSerializer,
        create=maintenance.add_task,
        amend=maintenance.update_task,
        find=_find,
        now=_now,
        fixed=("aircraft", "title"),
    )
)
