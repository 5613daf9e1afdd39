"""What a field of the admin offers to choose from, as one types."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase


class Choices(AutocompleteJsonView):
    """Django's own, which breaks (5.2) where an address names the other end of a relation."""

    def process_request(self, request: HttpRequest) -> Any:
        """Refuse what is no field of the table named."""
        found = super().process_request(request)
        if not hasattr(found[2], "get_limit_choices_to"):
            raise PermissionDenied
        return found


def choices(request: HttpRequest) -> HttpResponseBase:
    """The records that a field may name and the person may see."""
    return Choices.as_view(admin_site=admin.site)(request)
