from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from common.admin import ReadOnlyAdmin, ServiceInline
from flight_operations.admin.deeds import UNSAID, ReasonForm


class ClientAdmin(ReadOnlyAdmin):
    """A screen of clients' records: looked at here, changed by actions that call services."""

    action_form = ReasonForm

    def call(
        self,
        request: HttpRequest,
        rows: QuerySet,
        service: Callable[..., Any],
        done: str,
        *,
        says: str = "",
    ) -> None:
        """
        Call a service for each selected row, as the person at the screen, now.

        `says` names the argument that takes the reason beside the action.
        """
        at, actor = timezone.now(), request.user
        words = {says: request.POST.get("reason", "").strip() or UNSAID} if says else {}
        self.run_service(request, rows, lambda row: service(row, **words, actor=actor, at=at), done)

    def may(self, request: HttpRequest, deed: str) -> bool:
        """Whether the caller holds the grant of a deed, as the API asks for it."""
        return bool(request.user.has_perm(f"client_management.{deed}_{self.opts.model_name}"))


class PartInline(ServiceInline):
    """Parts of a record, shown to whoever sees the record."""

    show_change_link = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The parts are a part of their record."""
        parent = self.parent_model._meta
        return bool(request.user.has_perm(f"{parent.app_label}.view_{parent.model_name}"))
