from typing import ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from common.admin import ReadOnlyAdmin, ServiceInline
from flight_operations.models import ChecklistItem, PreFlightChecklist
from flight_operations.queries.checklists import open_items
from flight_operations.services.checklists import refresh_system_items


class ChecklistItemInline(ServiceInline):
    model = ChecklistItem
    fields: ClassVar = [
        "title",
        "answer",
        "evidence",
        "source",
        "answered_by",
        "answered_at",
        "valid_until",
    ]
    readonly_fields: ClassVar = fields
    ordering: ClassVar = ["sequence", "pk"]


@admin.register(PreFlightChecklist)
class PreFlightChecklistAdmin(ReadOnlyAdmin):
    about = (
        "What is looked at before a drone takes off, item by item, with who answered and when. "
        "Refresh what the system knows by itself. The operation cannot start before the list is "
        "complete."
    )
    list_display: ClassVar = ["operation", "frozen_at", "created_at"]
    list_filter: ClassVar = [("frozen_at", admin.EmptyFieldListFilter)]
    list_select_related: ClassVar = ["operation"]
    search_fields: ClassVar = ["operation__number", "operation__title"]
    ordering: ClassVar = ["-pk"]
    readonly_fields: ClassVar = ["still_open"]
    inlines: ClassVar = [ChecklistItemInline]
    actions: ClassVar = ["refresh"]

    @admin.display(description="Still open")
    def still_open(self, checklist: PreFlightChecklist) -> str:
        """The items that stand in the way."""
        at = checklist.frozen_at or timezone.now()
        return ", ".join(item.title for item in open_items(checklist, at=at)) or "Nothing."

    @admin.action(description="Refresh what the system knows", permissions=["tick"])
    def refresh(self, request: HttpRequest, queryset: QuerySet) -> None:
        at = timezone.now()
        self.run_service(
            request,
            queryset.select_related("operation"),
            lambda checklist: refresh_system_items(checklist.operation, at=at),
            "refreshed",
        )

    def has_tick_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("flight_operations.tick_preflightchecklist"))
