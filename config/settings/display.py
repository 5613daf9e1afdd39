"""How moments and quantities are shown to people who chose nothing themselves."""

from django.core.exceptions import ImproperlyConfigured

from common.preferences import defaults_of
from config.settings.environment import env

try:
    DISPLAY_DEFAULTS = defaults_of(env.str("DISPLAY_DEFAULTS", default=""))
except ValueError as error:
    raise ImproperlyConfigured(f"DISPLAY_DEFAULTS: {error} (docs/CONFIGURATION.md).") from None
