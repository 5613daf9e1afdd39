"""A coverage as files: GeoJSON, KML and a picture."""

import io
import json
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
import shapely
from PIL import Image, ImageDraw, ImageFont

from client_management.coverage import Coverage

DIGITS = 7
EDGE_PX = 1000
MARGIN_PX = 24
FOOT_PX = 170
# Dark where many pictures show a place: legible in gray and for who sees red and green alike.
STEPS = ("#f3e8c6", "#cfe1d0", "#a3cfc9", "#6fb3c3", "#3f8fb5", "#2b6a9e", "#1f4a7d")
GAP = "#b3261e"
INK = "#1d2430"
PAPER = "#ffffff"
# Light within dark: seen on every step of the colors.
TRACK = (("#1d2430", 6), ("#ffffff", 3))
NICE_M = (5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)


def geojson(coverage: Coverage, *, name: str) -> dict[str, Any]:
    """A feature collection: the area, what was covered, and each gap with its square metres."""
    facts = {
        "area_m2": round(coverage.area_m2, 1),
        "covered_m2": round(coverage.covered_m2, 1),
        "covered_percent": round(coverage.percent, 2),
        "pictures": coverage.shot_count,
    }
    features = [
        _feature(coverage.area, {"role": "area", "name": name, **facts}),
        _feature(coverage.covered, {"role": "covered", "name": f"{name} covered"}),
        *(
            _feature(gap.polygon, {"role": "gap", "gap": n, "area_m2": round(gap.area_m2, 1)})
            for n, gap in enumerate(coverage.gaps, 1)
        ),
    ]
    return {"type": "FeatureCollection", "features": features}


def kml(coverage: Coverage, *, name: str) -> str:
    """The same as KML 2.2, gaps in red."""
    places = [_placemark(name, "area", coverage.area)]
    places += [
        _placemark(f"Gap {n}: {gap.area_m2:.0f} m²", "gap", gap.polygon)
        for n, gap in enumerate(coverage.gaps, 1)
    ]
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
        f"<name>{escape(name)}</name>"
        f"<description>{coverage.percent:.1f} % of {coverage.area_m2:.0f} m² covered</description>"
        + _style("area", line="ff9e6a2b", fill="00000000")
        + _style("gap", line="ff1e26b3", fill="801e26b3")
        + "".join(places)
        + "</Document></kml>\n"
    )


def png(coverage: Coverage, *, name: str) -> bytes:
    """A map, north up: how often each place was seen, the gaps in red, the way flown, a scale."""
    west, south, east, north = coverage.raster
    scale = EDGE_PX / max(east - west, north - south)
    width, height = (round((b - a) * scale) for a, b in ((west, east), (south, north)))
    image = Image.new("RGB", (max(width, 520) + 2 * MARGIN_PX, height + MARGIN_PX + FOOT_PX), PAPER)
    heat = _heat(coverage.counts).resize((max(width, 1), max(height, 1)), Image.Resampling.NEAREST)
    image.paste(heat, (MARGIN_PX, MARGIN_PX))
    draw = ImageDraw.Draw(image, "RGBA")

    def place(points: Any) -> list[tuple[float, float]]:
        east_m, north_m = np.asarray(points).T
        xs, ys = MARGIN_PX + (east_m - west) * scale, MARGIN_PX + (north - north_m) * scale
        return list(zip(xs.tolist(), ys.tolist(), strict=True))

    for gap in coverage.gaps:
        ring = coverage.plane.flatten(gap.polygon).exterior.coords
        draw.polygon(place(ring), outline=GAP, width=2)
    tracks = shapely.get_parts(shapely.clip_by_rect(coverage.tracks, *coverage.raster))
    ways = [t for t in tracks if t.geom_type == "LineString" and not t.is_empty]
    for color, pixels in TRACK:
        for way in ways:
            draw.line(place(way.coords), fill=color, width=pixels)
    for part in shapely.get_parts(coverage.plane.flatten(coverage.area)):
        draw.line(place(part.exterior.coords), fill=INK, width=3)
    _foot(draw, image.size, coverage, name, scale)
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _feature(geometry: Any, properties: dict[str, Any]) -> dict[str, Any]:
    shape = json.loads(shapely.to_geojson(geometry))
    return {"type": "Feature", "geometry": _short(shape), "properties": properties}


