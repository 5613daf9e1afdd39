"""
Tokens of links at which an invoice is paid without an account.

The database keeps a random salt and the token's SHA-256, neither of which opens anything: the token
follows from the salt and the server's secret, so it can be sent again without being stored.
"""

import base64
import hashlib
import secrets

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

_PURPOSE = "finance.pay"


def new_salt() -> str:
    """Sixteen random bytes as text."""
    return secrets.token_hex(16)


def token_of(salt: str) -> str:
    """The token of 43 URL-safe characters that belongs to a salt."""
    digest = salted_hmac(_PURPOSE, salt, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def address_of(salt: str) -> str:
    """The link as it is sent, and where payers come back to."""
    return f"{settings.PUBLIC_URL}/pay/{token_of(salt)}/"


def digest_of(token: str) -> str:
    """What is kept of a token and looked for."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def opens(token: str, digest: str) -> bool:
    """Whether a token belongs to a digest, in the same time whatever is wrong with it."""
    return constant_time_compare(digest_of(token), digest)
