"""Heights of a flight over its time: above ground and above take-off, limits and alerts. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flight_operations.documents import drawing
from flight_operations.documents.drawing import Point

WIDTH, HEIGHT = 515.0, 215.0
LEFT, RIGHT, TOP, BOTTOM = 34.0, 10.0, 30.0, 36.0


@dataclass(frozen=True)
class Sample:
    """Heights in meters at seconds since the start; None where nobody knows."""

    second: float
    above_ground_m: float | None
    above_takeoff_m: float | None


@dataclass(frozen=True)
class AlertSpan:
    """When a limit was not kept, in seconds since the start, and where it was worst."""

    number: str
    from_s: float
    until_s: float
    worst_s: float
    is_red: bool


@dataclass(frozen=True)
class PlotScene:
    """What is drawn; limits in meters above ground, `clock` names a second of the flight."""

    samples: tuple[Sample, ...]
    alerts: tuple[AlertSpan, ...]
    limit_m: float
    planned_m: float
    clock: Callable[[float], str]


class _Axes:
    """From seconds and meters to points on paper."""

    def __init__(self, scene: PlotScene) -> None:
        heights = [
            height
            for sample in scene.samples
            for height in (sample.above_ground_m, sample.above_takeoff_m)
            if height is not None
        ]
        self.lowest = min(0.0, *heights) if heights else 0.0
        self.highest = max([*heights, scene.limit_m, scene.planned_m]) * 1.12
        self.length = max(scene.samples[-1].second, 1.0)

    def x(self, second: float) -> float:
        room = WIDTH - LEFT - RIGHT
        return LEFT + room * min(max(second / self.length, 0.0), 1.0)

    def y(self, height: float) -> float:
        room = HEIGHT - TOP - BOTTOM
        return TOP + room * (self.highest - height) / (self.highest - self.lowest)


def draw_plot(scene: PlotScene) -> bytes:
    """The plot as SVG; a flight without positions has none. Raises ValueError."""
    if not scene.samples:
        raise ValueError("there is nothing to plot")
    axes = _Axes(scene)
    return drawing.svg(
        WIDTH,
        HEIGHT,
        [
            *(_span(axes, alert) for alert in scene.alerts),
            *_height_axis(axes),
            *_time_axis(axes, scene.clock),
            *_limits(axes, scene),
            *_curve(axes, _ground(scene.samples), drawing.BLUE, 1.8),
            *_curve(axes, _takeoff(scene.samples), drawing.INK, 0.7, "3 2"),
            *_badges(axes, scene),
            *_legend(scene),
        ],
    )


def _ground(samples: Sequence[Sample]) -> list[tuple[float, float | None]]:
    return [(sample.second, sample.above_ground_m) for sample in samples]


def _takeoff(samples: Sequence[Sample]) -> list[tuple[float, float | None]]:
    return [(sample.second, sample.above_takeoff_m) for sample in samples]


def _height_axis(axes: _Axes) -> list[str]:
    step = drawing.round_step(axes.highest - axes.lowest, 7)
    found, height = [], step * round(axes.lowest / step)
    while height <= axes.highest:
        y = axes.y(height)
        found.append(drawing.line((LEFT, y), (WIDTH - RIGHT, y), drawing.GRID, 0.4))
        found.append(drawing.words(f"{height:g}", (LEFT - 4, y + 2.5), anchor="end"))
        height += step
    return [*found, drawing.words("m", (LEFT - 4, TOP - 6), color=drawing.QUIET, anchor="end")]


def _time_axis(axes: _Axes, clock: Callable[[float], str]) -> list[str]:
    step = max(drawing.round_step(axes.length, 7), 1.0)
    if step >= 60:
        # Minutes read better than hundreds of seconds.
        step = drawing.round_step(axes.length / 60, 7) * 60
    base = HEIGHT - BOTTOM
    found = [drawing.line((LEFT, base), (WIDTH - RIGHT, base), drawing.INK, 0.8)]
    second = 0.0
    while second <= axes.length + 0.001:
        x = axes.x(second)
        found.append(drawing.line((x, base), (x, base + 3), drawing.INK, 0.6))
        minutes, rest = divmod(round(second), 60)
        found.append(drawing.words(f"{minutes}:{rest:02d}", (x, base + 11), anchor="middle"))
        quiet = drawing.words(
            clock(second), (x, base + 20), size=6, color=drawing.QUIET, anchor="middle"
        )
        found.append(quiet)
        second += step
    return found


def _limits(axes: _Axes, scene: PlotScene) -> list[str]:
    limit, planned = axes.y(scene.limit_m), axes.y(scene.planned_m)
    right = WIDTH - RIGHT
    name = f"Limit {scene.limit_m:g} m above ground"
    return [
        drawing.line((LEFT, limit), (right, limit), drawing.RED, 1.0),
        drawing.words(name, (right - 2, limit - 3), color=drawing.RED, anchor="end"),
        drawing.line((LEFT, planned), (right, planned), drawing.GREEN, 0.8, "5 3"),
        drawing.words(
            f"Planned {scene.planned_m:g} m", (right - 2, planned + 8), color=drawing.GREEN,
            anchor="end",
        ),
    ]  # fmt: skip


def _curve(
    axes: _Axes,
    heights: Sequence[tuple[float, float | None]],
    color: str,
    width: float,
    dash: str = "",
) -> list[str]:
    """A line through what is known; where a height is not known there is a gap."""
    pieces: list[list[Point]] = [[]]
    for second, height in heights:
        if height is None:
            pieces.append([])
        else:
            pieces[-1].append((axes.x(second), axes.y(height)))
    return [drawing.polyline(piece, color, width, dash) for piece in pieces if len(piece) > 1]


def _span(axes: _Axes, alert: AlertSpan) -> str:
    color = drawing.RED if alert.is_red else drawing.AMBER
    start, end = axes.x(alert.from_s), axes.x(alert.until_s)
    size = (max(end - start, 1.0), HEIGHT - TOP - BOTTOM)
    return drawing.box((start, TOP), size, color, opacity=0.10)


def _badges(axes: _Axes, scene: PlotScene) -> list[str]:
    return [
        drawing.badge(
            alert.number,
            (axes.x(alert.worst_s), TOP + 8),
            drawing.RED if alert.is_red else drawing.AMBER,
        )
        for alert in scene.alerts
    ]


def _legend(scene: PlotScene) -> list[str]:
    y, x = 12.0, LEFT
    entries = [
        ("Above the ground", drawing.BLUE, 1.8, ""),
        ("Above take-off", drawing.INK, 0.7, "3 2"),
    ]
    found = []
    for text, color, width, dash in entries:
        found.append(drawing.line((x, y - 2), (x + 18, y - 2), color, width, dash))
        found.append(drawing.words(text, (x + 23, y)))
        x += 110
    if scene.alerts:
        found.append(drawing.box((x, y - 6), (18, 8), drawing.RED, opacity=0.2))
        found.append(drawing.words("Alert, numbered as in the table", (x + 23, y)))
    at = (WIDTH - RIGHT, HEIGHT - 5)
    text = "Minutes and seconds since take-off, and local time"
    return [*found, drawing.words(text, at, size=6.5, color=drawing.QUIET, anchor="end")]
