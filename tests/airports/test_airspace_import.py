import pytest

from airports.exceptions import SourceIncomplete, UnreadableFile
from airports.models import AirspaceRestriction
from airports.services.airspace import import_airspace
from tests.airports.test_airspace_files import HEAD, TRIANGLE

pytestmark = pytest.mark.django_db


def load(tmp_path, now, *pieces, **options):
    path = tmp_path / "airspace.txt"
    path.write_text("".join(pieces))
    return import_airspace(path, file_format="openair", source="AU", cycle="1", at=now, **options)


def in_force():
    return sorted(AirspaceRestriction.objects.in_force().values_list("name", flat=True))


def test_piece_that_can_no_longer_be_read_stays_as_it_was(tmp_path, now):
    piece = HEAD + TRIANGLE
    other = piece.replace("R123", "R124")
    load(tmp_path, now, piece, other)

    report = load(tmp_path, now, piece.replace("DP 35:00:00 S", "DP 95:00:00 S"), other)

    assert len(report.rejected) == 1
    assert report.retired == 0
    assert in_force() == ["R123 TEST RA2", "R124 TEST RA2"]


def test_file_that_was_cut_off_retires_nothing(tmp_path, now):
    pieces = [(HEAD + TRIANGLE).replace("R123", f"R{n}") for n in range(100, 160)]
    load(tmp_path, now, *pieces)

    with pytest.raises(SourceIncomplete):
        load(tmp_path, now, *pieces[:40])
    assert len(in_force()) == 60
    assert load(tmp_path, now, *pieces[:40], may_shrink=True).retired == 20


def test_edition_in_which_every_piece_changed_is_taken(tmp_path, now):
    pieces = [(HEAD + TRIANGLE).replace("R123", f"R{n}") for n in range(100, 160)]
    load(tmp_path, now, *pieces)

    report = load(tmp_path, now, *(piece.replace("SFC", "500 ft AGL") for piece in pieces))

    assert (report.added, report.retired) == (60, 60)


def test_damaged_gzip_is_refused(tmp_path, now):
    path = tmp_path / "airspace.txt.gz"
    path.write_bytes(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xff\xff\xff\xff\xff\xff")

    with pytest.raises(UnreadableFile):
        import_airspace(path, file_format="openair", source="AU", cycle="1", at=now)
