"""Small pieces of SVG that the pictures of a flight are put together from. Pure."""

import html
import math
from collections.abc import Iterable, Sequence

Point = tuple[float, float]

INK, QUIET, GRID = "#1f2933", "#52606d", "#d5dbe1"
GREEN, RED, AMBER, BLUE = "#18794e", "#c62828", "#b35c00", "#1d5fa8"
FONT = "Noto Sans, DejaVu Sans, sans-serif"


def svg(width: float, height: float, parts: Iterable[str]) -> bytes:
    """A picture of that many points (1/72 inch)."""
    body = "".join(parts)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}pt" height="{height:g}pt" '
        f'viewBox="0 0 {width:g} {height:g}" font-family="{FONT}">'
    )
    return f"{head}{body}</svg>".encode()


def line(start: Point, end: Point, color: str, width: float = 0.6, dash: str = "") -> str:
    """A straight line; `dash` is a pattern such as `3 2`."""
    (x1, y1), (x2, y2) = start, end
    return (
        f'<line x1="{x1:.2f}" y1="{y1:.2f}" x2="{x2:.2f}" y2="{y2:.2f}" '
        f'stroke="{color}" stroke-width="{width:g}"{_dash(dash)}/>'
    )


def polyline(points: Sequence[Point], color: str, width: float, dash: str = "") -> str:
    """A line through points."""
    return (
        f'<polyline points="{_points(points)}" fill="none" stroke="{color}" '
        f'stroke-width="{width:g}" stroke-linejoin="round" stroke-linecap="round"{_dash(dash)}/>'
    )


def polygon(
    points: Sequence[Point], color: str, *, opacity: float, width: float = 1, dash: str = ""
) -> str:
    """A filled shape with its edge."""
    return (
        f'<polygon points="{_points(points)}" fill="{color}" fill-opacity="{opacity:g}" '
        f'stroke="{color}" stroke-width="{width:g}"{_dash(dash)}/>'
    )


def box(at: Point, size: Point, color: str, *, opacity: float = 1, edge: str = "none") -> str:
    """A rectangle from its upper left corner."""
    (x, y), (width, height) = at, size
    return (
        f'<rect x="{x:.2f}" y="{y:.2f}" width="{width:.2f}" height="{height:.2f}" '
        f'fill="{color}" fill-opacity="{opacity:g}" stroke="{edge}" stroke-width="0.6"/>'
    )


def words(text: str, at: Point, *, size: float = 7, color: str = INK, anchor: str = "start") -> str:
    """A line of text; `anchor` is start, middle or end."""
    x, y = at
    return (
        f'<text x="{x:.2f}" y="{y:.2f}" font-size="{size:g}" fill="{color}" '
        f'text-anchor="{anchor}">{html.escape(text)}</text>'
    )


def haloed(text: str, at: Point, *, color: str = INK, anchor: str = "start") -> str:
    """A line of text that stays legible over lines."""
    x, y = at
    edge = (
        f'<text x="{x:.2f}" y="{y:.2f}" font-size="7" fill="#ffffff" stroke="#ffffff" '
        f'stroke-width="2.4" stroke-linejoin="round" text-anchor="{anchor}" '
        f'aria-hidden="true">{html.escape(text)}</text>'
    )
    return edge + words(text, at, color=color, anchor=anchor)


def badge(text: str, at: Point, color: str) -> str:
    """A number in a disc: what a table below explains."""
    x, y = at
    disc = f'<circle cx="{x:.2f}" cy="{y:.2f}" r="6" fill="{color}" stroke="#fff"/>'
    return disc + words(text, (x, y + 2.6), size=7, color="#ffffff", anchor="middle")


def triangle(at: Point, color: str, *, is_up: bool = True, size: float = 6) -> str:
    """A mark of a place that points up or down."""
    x, y = at
    tip = -size if is_up else size
    corners = [(x, y + tip), (x - size * 0.8, y - tip * 0.6), (x + size * 0.8, y - tip * 0.6)]
    return polygon(corners, color, opacity=1, width=0.8)


def round_step(span: float, most: int) -> float:
    """The smallest of 1, 2, 5, 10, 20, ... that parts a span into no more than so many."""
    least = span / most
    if least <= 0:
        return 1.0
    ten = 10.0 ** math.floor(math.log10(least))
    return float(next(step * ten for step in (1, 2, 5, 10) if step * ten >= least * 0.999))


def _points(points: Sequence[Point]) -> str:
    return " ".join(f"{x:.2f},{y:.2f}" for x, y in points)


def _dash(dash: str) -> str:
    return f' stroke-dasharray="{dash}"' if dash else ""
