"""
A map of a flight: area, fences, track, launch and landing, scale and north. Pure.

Drawn from coordinates alone; no picture of the ground is fetched from anywhere. The projection is
flat around the middle, good to 1 % within 50 km. Where the area is much larger than the flight, the
map shows the flight and a small one beside it the whole.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from flight_operations.documents import drawing
from flight_operations.documents.drawing import Point

WIDTH, HEIGHT = 515.0, 300.0
MARGIN = 14.0
INSET = (112.0, 92.0)
METERS_PER_DEGREE = 111_195.0
# A flight on one spot still has surroundings.
LEAST_SPAN_M = 60.0
# The area may be so many times as long as the flight before a second map is drawn.
MUCH_LARGER = 1.8
PLACES = 5


@dataclass(frozen=True)
class Area:
    """A polygon in degrees (lon, lat), without holes, and what it is."""

    name: str
    kind: str
    ring: tuple[Point, ...]


@dataclass(frozen=True)
class Mark:
    """A numbered place: where an alert was worst."""

    number: str
    place: Point
    is_red: bool


@dataclass(frozen=True)
class MapScene:
    """What is drawn; `is_conformant` says of each place of the track whether it kept the plan."""

    areas: tuple[Area, ...]
    track: tuple[Point, ...]
    is_conformant: tuple[bool, ...]
    launch: Point
    recovery: Point
    marks: tuple[Mark, ...] = ()


STYLES = {
    "volume": (drawing.BLUE, 0.07, ""),
    "keep_in": (drawing.GREEN, 0.06, "6 3"),
    "keep_out": (drawing.RED, 0.10, "2 2"),
}
LEGEND = {
    "volume": "Operation area",
    "keep_in": "Fence: stay inside",
    "keep_out": "Fence: stay outside",
}


class Sheet:
    """From degrees to points on a piece of paper, all of some places in sight and north up."""

    def __init__(self, places: Sequence[Point], at: Point, size: Point, margin: float) -> None:
        lons, lats = [x for x, _ in places], [y for _, y in places]
        self.middle = ((min(lons) + max(lons)) / 2, (min(lats) + max(lats)) / 2)
        self.center = (at[0] + size[0] / 2, at[1] + size[1] / 2)
        self.at, self.size = at, size
        self.east = METERS_PER_DEGREE * math.cos(math.radians(self.middle[1]))
        self.wide_m = max((max(lons) - min(lons)) * self.east, LEAST_SPAN_M)
        self.high_m = max((max(lats) - min(lats)) * METERS_PER_DEGREE, LEAST_SPAN_M)
        room = (size[0] - 2 * margin, size[1] - 2 * margin)
        # Points on paper per meter on the ground.
        self.scale = min(room[0] / self.wide_m, room[1] / self.high_m)

    def place(self, at: Point) -> Point:
        lon, lat = at
        x = (lon - self.middle[0]) * self.east * self.scale
        y = (lat - self.middle[1]) * METERS_PER_DEGREE * self.scale
        return self.center[0] + x, self.center[1] - y

    def ring(self, places: Sequence[Point]) -> list[Point]:
        return [self.place(place) for place in places]

    def degrees_at(self, x: float, y: float) -> Point:
        """The degrees of a place on paper."""
        lon = self.middle[0] + (x - self.center[0]) / self.scale / self.east
        lat = self.middle[1] + (self.center[1] - y) / self.scale / METERS_PER_DEGREE
        return lon, lat


def draw_map(scene: MapScene) -> bytes:
    """The map as SVG."""
    flown = [*scene.track, scene.launch, scene.recovery, *(mark.place for mark in scene.marks)]
    whole = [*flown, *(place for area in scene.areas for place in area.ring)]
    size = (WIDTH, HEIGHT)
    sheet, full = Sheet(flown, (0, 0), size, 60), Sheet(whole, (0, 0), size, MARGIN + 8)
    is_much_larger = full.scale * MUCH_LARGER < sheet.scale
    if not is_much_larger:
        sheet = full
    return drawing.svg(
        WIDTH,
        HEIGHT,
        [
            drawing.box((0, 0), size, "#fbfcfd", edge=drawing.GRID),
            *_grid(sheet),
            *(_area(sheet, area) for area in scene.areas),
            *_names(sheet, scene.areas),
            *_track(sheet, scene),
            *_sites(sheet, scene),
            *(_mark(sheet, mark) for mark in scene.marks),
            *_corners(sheet),
            *_north(),
            *_scale_bar(sheet),
            *_legend(scene),
            *(_inset(scene, whole, sheet) if is_much_larger else ()),
        ],
    )


def degrees(at: Point) -> str:
    """`35.15500° S 149.23500° E`."""
    lon, lat = at
    north, east = "N" if lat >= 0 else "S", "E" if lon >= 0 else "W"
    return f"{abs(lat):.{PLACES}f}° {north} {abs(lon):.{PLACES}f}° {east}"


def _grid(sheet: Sheet) -> list[str]:
    """Lines every round number of meters from the middle."""
    step = drawing.round_step(WIDTH / sheet.scale, 10) * sheet.scale
    found = []
    for number in range(-12, 13):
        x, y = WIDTH / 2 + number * step, HEIGHT / 2 + number * step
        if 0 < x < WIDTH:
            found.append(drawing.line((x, 0), (x, HEIGHT), drawing.GRID, 0.3))
        if 0 < y < HEIGHT:
            found.append(drawing.line((0, y), (WIDTH, y), drawing.GRID, 0.3))
    return found


def _corners(sheet: Sheet) -> list[str]:
    """The corners in degrees."""
    top, bottom = degrees(sheet.degrees_at(0, 0)), degrees(sheet.degrees_at(WIDTH, HEIGHT))
    at = (WIDTH - 6, HEIGHT - 5)
    return [
        drawing.words(top, (6, 10), size=6.5, color=drawing.QUIET),
        drawing.words(bottom, at, size=6.5, color=drawing.QUIET, anchor="end"),
    ]


def _area(sheet: Sheet, area: Area) -> str:
    color, opacity, dash = STYLES[area.kind]
    return drawing.polygon(sheet.ring(area.ring), color, opacity=opacity, width=1.1, dash=dash)


def _names(sheet: Sheet, areas: Sequence[Area]) -> list[str]:
    """Each area by its name: inside its upper edge, or at the foot where it goes beyond."""
    found, foot = [], HEIGHT - 34.0
    for area in areas:
        ring = sheet.ring(area.ring)
        left, top = min(x for x, _ in ring), min(y for _, y in ring)
        color, _, _ = STYLES[area.kind]
        is_in_sight = 0 <= left < WIDTH - 120 and 0 <= top < HEIGHT - 40
        if is_in_sight:
            found.append(drawing.haloed(area.name, (left + 4, top + 10), color=color))
        else:
            found.append(drawing.haloed(area.name, (MARGIN, foot), color=color))
            foot -= 10
    return found


def _track(sheet: Sheet, scene: MapScene) -> list[str]:
    """The track in pieces: what kept to the plan, and what did not."""
    points = sheet.ring(scene.track)
    found = []
    begun = 0
    for at in range(1, len(points) + 1):
        is_end = at == len(points)
        if is_end or scene.is_conformant[at] != scene.is_conformant[begun]:
            color = drawing.BLUE if scene.is_conformant[begun] else drawing.RED
            piece = points[begun : at if is_end else at + 1]
            found.append(drawing.polyline(piece, color, 1.4))
            begun = at
    return found


def _sites(sheet: Sheet, scene: MapScene) -> list[str]:
    if scene.launch == scene.recovery:
        return _site(sheet, scene.launch, "Launch and landing", is_up=True)
    launch = _site(sheet, scene.launch, "Launch", is_up=True)
    return launch + _site(sheet, scene.recovery, "Landing", is_up=False)


def _site(sheet: Sheet, at: Point, name: str, *, is_up: bool) -> list[str]:
    x, y = sheet.place(at)
    mark = drawing.triangle((x, y), drawing.INK, is_up=is_up)
    return [mark, drawing.haloed(name, (x, y + 16), anchor="middle")]


def _mark(sheet: Sheet, mark: Mark) -> str:
    """A numbered disc above the place, with a line down to it."""
    color = drawing.RED if mark.is_red else drawing.AMBER
    x, y = sheet.place(mark.place)
    return drawing.line((x, y), (x, y - 14), color, 0.8) + drawing.badge(
        mark.number, (x, y - 18), color
    )


def _north() -> list[str]:
    x, y = WIDTH - 22, 30.0
    return [
        drawing.line((x, y + 12), (x, y - 6), drawing.INK, 1.2),
        drawing.triangle((x, y - 10), drawing.INK, size=7),
        drawing.words("N", (x, y + 22), size=9, anchor="middle"),
    ]


def _scale_bar(sheet: Sheet) -> list[str]:
    meters = drawing.round_step(75 / sheet.scale, 1)
    length = meters * sheet.scale
    x, y = MARGIN, HEIGHT - 10.0
    text = f"{meters / 1000:g} km" if meters >= 1000 else f"{meters:g} m"
    return [
        drawing.box((x, y - 4), (length / 2, 4), drawing.INK, edge=drawing.INK),
        drawing.box((x + length / 2, y - 4), (length / 2, 4), "#ffffff", edge=drawing.INK),
        drawing.haloed("0", (x, y - 7)),
        drawing.haloed(text, (x + length, y - 7), anchor="middle"),
    ]


def _legend(scene: MapScene) -> list[str]:
    kinds = [kind for kind in STYLES if any(area.kind == kind for area in scene.areas)]
    x, y = MARGIN, 24.0
    height = 11.0 * (len(kinds) + 2) + 6
    found = [drawing.box((x - 4, y - 6), (118, height), "#ffffff", opacity=0.9, edge=drawing.GRID)]
    for kind in kinds:
        color, opacity, dash = STYLES[kind]
        corners = [(x, y), (x + 16, y), (x + 16, y + 7), (x, y + 7)]
        found.append(drawing.polygon(corners, color, opacity=opacity * 2, dash=dash))
        found.append(drawing.words(LEGEND[kind], (x + 21, y + 6)))
        y += 11
    for text, color in (("Track", drawing.BLUE), ("Track outside a limit", drawing.RED)):
        found.append(drawing.line((x, y + 4), (x + 16, y + 4), color, 1.6))
        found.append(drawing.words(text, (x + 21, y + 6)))
        y += 11
    return found


def _inset(scene: MapScene, whole: Sequence[Point], sheet: Sheet) -> list[str]:
    """The whole area in a corner, and on it what the map shows."""
    at = (WIDTH - INSET[0] - 8, HEIGHT - INSET[1] - 14)
    small = Sheet(whole, at, INSET, 8)
    corners = [(0.0, 0.0), (WIDTH, 0.0), (WIDTH, HEIGHT), (0.0, HEIGHT)]
    frame = small.ring([sheet.degrees_at(x, y) for x, y in corners])
    return [
        drawing.box(at, INSET, "#ffffff", opacity=0.94, edge=drawing.QUIET),
        *(_area(small, area) for area in scene.areas),
        drawing.polygon(frame, drawing.INK, opacity=0.06, width=0.8),
        drawing.words("Whole area", (at[0] + 4, at[1] + 8), size=6.5, color=drawing.QUIET),
    ]
