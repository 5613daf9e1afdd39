"""
One signed message to one address, as the Standard Webhooks specification writes it.

Knows neither Django nor the database. https://www.standardwebhooks.com
"""

import hmac
from base64 import b64encode
from hashlib import sha256

import httpx
from msgspec import Struct

CONNECT_S, ANSWER_S = 5.0, 10.0
GONE = 410


class Reply(Struct, frozen=True):
    """How a message ended: taken, refused for good, or to be sent again."""

    result: str
    said: str


def signature(secret: str, identity: str, moment: int, body: bytes) -> str:
    """The value of the `webhook-signature` header; `moment` is in seconds since 1970."""
    signed = f"{identity}.{moment}.".encode() + body
    return "v1," + b64encode(hmac.new(secret.encode(), signed, sha256).digest()).decode()


def call(url: str, secret: str, identity: str, moment: int, body: bytes) -> Reply:
    """
    Send one message. No redirect is followed and nothing of the answer but its status is read.

    Whatever is neither a success nor `410 Gone` may be better the next time.
    """
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "windsock",
        "webhook-id": identity,
        "webhook-timestamp": str(moment),
        "webhook-signature": signature(secret, identity, moment, body),
    }
    timeout = httpx.Timeout(ANSWER_S, connect=CONNECT_S)
    try:
        with (
            httpx.Client(timeout=timeout, follow_redirects=False, trust_env=False) as client,
            client.stream("POST", url, content=body, headers=headers) as answer,
        ):
            code = answer.status_code
    except (httpx.HTTPError, OSError) as fault:
        # Its words may name the address, and with it a key in its path.
        return Reply("later", type(fault).__name__)
    if httpx.codes.is_success(code):
        return Reply("sent", str(code))
    return Reply("refused" if code == GONE else "later", str(code))
