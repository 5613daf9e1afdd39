"""Files of a site that go with a request beside pages and pictures, by what is in them."""

import io
import zipfile

from client_management.area_files import is_geojson, is_kml, kml_in
from client_management.file_types import is_run_when_opened
from client_management.portal_exceptions import AreaFileRefused
from documents.content import Recognized

TAKEN = "PDF, PNG, JPEG, WebP, TIFF, KML, KMZ, GeoJSON, DXF and DWG"
TIFF = Recognized("image/tiff", ".tif", None)
KML = Recognized("application/vnd.google-earth.kml+xml", ".kml", None)
KMZ = Recognized("application/vnd.google-earth.kmz", ".kmz", None)
GEOJSON = Recognized("application/geo+json", ".geojson", None)
DXF = Recognized("image/vnd.dxf", ".dxf", None)
DWG = Recognized("image/vnd.dwg", ".dwg", None)
TIFF_MARKS = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
BINARY_DXF = b"AutoCAD Binary DXF\r\n\x1a\x00"


def site_file_kind(content: bytes) -> Recognized | None:
    """What a file of a site is; None for one that is none."""
    start = content[:256].removeprefix(b"\xef\xbb\xbf").lstrip()
    if content.startswith(TIFF_MARKS):
        return TIFF
    if content.startswith(b"AC10") and content[4:6].isdigit():
        return DWG
    if content.startswith(BINARY_DXF) or _is_text_dxf(start):
        return DXF
    if start.startswith(b"{"):
        return GEOJSON if is_geojson(content) else None
    if content.startswith(b"PK\x03\x04"):
        return KMZ if _is_kmz(content) else None
    return KML if start.startswith(b"<") and is_kml(content) else None


def _is_text_dxf(start: bytes) -> bool:
    lines = [line.strip() for line in start.splitlines()[:4]]
    # A comment (999) may come before the first section.
    return lines[:2] == [b"0", b"SECTION"] or (lines[:1] == [b"999"] and lines[2:3] == [b"0"])


def _is_kmz(content: bytes) -> bool:
    try:
        if not is_kml(kml_in(content)):
            return False
        names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    except AreaFileRefused:
        return False
    return not any(map(is_run_when_opened, names))
