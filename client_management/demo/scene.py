"""Who takes part in one run of the demo job, and how they speak to the server."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from client_management.demo.hands import Hands
from common.demo_client import Answer, Api, CheckFailed
from flight_operations.demo.scene import Walk
from users.demo_people import Person

BASE = "/api/client-management"
FINANCE = "/api/finance"
DISPATCH = "/api/dispatcher"
TITLE = "Stockpile survey (demo)"
Say = Callable[[str], None]


@dataclass
class JobWalk:
    """
    One run of the demo job: who is signed in, what was made, what has been said.

    `hands` are the client's, on the portal's pages; `api` is the same client at the endpoints of a
    frontend. `flight` is the same run as the drone's crew knows it: people, weather, one operation.
    """

    flight: Walk
    hands: Hands
    email: str = ""
    api: Api | None = None
    organization: str = ""
    request: str = ""
    assessment: dict[str, Any] = field(default_factory=dict)
    quote: dict[str, Any] = field(default_factory=dict)
    job: str = ""
    schedule: int = 0
    deliverable: str = ""
    invoice: str = ""

    @property
    def base_url(self) -> str:
        return self.flight.base_url

    def say(self, text: str) -> None:
        """Say what held."""
        self.flight.say(text)

    def clock(self) -> datetime:
        return self.flight.clock()

    def person(self, who: Person) -> Api:
        """The API as one person sees it, signing in at first use."""
        return self.flight.person(who)

    def get(self, who: Person, path: str, what: str, **query: Any) -> Any:
        """Read something as a person; raises CheckFailed when it is not there."""
        return self.person(who).get(path, **query).expect(200, what).body

    def post(self, who: Person, path: str, body: Any, expected: int, what: str) -> Answer:
        """Do something as a person; raises CheckFailed when it does not end as expected."""
        key = {"Idempotency-Key": uuid4().hex}
        return self.person(who).post(path, body, **key).expect(expected, what)

    def page(self, end: str = "") -> str:
        """The address of a page of this client's portal."""
        return f"{self.base_url}/portal/{self.organization}/{end}"

    def portal(self, path: str, **query: Any) -> Any:
        """What the client reads at the endpoints of a frontend."""
        if self.api is None:
            raise CheckFailed("the client is not signed in")
        address = f"{BASE}/portal/organizations/{self.organization}/{path}"
        return self.api.get(address, **query).expect(200, f"portal: {path}").body

    def see(self, words: str) -> None:
        """Insist that the page before the client says something."""
        if words not in self.hands.text:
            raise CheckFailed(
                f"{self.hands.path} does not say {words!r}:\n{self.hands.text[:1500]}"
            )

    def wait_for(self, what: str, condition: Callable[[], bool], *, within_s: float) -> float:
        """Ask again until something holds; raises CheckFailed when it does not in time."""
        began = time.monotonic()
        limit = within_s * self.flight.slack
        while not condition():
            if time.monotonic() - began > limit:
                raise CheckFailed(f"{what}: not within {limit:g} s")
            time.sleep(0.2)
        return time.monotonic() - began


def cents(amount: str) -> int:
    return int(Decimal(amount).scaleb(2))
