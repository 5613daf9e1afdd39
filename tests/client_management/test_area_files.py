"""Areas out of KML, KMZ and GeoJSON, and what is refused of them; kinds of files by content."""

import io
import json
import re
import tracemalloc
import zipfile

import pytest

from client_management import area_files
from client_management.area_files import area_in
from client_management.portal_exceptions import AreaFileRefused
from client_management.site_files import site_file_kind

RING = [[149.1, -35.3], [149.11, -35.3], [149.11, -35.31], [149.1, -35.31], [149.1, -35.3]]
HOLE = [[149.104, -35.304], [149.106, -35.304], [149.106, -35.306], [149.104, -35.304]]
NS = 'xmlns="http://www.opengis.net/kml/2.2"'


def coordinates(ring, height=""):
    return " ".join(f"{lon},{lat}{height}" for lon, lat in ring)


def polygon(ring=RING, *holes, height=""):
    inner = "".join(
        f"<innerBoundaryIs><LinearRing><coordinates>{coordinates(hole, height)}</coordinates>"
        "</LinearRing></innerBoundaryIs>"
        for hole in holes
    )
    return (
        "<Polygon><outerBoundaryIs><LinearRing><coordinates>\n"
        f"{coordinates(ring, height)}\n</coordinates></LinearRing></outerBoundaryIs>{inner}"
        "</Polygon>"
    )


def kml(*parts, head=""):
    body = "".join(f"<Placemark><name>Pit</name>{part}</Placemark>" for part in parts)
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?>{head}<kml {NS}><Document>{body}</Document></kml>'
    )
    return text.encode()


def kmz(content=None, **others):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        if content is not None:
            archive.writestr("doc.kml", content)
        for name, text in others.items():
            archive.writestr(name.replace("_", "."), text)
    return packed.getvalue()


def moved(ring, by):
    return [[lon + by, lat] for lon, lat in ring]


def geo(**members):
    return json.dumps(members).encode()


def prefixed(content):
    """The same document with a prefix before every name."""
    named = re.sub(rb"<(/?)(\w)", rb"<\1k:\2", content)
    return named.replace(b"xmlns=", b"xmlns:k=")


AREA = {"type": "Polygon", "coordinates": [RING]}


@pytest.mark.parametrize(
    "content",
    [
        kml(polygon()),
        kml(polygon(height=",612.5")),
        b"\xef\xbb\xbf" + kml(polygon()),
        kml("<Point><coordinates>1,2</coordinates></Point>", polygon()),
        prefixed(kml(polygon())),
        kmz(kml(polygon())),
        kmz(None, pit_kml=kml(polygon()), picture_png=b"x"),
        geo(**AREA),
        geo(type="Feature", properties={}, geometry=AREA),
        geo(type="FeatureCollection", features=[{"type": "Feature", "geometry": AREA}]),
        geo(type="Polygon", coordinates=[[[*corner, 612.5] for corner in RING]]),
    ],
    ids=range(11),
)
def test_an_area_is_read_whatever_it_comes_in(content):
    assert area_in(content) == AREA


def test_several_polygons_and_their_holes_are_one_area():
    other = moved(RING, 0.1)
    whole = {"type": "MultiPolygon", "coordinates": [[RING, HOLE], [other]]}

    assert area_in(kml(polygon(RING, HOLE), polygon(other))) == whole
    assert (
        area_in(kml(f"<MultiGeometry>{polygon(RING, HOLE)}{polygon(other)}</MultiGeometry>"))
        == whole
    )
    assert area_in(geo(**whole)) == whole
    assert area_in(geo(type="GeometryCollection", geometries=[whole])) == whole


