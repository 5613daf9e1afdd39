"""When each flight of a journey leaves and arrives, in UTC."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from aircraft.suitability import Reason
from operations.itinerary import PlannedLeg
from operations.planning.fields import Craft
from operations.planning.hops import Estimator, Hop
from operations.planning.journey import AskedLeg, Journey
from operations.planning.runs import Run, gap_min
from operations.planning.stops import Candidates, Stage, find_route

# Stops may be open at one hour and shut at the next: look again once the hours are known.
_PASSES = 2


class Flights(Struct, frozen=True, kw_only=True):
    """The flights in order with what they are made of, and why a stage cannot be flown."""

    legs: tuple[PlannedLeg, ...] = ()
    hops: tuple[Hop, ...] = ()
    concerns: tuple[int, ...] = ()
    reasons: tuple[Reason, ...] = ()


class _Clock(Struct):
    """Where the plan has got to: `free_at` is when the aircraft was last on blocks."""

    free_at: datetime | None = None
    flown: AskedLeg | None = None


def fly_runs(
    journey: Journey, craft: Craft, runs: Sequence[Run], candidates: Candidates
) -> Flights:
    """
    Fly every stage as early as what was asked for allows.

    The first positioning flight leaves just in time; no flight leaves before `not_before`. After a
    stage that cannot be flown the others are still tried, so that every reason is known.
    """
    legs: list[PlannedLeg] = []
    hops: list[Hop] = []
    concerns: list[int] = []
    reasons: list[Reason] = []
    clock = _Clock()
    for number, run in enumerate(runs):
        following = runs[number + 1].leg if number + 1 < len(runs) else None
        out_at, found, refusals = _departure(
            journey, craft, run, following=following, clock=clock, candidates=candidates
        )
        reasons += [_about(reason, run) for reason in refusals]
        planned = _planned(journey, craft, run, hops=found, out_at=out_at, count=len(legs))
        legs += planned
        hops += found
        concerns += [run.concerns] * len(planned)
        clock = _Clock(free_at=planned[-1].in_at if planned else out_at, flown=run.leg)
    if reasons:
        return Flights(reasons=tuple(dict.fromkeys(reasons)))
    return Flights(legs=tuple(legs), hops=tuple(hops), concerns=tuple(concerns))


def _departure(
    journey: Journey,
    craft: Craft,
    run: Run,
    *,
    following: AskedLeg | None,
    clock: _Clock,
    candidates: Candidates,
) -> tuple[datetime, tuple[Hop, ...], tuple[Reason, ...]]:
    """When a stage leaves its blocks, and its flights."""

    estimator = Estimator(craft, run.carried)
    known = tuple(candidates(run.origin, run.destination))

    def search(depart_at: datetime) -> tuple[tuple[Hop, ...], tuple[Reason, ...]]:
        stage = Stage(
            craft=craft,
            origin=run.origin,
            destination=run.destination,
            carried=run.carried,
            estimator=estimator,
            depart_at=depart_at,
            parameters=journey.parameters,
        )
        return find_route(stage, known)

    if clock.free_at is not None or run.leg is not None:
        out_at = _earliest(journey, run, clock)
        return out_at, *search(out_at)
    # The first flight, to where the journey begins: timed backwards from when it must be there.
    first = following or journey.legs[0]
    there_at = first.earliest_departure_at - timedelta(minutes=gap_min(journey, None, first))
    out_at = _not_before(journey, there_at)
    hops: tuple[Hop, ...] = ()
    reasons: tuple[Reason, ...] = ()
    for _ in range(_PASSES):
        hops, reasons = search(out_at)
        takes = timedelta(minutes=_minutes(hops, journey.parameters.fuel_stop_min))
        out_at = _not_before(journey, there_at - takes)
    return out_at, hops, reasons


def _earliest(journey: Journey, run: Run, clock: _Clock) -> datetime:
    gap = timedelta(minutes=gap_min(journey, clock.flown, run.leg))
    if clock.free_at is not None:
        ready_at = clock.free_at + gap
    elif journey.not_before is not None:
        # From the base itself: only what a team needs that fetches the patient first.
        ready_at = journey.not_before + (gap if _team_fetches(run) else timedelta())
    else:
        ready_at = None
    asked = [run.leg.earliest_departure_at] if run.leg else []
    return max(at for at in (*asked, ready_at) if at is not None)


def _team_fetches(run: Run) -> bool:
    return bool(run.leg and run.leg.pickup and run.leg.pickup.team_rides)


def _not_before(journey: Journey, at: datetime) -> datetime:
    return at if journey.not_before is None else max(at, journey.not_before)


def _minutes(hops: Sequence[Hop], stop_min: float) -> float:
    return sum(hop.block_min for hop in hops) + stop_min * max(0, len(hops) - 1)


def _planned(
    journey: Journey,
    craft: Craft,
    run: Run,
    *,
    hops: Sequence[Hop],
    out_at: datetime,
    count: int,
) -> list[PlannedLeg]:
    planned = []
    for number, hop in enumerate(hops, start=1):
        leg = _leg(
            journey,
            craft,
            run,
            hop,
            out_at=out_at,
            sequence=count + number,
            is_technical_stop=number < len(hops),
        )
        planned.append(leg)
        out_at = leg.in_at + timedelta(minutes=journey.parameters.fuel_stop_min)
    return planned


def _leg(
    journey: Journey,
    craft: Craft,
    run: Run,
    hop: Hop,
    *,
    out_at: datetime,
    sequence: int,
    is_technical_stop: bool,
) -> PlannedLeg:
    """One flight with its times; taxi is half out, half in, the odd minute out."""
    asked, performance = run.leg, hop.performance
    taxi_min = craft.tail.ground.taxi_min
    taxi_in = taxi_min // 2
    in_at = out_at + timedelta(minutes=hop.block_min)
    has_patient = asked is not None and asked.has_patient
    escorts = journey.care.escorts if has_patient else 0
    return PlannedLeg(
        sequence=sequence,
        kind="live" if asked else "positioning",
        origin=hop.origin.place,
        destination=hop.destination.place,
        out_at=out_at,
        off_at=out_at + timedelta(minutes=taxi_min - taxi_in),
        on_at=in_at - timedelta(minutes=taxi_in),
        in_at=in_at,
        distance_nm=performance.distance_nm,
        wind_kt=hop.wind_kt,
        altitude_ft=hop.altitude_ft,
        block_min=float(hop.block_min),
        flight_min=hop.block_min - taxi_min,
        fuel_kg=performance.trip_fuel_kg,
        required_fuel_kg=performance.required_fuel_kg,
        payload_kg=run.carried.payload_kg,
        is_technical_stop=is_technical_stop,
        has_patient=has_patient,
        passengers=(asked.passengers if asked else 0) + escorts,
        is_acute_care=has_patient and journey.care.is_acute_care,
        requested_leg=asked.sequence if asked else None,
    )


def _about(reason: Reason, run: Run) -> Reason:
    route = f"{run.origin.ident} to {run.destination.ident}"
    return Reason(
        code=reason.code,
        message=f"{route}: {reason.message}",
        value=reason.value,
        limit=reason.limit,
        leg=run.concerns,
    )
