"""
Technical stops: the way over fuel stops that an aircraft can fly.

A search in rounds, one more stop in each: of all ways to an airport with that many stops the best
is kept. What is best: open stops before shut ones, then fewest stops, then least time, where a stop
of which fuel or hours are not on file counts some minutes more; equal ways by the names of their
stops, so that the order of the candidates never matters.

The rounds fly a quick estimate that is never longer than the real distance; the way found is then
flown exactly, and a hop that turns out to be too far is struck off before searching again.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from msgspec import Struct

from aircraft.suitability import Reason
from contacts.hours import Openness
from operations.planning.fields import Craft, Field, handling, is_shut, sells, usable_stops
from operations.planning.hops import Carried, Estimator, Hop, fly
from operations.planning.parameters import Parameters
from operations.planning.tracks import rough

# Where a flight from one airport to another may stop for fuel.
Candidates = Callable[[Field, Field], Iterable[Field]]
MOST_REPAIRS = 200
_DECIMALS = 6


class Stage(Struct, frozen=True, kw_only=True):
    """From one airport to another with the same load; `depart_at` is roughly when."""

    craft: Craft
    origin: Field
    destination: Field
    carried: Carried
    estimator: Estimator
    depart_at: datetime
    parameters: Parameters


class _Way(Struct, frozen=True):
    """A way to an airport: shut stops, minutes with doubts, minutes, airports from the origin."""

    shut: int
    cost_min: float
    minutes: float
    path: tuple[Field, ...]

    @property
    def rank(self) -> tuple[int, float, tuple[str, ...]]:
        return self.shut, round(self.cost_min, _DECIMALS), tuple(each.ident for each in self.path)


def find_route(
    stage: Stage, candidates: Iterable[Field]
) -> tuple[tuple[Hop, ...], tuple[Reason, ...]]:
    """The flights of a stage, one without stops where possible; or why there is no way."""
    direct, refusals = fly(stage.craft, stage.origin, stage.destination, stage.carried)
    if direct is not None:
        return (direct,), ()
    if not {reason.code for reason in refusals} <= {"range", "fuel", "take_off_weight"}:
        return (), refusals
    if any(reason.limit is None for reason in refusals):
        # No stop helps against a payload that is heavier than any range is known for.
        return (), refusals
    fields = _worth_trying(stage, candidates)
    banned: set[tuple[int, int]] = {(stage.origin.key, stage.destination.key)}
    for _ in range(MOST_REPAIRS):
        way = _best_way(stage, fields, banned)
        if way is None:
            break
        hops, failed = _flown(stage, way.path)
        if failed is None:
            return hops, ()
        banned.add(failed)
    return (), (_no_way(stage, len(fields), refusals[0]),)


def _worth_trying(stage: Stage, candidates: Iterable[Field]) -> list[Field]:
    ends = {stage.origin.key, stage.destination.key}
    highest_ft = stage.carried.stop_ft
    unique = {
        field.key: field
        for field in candidates
        if field.key not in ends and (highest_ft is None or (field.elevation_ft or 0) <= highest_ft)
    }
    return usable_stops(list(unique.values()), stage.craft.tail)


def _best_way(stage: Stage, fields: Sequence[Field], banned: set[tuple[int, int]]) -> _Way | None:
    reached = [_Way(0, 0.0, 0.0, (stage.origin,))]
    second_best: list[_Way] = []
    for _ in range(stage.parameters.most_stops + 1):
        arrived = _extended(stage, reached, [stage.destination], banned)
        open_all_along = [way for way in arrived if not way.shut]
        if open_all_along:
            return min(open_all_along, key=lambda way: way.rank)
        second_best += arrived
        reached = _extended(stage, reached, fields, banned)
    # Only over stops that are shut as things stand: the findings will say so.
    return min(second_best, key=lambda way: (way.shut, len(way.path), *way.rank), default=None)


def _extended(
    stage: Stage, ways: Sequence[_Way], targets: Sequence[Field], banned: set[tuple[int, int]]
) -> list[_Way]:
    """The best way to each target by one more hop, always nearer to the destination."""
    best: dict[int, _Way] = {}
    for way in ways:
        last = way.path[-1]
        left_nm = rough(last.place, stage.destination.place).distance_nm
        for field in targets:
            if (last.key, field.key) in banned:
                continue
            if rough(field.place, stage.destination.place).distance_nm >= left_nm:
                continue
            minutes = stage.estimator.minutes(last, field)
            if minutes is None:
                continue
            longer = _with(stage, way, field, minutes)
            if field.key not in best or longer.rank < best[field.key].rank:
                best[field.key] = longer
    return [best[key] for key in sorted(best)]


def _with(stage: Stage, way: _Way, field: Field, flown_min: float) -> _Way:
    minutes = way.minutes + flown_min
    if field.key == stage.destination.key:
        return _Way(way.shut, way.cost_min + flown_min, minutes, (*way.path, field))
    arrival = stage.depart_at + timedelta(minutes=minutes)
    minutes += stage.parameters.fuel_stop_min
    doubts = _doubts(field, stage.craft.fuel, arrival) * stage.parameters.doubt_min
    return _Way(
        shut=way.shut + is_shut(field, stage.craft.tail, arrival),
        cost_min=way.cost_min + flown_min + stage.parameters.fuel_stop_min + doubts,
        minutes=minutes,
        path=(*way.path, field),
    )


def _doubts(field: Field, fuel: str, at: datetime) -> int:
    is_unknown = handling(field, at).openness is Openness.UNKNOWN
    return is_unknown + (not sells(field, fuel))


def _flown(stage: Stage, path: Sequence[Field]) -> tuple[tuple[Hop, ...], tuple[int, int] | None]:
    hops = []
    for origin, destination in pairwise(path):
        hop, _ = fly(stage.craft, origin, destination, stage.carried)
        if hop is None:
            return (), (origin.key, destination.key)
        hops.append(hop)
    return tuple(hops), None


def _no_way(stage: Stage, tried: int, direct: Reason) -> Reason:
    """What stands in the way of flying direct, and that stops do not help."""
    return Reason(
        code="no_route",
        message=f"{direct.message} No way over at most {stage.parameters.most_stops} of {tried}"
        " possible fuel stops.",
        value=direct.value,
        limit=direct.limit,
    )
