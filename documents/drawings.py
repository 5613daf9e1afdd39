"""Drawn signatures: whatever was sent is drawn anew, so that nothing but lines is kept."""

import base64
import binascii
import io
from collections.abc import Sequence
from typing import Any

from PIL import Image, UnidentifiedImageError

from documents.exceptions import DrawingRefused

WIDTH, HEIGHT = 600, 200
MOST_STROKES = 200
MOST_POINTS = 5000
MOST_PNG_BYTES = 200_000
MOST_PIXELS = 2_000_000
MOST_SIDE = 4000
_PNG = b"\x89PNG\r\n\x1a\n"


def drawn_from_strokes(strokes: Sequence[Sequence[Sequence[float]]]) -> str:
    """
    Lines of points, x in 0..600 and y in 0..200 from the upper left, as an SVG data: address.

    Raises DrawingRefused for too many, for points outside, and for a drawing of nothing.
    """
    points = sum(map(len, strokes))
    if len(strokes) > MOST_STROKES or points > MOST_POINTS:
        raise DrawingRefused(f"{MOST_STROKES} strokes of {MOST_POINTS} points at most.")
    if points < 2:
        raise DrawingRefused("Nothing was drawn.")
    path = " ".join(_line(stroke) for stroke in strokes if stroke)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f'<path d="{path}" fill="none" stroke="#12202e" stroke-width="3"'
        ' stroke-linecap="round" stroke-linejoin="round"/></svg>'
    )
    return _address("svg+xml", svg.encode())


def drawn_from_png(text: str) -> str:
    """
    A PNG in base64, drawn anew in black on nothing, as a data: address.

    Raises DrawingRefused for what is no PNG or too large; its size is known before it is unpacked.
    """
    content = _decoded(text)
    try:
        with Image.open(io.BytesIO(content), formats=["PNG"]) as image:
            width, height = image.size
            if width * height > MOST_PIXELS or max(width, height) > MOST_SIDE:
                raise DrawingRefused("The picture has too many pixels.")
            ink = _ink(image.convert("RGBA"))
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        raise DrawingRefused("Not a PNG picture.") from None
    box = ink.getbbox()
    if box is None:
        raise DrawingRefused("Nothing was drawn.")
    ink = ink.crop(box)
    ink.thumbnail((2 * WIDTH, 2 * HEIGHT))
    drawn = Image.new("LA", ink.size, 0)
    drawn.putalpha(ink)
    output = io.BytesIO()
    drawn.save(output, "PNG", optimize=True)
    return _address("png", output.getvalue())


def _ink(image: Any) -> Any:
    """How dark each pixel is on white paper."""
    paper = Image.new("RGBA", image.size, "white")
    paper.alpha_composite(image)
    return paper.convert("L").point(lambda light: 255 - light)


def _decoded(text: str) -> bytes:
    plain = text.removeprefix("data:image/png;base64,")
    if len(plain) > MOST_PNG_BYTES * 4 // 3 + 4:
        raise DrawingRefused(f"The picture has more than {MOST_PNG_BYTES} bytes.")
    try:
        content = base64.b64decode(plain, validate=True)
    except (binascii.Error, ValueError):
        raise DrawingRefused("Not base64.") from None
    if not content.startswith(_PNG):
        raise DrawingRefused("Not a PNG picture.")
    return content


def _line(stroke: Sequence[Sequence[float]]) -> str:
    found = []
    for x, y in stroke:
        if not (0 <= x <= WIDTH and 0 <= y <= HEIGHT):
            raise DrawingRefused(f"A point lies outside {WIDTH} x {HEIGHT}.")
        found.append(f"{x:.1f} {y:.1f}")
    # A dot is a line of no length: with round ends it shows.
    return f"M{found[0]} L{' '.join(found[1:] or found)}"


def _address(kind: str, content: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode('ascii')}"
