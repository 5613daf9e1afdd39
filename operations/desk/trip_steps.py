"""The steps of a trip on its page: the verbs of the API, by the same services and grants."""

from collections.abc import Callable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from django import forms

from common.compliance.findings import Color, Finding, Stage
from common.desk.standing import Fact
from common.desk.steps import Said, Seen, Step, in_status, plain, reasoned
from common.desk.wording import age
from common.exceptions import ChangedSinceShown
from operations.models import BEFORE_FLIGHT, Decline, LegStatus, Trip, TripLeg
from operations.models import TripStatus as Status
from operations.plan_hash import plan_hash
from operations.queries.declines import declines_before_trip, declines_seen_of
from operations.services import closing, movements, releases, trip_ends, trips
from operations.services.assessment import assess_trip
from operations.services.ledger import lock_trip

# What is recorded next of a leg that stands there.
_FOLLOWING = {
    LegStatus.SCHEDULED: "out",
    LegStatus.RELEASED: "out",
    LegStatus.OUT: "off",
    LegStatus.OFF: "on",
    LegStatus.DIVERTED: "on",
    LegStatus.ON: "in",
}
MOST_LEGS = 24
MOST_REFUSALS = 6


def legs_of(trip: Trip) -> list[TripLeg]:
    """The legs of the trip on screen, read once; 1 query."""
    known = trip.__dict__.setdefault("_desk", {})
    if "legs" not in known:
        rows = trip.legs.select_related("origin", "destination", "diverted_to", "alternate")
        known["legs"] = list(rows.order_by("sequence")[:MOST_LEGS])
    legs: list[TripLeg] = known["legs"]
    return legs


def next_leg(trip: Trip) -> TripLeg | None:
    """The flight that is under way or to be flown next."""
    over = movements.FINISHED
    return next((leg for leg in legs_of(trip) if leg.status not in over), None)


def _can_release(trip: Trip, at: datetime) -> str | None:
    if trip.status == Status.ACTIVE:
        waits = any(leg.status == LegStatus.SCHEDULED for leg in legs_of(trip))
        return "" if waits else None
    if trip.status in (Status.TENTATIVE, Status.CONFIRMED):
        return "the trip is to be planned first."
    return "" if trip.status == Status.PLANNING else None


def _can_close(trip: Trip, at: datetime) -> str | None:
    if trip.status == Status.ACTIVE:
        return "its flights are not over."
    return "" if trip.status in (Status.COMPLETED, Status.ABORTED) else None


def _comes(movement: str) -> Callable[[Trip, datetime], str | None]:
    """Offered where it is the next thing that happens to a flight."""

    def when(trip: Trip, at: datetime) -> str | None:
        if trip.status not in (Status.RELEASED, Status.ACTIVE):
            return None
        leg = next_leg(trip)
        if leg is None or _FOLLOWING[LegStatus(leg.status)] != movement:
            return None
        if leg.status == LegStatus.SCHEDULED:
            return f"leg {leg.sequence} is to be released first."
        return ""

    return when


def _leg_shown(trip: Trip, at: datetime) -> Seen:
    """The flight that a movement would be recorded of."""
    leg = next_leg(trip)
    if leg is None:
        return Seen(mark="")
    name = f"leg {leg.sequence}, {leg.origin} to {leg.diverted_to or leg.destination}"
    return Seen(mark=str(leg.pk), name=name)


def leg_of(trip: Trip, said: Said) -> TripLeg:
    """The flight that the person had before them, whatever is next by now."""
    shown = said.seen.partition("-")[0]
    key = int(shown) if shown.isascii() and shown.isdecimal() and len(shown) < 19 else 0
    leg = trip.legs.filter(pk=key).first()
    if leg is None:
        raise ChangedSinceShown
    return leg


def _moved(movement: str) -> Callable[..., Any]:
    def perform(trip: Trip, said: Said, *, actor: Any, at: datetime) -> Any:
        leg = leg_of(trip, said)
        return movements.record_movement(
            leg, movement=movement, acknowledgements=said.notes, actor=actor, at=at
        )

    return perform


def _plan_shown(trip: Trip, at: datetime) -> Seen:
    return Seen(mark=plan_hash(trip))


def _release(trip: Trip, said: Said, *, actor: Any, at: datetime) -> Any:
    # Whoever releases answers for the plan that they looked at, not for one made meanwhile.
    if plan_hash(lock_trip(trip)) != said.seen:
        raise ChangedSinceShown
    return releases.release_trip(trip, acknowledgements=said.notes, actor=actor, at=at)


