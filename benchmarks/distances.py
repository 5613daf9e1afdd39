"""
Distances and local times against independent sources.

Great circles of pairs of airports in the database, as itineraries have them, against the own
inverse of geographiclib and against PostGIS (ST_Distance on geography, by PROJ's geodesics); local
times of airports' zones around their changes of clocks against PostgreSQL (AT TIME ZONE). Reads
airports from the database that the environment names; changes nothing.
"""

import argparse
import json
import os
import random
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

GOAL_M = 1.0
YEARS = (2024, 2025, 2026, 2027)
NO_AIRPORTS = 2

Position = tuple[float, float]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.distances", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--pairs", type=int, default=1_000)
    parser.add_argument("--moments", type=int, default=200)
    return parser.parse_args()


def main() -> int:
    options = arguments()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django  # noqa: PLC0415 - after the environment is set

    django.setup()
    positions, zones = from_database()
    if len(positions) < 2:
        print("There are no airports in the database; load the reference data first.")
        return NO_AIRPORTS
    chance = random.Random(13)  # noqa: S311 - reproducible, no secret
    pairs = [tuple(chance.sample(positions, 2)) for _ in range(options.pairs)]
    report = {
        "airports": len(positions),
        "distances": distances(pairs),
        "local_times": local_times(moments(zones, options.moments, chance)),
    }
    report["goals"] = {
        f"every distance within {GOAL_M:g} m": report["distances"]["worst_m"] <= GOAL_M,
        "every local time right": report["local_times"]["wrong"] == 0,
        "half of the moments or more near a change of clocks": report["local_times"]["near_changes"]
        * 2
        >= report["local_times"]["moments"],
    }
    print(json.dumps(report, indent=2) if options.json else text(report))
    return 0 if all(report["goals"].values()) else 1


def from_database() -> tuple[list[Position], list[str]]:
    """Positions of all airports, and their zones."""
    from airports.models import Airport  # noqa: PLC0415 - needs Django

    rows = Airport.objects.in_use().order_by("ident", "pk")
    positions = [(point.y, point.x) for point in rows.values_list("point", flat=True)]
    zones = rows.exclude(timezone="").values_list("timezone", flat=True)
    return positions, sorted(set(zones))


def distances(pairs: Sequence[Sequence[Position]]) -> dict[str, Any]:
    """How far the distance of an itinerary is from two others, in meters."""
    from geographiclib.geodesic import Geodesic  # noqa: PLC0415 - as above

    from common.units import NM_M  # noqa: PLC0415
    from operations.itinerary import Place  # noqa: PLC0415
    from operations.planning.tracks import exact  # noqa: PLC0415

    def place(position: Position) -> Place:
        return Place(
            airport_id=0, ident="", name="", country="", region="", timezone="",
            lat=position[0], lon=position[1],
        )  # fmt: skip

    ours = [exact(place(a), place(b)).distance_nm * NM_M for a, b in pairs]
    inverse = [Geodesic.WGS84.Inverse(*a, *b)["s12"] for a, b in pairs]
    postgis = by_postgis(pairs)
    worst = [
        max(abs(one - other) for one, other in zip(ours, others, strict=True))
        for others in (inverse, postgis)
    ]
    return {
        "pairs": len(pairs),
        "longest_nm": round(max(ours) / NM_M, 1),
        "worst_against_geographiclib_m": round(worst[0], 6),
        "worst_against_postgis_m": round(worst[1], 6),
        "worst_m": round(max(worst), 6),
    }


def by_postgis(pairs: Sequence[Sequence[Position]]) -> list[float]:
    """Distances on the spheroid, in one statement."""
    from django.db import connection  # noqa: PLC0415 - as above

    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT ST_Distance(ST_SetSRID(ST_MakePoint(lon, lat), 4326)::geography,
                               ST_SetSRID(ST_MakePoint(to_lon, to_lat), 4326)::geography, true)
            FROM unnest(%s::float[], %s::float[], %s::float[], %s::float[]) WITH ORDINALITY
                AS t (lat, lon, to_lat, to_lon, number) ORDER BY number
            """,
            [[a[0] for a, _ in pairs], [a[1] for a, _ in pairs],
             [b[0] for _, b in pairs], [b[1] for _, b in pairs]],
        )  # fmt: skip
        return [float(row[0]) for row in cursor.fetchall()]


def moments(
    zones: Sequence[str], count: int, chance: random.Random
) -> list[tuple[str, datetime, bool]]:
    """Zones with moments: two of three within two hours of a change of clocks, where there is."""
    found = []
    while len(found) < count:
        zone, year = chance.choice(zones), chance.choice(YEARS)
        changes = changes_in(zone, year)
        if changes and len(found) % 3:
            at = chance.choice(changes) + timedelta(minutes=chance.randint(-120, 120))
            found.append((zone, at, True))
        elif not len(found) % 3:
            at = datetime(year, 1, 1, tzinfo=UTC) + timedelta(
                minutes=chance.randrange(365 * 24 * 60)
            )
            found.append((zone, at, False))
    return found


def changes_in(zone: str, year: int) -> list[datetime]:
    """The minutes of a year at which the clocks of a zone are changed."""
    keeps = ZoneInfo(zone)
    begun = datetime(year, 1, 1, tzinfo=UTC)
    found = []
    for day in range(365):
        early, late = begun + timedelta(days=day), begun + timedelta(days=day + 1)
        if early.astimezone(keeps).utcoffset() == late.astimezone(keeps).utcoffset():
            continue
        while late - early > timedelta(minutes=1):
            middle = early + (late - early) // 2
            if middle.astimezone(keeps).utcoffset() == early.astimezone(keeps).utcoffset():
                early = middle
            else:
                late = middle
        found.append(late.replace(second=0, microsecond=0))
    return found


def local_times(asked: Sequence[tuple[str, datetime, bool]]) -> dict[str, Any]:
    """What the planner shows on local clocks against PostgreSQL."""
    from django.db import connection  # noqa: PLC0415 - as above

    from operations.planning.duties import local  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT at AT TIME ZONE zone FROM unnest(%s::text[], %s::timestamptz[]) WITH ORDINALITY
                AS t (zone, at, number) ORDER BY number
            """,
            [[zone for zone, _, _ in asked], [at for _, at, _ in asked]],
        )
        theirs = [row[0] for row in cursor.fetchall()]
    wrong = [
        f"{zone} {at.isoformat()}"
        for (zone, at, _), other in zip(asked, theirs, strict=True)
        if local(at, zone).replace(tzinfo=None) != other
    ]
    return {
        "moments": len(asked),
        "zones": len({zone for zone, _, _ in asked}),
        "near_changes": sum(is_near for _, _, is_near in asked),
        "wrong": len(wrong),
        "which": wrong[:10],
    }


def text(report: dict[str, Any]) -> str:
    far, clocks = report["distances"], report["local_times"]
    return "\n".join(
        [
            f"{far['pairs']} pairs of {report['airports']} airports, up to {far['longest_nm']} NM:"
            f" {far['worst_against_geographiclib_m']} m from geographiclib,"
            f" {far['worst_against_postgis_m']} m from PostGIS at worst",
            f"{clocks['moments']} local times in {clocks['zones']} zones,"
            f" {clocks['near_changes']} of them near a change of clocks: {clocks['wrong']} wrong"
            f" {clocks['which'] or ''}",
            *(f"{goal}: {'yes' if met else 'NO'}" for goal, met in report["goals"].items()),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
