"""Who takes part in one run of the demo trip, and how they speak to the server."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from common.demo_client import Answer, Api, CheckFailed, sign_in
from operations.demo import cast, fleet
from users.demo_people import Person, second_factor_key

BASE = "/api/operations"
TITLE = "Inter-hospital transfer to the north (demo)"
# Never to be found anywhere but in the sealed record.
FAMILY_NAME = "Quillfeather"
# What may be left of an earlier run, and how it is ended.
UNFINISHED = {
    "tentative": "cancel",
    "confirmed": "cancel",
    "planning": "cancel",
    "released": "cancel",
    "active": "abort",
}
MOVEMENTS = ("out", "off", "on", "in")
Say = Callable[[str], None]


@dataclass
class TripWalk:
    """One run of the demo trip: who is signed in, what was made, what has been said."""

    base_url: str
    password: str
    say: Say
    clock: Callable[[], datetime]
    captain: Person = cast.CAPTAIN
    first_officer: Person = cast.FIRST_OFFICER
    nurse: Person = cast.NURSE
    people: dict[str, Api] = field(default_factory=dict)
    patient: str = ""
    requirement: int = 0
    quote: str = ""
    offer: dict[str, Any] = field(default_factory=dict)
    trip: str = ""
    invoice: str = ""

    @property
    def crew(self) -> tuple[tuple[Person, str], ...]:
        """Who flies and in which role."""
        return ((self.captain, "pic"), (self.first_officer, "sic"), (self.nurse, "flight_nurse"))

    def person(self, who: Person) -> Api:
        """The API as one person sees it, signing in at first use."""
        if who.key not in self.people:
            key = second_factor_key(who, self.password)
            self.people[who.key] = sign_in(self.base_url, who.email, self.password, key)
        return self.people[who.key]

    def get(self, who: Person, path: str, what: str, **query: Any) -> Any:
        """Read something as a person; raises CheckFailed when it is not there."""
        return self.person(who).get(f"{BASE}/{path}", **query).expect(200, what).body

    def post(self, who: Person, path: str, body: Any, expected: int, what: str) -> Answer:
        """Do something as a person; raises CheckFailed when it does not end as expected."""
        return self.person(who).post(f"{BASE}/{path}", body).expect(expected, what)

    def wait_for(self, what: str, condition: Callable[[], bool], *, within_s: float) -> None:
        """Ask again until something holds; raises CheckFailed when it does not in time."""
        began = time.monotonic()
        while not condition():
            if time.monotonic() - began > within_s:
                raise CheckFailed(f"{what}: not within {within_s:g} s")
            time.sleep(0.2)

    @property
    def record(self) -> dict[str, Any]:
        """The trip as it is now."""
        found: dict[str, Any] = self.get(cast.COORDINATOR, f"trips/{self.trip}/", "read the trip")
        return found


def contact(walk: TripWalk, name: str) -> int:
    """The key of a contact by its name."""
    rows = walk.person(cast.COORDINATOR).get("/api/contacts/contacts/", search=name)
    found = rows.expect(200, f"find {name}").body["results"]
    if not found:
        raise CheckFailed(f"no contact {name}")
    return int(found[0]["id"])


def user(walk: TripWalk, who: Person) -> int:
    return int(walk.person(who).get("/api/me/").expect(200, "who am I").body["id"])


def tail(walk: TripWalk) -> dict[str, Any]:
    path = f"/api/aircraft/aircraft/{fleet.AMBULANCE}/"
    found: dict[str, Any] = walk.person(cast.COORDINATOR).get(path).expect(200, "tail").body
    return found


def cents(amount: str) -> int:
    return int(Decimal(amount).scaleb(2))
