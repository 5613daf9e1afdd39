"""Travel times between all places of a problem, in whole seconds, rounded up."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dispatcher.planning.model import Place, Problem, Travel

# Mean radius of the Earth (IUGG), meters: the road factor is rougher than the ellipsoid.
EARTH_M = 6_371_008.8


def places_of(problem: Problem) -> tuple[Place, ...]:
    """Every place once, by key."""
    found = {task.place.key: task.place for task in problem.tasks}
    found |= {each.base.key: each.base for each in problem.aircraft}
    found |= {each.base.key: each.base for each in problem.pilots}
    found |= {each.place.key: each.place for each in problem.commitments if each.place}
    return tuple(found[key] for key in sorted(found))


def travel_matrix(places: Sequence[Place], travel: Travel) -> NDArray[np.int64]:
    """Seconds from each place to each, zero to itself; see `Travel` for where they come from."""
    lat = np.radians([place.lat for place in places])
    lon = np.radians([place.lon for place in places])
    half = (
        np.sin((lat[:, None] - lat[None, :]) / 2) ** 2
        + np.cos(lat)[:, None] * np.cos(lat)[None, :] * np.sin((lon[:, None] - lon) / 2) ** 2
    )
    meters = 2 * EARTH_M * np.arcsin(np.sqrt(np.clip(half, 0, 1)))
    seconds = np.ceil(meters * travel.road_factor / travel.speed_ms - 1e-6).astype(np.int64)
    if travel.table is not None:
        rows = {key: number for number, key in enumerate(travel.table.keys)}
        known = [number for number, place in enumerate(places) if place.key in rows]
        where = [rows[places[number].key] for number in known]
        given = np.array(travel.table.seconds, np.int64)
        seconds[np.ix_(known, known)] = given[np.ix_(where, where)]
    np.fill_diagonal(seconds, 0)
    return seconds
