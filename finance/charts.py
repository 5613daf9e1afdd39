"""Bar charts as SVG, drawn by the server: no script, colors of the page they stand on."""

from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal
from html import escape

WIDTH, HEIGHT = 720, 260
LEFT, RIGHT, TOP, BOTTOM = 84, 12, 16, 34
STEPS = 4
BAR = "#2563eb"
Point = tuple[str, Decimal]


def columns(title: str, points: Sequence[Point], unit: str) -> str:
    """One upright bar for each point, the axis at nothing; what is below it hangs."""
    if not points:
        return ""
    top, bottom = _range([value for _, value in points])
    room, step = WIDTH - LEFT - RIGHT, Decimal(WIDTH - LEFT - RIGHT) / len(points)
    zero = _y(Decimal(0), top, bottom)
    parts = [_grid(top, bottom)]
    for index, (label, value) in enumerate(points):
        x = LEFT + step * index
        end = _y(value, top, bottom)
        parts.append(
            f'<rect x="{x + step / 8:.1f}" y="{min(end, zero):.1f}" width="{step * 3 / 4:.1f}"'
            f' height="{abs(end - zero):.1f}" fill="{BAR}" rx="2">'
            f"<title>{escape(label)}: {value:,.2f} {escape(unit)}</title></rect>"
        )
        if len(points) <= room // 44:
            parts.append(_text(x + step / 2, HEIGHT - 14, label, "middle"))
    return _svg(title, unit, points, "".join(parts), HEIGHT)


def rows(title: str, points: Sequence[Point], unit: str) -> str:
    """One lying bar for each point with its label before and its amount behind."""
    if not points:
        return ""
    most = max((abs(value) for _, value in points), default=Decimal(0)) or Decimal(1)
    label_width, line = 190, 26
    room = WIDTH - label_width - 130
    parts = []
    for index, (label, value) in enumerate(points):
        y = TOP + index * line
        length = abs(value) / most * room
        color = BAR if value >= 0 else "#b91c1c"
        shown = label if len(label) <= 26 else f"{label[:25]}\u2026"
        parts += [
            _text(label_width - 8, y + 14, shown or "none", "end"),
            f'<rect x="{label_width}" y="{y}" width="{length:.1f}" height="18" fill="{color}"'
            f' rx="2"><title>{escape(label)}</title></rect>',
            _text(label_width + length + 6, y + 14, f"{value:,.2f}", "start"),
        ]
    return _svg(title, unit, points, "".join(parts), TOP + line * len(points) + 8)


def _svg(title: str, unit: str, points: Sequence[Point], body: str, height: int) -> str:
    told = "; ".join(f"{label} {value:,.2f}" for label, value in points)
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img"'
        f' xmlns="http://www.w3.org/2000/svg" fill="currentColor" font-size="12">'
        f"<title>{escape(title)}, {escape(unit)}</title><desc>{escape(told)}</desc>{body}</svg>"
    )


def _grid(top: Decimal, bottom: Decimal) -> str:
    parts = []
    # Whole figures would be the same one several times on an axis so short.
    places = 2 if top - bottom < 2 * STEPS else 0
    for step in range(STEPS + 1):
        value = bottom + (top - bottom) * step / STEPS
        y = _y(value, top, bottom)
        parts += [
            f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}"'
            ' stroke="currentColor" stroke-opacity="0.2"/>',
            _text(LEFT - 8, y + 4, f"{value:,.{places}f}", "end"),
        ]
    return "".join(parts)


def _range(values: Sequence[Decimal]) -> tuple[Decimal, Decimal]:
    """A round top and bottom that hold every value and nothing."""
    top, bottom = max([*values, Decimal(0)]), min([*values, Decimal(0)])
    size = max(top, -bottom) or Decimal(1)
    unit = Decimal(10) ** (size.adjusted()) / 2
    return (
        (top / unit).to_integral_value(ROUND_CEILING) * unit,
        -((-bottom / unit).to_integral_value(ROUND_CEILING) * unit),
    )


def _y(value: Decimal, top: Decimal, bottom: Decimal) -> Decimal:
    span = (top - bottom) or Decimal(1)
    return TOP + (top - value) / span * (HEIGHT - TOP - BOTTOM)


def _text(x: Decimal | int, y: Decimal | int, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
