from typing import Any

from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from common.admin import ServiceAdmin
from common.api.errors import database_problem
from common.exceptions import DomainError


class ServiceFormAdmin(ServiceAdmin):
    """A screen with a form whose saving calls a service; a refusal is shown, not raised."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except DomainError as refusal:
            said = str(refusal)
        except IntegrityError as error:
            # A constraint over fields that the form does not show, such as the status.
            problem = database_problem(error)
            said = problem.data["detail"] if problem else "The change conflicts with others."
        self.message_user(request, said, messages.ERROR)
        return HttpResponseRedirect(request.get_full_path())

    def changed(self, form: Any) -> dict[str, Any]:
        """What the form changed, by field name."""
        return {name: form.cleaned_data[name] for name in form.changed_data}

    def become(self, obj: Any, saved: Any) -> None:
        """Make the form's object the row that the service wrote."""
        obj.__dict__.update(saved.__dict__)
