"""The key that seals signed documents."""

from django.core.exceptions import ImproperlyConfigured

from config.settings.environment import BASE_DIR, DEBUG, DEMO, DEMO_MARK, env

SIGNING_KEYSTORE_PATH = env.str("SIGNING_KEYSTORE_PATH", default="")
SIGNING_KEYSTORE_PASSWORD = env.str("SIGNING_KEYSTORE_PASSWORD", default="")
SIGNING_KEY_PEM = env.str("SIGNING_KEY_PEM", default="", multiline=True)
SIGNING_CERTIFICATE_PEM = env.str("SIGNING_CERTIFICATE_PEM", default="", multiline=True)
# A demo makes itself a key whose certificate says so; elsewhere such a certificate is refused.
SIGNING_DEMO_ALLOWED = DEBUG or DEMO
SIGNING_DEMO_PATH = env.str(
    "SIGNING_DEMO_PATH", default=str(BASE_DIR / ".local" / "demo-signature.pem")
)

if SIGNING_KEYSTORE_PATH and (SIGNING_KEY_PEM or SIGNING_CERTIFICATE_PEM):
    raise ImproperlyConfigured("Set SIGNING_KEYSTORE_PATH or SIGNING_KEY_PEM, not both.")
if bool(SIGNING_KEY_PEM) != bool(SIGNING_CERTIFICATE_PEM):
    raise ImproperlyConfigured("SIGNING_KEY_PEM and SIGNING_CERTIFICATE_PEM go together.")
if not SIGNING_DEMO_ALLOWED and SIGNING_KEYSTORE_PASSWORD.startswith(DEMO_MARK):
    raise ImproperlyConfigured("SIGNING_KEYSTORE_PASSWORD is a demo value.")

# Days a signer has, where who prepares an agreement says nothing else.
AGREEMENT_DAYS = env.int("AGREEMENT_DAYS", default=14)
