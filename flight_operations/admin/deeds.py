from collections.abc import Callable
from typing import Any

from django import forms
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from common.admin import ServiceAdmin
from users.admin.forms import ServiceFormAdmin

UNSAID = "Recorded in the admin."


class ReasonForm(ServiceAdmin.action_form):  # type: ignore[name-defined]
    """The bar above a list: which action, and why."""

    reason = forms.CharField(
        required=False,
        max_length=2000,
        widget=forms.TextInput(attrs={"placeholder": "Reason, note or corrective action"}),
    )


class DeedAdmin(ServiceFormAdmin):
    """
    A screen whose verbs are actions that call services, with a reason beside the action.

    An action is open to whoever holds the permission that the API asks for the same verb. Choices
    of related records are those that the person may see.
    """

    action_form = ReasonForm

    def deed(
        self,
        request: HttpRequest,
        rows: QuerySet,
        service: Callable[..., Any],
        done: str,
        *,
        says: str = "",
    ) -> None:
        """Call a service on each row; `says` names the argument that takes the reason."""
        at = timezone.now()
        words = {says: request.POST.get("reason", "").strip() or UNSAID} if says else {}
        self.run_service(
            request, rows, lambda row: service(row, **words, actor=request.user, at=at), done
        )

    def holds(self, request: HttpRequest, verb: str) -> bool:
        """Whether the person may do this to records of this kind."""
        meta = self.opts
        return bool(request.user.has_perm(f"{meta.app_label}.{verb}_{meta.model_name}"))

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        rows = db_field.related_model._default_manager.all()
        if hasattr(rows, "visible_to"):
            kwargs["queryset"] = rows.visible_to(request.user).order_by("pk")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def given(self, form: Any) -> dict[str, Any]:
        """Everything that the form holds, without what was left empty."""
        return {name: value for name, value in form.cleaned_data.items() if value not in (None, "")}

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        fixed = list(super().get_readonly_fields(request, obj))
        return [*fixed, *getattr(self, "fixed_fields", ())] if obj else fixed
