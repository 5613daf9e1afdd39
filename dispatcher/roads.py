"""
A matrix service by URL: how long and how far by road, as the table service of OSRM tells.

One GET asks for the ways from some places to some others. Called outside transactions only.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

import httpx

CONNECT_S = 2.0
# Coordinates in one request: what the service takes when nobody told it otherwise.
MOST_PLACES = 100
MOST_BYTES = 8 * 1024 * 1024
# Once around the Earth at walking pace: anything above is no answer.
MOST = 4e7


class RoadsUnavailable(Exception):
    """The service did not answer, or not with a table."""


class Spot(NamedTuple):
    """Somewhere on the map."""

    key: str
    lat: float
    lon: float


class Way(NamedTuple):
    """How long and how far by road."""

    seconds: int
    meters: int


Ways = dict[tuple[str, str], Way | None]


def ways_between(
    url: str, sources: Sequence[Spot], targets: Sequence[Spot], *, timeout_s: float
) -> Ways:
    """
    The ways from every source to every target; None where there is no road.

    `url` ends with the profile, such as `http://osrm:5000/table/v1/driving`. Asked in blocks that
    the service takes. Raises RoadsUnavailable.
    """
    found: Ways = {}
    timeout = httpx.Timeout(timeout_s, connect=min(CONNECT_S, timeout_s))
    with httpx.Client(timeout=timeout, follow_redirects=False, trust_env=False) as client:
        half = MOST_PLACES // 2
        for one, other in product(_blocks(sources, half), _blocks(targets, half)):
            found |= _table(client, url, one, other)
    return found


def _blocks(spots: Sequence[Spot], size: int) -> list[Sequence[Spot]]:
    return [spots[start : start + size] for start in range(0, len(spots), size)]


def _table(
    client: httpx.Client, url: str, sources: Sequence[Spot], targets: Sequence[Spot]
) -> Ways:
    spots = list(dict.fromkeys([*sources, *targets]))
    number = {spot.key: str(place) for place, spot in enumerate(spots)}
    coordinates = ";".join(f"{spot.lon:.6f},{spot.lat:.6f}" for spot in spots)
    parameters = {
        "annotations": "duration,distance",
        "sources": ";".join(number[spot.key] for spot in sources),
        "destinations": ";".join(number[spot.key] for spot in targets),
    }
    answer = _asked(client, f"{url.rstrip('/')}/{coordinates}", parameters)
    seconds = _grid(answer.get("durations"), len(sources), len(targets))
    meters = _grid(answer.get("distances"), len(sources), len(targets))
    return {
        (source.key, target.key): _way(seconds[row][column], meters[row][column])
        for row, source in enumerate(sources)
        for column, target in enumerate(targets)
    }


def _asked(client: httpx.Client, address: str, parameters: Mapping[str, str]) -> dict[str, Any]:
    try:
        with client.stream("GET", address, params=parameters) as response:
            if not response.is_success:
                raise RoadsUnavailable(f"The service answered {response.status_code}.")
            body = bytearray()
            for block in response.iter_bytes():
                body += block
                if len(body) > MOST_BYTES:
                    raise RoadsUnavailable("The answer is too large.")
        answer = httpx.Response(200, content=bytes(body)).json()
    except httpx.HTTPError as error:
        raise RoadsUnavailable(str(error) or type(error).__name__) from error
    except ValueError as error:
        raise RoadsUnavailable("The answer is not JSON.") from error
    if not isinstance(answer, dict) or answer.get("code") != "Ok":
        raise RoadsUnavailable("The answer is no table.")
    return answer


def _grid(rows: Any, height: int, width: int) -> list[list[Any]]:
    """A table of the asked size. Raises RoadsUnavailable for another."""
    is_whole = isinstance(rows, list) and len(rows) == height
    if not is_whole or any(not isinstance(row, list) or len(row) != width for row in rows):
        raise RoadsUnavailable("The table has another size than was asked for.")
    return list(rows)


def _way(seconds: Any, meters: Any) -> Way | None:
    if seconds is None or meters is None:
        return None
    return Way(math.ceil(_amount(seconds)), round(_amount(meters)))


def _amount(value: Any) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= MOST:
        raise RoadsUnavailable("The table holds what is no time and no distance.")
    return float(value)
