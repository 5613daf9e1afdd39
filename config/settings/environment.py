"""
Everything Windsock reads from the environment, typed, in one place.

Production (`DEBUG` off) has no defaults for secrets: a missing or a demo value stops the start
with a message that names the variable.
"""

import binascii
import hashlib
import re
from base64 import b64decode
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent.parent
DEMO_MARK = "demo-only-"
_KEY_ID = re.compile("[a-z0-9]{1,16}")

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


def sealing_keys(text: str) -> tuple[tuple[str, bytes], ...]:
    """
    Read `id:base64,id:base64`: 256-bit keys, the active one first.

    The demo value, which `secret` lets pass with DEBUG on only, is one key made of itself.
    Raises ImproperlyConfigured, never with a key in the message.
    """
    if text.startswith(DEMO_MARK):
        return (("demo", hashlib.sha256(text.encode()).digest()),)
    keys: dict[str, bytes] = {}
    for place, entry in enumerate(text.split(","), 1):
        name, _, encoded = entry.strip().partition(":")
        try:
            key = b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if not _KEY_ID.fullmatch(name) or len(key) != 32 or name in keys:
            raise ImproperlyConfigured(
                f"FIELD_ENCRYPTION_KEYS: entry {place} is not `id:base64` of 32 random bytes with"
                " an id of its own (docs/CONFIGURATION.md)."
            )
        keys[name] = key
    return tuple(keys.items())


def required(name: str, *, debug_default: str) -> str:
    """Read a setting production must state; `debug_default` serves while DEBUG is on."""
    value = env.str(name, default="")
    if value:
        return value
    if DEBUG:
        return debug_default
    raise ImproperlyConfigured(f"{name} is not set. Production needs it (docs/CONFIGURATION.md).")
