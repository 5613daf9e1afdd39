"""Files of rows: read when they are what they should be, refused in words when not."""

import io
import random
import time
import zipfile
from contextlib import suppress
from datetime import date

import pytest

from common.imports.sheets import SheetRefused, read_sheet
from tests.common.screens.sheet_files import BOOK, archive, book, text

HEAD = ["name", "Capacity mAh", "first_flown"]


def cells(data):
    return [line.cells for line in read_sheet(data).lines]


def refusal(data):
    with pytest.raises(SheetRefused) as refused:
        read_sheet(data)
    return str(refused.value)


def test_csv_with_and_without_a_mark_and_by_any_separator():
    rows = [HEAD, ["A", "5", "2026-01-02"], ["", "", ""], ["B", "", ""]]
    wanted = [
        {"name": "A", "capacity_mah": "5", "first_flown": "2026-01-02"},
        {"name": "B"},
    ]

    assert cells(text(rows)) == wanted
    assert cells(b"\xef\xbb\xbf" + text(rows)) == wanted
    assert cells(text(rows).replace(b",", b";")) == wanted
    assert cells(text(rows).replace(b",", b"\t")) == wanted


def test_a_workbook_gives_texts_numbers_and_days():
    rows = [HEAD, ["A", 5, date(2026, 1, 2)], ["B", 0.1, ""], ["C", True, ""]]

    assert cells(book(rows)) == [
        {"name": "A", "capacity_mah": "5", "first_flown": "2026-01-02"},
        {"name": "B", "capacity_mah": "0.1"},
        {"name": "C", "capacity_mah": "true"},
    ]


def test_a_formula_is_refused_cell_by_cell():
    (first,) = read_sheet(book([["name", "kind"], ["=1+1", "x"]])).lines
    (second,) = read_sheet(text([["name", "kind"], ["=cmd|' /C calc'!A0", "x"]])).lines

    assert first.faults == {"name": "This is a formula. Put its value there."}
    assert second.faults == {"name": "This begins like a formula. Put its value there."}
    assert first.cells == second.cells == {"kind": "x"}


def test_what_our_own_export_marked_is_taken_as_it_was():
    assert cells(text([["phone"], ["'+61 2 5550 0100"]])) == [{"phone": "+61 2 5550 0100"}]
    assert cells(text([["name"], ["'tis"]])) == [{"name": "'tis"}]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"name\n", "no row below"),
        ("name\nMünchen".encode("latin-1"), "Line 2 is not UTF-8"),
        (b"name\nA\0B", "zero bytes"),
        (b"name,name\na,b", "More than one column is called name"),
        (b"name,,x\na,b,c", "needs a heading"),
        (b'name\n"open', "not CSV"),
        (b"name\n" + b"x\n" * 501, "More than 500 rows"),
        (b"name\n" + b"x" * 1_000_001, "1,000 kB"),
        (b"name\nx" + b",y" * 61, "More than 60 columns"),
        (b"name\n" + b'"' + b"y" * 200_000 + b'"', "not CSV"),
        (b"PK\x03\x04 and nothing more", "damaged"),
    ],
    ids=range(12),
)
def test_a_file_that_is_none_is_refused_in_words(data, words):
    assert words in refusal(data)


def test_workbooks_that_mean_harm_are_refused():
    laughs = '<!DOCTYPE x [<!ENTITY a "ha">]><worksheet>&a;</worksheet>'
    outside = '<!DOCTYPE x SYSTEM "file:///etc/passwd"><worksheet/>'
    deep = "<a>" * 100 + "</a>" * 100
    bomb = "<worksheet><sheetData>" + " " * 30_000_000 + "</sheetData></worksheet>"

    assert "document type" in refusal(archive(sheet=laughs))
    assert "document type" in refusal(archive(sheet=outside))
    assert "nested" in refusal(archive(sheet=deep))
    assert "too large once it is unpacked" in refusal(archive(sheet=bomb))
    assert "damaged" in refusal(archive(sheet="<worksheet>"))
    assert "no sheet" in refusal(archive(book="<workbook/>"))
    assert "lacks" in refusal(
        archive(links='<Relationships><Relationship Id="rId1" Target="../../x"/></Relationships>')
    )


