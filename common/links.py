"""
Tokens of links that open one record without an account.

The database keeps a random salt and the token's SHA-256, neither of which opens anything: the token
itself follows from the salt and the server's secret, so that it can be shown to the desk and put
into a mail without being stored.
"""

import base64
import hashlib
import secrets

from django.utils.crypto import constant_time_compare, salted_hmac


def new_salt() -> str:
    """Sixteen random bytes as text."""
    return secrets.token_hex(16)


def token_of(salt: str, *, purpose: str) -> str:
    """The token of 43 URL-safe characters that belongs to a salt; `purpose` names what it opens."""
    digest = salted_hmac(purpose, salt, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def digest_of(token: str) -> str:
    """What is kept of a token and looked for."""
    return hashlib.sha256(token.encode()).hexdigest()


def opens(token: str, digest: str) -> bool:
    """Whether a token belongs to a digest, in the same time whatever is wrong with it."""
    return constant_time_compare(digest_of(token), digest)
