"""The people of the demo and how they sign in; each half of the product adds its own."""

import base64
import hashlib
import hmac
from dataclasses import dataclass

# Where the accounts' password is read from.
VARIABLE = "WINDSOCK_DEMO_PASSWORD"
DOMAIN = "demo.windsock.example"


@dataclass(frozen=True)
class Person:
    """One demo account: name, seeded role, aviation reference number."""

    key: str
    first_name: str
    last_name: str
    role: str
    arn: str
    position: str

    @property
    def email(self) -> str:
        return f"{self.key}@{DOMAIN}"


ADMIN = Person("admin", "Ada", "Lane", "admin", "", "Administrator")
DISPATCHER = Person("dispatcher", "Dana", "Hill", "dispatcher", "0900005", "Dispatcher")


def second_factor_key(person: Person, password: str) -> bytes:
    """The TOTP key of a demo account, 20 bytes made from the demo password, so it can be shown."""
    return hmac.new(password.encode(), person.email.encode(), hashlib.sha1).digest()


def second_factor_text(person: Person, password: str) -> str:
    """The same in base 32, for typing into an authenticator."""
    return base64.b32encode(second_factor_key(person, password)).decode().rstrip("=")
