"""
Signatures as the Standard Webhooks specification writes them. https://www.standardwebhooks.com
"""

import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Sequence
from hashlib import sha256

PREFIX = "whsec_"
KEY_BYTES = 32


def fresh_secret() -> str:
    """A new secret as receivers' libraries take it."""
    return PREFIX + b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def key_of(secret: str) -> bytes:
    """The bytes that a secret stands for. Raises ValueError for what is no such secret."""
    if not secret.startswith(PREFIX):
        raise ValueError(f"A secret begins with {PREFIX}.")
    return b64decode(secret.removeprefix(PREFIX), validate=True)


def signature(key: bytes, identity: str, moment: int, body: bytes) -> str:
    """One signature of the header `webhook-signature`; `moment` is in seconds since 1970."""
    signed = f"{identity}.{moment}.".encode() + body
    return "v1," + b64encode(hmac.new(key, signed, sha256).digest()).decode()


def headers_of(keys: Sequence[bytes], identity: str, moment: int, body: bytes) -> dict[str, str]:
    """The three headers of a message, with one signature for each key, the newest first."""
    return {
        "webhook-id": identity,
        "webhook-timestamp": str(moment),
        "webhook-signature": " ".join(signature(key, identity, moment, body) for key in keys),
    }


def is_signed(key: bytes, signatures: str, *, identity: str, moment: int, body: bytes) -> bool:
    """Whether one of the signatures of a header is the key's; compared in constant time."""
    wanted = signature(key, identity, moment, body).encode()
    return any(hmac.compare_digest(wanted, given.encode()) for given in signatures.split())
