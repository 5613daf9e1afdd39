"""
Areas out of files that clients draw in: KML, KMZ and GeoJSON, by what is in them.

XML is read without document types, so that no entity unfolds and no other file is named. Heights
are left out: an area lies on the ground. Everything is bounded before it is read.
"""

import io
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any
from xml.parsers import expat

from django.utils.translation import gettext_noop
from rest_framework.exceptions import ParseError

from client_management.portal_exceptions import AreaFileRefused
from common.api.parsers import strict_loads

MOST_BYTES = 10 << 20
MOST_ENTRIES = 200
MOST_DEPTH = 64
MOST_CORNERS = 10_000
MOST_POLYGONS = 500
# An empty list of three bytes in a file takes sixty in memory.
MOST_LISTS = 400_000
# What the archive module lets through of the bytes that it reads: it raises ValueError for places
# that are none and for names that are no text.
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    ValueError,
    OverflowError,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
)
SHAPES = frozenset(
    {"Polygon", "MultiPolygon", "GeometryCollection", "Feature", "FeatureCollection"}
)
NO_CORNER = gettext_noop("{place} is not a longitude and a latitude.")
TOO_MANY_CORNERS = gettext_noop("The polygons have more than {count} corners.")
TOO_MANY_POLYGONS = gettext_noop("The file has more than {count} polygons.")
WORD = re.compile(r"\S+")
Ring = list[list[float]]


