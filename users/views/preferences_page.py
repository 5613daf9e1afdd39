"""The page of the admin where somebody says how they want things shown."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from common.exceptions import StaleVersion
from users.queries.preferences import chosen_by
from users.services.preferences import change_preferences
from users.views.preferences_form import PreferencesForm, refuse_stale

ABOUT = (
    "Your own choice of zone, dates, units and language; nobody else's pages change. What you "
    "leave as everybody has it follows the installation. With the zone of the place, each "
    "time stands in the zone of where it happens."
)


@require_http_methods(["GET", "POST"])
def preferences_page(request: HttpRequest) -> HttpResponse:
    """One's own, whoever asks: there is no address for anybody else's."""
    user: Any = request.user
    form = PreferencesForm(request.POST or None, row=chosen_by(user))
    if form.is_valid():
        try:
            change_preferences(
                user,
                version=form.cleaned_data["version"],
                changes=form.changes(),
                at=timezone.now(),
            )
        except StaleVersion as refusal:
            refuse_stale(form, refusal)
        else:
            messages.success(request, "Your preferences are saved and hold from now on.")
            return HttpResponseRedirect(request.path)
    status = 400 if form.errors else 200
    shown = {
        **admin.site.each_context(request),
        "title": "My preferences",
        "about": ABOUT,
        "form": form,
    }
    return TemplateResponse(request, "users/preferences.html", shown, status=status)
