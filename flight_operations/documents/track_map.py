"""
A map of a flight: area, fences, track, launch and landing, scale and north. Pure.

Drawn from coordinates alone; no picture of the ground is fetched from anywhere. The projection is
flat around the middle, good to 1 % within 50 km.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from flight_operations.documents import drawing
from flight_operations.documents.drawing import Point

WIDTH, HEIGHT = 515.0, 330.0
MARGIN = 14.0
METERS_PER_DEGREE = 111_195.0
# A flight on one spot still has surroundings.
LEAST_SPAN_M = 60.0
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
    """What is drawn; `breaks` are positions along the track that did not keep to the plan."""

    areas: tuple[Area, ...]
    track: tuple[Point, ...]
    is_conformant: tuple[bool, ...]
    launch: Point
    recovery: Point
    marks: tuple[Mark, ...] = ()


STYLES = {
    "volume": (drawing.BLUE, 0.07, ""),
    "keep_in": (drawing.GREEN, 0.05, "6 3"),
    "keep_out": (drawing.RED, 0.10, "2 2"),
}
LEGEND = {
    "volume": "Operation area",
    "keep_in": "Fence: stay inside",
    "keep_out": "Fence: stay outside",
}


class _Sheet:
    """From degrees to points on paper, everything in sight and north up."""

    def __init__(self, places: Sequence[Point]) -> None:
        lons, lats = [x for x, _ in places], [y for _, y in places]
        self.middle = ((min(lons) + max(lons)) / 2, (min(lats) + max(lats)) / 2)
        self.east = METERS_PER_DEGREE * math.cos(math.radians(self.middle[1]))
        wide = max((max(lons) - min(lons)) * self.east, LEAST_SPAN_M) * 1.12
        high = max((max(lats) - min(lats)) * METERS_PER_DEGREE, LEAST_SPAN_M) * 1.12
        room = (WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN)
        # Points on paper per meter on the ground.
        self.scale = min(room[0] / wide, room[1] / high)

    def place(self, at: Point) -> Point:
        lon, lat = at
        x = (lon - self.middle[0]) * self.east * self.scale
        y = (lat - self.middle[1]) * METERS_PER_DEGREE * self.scale
        return WIDTH / 2 + x, HEIGHT / 2 - y

    def ring(self, places: Sequence[Point]) -> list[Point]:
        return [self.place(place) for place in places]

    def at_corner(self, x: float, y: float) -> Point:
        """The degrees of a place on paper."""
        lon = self.middle[0] + (x - WIDTH / 2) / self.scale / self.east
        return lon, self.middle[1] + (HEIGHT / 2 - y) / self.scale / METERS_PER_DEGREE


def draw_map(scene: MapScene) -> bytes:
    """The map as SVG."""
    places = [*scene.track, scene.launch, scene.recovery]
    places += [place for area in scene.areas for place in area.ring]
    sheet = _Sheet(places)
    return drawing.svg(
        WIDTH,
        HEIGHT,
        [
            drawing.box((0, 0), (WIDTH, HEIGHT), "#fbfcfd", edge=drawing.GRID),
            *_grid(sheet),
            *(_area(sheet, area) for area in scene.areas),
            *_track(sheet, scene),
            *_sites(sheet, scene),
            *(_mark(sheet, mark) for mark in scene.marks),
            *_names(sheet, scene.areas),
            *_north(),
            *_scale_bar(sheet),
            *_legend(scene),
        ],
    )


def _grid(sheet: _Sheet) -> list[str]:
    """Lines every round number of meters from the middle, and the corners in degrees."""
    step = drawing.round_step((WIDTH - 2 * MARGIN) / sheet.scale, 8) * sheet.scale
    found = []
    for number in range(-12, 13):
        x, y = WIDTH / 2 + number * step, HEIGHT / 2 + number * step
        if 0 < x < WIDTH:
            found.append(drawing.line((x, 0), (x, HEIGHT), drawing.GRID, 0.3))
        if 0 < y < HEIGHT:
            found.append(drawing.line((0, y), (WIDTH, y), drawing.GRID, 0.3))
    north_west, south_east = sheet.at_corner(0, 0), sheet.at_corner(WIDTH, HEIGHT)
    quiet = {"size": 6.5, "color": drawing.QUIET}
    found.append(drawing.words(degrees(north_west), (6, 11), **quiet))  # type: ignore[arg-type]
    return [
        *found,
        drawing.words(
            degrees(south_east),
            (WIDTH - 6, HEIGHT - 6),
            size=6.5,
            color=drawing.QUIET,
            anchor="end",
        ),
    ]


def degrees(at: Point) -> str:
    """`35.15500° S 149.23500° E`."""
    lon, lat = at
    north, east = "N" if lat >= 0 else "S", "E" if lon >= 0 else "W"
    return f"{abs(lat):.{PLACES}f}° {north} {abs(lon):.{PLACES}f}° {east}"


def _area(sheet: _Sheet, area: Area) -> str:
    color, opacity, dash = STYLES[area.kind]
    return drawing.polygon(sheet.ring(area.ring), color, opacity=opacity, width=1.1, dash=dash)


def _names(sheet: _Sheet, areas: Sequence[Area]) -> list[str]:
    """Each area by its name, inside its northern edge."""
    found = []
    for area in areas:
        ring = sheet.ring(area.ring)
        left, top = min(x for x, _ in ring), min(y for _, y in ring)
        color, _, _ = STYLES[area.kind]
        found.append(drawing.words(area.name, (left + 4, top + 9), size=7, color=color))
    return found


def _track(sheet: _Sheet, scene: MapScene) -> list[str]:
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


def _sites(sheet: _Sheet, scene: MapScene) -> list[str]:
    x, y = sheet.place(scene.launch)
    found = [drawing.triangle((x, y), drawing.INK)]
    if scene.launch == scene.recovery:
        return [*found, drawing.words("Launch and landing", (x + 8, y + 3))]
    found.append(drawing.words("Launch", (x + 8, y + 3)))
    x, y = sheet.place(scene.recovery)
    found.append(drawing.triangle((x, y), drawing.INK, is_up=False))
    return [*found, drawing.words("Landing", (x + 8, y + 3))]


def _mark(sheet: _Sheet, mark: Mark) -> str:
    color = drawing.RED if mark.is_red else drawing.AMBER
    return drawing.badge(mark.number, sheet.place(mark.place), color)


def _north() -> list[str]:
    x, y = WIDTH - 22, 34.0
    return [
        drawing.line((x, y + 12), (x, y - 6), drawing.INK, 1.2),
        drawing.triangle((x, y - 10), drawing.INK, size=7),
        drawing.words("N", (x, y + 22), size=9, anchor="middle"),
    ]


def _scale_bar(sheet: _Sheet) -> list[str]:
    meters = drawing.round_step(150 / sheet.scale, 1)
    if meters * sheet.scale > 200:
        meters /= 2
    length = meters * sheet.scale
    x, y = MARGIN, HEIGHT - MARGIN
    text = f"{meters / 1000:g} km" if meters >= 1000 else f"{meters:g} m"
    return [
        drawing.box((x, y - 4), (length / 2, 4), drawing.INK),
        drawing.box((x + length / 2, y - 4), (length / 2, 4), "#ffffff", edge=drawing.INK),
        drawing.words("0", (x, y - 7), size=7),
        drawing.words(text, (x + length, y - 7), size=7, anchor="middle"),
    ]


def _legend(scene: MapScene) -> list[str]:
    kinds = [kind for kind in STYLES if any(area.kind == kind for area in scene.areas)]
    x, y = MARGIN, 24.0
    height = 11.0 * (len(kinds) + 2) + 6
    found = [drawing.box((x - 4, y - 6), (122, height), "#ffffff", opacity=0.88, edge=drawing.GRID)]
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
