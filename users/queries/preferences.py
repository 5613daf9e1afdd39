from typing import Any

from django.conf import settings

from common.preferences import Preferences, merged
from users.models import UserPreferences


def chosen_by(user: Any) -> UserPreferences:
    """What somebody chose; without a row an unsaved one of version 0, and nothing is chosen."""
    row = UserPreferences.objects.filter(user=user).first()
    return row or UserPreferences(user=user, version=0)


def preferences_of(user: Any) -> Preferences:
    """What somebody sees, in one statement; nobody signed in sees what the installation shows."""
    chosen = chosen_by(user).chosen() if user.is_authenticated else {}
    return merged(chosen, settings.DISPLAY_DEFAULTS)


def language_at(address: str) -> str:
    """The language in which somebody with this address wants mail; empty for none that is known."""
    rows = UserPreferences.objects.filter(user__email=address.lower(), user__is_active=True)
    return rows.values_list("language", flat=True).first() or settings.DISPLAY_DEFAULTS.language
