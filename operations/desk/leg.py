"""One flight of a trip: where it stands, what stands in its way, and what can be done with it."""

from datetime import datetime

from common.compliance.findings import Color
from common.desk.history import last_steps
from common.desk.judgments import (
    counted,
    judged_at,
    judgment_of,
    problems_of,
    stale_of,
    verdict_page,
)
from common.desk.links import page_of
from common.desk.screen import Desk
from common.desk.standing import Fact, Group, Judgment, Problem, Standing, worst_first
from common.desk.wording import age, clock
from operations.desk.crew_step import OFFER_PLACE
from operations.desk.divert_step import DIVERT_LEG
from operations.desk.trip_facts import crew_facts
from operations.models import GroundLeg, LegStatus, TripLeg
from operations.services.assessment import TRIP
from operations.services.movements import FINISHED
from users.models import User

# What a flight is not released without, as it is called.
BRIEF = {
    "min_ceiling_ft": "ceiling",
    "min_visibility_m": "visibility",
    "landing_distance_m": "landing distance",
    "fuel_on_board_kg": "fuel",
}
MOST_ROADS = 6
_BEFORE = (LegStatus.SCHEDULED, LegStatus.RELEASED)


def leg_standing(leg: TripLeg, user: User, now: datetime) -> Standing:
    """How a flight stands for a reader: the rules judge its trip as a whole; 5 statements."""
    trip, zone = leg.trip, leg.origin.timezone
    judgment = judgment_of(TRIP, trip.pk, user, now=now)
    is_open = leg.status not in FINISHED
    own = _missing(leg) if leg.status in _BEFORE else ()
    return Standing(
        headline=_headline(leg, judgment, is_open=is_open),
        color=_color(judgment, own) if is_open else None,
        stale=stale_of(judgment, zone=zone, now=now) if is_open else None,
        judged=judged_at(judgment, zone=zone, now=now),
        problems=worst_first((*own, *problems_of(judgment))) if is_open else (),
        nothing="Nothing stands in the way." if is_open else "It is over, or does not take place.",
        groups=(
            Group(title="The flight", facts=_times(leg, now), is_wide=True),
            Group(title="Crew", facts=crew_facts(trip, user, now, leg=leg)),
            Group(title="By road", facts=_roads(leg)),
            Group(
                title="Trip",
                facts=(
                    Fact(label="Trip", value=str(trip), link=page_of(trip, user),
                         detail=trip.get_status_display().lower()),
                    Fact(label="Aircraft", value=str(trip.aircraft),
                         link=page_of(trip.aircraft, user)),
                ),
            ),
            Group(title="Last events", facts=tuple(last_steps(leg, zone=zone, now=now))),
        ),
        more=verdict_page(judgment, user),
    )  # fmt: skip


def _headline(leg: TripLeg, judgment: Judgment, *, is_open: bool) -> str:
    status = leg.get_status_display()
    to = leg.diverted_to or leg.destination
    words = f"Leg {leg.sequence} of {leg.trip}, {leg.origin} to {to}: {status.lower()}"
    if not is_open:
        return words
    said = "nobody has judged the trip" if judgment.color is None else counted(judgment)
    return f"{words}; the trip: {said}"


def _color(judgment: Judgment, own: tuple[Problem, ...]) -> Color | None:
    return Color.AMBER if own and judgment.color == Color.GREEN else judgment.color


def _missing(leg: TripLeg) -> tuple[Problem, ...]:
    missing = [words for name, words in BRIEF.items() if getattr(leg, name) is None]
    if not missing:
        return ()
    return (
        Problem(
            color=Color.AMBER,
            message=f"No {', '.join(missing)} is entered for this flight.",
            remedy="Enter what dispatch needs for it; it is not released without.",
        ),
    )


def _times(leg: TripLeg, now: datetime) -> tuple[Fact, ...]:
    start, to = leg.origin.timezone, leg.diverted_to or leg.destination
    out, landed = leg.actual_out_at, leg.actual_in_at
    due = leg.latest_arrival_at
    is_late = due is not None and (landed or leg.estimated_in_at) > due
    facts = [
        Fact(label="Off blocks", value=_moment(out, leg.estimated_out_at, start, now),
             detail=f"planned {clock(leg.planned_out_at, start)}"),
        Fact(label="On blocks", value=_moment(landed, leg.estimated_in_at, to.timezone, now),
             detail=f"planned {clock(leg.planned_in_at, to.timezone)}",
             color=Color.AMBER if is_late else None),
        Fact(label="Alternate", value=str(leg.alternate) if leg.alternate else "none"),
    ]  # fmt: skip
    if due is not None:
        facts.append(Fact(label="Asked for", value=f"on blocks by {clock(due, to.timezone)}"))
    if leg.diverted_to:
        was = f"was to go to {leg.destination}"
        facts.append(
            Fact(label="Diverted", value=str(leg.diverted_to), color=Color.AMBER, detail=was)
        )
    return tuple(facts)


def _moment(actual: datetime | None, expected: datetime, zone: str, now: datetime) -> str:
    if actual is not None:
        return clock(actual, zone)
    return f"{clock(expected, zone)} expected, {age(expected, now)}"


def _roads(leg: TripLeg) -> tuple[Fact, ...]:
    """The roads to and from the aircraft, and who drives; 1 query."""
    rows = GroundLeg.objects.filter(leg=leg).select_related("provider__airport", "place")
    return tuple(_road(road, leg) for road in rows.order_by("planned_start_at", "pk")[:MOST_ROADS])


def _road(road: GroundLeg, leg: TripLeg) -> Fact:
    zone = (leg.origin if road.is_pickup else leg.diverted_to or leg.destination).timezone
    starts = clock(road.estimated_start_at or road.planned_start_at, zone)
    return Fact(
        label="Pick-up" if road.is_pickup else "Delivery",
        value=f"{road.place or road.place_name}, {starts}",
        color=None if road.provider else Color.AMBER,
        detail=str(road.provider) if road.provider else "nobody drives yet",
    )


LEG_DESK = Desk(standing=leg_standing, steps=(OFFER_PLACE, DIVERT_LEG))
