"""
Everything Windsock reads from the environment, typed, in one place.

Production (`DEBUG` off) has no defaults for secrets: a missing or a demo value stops the start
with a message that names the variable.
"""

from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent.parent
DEMO_MARK = "demo-only-"

env = environ.Env()

DEBUG = env.bool("DEBUG", default=False)
DEMO = env.bool("WINDSOCK_DEMO", default=False)


def secret(name: str, *, minimum: int = 32) -> str:
    """
    Read a secret of at least `minimum` characters.

    With DEBUG on a marked demo value stands in; with DEBUG off a missing, short or demo value
    raises ImproperlyConfigured.
    """
    value = env.str(name, default="")
    if DEBUG:
        return value or f"{DEMO_MARK}{name.lower()}-{'x' * minimum}"
    if not value:
        raise ImproperlyConfigured(
            f"{name} is not set. Production needs it (docs/CONFIGURATION.md)."
        )
    if value.startswith(DEMO_MARK) or len(value) < minimum:
        raise ImproperlyConfigured(
            f"{name} is a demo value or shorter than {minimum} characters. Set a random one."
        )
    return value


def required(name: str, *, debug_default: str) -> str:
    """Read a setting production must state; `debug_default` serves while DEBUG is on."""
    value = env.str(name, default="")
    if value:
        return value
    if DEBUG:
        return debug_default
    raise ImproperlyConfigured(f"{name} is not set. Production needs it (docs/CONFIGURATION.md).")
