"""A plain HTTP client for the demo checks: JSON in, JSON out, with a second factor."""

import http.client
import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from django_otp.oath import totp

TIMEOUT_S = 30
PERIOD_S = 30


class CheckFailed(Exception):
    """The server did not answer as it should; the message says what was expected."""


@dataclass(frozen=True)
class Answer:
    """One answer of the server."""

    status: int
    body: Any
    headers: dict[str, str]

    def expect(self, status: int, what: str) -> "Answer":
        """Return itself, or raise CheckFailed naming what was tried and what came instead."""
        if self.status != status:
            text = json.dumps(self.body, indent=1)[:3000]
            raise CheckFailed(f"{what}: expected {status}, got {self.status}\n{text}")
        return self


class Api:
    """The server as one signed-in person (or machine) sees it."""

    def __init__(self, base_url: str, headers: dict[str, str] | None = None) -> None:
        self._base = urlsplit(base_url)
        self.headers = headers or {}

    def get(self, path: str, **query: Any) -> Answer:
        return self.send("GET", f"{path}?{urlencode(query)}" if query else path)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.send("POST", path, body, **headers)

    def patch(self, path: str, body: Any, *, etag: str) -> Answer:
        return self.send("PATCH", path, body, **{"If-Match": etag})

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Send one request; connection faults rise as OSError."""
        secure = self._base.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(self._base.hostname or "", self._base.port, timeout=TIMEOUT_S)
        sent = {"Accept": "application/json", **self.headers, **headers}
        data = None
        if body is not None:
            data, sent["Content-Type"] = json.dumps(body), "application/json"
        try:
            connection.request(method, path, data, sent)
            response = connection.getresponse()
            text = response.read()
            found = {name.lower(): value for name, value in response.getheaders()}
        finally:
            connection.close()
        return Answer(response.status, _parsed(text), found)


def sign_in(base_url: str, email: str, password: str, key: bytes) -> Api:
    """
    Sign in with password and second factor, `key` being the secret of the latter.

    A code serves once: when this half minute's was used already, the next one is waited for.
    """
    for _ in range(3):
        body = {"email": email, "password": password, "otp": f"{totp(key):06d}"}
        answer = Api(base_url).post("/api/token/", body)
        if answer.status != 401 or answer.body.get("code") != "otp_invalid":
            break
        time.sleep(PERIOD_S - time.time() % PERIOD_S + 0.2)
    token = answer.expect(200, f"sign in as {email}").body["access"]
    return Api(base_url, {"Authorization": f"Bearer {token}"})


def _parsed(text: bytes) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text.decode(errors="replace")[:500]
