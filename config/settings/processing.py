"""The service that makes maps and models of pictures: WebODM, or one that speaks as it does."""

from django.core.exceptions import ImproperlyConfigured

from config.settings.environment import DEBUG, DEMO, DEMO_MARK, env

# Empty: nothing is handed over.
PROCESSING_URL = env.str("PROCESSING_URL", default="").rstrip("/")
PROCESSING_USER = env.str("PROCESSING_USER", default="")
PROCESSING_PASSWORD = env.str("PROCESSING_PASSWORD", default="")
PROCESSING_TIMEOUT_S = env.float("PROCESSING_TIMEOUT_S", default=60.0)
PROCESSING_MAX_BYTES = env.int("PROCESSING_MAX_BYTES", default=20 * 1024**3)

if PROCESSING_URL and not (DEBUG or DEMO):
    if not PROCESSING_URL.startswith("https://"):
        raise ImproperlyConfigured(
            "PROCESSING_URL is not an https address: it is sent a password and clients' pictures"
            " (docs/CONFIGURATION.md)."
        )
    if not PROCESSING_PASSWORD or PROCESSING_PASSWORD.startswith(DEMO_MARK):
        raise ImproperlyConfigured(
            "PROCESSING_PASSWORD is not set or a demo value (docs/CONFIGURATION.md)."
        )