def _refusals(trip: Trip, at: datetime) -> list[Decline]:
    """Refusals that came up since the offer was sent, for the hold on screen, read once."""
    known = trip.__dict__.setdefault("_desk", {})
    if "refusals" not in known:
        version = trip.quote_version
        seen = [] if version is None else declines_seen_of(version)
        rows = declines_before_trip(trip, at=at).exclude(pk__in=seen)
        known["refusals"] = list(rows)
    found: list[Decline] = known["refusals"]
    return found


def _hold_shown(trip: Trip, at: datetime) -> Seen:
    """What would be booked: whoever does it may be the first at the desk to see a refusal."""
    refusals = _refusals(trip, at)
    count = Fact(label="Refused before", value=f"{len(refusals)}", color=Color.AMBER)
    known = ",".join(str(row.pk) for row in refusals)
    digest = sha256(known.encode()).hexdigest()[:16]
    return Seen(mark=f"{trip.pk}-{digest}", name=str(trip), facts=(count,) if refusals else ())


def _confirm(trip: Trip, said: Said, *, actor: Any, at: datetime) -> Any:
    has_seen = said.fields.get("has_seen_refusals")
    refusals = [row.pk for row in _refusals(trip, at)] if has_seen else []
    return trips.confirm_trip(trip, acknowledged_declines=refusals, actor=actor, at=at)


def _seen(trip: Trip, user: Any, at: datetime) -> dict[str, forms.Field]:
    refusals = _refusals(trip, at) if trip.status == Status.TENTATIVE else []
    if not refusals:
        return {}
    label = "I have seen the refusals of this flight"
    told = _told(refusals, at) if user.has_perm("operations.view_decline") else ""
    return {"has_seen_refusals": forms.BooleanField(label=label, help_text=told)}


def _told(refusals: Sequence[Decline], at: datetime) -> str:
    """Who refused and why, newest first, as who may see refusals reads it."""
    said = [
        f"{row.operator_name or row.get_by_display()}: {row.get_reason_display()},"
        f" {age(row.declined_at, at)}"
        for row in refusals[:MOST_REFUSALS]
    ]
    more = len(refusals) - len(said)
    return "; ".join(said + ([f"{more} more"] if more else []))


def _findings(trip: Trip, at: datetime) -> Sequence[Finding]:
    return assess_trip(trip, stage=Stage.RELEASE, at=at).assessment.findings


def _movement(name: str, words: str, **more: Any) -> Step:
    """The next movement of the next leg, now."""
    return Step(
        key=f"move-{name}",
        label=f"Record {words}, now",
        permission="operations.move_trip",
        perform=_moved(name),
        done=f"{words} recorded",
        when=_comes(name),
        seen=_leg_shown,
        **more,
    )


def _step(verb: str, label: str, done: str, perform: Any, **more: Any) -> Step:
    """A step that is called as its grant is."""
    key = more.pop("key", verb)
    return Step(
        key=key,
        label=label,
        permission=f"operations.{verb}_trip",
        perform=perform,
        done=done,
        **more,
    )


STEPS = (
    _movement("out", "off blocks", takes_notes=True),
    _movement("off", "airborne"),
    _movement("on", "landed"),
    _movement("in", "on blocks"),
    _step("release", "Release", "released", _release, when=_can_release, judged=_findings,
          seen=_plan_shown,
          explained="Binds the plan as it stands and what the rules say to it now."),
    _step("plan", "Begin planning", "in planning", plain(trips.begin_planning),
          when=in_status(Status.CONFIRMED)),
    _step("confirm", "Confirm the hold", "confirmed", _confirm, seen=_hold_shown, offers=_seen,
          when=in_status(Status.TENTATIVE)),
    _step("close", "Close", "closed", plain(closing.close_trip), when=_can_close, is_final=True,
          explained="One landing and one cycle a flight, flown by the pilot in command; hours and"
          " the pilots' logs are written. Where it went otherwise, close by the API."),
)  # fmt: skip
# What takes something back stands last.
STEPS_BACK = (
    _step("release", "Revoke the release", "release revoked",
          reasoned(releases.revoke_release, "because"), key="revoke",
          when=in_status(Status.RELEASED), asks="Why"),
    _step("abort", "Break the trip off", "broken off", reasoned(trip_ends.abort_trip),
          when=in_status(Status.ACTIVE), asks="Why", is_final=True),
    _step("cancel", "Cancel the trip", "cancelled", reasoned(trip_ends.cancel_trip),
          when=in_status(*BEFORE_FLIGHT), asks="Why", is_final=True),
)  # fmt: skip
