from typing import Any

from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse

from common.admin import ServiceAdmin
from common.exceptions import DomainError
from common.screens.careful import sent_back


class ServiceFormAdmin(ServiceAdmin):
    """A screen with a form whose saving calls a service; a refusal is shown, not raised."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except (DomainError, IntegrityError) as error:
            # A constraint may be over fields that the form does not show, such as the status.
            return sent_back(request, error)

    def changed(self, form: Any) -> dict[str, Any]:
        """What the form changed, by field name."""
        return {name: form.cleaned_data[name] for name in form.changed_data}

    def become(self, obj: Any, saved: Any) -> None:
        """Make the form's object the row that the service wrote."""
        obj.__dict__.update(saved.__dict__)