BOMB = '<!DOCTYPE k [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;"><!ENTITY c "&b;&b;&b;">]>'
OUTSIDE = '<!DOCTYPE k SYSTEM "file:///etc/passwd">'


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (kml(polygon(), head=BOMB), "document type"),
        (kml(polygon(), head=OUTSIDE), "document type"),
        (kml(polygon())[:-20], "neither KML"),
        (b"lat,lon\n1,2\n", "neither KML"),
        (b"", "neither KML"),
        (b"<gpx><trk/></gpx>", "begins with gpx"),
        (kml("<LineString><coordinates>1,2 3,4</coordinates></LineString>"), "no polygon"),
        (kml(polygon([["x", 2]])), "x,2 is not a longitude"),
        (kml(polygon([[1, "2,3,4"]])), "1,2,3,4 is not a longitude"),
        (b"<kml>" + b"<Folder>" * 70, "nested too deeply"),
        (kml(polygon([[1, 2]] * 10_001)), "more than 10000 corners"),
        (kml(*[polygon()] * 501), "more than 500 polygons"),
        (geo(type="Polygon", coordinates=[[[1]]]), "[1] is not a longitude"),
        (geo(type="Polygon", coordinates=[[[True, 2]]]), "[True, 2] is not"),
        (geo(type="Polygon", coordinates="x"), "are not lists of corners"),
        (geo(type="Point", coordinates=[1, 2]), "no polygon"),
        (geo(**AREA, crs={"type": "name"}), "another system"),
        (b'{"type": NaN}', "not GeoJSON"),
        (kmz(None, a_kml=b"x", b_kml=b"y"), "not one other KML"),
        (kmz(None, a_txt=b"x"), "not one other KML"),
        (kmz(kml(polygon()))[:-30], "cannot be unpacked"),
        (kmz(b" " * (11 << 20)), "larger than 10 MB unpacked"),
    ],
    ids=lambda value: value if isinstance(value, str) else "file",
)
def test_what_is_no_area_is_refused_with_what_is_wrong(content, said):
    with pytest.raises(AreaFileRefused) as refusal:
        area_in(content)

    assert said in str(refusal.value)
    assert refusal.value.details["pointer"] == "/file"


def test_archives_and_files_are_bounded(monkeypatch):
    monkeypatch.setattr(area_files, "MOST_ENTRIES", 2)
    with pytest.raises(AreaFileRefused, match="more than 2 files"):
        area_in(kmz(kml(polygon()), a_txt=b"", b_txt=b""))
    monkeypatch.setattr(area_files, "MOST_BYTES", 1 << 20)
    with pytest.raises(AreaFileRefused, match="larger than 1 MB"):
        area_in(kml(polygon()) + b" " * (1 << 20))


def test_files_of_a_site_are_known_by_what_is_in_them():
    kinds = {
        ".kml": kml("<Point><coordinates>1,2</coordinates></Point>"),
        ".kmz": kmz(kml(polygon())),
        ".geojson": geo(**AREA),
        ".tif": b"II*\x00" + b"x" * 20,
        ".dwg": b"AC1032" + b"\x00" * 20,
        ".dxf": b"  0\r\nSECTION\r\n  2\r\nHEADER\r\n",
    }
    for ending, content in kinds.items():
        assert site_file_kind(content).ending == ending
    for content in (
        b"%PDF-1.7",
        b"MZ\x90",
        b"<html><script>alert(1)</script></html>",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        kml(polygon(), head=BOMB),
        kmz(kml(polygon()), run_exe=b"MZ"),
        kmz(None, a_txt=b"x"),
        b'{"a": 1}',
        b"AC10xx",
        b"",
    ):
        assert site_file_kind(content) is None, content[:40]


def test_a_damaged_archive_is_refused_whichever_byte_is_wrong():
    whole = kmz(kml(polygon(RING, HOLE)), a_png=b"x" * 50)
    for place in range(4, len(whole)):
        for bits in (0x01, 0x80, 0xFF):
            broken = bytearray(whole)
            broken[place] ^= bits
            try:
                area_in(bytes(broken))
            except AreaFileRefused:
                assert site_file_kind(bytes(broken)) is None
            else:
                # What says nothing of the drawing may be wrong.
                site_file_kind(bytes(broken))


def held(read):
    """Megabytes that a call held at its worst."""
    tracemalloc.start()
    try:
        read()
        return tracemalloc.get_traced_memory()[1] / (1 << 20)
    finally:
        tracemalloc.stop()


def test_a_small_archive_of_millions_of_corners_is_not_unfolded():
    long = b"<kml><Polygon><coordinates>" + b"0,0 " * 500_000 + b"</coordinates></Polygon></kml>"
    many = b"<kml>" + b"<Polygon><coordinates>0,0</coordinates></Polygon>" * 40_000 + b"</kml>"
    for content in (long, many):
        packed = kmz(content)

        def refused(packed=packed):
            with pytest.raises(AreaFileRefused, match="more than"):
                area_in(packed)

        assert len(packed) < 10_000
        assert held(refused) < 20
        assert held(lambda content=content: site_file_kind(content)) < 20
    assert site_file_kind(long).ending == ".kml"


def test_geojson_of_lists_without_end_is_not_unfolded():
    hollow = b'{"type": "Polygon", "coordinates": [' + b"[]," * 400_001 + b"[]]}"

    assert held(lambda: site_file_kind(hollow)) < 20
    assert site_file_kind(hollow) is None
    with pytest.raises(AreaFileRefused, match="more than 400000 lists"):
        area_in(hollow)
