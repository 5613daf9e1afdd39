"""The form in which somebody says how things are to be shown, in the admin and in the portal."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from common.exceptions import StaleVersion
from common.preferences import CHOICES, LANGUAGES, NAMES, PLACE
from users.models import UserPreferences

LABELS: dict[str, Any] = {
    "timezone": _("Time zone"),
    "date_format": _("Dates"),
    "clock": _("Clock"),
    "height": _("Heights and altitudes"),
    "distance": _("Distances"),
    "speed": _("Speeds"),
    "mass": _("Masses"),
    "temperature": _("Temperatures"),
    "pressure": _("Air pressure"),
    "language": _("Language of the portal and of mails"),
}
_WORDS: dict[str, Promise] = {
    "recorded": _("As recorded"),
    "24": _("24 hours"),
    "12": _("12 hours"),
}
_NOT_CHOSEN = _("As everybody here")
_BY_BROWSER = _("As my browser asks for it")
_OF_THE_PLACE = _("Of the place where it happens")
# The region's own names only: the database also knows zones by offset, of which signs are reversed.
_REGIONS = (
    "Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian",
    "Pacific",
)  # fmt: skip


def _choices(name: str) -> list[tuple[str, Any]]:
    if name == "timezone":
        zones = sorted(z for z in available_timezones() if z.split("/")[0] in _REGIONS)
        named = [(zone, zone.replace("_", " ")) for zone in ("UTC", *zones)]
        return [("", _NOT_CHOSEN), (PLACE, _OF_THE_PLACE), *named]
    if name == "language":
        return [("", _BY_BROWSER), *LANGUAGES]
    return [("", _NOT_CHOSEN), *((key, _WORDS.get(key, text)) for key, text in CHOICES[name])]


class PreferencesForm(forms.Form):
    """Every preference, and the version of what was read, so that no other change is lost."""

    version = forms.IntegerField(min_value=0, max_value=999_999_999, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, row: UserPreferences) -> None:
        initial = {name: getattr(row, name) for name in NAMES} | {"version": row.version}
        super().__init__(data, initial=initial)
        for name in NAMES:
            choices = _choices(name)
            current = getattr(row, name)
            if current not in dict(choices):
                # Chosen by the API from the names that are left out here.
                choices.append((current, current))
            self.fields[name] = forms.ChoiceField(
                label=LABELS[name], choices=choices, required=False
            )

    def changes(self) -> dict[str, str]:
        """What was chosen, by name."""
        return {name: self.cleaned_data[name] for name in NAMES}


def refuse_stale(form: PreferencesForm, refusal: StaleVersion) -> None:
    """Say on the form that somebody, perhaps in another window, was quicker."""
    told = _("Your settings were changed meanwhile. Load the page again and choose once more.")
    form.add_error(None, forms.ValidationError(told, code=refusal.code))
