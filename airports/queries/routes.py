from collections.abc import Sequence
from typing import Any

from airports.exceptions import ImpossibleWind, UnknownPlace
from airports.models import Airport
from airports.routes import Leg, Waypoint, Wind, WindTooStrong, fly_route


def waypoints(places: Sequence[dict[str, Any]]) -> list[Waypoint]:
    """Turn codes and positions into waypoints, in one query. Raises UnknownPlace."""
    codes = {place["code"].strip().upper() for place in places if "code" in place}
    found: dict[str, Airport] = {}
    # The stronger code last, so that it wins where one airport's IATA is another's ident.
    for field in ("gps_code", "iata", "ident", "icao"):
        rows = Airport.objects.in_use().filter(**{f"{field}__in": codes}).order_by("-pk")
        found |= {getattr(row, field): row for row in rows}
    result = []
    for place in places:
        if "code" not in place:
            result.append(
                Waypoint(f"{place['lat']:.5f},{place['lon']:.5f}", place["lat"], place["lon"])
            )
            continue
        code = place["code"].strip().upper()
        if code not in found:
            raise UnknownPlace(code=code[:16])
        airport = found[code]
        result.append(Waypoint(str(airport), airport.point.y, airport.point.x))
    return result


def route(
    places: Sequence[dict[str, Any]], *, cruise_kt: float | None, winds: Sequence[Wind | None]
) -> list[Leg]:
    """Every leg of a route between places. Raises UnknownPlace, ImpossibleWind."""
    points = waypoints(places)
    legs: list[Leg] = []
    for number, wind in enumerate(winds):
        pair = points[number : number + 2]
        try:
            legs += fly_route(pair, cruise_kt=cruise_kt, winds=[wind])
        except WindTooStrong as fault:
            raise ImpossibleWind(
                leg=f"{pair[0].name} to {pair[1].name}",
                wind_kt=wind.speed_kt if wind else 0,
                cruise_kt=cruise_kt,
            ) from fault
    return legs
