"""The secret parts of our links and of the addresses that messages are answered to."""

from email.utils import parseaddr

from django.conf import settings
from django.utils.crypto import salted_hmac

PURPOSE = "client_management.share"
LONGEST = 64
_REPLY = "client_management.reply"
REPLY_DIGITS = 40


def reply_token(salt: str) -> str:
    """Forty hexadecimal digits: mail servers may write the first half of an address in capitals."""
    return salted_hmac(_REPLY, salt, algorithm="sha256").hexdigest()[:REPLY_DIGITS]


def reply_address(salt: str) -> str:
    """Where a member of a thread answers to; empty when no mail is taken in."""
    local, _, domain = parseaddr(settings.MAIL_INBOUND_ADDRESS)[1].rpartition("@")
    return f"{local}+{reply_token(salt)}@{domain}" if local and domain else ""