def area_in(content: bytes) -> dict[str, Any]:
    """
    The polygons of a file as one GeoJSON geometry; whether they cross is not looked at here.

    Raises AreaFileRefused.
    """
    if content.startswith(b"PK\x03\x04"):
        content = kml_in(content)
    if len(content) > MOST_BYTES:
        raise AreaFileRefused(
            gettext_noop("The file is larger than {size} MB."), size=MOST_BYTES >> 20
        )
    start = content[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    polygons = _of_json(content) if start.startswith(b"{") else _Kml().read(content)
    if not polygons:
        raise AreaFileRefused(
            gettext_noop("There is no polygon in the file; lines and points are none.")
        )
    if len(polygons) > MOST_POLYGONS:
        raise AreaFileRefused(TOO_MANY_POLYGONS, count=MOST_POLYGONS)
    if sum(len(ring) for polygon in polygons for ring in polygon) > MOST_CORNERS:
        raise AreaFileRefused(TOO_MANY_CORNERS, count=MOST_CORNERS)
    if len(polygons) == 1:
        return {"type": "Polygon", "coordinates": polygons[0]}
    return {"type": "MultiPolygon", "coordinates": polygons}


def kml_in(content: bytes) -> bytes:
    """The KML of a KMZ: `doc.kml`, else the only one. Raises AreaFileRefused."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _kml_of(archive)
    except DAMAGE as fault:
        raise AreaFileRefused(gettext_noop("The archive cannot be unpacked.")) from fault


def _kml_of(archive: zipfile.ZipFile) -> bytes:
    entries = archive.infolist()
    if len(entries) > MOST_ENTRIES:
        raise AreaFileRefused(
            gettext_noop("The archive has more than {count} files."), count=MOST_ENTRIES
        )
    found = [each for each in entries if each.filename.lower().endswith(".kml")]
    named = [each for each in found if each.filename.lower() == "doc.kml"]
    if not named and len(found) != 1:
        raise AreaFileRefused(gettext_noop("The archive has no doc.kml and not one other KML."))
    # What the archive says of its size is not believed.
    with archive.open((named or found)[0]) as file:
        text = file.read(MOST_BYTES + 1)
    if len(text) > MOST_BYTES:
        raise AreaFileRefused(
            gettext_noop("The KML is larger than {size} MB unpacked."), size=MOST_BYTES >> 20
        )
    return text


def is_geojson(content: bytes) -> bool:
    """Whether a file is GeoJSON with areas or features in it."""
    try:
        found = _loaded(content)
    except ParseError:
        return False
    return isinstance(found, dict) and found.get("type") in SHAPES


def is_kml(content: bytes) -> bool:
    """Whether a file is KML as a whole, of any places."""
    try:
        _Kml(keeps=False).read(content)
    except AreaFileRefused:
        return False
    return True


def _loaded(content: bytes) -> Any:
    """JSON that does not unfold to many times its size. Raises ParseError."""
    if content.count(b"[") + content.count(b"{") > MOST_LISTS:
        raise ParseError(f"more than {MOST_LISTS} lists and objects.")
    return strict_loads(content)


def _of_json(content: bytes) -> list[Any]:
    try:
        found = _loaded(content)
    except ParseError as fault:
        raise AreaFileRefused(
            gettext_noop("This is not GeoJSON: {why}"), why=fault.detail
        ) from fault
    if isinstance(found, dict) and "crs" in found:
        raise AreaFileRefused(
            gettext_noop("GeoJSON is WGS 84; this file names another system (crs).")
        )
    return [_flat(polygon) for polygon in _polygons(found)]


def _polygons(found: Any) -> Iterator[Any]:
    # Nesting is bounded by the reader.
    kind = found.get("type") if isinstance(found, dict) else None
    parts: dict[str, str] = {"FeatureCollection": "features", "GeometryCollection": "geometries"}
    if kind in parts:
        members = found.get(parts[str(kind)])
        for member in members if isinstance(members, list) else ():
            yield from _polygons(member)
    elif kind == "Feature":
        yield from _polygons(found.get("geometry"))
    elif kind == "Polygon":
        yield found.get("coordinates")
    elif kind == "MultiPolygon" and isinstance(found.get("coordinates"), list):
        yield from found["coordinates"]


def _flat(polygon: Any) -> list[Ring]:
    """A polygon's rings of two numbers a corner; a third one is a height."""
    if not isinstance(polygon, list) or not all(isinstance(ring, list) for ring in polygon):
        raise AreaFileRefused(
            gettext_noop("The coordinates of a polygon are not lists of corners.")
        )
    return [[_corner(each) for each in ring] for ring in polygon]


def _corner(given: Any) -> list[float]:
    is_sound = isinstance(given, list) and 2 <= len(given) <= 3
    if not is_sound or not all(
        isinstance(n, int | float) and not isinstance(n, bool) for n in given
    ):
        raise AreaFileRefused(NO_CORNER, place=str(given)[:60])
    return [float(given[0]), float(given[1])]


class _Kml:
    """The polygons of a KML document, read tag by tag; `keeps` no coordinates to look it over."""

    def __init__(self, *, keeps: bool = True) -> None:
        self.keeps = keeps
        self.corners = 0
        self.polygons: list[list[Ring]] = []
        self.names: list[str] = []
        self.outer: Ring | None = None
        self.holes: list[Ring] = []
        self.text: list[str] = []

    def read(self, content: bytes) -> list[list[Ring]]:
        """All polygons. Raises AreaFileRefused."""
        parser = expat.ParserCreate()
        # Else each line of coordinates comes by itself.
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._said
        parser.StartDoctypeDeclHandler = self._refuse
        parser.EntityDeclHandler = self._refuse
        try:
            parser.Parse(content, True)
        except (expat.ExpatError, ValueError, LookupError) as fault:
            raise AreaFileRefused(
                gettext_noop("This is neither KML, KMZ nor GeoJSON: {why}."), why=fault
            ) from fault
        return self.polygons

    def _refuse(self, *_told: object) -> None:
        raise AreaFileRefused(
            gettext_noop("The document has a document type, which is not accepted.")
        )

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        if not self.names and local != "kml":
            raise AreaFileRefused(
                gettext_noop("This is XML, but no KML: it begins with {name}."), name=local[:40]
            )
        if len(self.names) >= MOST_DEPTH:
            raise AreaFileRefused(gettext_noop("The document is nested too deeply."))
        self.names.append(local)
        if local == "Polygon":
            self.outer, self.holes = None, []
        self.text = []

    def _said(self, text: str) -> None:
        if self.keeps and self.names and self.names[-1] == "coordinates":
            self.text.append(text)

    def _end(self, _name: str) -> None:
        local = self.names.pop()
        if not self.keeps:
            return
        if local == "coordinates" and "Polygon" in self.names:
            ring = _ring("".join(self.text), most=MOST_CORNERS - self.corners)
            self.corners += len(ring)
            if "innerBoundaryIs" in self.names:
                self.holes.append(ring)
            else:
                self.outer = ring
        elif local == "Polygon" and self.outer is not None:
            self.polygons.append([self.outer, *self.holes])
            if len(self.polygons) > MOST_POLYGONS:
                raise AreaFileRefused(TOO_MANY_POLYGONS, count=MOST_POLYGONS)


def _ring(text: str, *, most: int) -> Ring:
    found: Ring = []
    for match in WORD.finditer(text):
        word = match[0]
        parts = word.split(",", 3)
        try:
            corner = [float(part) for part in parts]
        except ValueError:
            corner = []
        if not 2 <= len(corner) <= 3:
            raise AreaFileRefused(NO_CORNER, place=word[:60])
        if len(found) >= most:
            raise AreaFileRefused(TOO_MANY_CORNERS, count=MOST_CORNERS)
        found.append(corner[:2])
    return found