def _short(value: Any) -> Any:
    """Coordinates to the centimetre."""
    if isinstance(value, float):
        return round(value, DIGITS)
    if isinstance(value, list):
        return [_short(item) for item in value]
    if isinstance(value, dict):
        return {key: _short(item) for key, item in value.items()}
    return value


def _style(key: str, *, line: str, fill: str) -> str:
    return (
        f'<Style id="{key}"><LineStyle><color>{line}</color><width>2</width></LineStyle>'
        f"<PolyStyle><color>{fill}</color></PolyStyle></Style>"
    )


def _placemark(name: str, style: str, geometry: Any) -> str:
    polygons = "".join(_polygon(part) for part in shapely.get_parts(geometry))
    return (
        f"<Placemark><name>{escape(name)}</name><styleUrl>#{style}</styleUrl>"
        f"<MultiGeometry>{polygons}</MultiGeometry></Placemark>"
    )


def _polygon(part: Any) -> str:
    inner = "".join(f"<innerBoundaryIs>{_ring(ring)}</innerBoundaryIs>" for ring in part.interiors)
    return f"<Polygon><outerBoundaryIs>{_ring(part.exterior)}</outerBoundaryIs>{inner}</Polygon>"


def _ring(ring: Any) -> str:
    text = " ".join(f"{lon:.{DIGITS}f},{lat:.{DIGITS}f}" for lon, lat in ring.coords)
    return f"<LinearRing><coordinates>{text}</coordinates></LinearRing>"


def _heat(counts: np.ndarray) -> Image.Image:
    steps = np.array([_rgb(color) for color in (PAPER, GAP, *STEPS)], dtype=np.uint8)
    return Image.fromarray(steps[np.clip(counts, -1, len(STEPS)) + 1])


def _rgb(color: str) -> tuple[int, ...]:
    return tuple(int(color[n : n + 2], 16) for n in (1, 3, 5))


def _foot(draw: Any, size: tuple[int, int], coverage: Coverage, name: str, px_per_m: float) -> None:
    """Title, share, legend of the colors and a scale."""
    # Large enough to be read on a phone, where the map is shown at half its size.
    font, top = ImageFont.load_default(26), size[1] - FOOT_PX + 12
    text = f"{name}: {coverage.percent:.1f} % of {coverage.area_m2 / 10_000:.2f} ha"
    gaps = f"{len(coverage.gaps)} gap{'' if len(coverage.gaps) == 1 else 's'}"
    # The font has no raised two.
    missing = f"{(coverage.area_m2 - coverage.covered_m2) / 10_000:.2f} ha missing"
    draw.text((MARGIN_PX, top), f"{text}, {gaps}, {missing}", fill=INK, font=font)
    y = _lines(draw, top + 40, font) + 42
    left = MARGIN_PX
    for n, color in enumerate((GAP, *STEPS)):
        draw.rectangle((left, y, left + 38, y + 24), fill=color, outline=INK)
        draw.text((left + 8, y + 26), f"{n}{'+' if n == len(STEPS) else ''}", fill=INK, font=font)
        left += 44
    draw.text((left + 6, y - 3), "pictures of a place", fill=INK, font=font)
    left += int(draw.textlength("pictures of a place", font=font)) + 12
    most = size[0] - left - 2 * MARGIN_PX
    length = max((m for m in NICE_M if m * px_per_m <= most), default=NICE_M[0])
    end = size[0] - MARGIN_PX
    start = end - length * px_per_m
    draw.line((start, y + 12, end, y + 12), fill=INK, width=4)
    draw.text((start, y + 26), f"{length} m", fill=INK, font=font)


def _lines(draw: Any, y: int, font: Any) -> int:
    """What the lines on the map are; returns where they are told."""
    left = MARGIN_PX
    for name, strokes in (("area", ((INK, 5),)), ("gap", ((GAP, 4),)), ("way flown", TRACK)):
        for color, width in strokes:
            draw.line((left, y + 16, left + 38, y + 16), fill=color, width=width)
        draw.text((left + 46, y), name, fill=INK, font=font)
        left += 46 + int(draw.textlength(name, font=font)) + 30
    return y
