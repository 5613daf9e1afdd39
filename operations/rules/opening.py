"""Whether somebody is there when a flight leaves and arrives: handlers and towers."""

from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from common.compliance.findings import Finding, Stage
from common.compliance.registry import RuleContext
from operations.facts.legs import AirportFacts, LegFacts
from operations.facts.trip import TripFacts
from operations.rules.basis import Answer, leg_rule

CLOSED_FIX = "Have somebody come for this flight and confirm it, or plan another time."


@leg_rule(
    "OPS-HOURS",
    title="Opening hours",
    citation="Company practice",
    confidence="design",
    inputs=("services", "evidence"),
    version=2,
)
def opening_hours(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
    """
    Somebody is known to be there at the local time of departure and arrival: confirmed handling, a
    slot, hours on record, or the hours of who handles the aircraft. Else amber. Closed then, with
    nothing confirmed for that very flight, is red at release. A closed tower alone is amber.
    """
    ends = (
        _End(leg.origin, leg.departure, leg.out_at, leg.departure_hours, leg.departure_tower),
        _End(leg.destination, leg.arrival, leg.in_at, leg.arrival_hours, leg.arrival_tower),
    )
    found: list[Finding] = []
    for end in ends:
        answer = _hours_at(facts, leg, end, context)
        if answer not in found:
            found.append(answer)
    return found


class _End(NamedTuple):
    """Where and when a flight leaves or arrives, and how handlers and tower stand then."""

    place: str
    airport: AirportFacts | None
    at: datetime
    hours: str
    tower: str

    @property
    def local(self) -> str:
        zone = self.airport.timezone if self.airport is not None else "UTC"
        return f"{self.at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


def _hours_at(facts: TripFacts, leg: LegFacts, end: _End, context: RuleContext) -> Finding:
    place = end.place
    record = facts.evidence_of("airport_hours", leg)
    if record is not None:
        return context.green(f"{place}: {record.reference} ({record.recorded_by}).")
    arranged = _arranged(facts, leg, place, is_closed=end.hours == "closed")
    if arranged is not None:
        return context.green(f"{place}: {arranged} is confirmed.")
    if end.hours == "closed":
        words = f"{place}: closed at {end.local} local, and nothing is confirmed for {leg.label}."
        # Nobody can be asked to come before there is a trip: until it is released it can be mended.
        say = context.amber if context.stage == Stage.PLANNING else context.red
        return say(words, value=end.at.isoformat(), fix=CLOSED_FIX)
    if end.hours == "open" and end.tower == "closed":
        words = f"{place}: the tower is closed at {end.local} local."
        return context.amber(words, value=end.at.isoformat(), fix="Ask whether it can be used.")
    if end.hours == "open":
        return context.green(f"{place}: attended at {end.local} local.")
    return context.amber(
        f"The opening hours of {place} are not known.", fix="Confirm handling, or record the hours."
    )


def _arranged(facts: TripFacts, leg: LegFacts, place: str, *, is_closed: bool) -> str | None:
    """
    What is confirmed there: where they are closed for this very flight; else it may be for the
    whole trip, or for the flight that this one leaves after.
    """
    stays: set[int | None] = {leg.sequence}
    if not is_closed:
        stays |= {None, *_came_by(facts, leg, place)}
    for service in facts.services:
        is_there = service.airport == place and service.status == "confirmed"
        # What was confirmed for another time says nothing of a time at which they are closed.
        fits = service.leg in stays and not (is_closed and service.needs_recheck)
        if is_there and fits and service.kind in ("handling", "slot"):
            return service.kind
    return None


def _came_by(facts: TripFacts, leg: LegFacts, place: str) -> set[int]:
    """The flight before, where this one leaves from where it arrived."""
    before = [each for each in facts.legs if each.in_at <= leg.out_at]
    if place != leg.origin or not before:
        return set()
    last = max(before, key=lambda each: each.in_at)
    return {last.sequence} if last.destination == place else set()
