"""Sheets as people and attackers hand them in."""

import io
import zipfile

import xlsxwriter

BOOK = (
    '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r='
    '"http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>'
    '<sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
LINKS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>'
)


def book(rows, **formats):
    """A workbook as a spreadsheet writes it."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as made:
        sheet = made.add_worksheet()
        day = made.add_format({"num_format": "dd/mm/yyyy"})
        for number, row in enumerate(rows):
            for place, value in enumerate(row):
                if hasattr(value, "isoformat"):
                    sheet.write_datetime(number, place, value, day)
                else:
                    sheet.write(number, place, value)
    return out.getvalue()


def archive(**parts):
    """A workbook of parts made by hand; `sheet` is the first sheet."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("xl/workbook.xml", parts.get("book", BOOK))
        made.writestr("xl/_rels/workbook.xml.rels", parts.get("links", LINKS))
        made.writestr("xl/worksheets/sheet1.xml", parts.get("sheet", "<worksheet/>"))
    return out.getvalue()


def text(rows):
    """A CSV file in UTF-8."""
    return "\r\n".join(",".join(row) for row in rows).encode()
