"""The transport of PayPal's SDK, made safe: timeouts, one retry of a 401, no quiet 400."""

import json
from typing import Any

import paypalrestsdk
import requests
from paypalrestsdk import exceptions

from finance.gateways.base import GatewayRefused, OutcomeUnknown

CONNECT_S = 2.0


class PayPalApi(paypalrestsdk.Api):
    """
    paypalrestsdk 1.13 as an authenticated transport; its resource classes are not used.

    As it comes it waits for ever, repeats a 401 until the stack is full, hands a 400 back as if it
    were an answer, follows redirects with the credentials, and sends `null` with every GET.
    """

    def __init__(self, *, timeout_s: float, **options: Any) -> None:
        super().__init__(**options)
        self._timeout = (CONNECT_S, timeout_s)

    def http_call(self, url: str, method: str, **kwargs: Any) -> Any:
        """One call, with a limit of time and without redirects."""
        if method == "GET":
            kwargs.pop("data", None)
        try:
            return super().http_call(
                url, method, timeout=self._timeout, allow_redirects=False, **kwargs
            )
        except (requests.RequestException, UnicodeDecodeError, json.JSONDecodeError) as error:
            raise OutcomeUnknown(type(error).__name__) from None
        except TypeError:
            # Their Redirection cannot print itself; nothing is followed.
            raise OutcomeUnknown("redirect") from None

    def request(
        self,
        url: str,
        method: str,
        body: Any = None,
        headers: Any = None,
        refresh_token: Any = None,
    ) -> Any:
        """A call with a token; a refused one is fetched anew once. `body` may be ready bytes."""
        for attempt in range(2):
            try:
                # Ours stay out of the token's own request: its key is not for that one.
                every = {**self.headers(), **(headers or {})}
                data = body if isinstance(body, bytes) else json.dumps(body)
                return self.http_call(url, method, data=data, headers=every)
            except exceptions.UnauthorizedAccess:
                self.token_hash = None
                if attempt:
                    raise GatewayRefused("unauthorized") from None
            except exceptions.ConnectionError as error:
                raise _translated(error) from None
        raise AssertionError

    def post_bytes(self, action: str, body: bytes) -> Any:
        """POST bytes as they are: an event is checked as it came, not as it would be rewritten."""
        return self.request(f"{self.endpoint.rstrip('/')}/{action}", "POST", body=body)


def _translated(error: exceptions.ConnectionError) -> GatewayRefused | OutcomeUnknown:
    status = getattr(error.response, "status_code", 0)
    if not 400 <= status < 500 or status in (408, 409, 429):
        return OutcomeUnknown(str(status))
    code, message = "refused", ""
    try:
        found = json.loads(error.content or "{}")
        details = (found.get("details") or [{}])[0]
        code = str(details.get("issue") or found.get("name") or found.get("error") or code)
        message = str(details.get("description") or found.get("message") or "")
    except (ValueError, AttributeError, TypeError, IndexError):
        pass
    return GatewayRefused(code, message)
