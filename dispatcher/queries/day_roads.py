"""
Ways by road between the places of a plan, from the matrix service that the settings name.

What was asked once is kept in the cache, a row for each place. Without a service, without an
answer, or where there is no road, the great circle times the road factor stands in.
"""

import hashlib
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from django.conf import settings
from django.core.cache import cache
from django.db import connection

from dispatcher.journeys import distance_km
from dispatcher.planning.model import Place, Problem, Travel, TravelTable
from dispatcher.planning.travel import places_of, travel_matrix
from dispatcher.roads import RoadsUnavailable, Spot, Way, Ways, ways_between

logger = logging.getLogger(__name__)
# A service that failed is left alone for so long.
PAUSE_S = 60
MOST_IN_A_ROW = 4_000


@dataclass(frozen=True)
class Roads:
    """What is known of the ways between places; the estimate for the others."""

    travel: Travel
    ways: Ways

    def duration(self, start: Place, end: Place) -> timedelta:
        """How long it takes, in whole seconds."""
        way = self.ways.get((start.key, end.key))
        if start.key == end.key or way is not None:
            return timedelta(seconds=way.seconds if way else 0)
        return timedelta(seconds=int(travel_matrix((start, end), self.travel)[0, 1]))

    def kilometers(self, start: Place, end: Place) -> float:
        """How far it is by road."""
        way = self.ways.get((start.key, end.key))
        if way is not None:
            return way.meters / 1000
        return distance_km(start.lat, start.lon, end.lat, end.lon) * self.travel.road_factor


def estimated() -> Travel:
    """How long ways take where no service says so."""
    return Travel(
        speed_ms=settings.DISPATCH_TRAVEL_SPEED_KMH / 3.6,
        road_factor=settings.DISPATCH_ROAD_FACTOR,
    )


def known_roads(places: Sequence[Place]) -> Roads:
    """What the cache holds of the ways between places; asks nobody."""
    return Roads(estimated(), _kept(places) if settings.DISPATCH_ROADS_URL else {})


def roads_between(places: Sequence[Place]) -> Roads:
    """
    The ways between places, asked for where the cache has none.

    Within a transaction nobody is asked: no row waits for a service.
    """
    url = settings.DISPATCH_ROADS_URL
    found = known_roads(places)
    if not url or connection.in_atomic_block or cache.get(_pause_key()):
        return found
    strange = _strange(places, found.ways)
    if not strange:
        return found
    try:
        fresh = _asked(url, strange, places)
    except RoadsUnavailable as fault:
        cache.set(_pause_key(), True, PAUSE_S)
        logger.warning("No road distances, ways are estimated: %s", fault)
        return found
    _keep(fresh)
    return replace(found, ways={**found.ways, **fresh})


def with_roads(problem: Problem) -> tuple[Problem, Roads]:
    """A problem in which travel takes as long as by road. Call it outside transactions."""
    places = places_of(problem)
    roads = roads_between(places)
    if not roads.ways:
        return problem, roads
    seconds = travel_matrix(places, roads.travel)
    for row, start in enumerate(places):
        for column, end in enumerate(places):
            way = roads.ways.get((start.key, end.key))
            if way is not None and row != column:
                seconds[row, column] = way.seconds
    table = TravelTable(tuple(place.key for place in places), tuple(map(tuple, seconds.tolist())))
    return replace(problem, travel=replace(roads.travel, table=table)), roads


def _strange(places: Sequence[Place], ways: Ways) -> list[Place]:
    """The fewest places, or nearly, that every way which was never asked for begins or ends at."""
    keys = [each.key for each in places]
    gaps = {
        one: {
            other
            for other in keys
            if other != one and not ((one, other) in ways and (other, one) in ways)
        }
        for one in keys
    }
    found = set()
    while gaps:
        most = max(sorted(gaps), key=lambda key: len(gaps[key]))
        if not gaps.pop(most):
            break
        found.add(most)
        for others in gaps.values():
            others.discard(most)
    return [each for each in places if each.key in found]


def _asked(url: str, strange: Sequence[Place], places: Sequence[Place]) -> Ways:
    """To and from everything that is not known yet."""
    new, every = _spots(strange), _spots(places)
    known = [spot for spot in every if spot not in set(new)]
    limit = settings.DISPATCH_ROADS_TIMEOUT_S
    found = ways_between(url, new, every, timeout_s=limit)
    return found | (ways_between(url, known, new, timeout_s=limit) if known else {})


def _spots(places: Iterable[Place]) -> list[Spot]:
    return [Spot(each.key, each.lat, each.lon) for each in places]


def _kept(places: Sequence[Place]) -> Ways:
    rows = cache.get_many([_row_key(each.key) for each in places])
    wanted = {each.key for each in places}
    return {
        (start.key, end): None if way is None else Way(*way)
        for start in places
        for end, way in rows.get(_row_key(start.key), {}).items()
        if end in wanted
    }


def _keep(fresh: Ways) -> None:
    """Add to the rows of the places; a row that grew too long begins anew."""
    rows: dict[str, dict[str, tuple[int, int] | None]] = {}
    for (start, end), way in fresh.items():
        rows.setdefault(start, {})[end] = None if way is None else (way.seconds, way.meters)
    before = cache.get_many([_row_key(start) for start in rows])
    kept = {}
    for start, row in rows.items():
        old = before.get(_row_key(start), {})
        kept[_row_key(start)] = row if len(old) > MOST_IN_A_ROW else {**old, **row}
    cache.set_many(kept, settings.DISPATCH_ROADS_KEPT_H * 3600)


def _service() -> str:
    return hashlib.sha256(settings.DISPATCH_ROADS_URL.encode()).hexdigest()[:16]


def _row_key(place: str) -> str:
    return f"dispatch-roads:{_service()}:{place}"


def _pause_key() -> str:
    return f"dispatch-roads:{_service()}:pause"
