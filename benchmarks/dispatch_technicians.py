"""
Technician-routing instances as days of dispatch.

Pillac's: a technician is a pilot with skills and an aircraft with tools and spare parts at his
home; the two belong together. Parts are carried from the start only, as nobody can restock at the
depot here, so a request may stay behind that the original serves. Kovacs's without teams: skills
with levels become qualifications; the prize is the cost of having the task done by others.
Seconds stand for hundredths of a unit, rounded up: a plan that holds here holds there.
"""

import csv
import gzip
import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dispatcher.planning.model import (
    Aircraft,
    Exclusion,
    Period,
    Pilot,
    Place,
    Problem,
    Task,
    Travel,
    TravelTable,
    Weights,
    WindowSet,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
PARTS = 100
PRIZE = 1_000_000


def pillac_files(folder: Path) -> list[Path]:
    """The instances with 25 technicians, as text: the other form has lost the windows."""
    return sorted((folder / "trsp_pillac" / "txt_form").glob("*.100_25-*.txt.gz"))


def published(folder: Path) -> dict[str, float]:
    """Service and travel time of the published solutions together, by name."""
    with (folder / "trsp_pillac" / "published_objective_2013.csv").open() as source:
        return {row["instance"]: float(row["objective"]) for row in csv.DictReader(source)}


def pillac(path: Path) -> Problem:
    """One of Pillac's instances."""
    rows = []
    for line in gzip.decompress(path.read_bytes()).decode().splitlines():
        fields, lists = line.split("[")[0].split(), re.findall(r"\[([\d,]*)\]", line)
        if len(fields) == 6 and len(lists) == 3:
            listed = [[int(v) for v in text.split(",") if v] for text in lists]
            rows.append(([int(field) for field in fields], *listed))
    nodes = {str(row[0][0]): (row[0][1], row[0][2]) for row in rows}
    day = Period(START, START + timedelta(seconds=PARTS * rows[0][0][4]))
    aircraft, pilots, tasks = [], [], []
    for (number, _, _, ready, due, service), skills, tools, parts in rows[1:]:
        place = _place(str(number), nodes)
        held = frozenset(f"skill-{skill}" for skill in skills)
        kit = frozenset(f"tool-{tool}" for tool in tools)
        stock = {f"part-{kind}": amount for kind, amount in enumerate(parts) if amount}
        if service == 0:
            aircraft.append(Aircraft(f"kit-{number:03d}", place, day, kit, loads=stock))
            pilots.append(Pilot(f"technician-{number:03d}", place, day, held))
            continue
        duration = timedelta(seconds=PARTS * service)
        begin, end = (START + timedelta(seconds=PARTS * moment) for moment in (ready, due))
        tasks.append(
            Task(
                f"request-{number:03d}",
                place,
                duration,
                (WindowSet("client", (Period(begin, end + duration),)),),
                priority=1,
                capabilities=kit,
                qualifications=held,
                loads=stock,
            )
        )
    return _problem(day, tasks, aircraft, pilots, pairs=True)


def kovacs_files(folder: Path) -> list[Path]:
    """The instances without teams."""
    return sorted((folder / "strsp_kovacs" / "tasks_noTeam").glob("*.txt"))


def kovacs(path: Path) -> Problem:
    """One of Kovacs's instances without teams, with its technicians."""
    lines = [line.split() for line in path.read_text().splitlines() if line.strip()]
    start = next(n for n, line in enumerate(lines) if line[:2] == ["CUST", "NO."])
    names = [name.removeprefix("2") for name in lines[start] if re.fullmatch(r"2?d\d+", name)]
    rows = [[int(value) for value in line] for line in lines[start + 1 :] if line[0].isdigit()]
    nodes = {str(row[0]): (row[1], row[2]) for row in rows}
    day = Period(START, START + timedelta(seconds=PARTS * rows[0][5]))
    depot = _place(str(rows[0][0]), nodes)
    tasks = [_levels(row, names, nodes) for row in rows[1:]]
    folder = path.parents[1] / "technicians_noTeam"
    table = [
        line.split() for line in (folder / f"technicians_{path.name}").read_text().splitlines()
    ]
    people = [[int(v) for v in line] for line in table if len(line) > 2 and line[0].isdigit()]
    pilots = [
        Pilot(
            f"technician-{row[0]:02d}",
            depot,
            day,
            frozenset(
                f"d{domain}{level}"
                for domain, top in enumerate(row[1:], 1)
                for level in range(1, top + 1)
            ),
        )
        for row in people
    ]
    aircraft = [Aircraft(f"van-{row[0]:02d}", depot, day) for row in people]
    return _problem(day, tasks, aircraft, pilots, pairs=False)


def _levels(row: list[int], names: list[str], nodes: dict) -> Task:
    needs = row[8 : 8 + len(names)]
    duration = timedelta(seconds=PARTS * row[6])
    window = Period(
        START + timedelta(seconds=PARTS * row[4]),
        START + timedelta(seconds=PARTS * row[5]) + duration,
    )
    return Task(
        f"task-{row[0]:03d}",
        _place(str(row[0]), nodes),
        duration,
        (WindowSet("client", (window,)),),
        priority=1,
        value=200 + sum(needs) ** 1.5,
        qualifications=frozenset(
            name for name, need in zip(names, needs, strict=False) if need > 0
        ),
    )


def _problem(
    day: Period, tasks: list[Task], aircraft: list[Aircraft], pilots: list[Pilot], *, pairs: bool
) -> Problem:
    places = {each.place.key: each.place for each in tasks}
    places |= {each.base.key: each.base for each in aircraft}
    keys = tuple(sorted(places))
    points = [(places[key].lon * 1_000, places[key].lat * 1_000) for key in keys]
    rows = tuple(tuple(math.ceil(PARTS * math.dist(a, b) - 1e-6) for b in points) for a in points)
    apart = tuple(_strangers(aircraft, pilots)) if pairs else ()
    return Problem(
        horizon=day,
        tasks=tuple(tasks),
        aircraft=tuple(aircraft),
        pilots=tuple(pilots),
        exclusions=apart,
        travel=Travel(table=TravelTable(keys, rows)),
        weights=Weights(prize=PRIZE if pairs else PARTS, unit=0, balance=0.0, lateness=0.0),
    )


def _strangers(aircraft: list[Aircraft], pilots: list[Pilot]) -> Iterable[Exclusion]:
    for a, kit in enumerate(aircraft):
        for p, pilot in enumerate(pilots):
            if a != p:
                yield Exclusion("OWN-KIT", "tools of another", None, kit.key, pilot.key)


def _place(key: str, nodes: dict) -> Place:
    x, y = nodes[key]
    return Place(f"node-{int(key):03d}", y / 1_000, x / 1_000)