@pytest.mark.parametrize(
    "cell",
    ['<c t="s"><v>99</v></c>', "<c><v>1e999</v></c>", "<c><v>NaN</v></c>",
     '<c t="e"><v>#REF!</v></c>',
     "<c><f>1+1</f><v>2</v></c>", '<c t="s"><v>-1</v></c>', "<c><v>" + "9" * 5000 + "</v></c>"],
    ids=range(7),
)  # fmt: skip
def test_a_cell_that_is_none_is_named(cell):
    sheet = (
        '<worksheet><sheetData><row r="1"><c t="inlineStr"><is><t>name</t></is></c></row>'
        f'<row r="2">{cell}</row></sheetData></worksheet>'
    )

    (line,) = read_sheet(archive(sheet=sheet)).lines

    assert (line.number, set(line.faults)) == (2, {"name"})


def test_a_cell_far_to_the_right_makes_no_room_for_itself():
    sheet = (
        '<worksheet><sheetData><row r="1"><c r="XFD1" t="inlineStr"><is><t>name</t></is></c></row>'
        "</sheetData></worksheet>"
    )

    assert "columns" in refusal(archive(sheet=sheet))


def styled(sheet, *, is_1904=False):
    """A workbook whose first style shows numbers as days."""
    mode = '<workbookPr date1904="1"/>' if is_1904 else ""
    out = io.BytesIO(archive(sheet=sheet, book=BOOK.replace("<sheets>", f"{mode}<sheets>")))
    with zipfile.ZipFile(out, "a") as made:
        styles = '<styleSheet><cellXfs><xf numFmtId="14"/></cellXfs></styleSheet>'
        made.writestr("xl/styles.xml", styles)
    return out.getvalue()


def below_name(cell):
    return (
        '<worksheet><sheetData><row r="1"><c t="inlineStr"><is><t>name</t></is></c></row>'
        f'<row r="2">{cell}</row></sheetData></worksheet>'
    )


def test_the_last_day_of_either_calendar_is_the_last_that_is_read():
    last = {False: 2_958_465, True: 2_957_003}
    for is_1904, day in last.items():
        sheets = [below_name(f'<c s="0"><v>{number}</v></c>') for number in (day, day + 1)]

        read, past = (read_sheet(styled(sheet, is_1904=is_1904)).lines[0] for sheet in sheets)

        assert read.cells == {"name": "9999-12-31"}
        assert "no date" in past.faults["name"]


@pytest.mark.parametrize("encoding", ["foo", "shift_jis", "utf-7"])
def test_a_part_is_read_as_utf_8_whatever_it_says_of_itself(encoding):
    said = f'<?xml version="1.0" encoding="{encoding}"?>'

    data = archive(sheet=said + below_name('<c t="inlineStr"><is><t>Zoë</t></is></c>'))

    assert cells(data) == [{"name": "Zoë"}]


def test_a_damaged_file_is_refused_wherever_the_damage_is():
    dice = random.Random(7)  # noqa: S311 - the same damage every time
    whole = [book([HEAD, ["A", 5, date(2026, 1, 2)]]), archive(sheet=below_name("<c><v>1</v></c>"))]
    for _ in range(3000):
        data = bytearray(dice.choice(whole))
        for _ in range(dice.choice([1, 1, 2, 4])):
            data[dice.randrange(4, len(data))] = dice.randrange(256)
        with suppress(SheetRefused):
            read_sheet(bytes(data))


@pytest.mark.parametrize(
    "sheet",
    [below_name("<c>" + "<v>12345678</v>" * 450_000 + "</c>"),
     below_name("<c/>" * 1_900_000),
     f"<worksheet><sheetData>{'<row><c><v>1</v></c></row>' * 300_000}</sheetData></worksheet>"],
    ids=["one cell", "one row", "rows"],
)  # fmt: skip
def test_a_small_file_with_much_in_it_is_refused_soon(sheet):
    data, begun = archive(sheet=sheet), time.process_time()

    refusal(data)

    assert len(data) < 200_000
    assert time.process_time() - begun < 4
