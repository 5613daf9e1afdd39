"""
How exactly gaps of coverage are found: synthetic surveys with known holes, and one real flight.

Each survey is flown in lines over a rectangle somewhere on Earth; whole lines and pieces of lines
are left out, so that the missing square metres follow from arithmetic. Printed are the largest
errors of the missing and of the covered area, as shares of the area, and the time a survey takes.
With `--log` a recorded flight of any kind that can be imported is held against an area drawn around
its way, and shown as a picture; with `--shared` it is the one in WINDSOCK_SHARED_DATA, held against
an area that was drawn by hand over it.
Ends with 1 when an error exceeds half a percent.
"""

import argparse
import json
import os
import random
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from client_management.coverage import Camera, Coverage, Track, measure
from client_management.coverage_outputs import png
from client_management.local_plane import LocalPlane
from flight_operations.logs.reader import read_log

# On the ground from 80 m: 120 m across the way, 80 m along it.
CAMERA = Camera(sensor_width_mm=13.2, sensor_height_mm=8.8, focal_mm=8.8, every_m=20)
HEIGHT_M, ACROSS_M, ALONG_M, SPACING_M = 80.0, 120.0, 80.0, 100.0
MOST_ERROR = 0.005
# A real flight of 20 minutes, and an area over it in metres east and north of the flight's middle:
# corners reach where the flight never went.
SHARED = "flights/dji/air-2s_airdata.csv.gz"
DRAWN_M = ((-240, -30), (-190, 170), (40, 140), (190, 150), (250, -60), (160, -190), (-110, -150))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.coverage", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--surveys", type=int, default=200)
    parser.add_argument("--seed", type=int, default=20_260_315)
    parser.add_argument("--log", type=Path, help="a recorded flight")
    parser.add_argument("--shared", action="store_true", help="the recorded flight of the data")
    parser.add_argument("--room", type=float, default=40.0, help="metres drawn around its way")
    parser.add_argument("--picture", type=Path, default=Path("coverage.png"))
    return parser.parse_args()


def main() -> int:
    options = arguments()
    report = compare(options.surveys, options.seed)
    if options.log:
        found = flown(options.log, options.room)
        options.picture.write_bytes(png(found, name=options.log.stem))
        report |= figures(found)
    if options.shared:
        found = over_drawn(Path(os.environ["WINDSOCK_SHARED_DATA"]) / SHARED)
        options.picture.write_bytes(png(found, name="Recorded flight"))
        report |= figures(found)
    lines = "\n".join(f"{name:>22}: {value}" for name, value in report.items())
    sys.stdout.write(f"{json.dumps(report) if options.json else lines}\n")
    return 0 if report["largest_error_percent"] < 100 * MOST_ERROR else 1


def compare(surveys: int, seed: int) -> dict[str, Any]:
    """Fly so many surveys with holes; the errors against what arithmetic says."""
    chance, errors, seconds = random.Random(seed), [], []  # noqa: S311 - no secret
    for _ in range(surveys):
        area, tracks, missing_m2, whole_m2 = survey(chance)
        begun = time.process_time()
        found = measure(area, tracks, CAMERA)
        seconds.append(time.process_time() - begun)
        gaps = sum(gap.area_m2 for gap in found.gaps)
        covered = whole_m2 - missing_m2
        errors.append(max(abs(gaps - missing_m2), abs(found.covered_m2 - covered)) / whole_m2)
    return {
        "surveys": surveys,
        "largest_error_percent": round(100 * max(errors), 5),
        "mean_error_percent": round(100 * sum(errors) / len(errors), 5),
        "slowest_s": round(max(seconds), 3),
    }


def survey(chance: random.Random) -> tuple[Any, list[Track], float, float]:
    """An area, its flights, the square metres that no picture shows, and those of the area."""
    plane = LocalPlane(chance.uniform(-180, 180), chance.uniform(-65, 65))
    lines, long_m = chance.randint(6, 20), 50.0 * chance.randint(12, 40)
    wide_m = SPACING_M * (lines - 1)
    # Never two neighbors: then each hole is as wide as the line alone would have shown.
    holed = [n for n in range(1, lines - 1, 3) if chance.random() < 0.6]
    tracks, missing = [], 0.0
    for n in range(lines):
        if n not in holed:
            tracks.append(_line(plane, n, 0.0, long_m))
            continue
        # From the last picture before the hole to the first one after it, at the pictures' places.
        start = 20.0 * chance.randint(5, int(long_m / 40))
        end = start + 20.0 * chance.randint(8, int((long_m - start) / 20))
        tracks.append(_line(plane, n, 0.0, start))
        if end < long_m:
            tracks.append(_line(plane, n, end, long_m))
        seen_until, seen_from = start + ALONG_M / 2, end - ALONG_M / 2
        open_m = min(seen_from, long_m) - seen_until if end < long_m else long_m - seen_until
        missing += max(0.0, open_m) * (2 * SPACING_M - ACROSS_M)
    area = plane.unflatten(shapely.box(0, 0, wide_m, long_m))
    return area, tracks, missing, wide_m * long_m


def _line(plane: LocalPlane, number: int, start: float, end: float) -> Track:
    """One line to the north, in steps short enough to be straight on the ground."""
    norths = np.arange(start, end + 1e-6, 5.0)
    places = np.column_stack([np.full(len(norths), number * SPACING_M), norths])
    return Track(lonlat=plane.to_earth(places).tolist(), height_m=[HEIGHT_M] * len(norths))


def figures(found: Coverage) -> dict[str, Any]:
    """What a recorded flight came to."""
    return {
        "log_area_m2": round(found.area_m2, 1),
        "log_covered_m2": round(found.covered_m2, 1),
        "log_percent": round(found.percent, 2),
        "log_gaps": len(found.gaps),
        "log_largest_gap_m2": round(found.gaps[0].area_m2, 1) if found.gaps else 0.0,
        "log_pictures": found.shot_count,
    }


def over_drawn(log: Path) -> Coverage:
    """The shared flight against the area that was drawn over it."""
    track = recorded(log)
    plane = LocalPlane.around(shapely.LineString(track.lonlat))
    area = plane.unflatten(shapely.Polygon(DRAWN_M))
    return measure(area, [track], CAMERA)


def flown(log: Path, room_m: float) -> Coverage:
    """A recorded flight against the smallest rectangle around its way, with some room."""
    track = recorded(log)
    line = shapely.LineString(track.lonlat)
    plane = LocalPlane.around(line)
    flat = plane.flatten(line).oriented_envelope.buffer(room_m, join_style="mitre")
    return measure(plane.unflatten(flat), [track], CAMERA)


def recorded(log: Path) -> Track:
    """The positions of a log with their heights above the ground or above where it took off."""
    rows: list[np.ndarray] = []
    with log.open("rb") as file:
        for chunk in read_log(file, name=log.name).chunks():
            ground = chunk.height_ground_m
            height = np.where(np.isnan(ground), chunk.height_takeoff_m, ground)
            rows.append(np.column_stack([chunk.lon, chunk.lat, height, chunk.recorded_us / 1e6]))
    found = np.vstack(rows)
    found = found[np.isfinite(found).all(axis=1)]
    found = found[np.argsort(found[:, 3], kind="stable")]
    lonlat = [(float(lon), float(lat)) for lon, lat in found[:, :2]]
    return Track(lonlat=lonlat, height_m=found[:, 2].tolist(), at_s=found[:, 3].tolist())


if __name__ == "__main__":
    sys.exit(main())
