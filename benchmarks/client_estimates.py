"""
Estimates of drone work against minutes in the air: flown here second by second, and those on file.

    python -m benchmarks.client_estimates [--areas 300] [--seed 1] [--within 0.15] [--database]

Random areas are estimated and cut into operations by the product; then each operation is flown by
a machine of its own that knows none of the estimate's code: it climbs, goes to the first line,
speeds up, brakes, steps over to the next line against wind, comes back and lands. With
`--database` the flights of jobs that are on file (the demo's, or a company's) are held against what
was planned for them. Exits with 1 where the median is further off than `--within`.
"""

import argparse
import math
import random
import statistics
import sys
from collections import defaultdict
from typing import Any

import shapely
from shapely import affinity
from shapely.geometry import LineString, Polygon

from client_management.specifications import specification_of
from client_management.survey.equipment import Lines
from client_management.survey.estimate import PlannedPart, estimate
from client_management.survey.parts import CannotBeFlown, TooManyOperations
from client_management.survey.plane import plane_of

ACCELERATION_MS2 = 2.0
CLIMB_MS, DESCENT_MS = 4.0, 3.0
TRANSIT_MS = 10.0
# Hovering after take-off, before a turn and over the place of landing.
LOOK_S, SETTLE_S, LAND_S = 10.0, 1.0, 15.0
STEP_S = 0.25
# Of what is on file, one by one.
SHOWN = 20
SERVICES = {
    "mapping": lambda dice: {"gsd_cm": round(dice.uniform(1.0, 3.5), 2)},
    "thermal": lambda dice: {"gsd_cm": round(dice.uniform(4.0, 12.0), 1)},
    "lidar": lambda dice: {"density_m2": dice.randrange(20, 300)},
}


def main() -> int:
    """Estimate and fly; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.client_estimates")
    parser.description = " ".join((__doc__ or "").split("\n\n")[0].split())
    parser.add_argument("--areas", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--within", type=float, default=0.15, help="of the median, as a share")
    parser.add_argument("--database", action="store_true", help="flights that are on file, too")
    given = parser.parse_args()
    found = simulated(given)
    if given.database:
        found.update(on_file())
    is_wrong = False
    for name, ratios in found.items():
        is_wrong |= told(name, ratios, given.within)
    return 1 if is_wrong else 0


def told(name: str, ratios: list[float], within: float) -> bool:
    """Print the ratios estimated / flown of one kind; whether their median is too far off."""
    if not ratios:
        print(f"client_estimates  {name:18} no flights")
        return False
    ordered = sorted(ratios)
    middle = statistics.median(ordered)
    low, high = ordered[int(len(ordered) * 0.05)], ordered[int(len(ordered) * 0.95)]
    print(
        f"client_estimates  {name:18} {len(ordered):5} flights  estimated / flown:"
        f" median {middle:.3f}  p5 {low:.3f}  p95 {high:.3f}"
    )
    return abs(middle - 1) > within


def simulated(given: argparse.Namespace) -> dict[str, list[float]]:
    """Ratios by service, over operations and over whole areas."""
    dice = random.Random(given.seed)  # noqa: S311 - reproducible, not secret
    found: dict[str, list[float]] = defaultdict(list)
    for _ in range(given.areas):
        service = dice.choice(sorted(SERVICES))
        wanted = specification_of(service, SERVICES[service](dice))
        try:
            planned = estimate(an_area(dice), wanted, max_height_m=120.0)
        except (CannotBeFlown, TooManyOperations):
            continue
        if planned.how is None:
            raise SystemExit(f"{service} has no lines")
        wind = dice.uniform(0.0, 6.0)
        flown = [
            minutes_in_the_air(part, planned.how, planned.heading_deg, wind)
            for part in planned.parts
        ]
        for part, minutes in zip(planned.parts, flown, strict=True):
            found[f"{service}, operation"].append(part.flight_min / minutes)
        whole = sum(part.flight_min for part in planned.parts)
        found[f"{service}, area"].append(whole / sum(flown))
    return dict(sorted(found.items()))


def an_area(dice: random.Random) -> Polygon:
    """A field of 0.2 to 40 hectares with three to nine corners, somewhere."""
    lat, lon = dice.uniform(-45, 60), dice.uniform(-179, 179)
    radius_m = math.sqrt(dice.uniform(2_000, 400_000) / math.pi)
    corners = dice.randrange(3, 10)
    turn = dice.uniform(0, 2 * math.pi)
    ring = []
    for n in range(corners):
        angle = turn + 2 * math.pi * n / corners
        out = radius_m * dice.uniform(0.7, 1.3) / 111_320
        east = out * math.cos(angle) / math.cos(math.radians(lat))
        ring.append((lon + east, lat + out * math.sin(angle)))
    return Polygon(ring)


def minutes_in_the_air(part: PlannedPart, how: Lines, heading_deg: float, wind_ms: float) -> float:
    """One operation flown from a stand in its middle, with as many landings as it has batteries."""
    flat = plane_of(part.polygon).to_metres(part.polygon)
    lines = flight_lines(flat, how, heading_deg)
    stand = flat.centroid
    landings_s = part.batteries * (how.height_m / CLIMB_MS + how.height_m / DESCENT_MS)
    landings_s += part.batteries * (LOOK_S + LAND_S)
    # To the first line and back from the last; a change of batteries is on the way.
    away_m = stand.distance(shapely.Point(lines[0].coords[0]))
    away_m += stand.distance(shapely.Point(lines[-1].coords[-1]))
    seconds = landings_s + part.batteries * away_m / TRANSIT_MS
    for n, line in enumerate(lines):
        seconds += leg_s(line.length, how.speed_ms, wind_ms) + SETTLE_S
        if n + 1 < len(lines):
            over = shapely.Point(line.coords[-1]).distance(shapely.Point(lines[n + 1].coords[0]))
            seconds += leg_s(over, TRANSIT_MS, wind_ms) + SETTLE_S
    return seconds / 60


def flight_lines(flat: Any, how: Lines, heading_deg: float) -> list[LineString]:
    """Lines there and back over a part, a picture's base longer at both ends."""
    turned = affinity.rotate(flat, heading_deg, origin=(0, 0))
    west, south, east, north = turned.bounds
    count = max(1, math.ceil((east - west) / how.spacing_m - 1e-9))
    found = []
    for n in range(count):
        x = west + (n + 0.5) * (east - west) / count
        cut = turned.intersection(LineString([(x, south - 1), (x, north + 1)]))
        if cut.is_empty:
            continue
        _, low, _, high = cut.bounds
        ends = [(x, low - how.base_m), (x, high + how.base_m)]
        line = LineString(ends if len(found) % 2 == 0 else ends[::-1])
        found.append(affinity.rotate(line, -heading_deg, origin=(0, 0)))
    return found


