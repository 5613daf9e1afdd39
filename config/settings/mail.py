"""Outgoing mail, and the address that its links lead to."""

from email.utils import parseaddr

from django.core.exceptions import ImproperlyConfigured

from config.settings.environment import BASE_DIR, DEBUG, DEMO, DEMO_MARK, env

EMAIL_HOST = env.str("EMAIL_HOST", default="")
EMAIL_PORT = env.int("EMAIL_PORT", default=587)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=True)
EMAIL_USE_SSL = env.bool("EMAIL_USE_SSL", default=False)
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT_S", default=20)
# Without a server a demo writes its mails to files; an installation keeps them waiting.
EMAIL_FILE_PATH = env.str("MAIL_FOLDER", default=str(BASE_DIR / ".local" / "mail"))
if EMAIL_HOST:
    EMAIL_BACKEND = "common.mail.transport.SmtpTransport"
elif DEBUG or DEMO:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
else:
    EMAIL_BACKEND = "common.mail.transport.NoTransport"

DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Windsock <windsock@localhost>")
MAIL_REPLY_TO = env.str("MAIL_REPLY_TO", default="")
# Answers to messages arrive at this address with a secret added to its first half (reply+...@), and
# are piped into `take_reply`. Empty: messages are answered in the portal only.
MAIL_INBOUND_ADDRESS = env.str("MAIL_INBOUND_ADDRESS", default="")
# Where returned mail goes; "<>" is the null path: nowhere.
MAIL_ENVELOPE_FROM = env.str("MAIL_ENVELOPE_FROM", default="") or parseaddr(DEFAULT_FROM_EMAIL)[1]
if MAIL_ENVELOPE_FROM == "<>":
    MAIL_ENVELOPE_FROM = ""

PUBLIC_URL = env.str("PUBLIC_URL", default="http://127.0.0.1:8000").rstrip("/")


def _refuse(name: str, why: str) -> None:
    raise ImproperlyConfigured(f"{name} {why} (docs/CONFIGURATION.md).")


if EMAIL_USE_TLS and EMAIL_USE_SSL:
    # One of the two: TLS from the first byte is asked for by name.
    EMAIL_USE_TLS = False
if EMAIL_HOST and not DEBUG:
    if EMAIL_HOST_PASSWORD.startswith(DEMO_MARK):
        _refuse("EMAIL_HOST_PASSWORD", "is a demo value")
    if parseaddr(DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] in ("", "localhost"):
        _refuse("DEFAULT_FROM_EMAIL", "is not set: mail from localhost is taken by nobody")
    if not (DEMO or PUBLIC_URL.startswith("https://")):
        _refuse("PUBLIC_URL", "is not an https address: links in mails lead there")
