"""Who takes part in one run of the demo flight, and how they speak to the server."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from common.demo_client import Answer, Api, CheckFailed, sign_in
from flight_operations.demo import cast, site
from flight_operations.demo.load import GOOD_AIRCRAFT
from users.demo_people import Person, second_factor_key

OPERATIONS = "/api/flight-operations/operations/"
Say = Callable[[str], None]


@dataclass
class Walk:
    """
    One run of the demo flight: who is signed in, which operation, what has been said.

    `pace` is how many seconds are taken for each second of the track: 1 as it is flown, 0 at once.
    `slack` multiplies the limits of time, for a machine that is busy with other work. `pilot`
    flies `aircraft`, by the turn of the day; the chief remote pilot releases.
    """

    base_url: str
    password: str
    say: Say
    clock: Callable[[], datetime]
    pace: float = 1.0
    slack: float = 1.0
    pilot: Person = cast.PILOT
    aircraft: str = GOOD_AIRCRAFT
    people: dict[str, Api] = field(default_factory=dict)
    number: str = ""
    station: Api | None = None
    device: str = ""
    last_report_at: datetime = datetime(2000, 1, 1, tzinfo=UTC)

    def person(self, who: Person) -> Api:
        """The API as one person sees it, signing in at first use."""
        if who.key not in self.people:
            key = second_factor_key(who, self.password)
            self.people[who.key] = sign_in(self.base_url, who.email, self.password, key)
        return self.people[who.key]

    @property
    def path(self) -> str:
        return f"{OPERATIONS}{self.number}/"

    def operation(self) -> Answer:
        """The operation as it is now."""
        return self.person(cast.CHIEF).get(self.path).expect(200, "read the operation")

    def act(self, who: Person, verb: str, body: Any, expected: int) -> Answer:
        """Call one verb of the operation as a person."""
        answer = self.person(who).post(f"{self.path}{verb}/", body)
        return answer.expect(expected, f"{verb} as {who.key}")

    def amend(self, changes: dict[str, Any], what: str) -> None:
        """Change the plan, quoting the version just read."""
        etag = self.operation().headers["etag"]
        self.person(self.pilot).patch(self.path, changes, etag=etag).expect(200, what)

    def findings(self, stage: str = "planning") -> list[dict[str, Any]]:
        """The findings of a fresh assessment."""
        answer = self.person(cast.CHIEF).get(f"{self.path}assessment/", stage=stage)
        found: list[dict[str, Any]] = answer.expect(200, "assess").body["findings"]
        return found

    def expect_red(self, rules: Sequence[str], why: str) -> None:
        """Insist that one of these rules is red, and say its words and citation."""
        red = [f for f in self.findings() if f["color"] == "red"]
        wanted = [f for f in red if f["rule"] in rules]
        if not wanted:
            names = [f["rule"] for f in red]
            raise CheckFailed(f"{why}: expected one of {list(rules)} red; red are {names}")
        self.say(f"{why}: red - {wanted[0]['message']} [{wanted[0]['citation']}]")

    def enter_report(self, text: str) -> None:
        """Type a weather report in, as a dispatcher would."""
        answer = self.person(cast.DISPATCHER).post("/api/airports/weather/", {"raw": text})
        if answer.status not in (200, 201):
            answer.expect(201, f"enter {text}")

    def enter_metar(self, wind: str) -> None:
        """Enter a METAR newer than any before it, as times go in whole minutes."""
        now = self.clock().replace(second=0, microsecond=0)
        self.last_report_at = max(now - timedelta(minutes=3), self.last_report_at) + timedelta(
            minutes=1
        )
        self.enter_report(site.metar(self.last_report_at, wind=wind))

    def wait_for(self, what: str, condition: Callable[[], bool], *, within_s: float) -> float:
        """Poll until a condition holds; raise CheckFailed when it does not in time."""
        began = time.monotonic()
        while not condition():
            if time.monotonic() - began > within_s * self.slack:
                raise CheckFailed(f"{what}: not within {within_s * self.slack:g} s")
            time.sleep(0.1)
        return time.monotonic() - began

    def pause_until(self, moment: datetime) -> None:
        """Wait for a moment; at once where it has passed."""
        left = (moment - self.clock()).total_seconds()
        if left > 0:
            time.sleep(left)