def leg_s(length_m: float, speed_ms: float, wind_ms: float) -> float:
    """Seconds from standing to standing over a leg, step by step, with gusts around the wind."""
    # The ground speed is held as long as the air speed is not too much for the machine.
    cruise = min(speed_ms, max(2.0, 15.0 - wind_ms))
    at, speed, clock = 0.0, 0.0, 0.0
    while at < length_m - 0.05:
        left = length_m - at
        brake = speed * speed / (2 * ACCELERATION_MS2)
        change = -ACCELERATION_MS2 if brake >= left else ACCELERATION_MS2
        speed = min(cruise, max(0.3, speed + change * STEP_S))
        at += speed * STEP_S
        clock += STEP_S
    return clock


def on_file() -> dict[str, list[float]]:
    """Planned and flown minutes of operations of jobs in the database of the environment."""
    import django  # noqa: PLC0415 - after the arguments are read

    django.setup()
    from client_management.models import JobOperation  # noqa: PLC0415 - needs Django
    from flight_operations.models import FLOWN  # noqa: PLC0415

    rows = JobOperation.objects.filter(operation__status__in=FLOWN).values_list(
        "operation__number", "planned_min", "operation__actual_start_at", "operation__actual_end_at"
    )
    flights = [
        (number, planned, (end - start).total_seconds() / 60)
        for number, planned, start, end in rows.order_by("pk")
        if start and end and end > start
    ]
    for number, planned, flown in flights[-SHOWN:]:
        print(
            f"client_estimates  {number:18} estimated {planned:6.2f} min  flown {flown:6.2f} min"
            f"  difference {planned - flown:+.2f} min ({planned / flown - 1:+.1%})"
        )
    return {"on file": [planned / flown for _, planned, flown in flights]}


if __name__ == "__main__":
    sys.exit(main())
