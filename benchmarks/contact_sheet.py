"""
Every kind of document, made of both demos and shown page by page on one picture.

Makes both demos in a database of its own, has each document made by the service that makes any,
and writes the pictures beside each other into `docs/contact-sheet.png`. Prints pages, bytes and
time of each. Needs the environment that script/manage sets, and a role that may create a database.
"""

import argparse
import io
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import place

place.DATABASE = "windsock_contact_sheet"
SHEET = place.ROOT / "docs" / "contact-sheet.png"
COLUMNS = 6
WIDTH, GAP, CAPTION = 300, 14, 22
# Further pages are like the first two.
MOST_PAGES = 2


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.contact_sheet", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave the database for the next run")
    parser.add_argument("--to", type=Path, default=SHEET, help="where the picture goes")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    place.use_benchmark_database(fresh=not options.keep)
    # Nothing is served, so what a server must have is not asked for.
    os.environ["DEBUG"] = "1"
    import django  # noqa: PLC0415 - after the environment is set

    django.setup()
    try:
        with tempfile.TemporaryDirectory() as folder:
            pages = documents(folder)
        draw(pages, options.to)
    finally:
        if not options.keep:
            place.drop_benchmark_database()
    print(f"{len(pages)} pages on {options.to}")
    return 0


def documents(folder: str) -> list[tuple[str, Any]]:
    """The first pages of a document of each kind, with what stands below them."""
    from django.test import override_settings  # noqa: PLC0415 - needs Django
    from django.utils import timezone  # noqa: PLC0415

    from benchmarks.demo_world import make_world  # noqa: PLC0415
    from documents.kinds import kinds  # noqa: PLC0415
    from documents.services import files  # noqa: PLC0415
    from documents.services.generation import generate  # noqa: PLC0415
    from operations.demo import cast  # noqa: PLC0415
    from users.models import User  # noqa: PLC0415

    found = []
    with override_settings(MEDIA_ROOT=folder):
        if not User.objects.exists():
            make_world(print)
        actor = User.objects.get(email=cast.ADMIN.email)
        # Of no operator: whoever administers sees the drones of all.
        actor.is_superuser = True
        subjects = subjects_of(kinds())
        for kind in kinds():
            began = time.monotonic()
            document = generate(kind.key, subjects[kind.key], actor=actor, at=timezone.now())
            content = files.read(document)
            took = time.monotonic() - began
            print(
                f"{kind.key:20} {document.page_count:2} pages {len(content):6} bytes {took:5.2f} s"
            )
            found += [(f"{kind.title}, {number}", page) for number, page in pictures(content)]
    return found


def subjects_of(kinds: Any) -> dict[str, int]:
    """Which record each kind is made of."""
    from finance.models import Invoice, Payment  # noqa: PLC0415 - needs Django
    from flight_operations.models import FlightOperation  # noqa: PLC0415
    from operations.models import QuoteVersion, Trip  # noqa: PLC0415
    from rpas.models import F2FlightHoursEntry  # noqa: PLC0415

    payment = Payment.objects.latest("pk")
    of_model = {
        "operations.trip": Trip.objects.latest("pk").pk,
        "operations.quoteversion": QuoteVersion.objects.latest("pk").pk,
        "flight_operations.flightoperation": FlightOperation.objects.get(status="finalised").pk,
        "rpas.f2technicallogparta": F2FlightHoursEntry.objects.latest("pk").part_a_id,
        "finance.invoice": Invoice.objects.filter(kind="invoice").latest("pk").pk,
        "finance.payment": payment.pk,
        "contacts.contact": payment.customer_id,
    }
    note = Invoice.objects.filter(kind="credit_note").latest("pk").pk
    return {kind.key: of_model[kind.subject] for kind in kinds} | {"credit_note": note}


def pictures(content: bytes) -> list[tuple[int, Any]]:
    """The first pages of a PDF as pictures, numbered."""
    import pypdfium2  # noqa: PLC0415 - of the development's requirements

    pdf = pypdfium2.PdfDocument(io.BytesIO(content))
    found = []
    try:
        for number in range(min(len(pdf), MOST_PAGES)):
            page = pdf[number]
            found.append((number + 1, page.render(scale=WIDTH * 2 / page.get_width()).to_pil()))
            page.close()
    finally:
        pdf.close()
    return found


def draw(pages: list[tuple[str, Any]], to: Path) -> None:
    """All pages on one picture, row by row, with their names."""
    from PIL import Image, ImageDraw, ImageFont  # noqa: PLC0415 - comes with the layout of PDF

    small = [
        (name, page.resize((WIDTH, WIDTH * page.height // page.width))) for name, page in pages
    ]
    rows = [small[at : at + COLUMNS] for at in range(0, len(small), COLUMNS)]
    heights = [max(page.height for _, page in row) + CAPTION + GAP for row in rows]
    size = (COLUMNS * (WIDTH + GAP) + GAP, sum(heights) + GAP)
    sheet = Image.new("RGB", size, "#8b95a1")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=13)
    y = GAP
    for row, height in zip(rows, heights, strict=True):
        for place_in_row, (name, page) in enumerate(row):
            x = GAP + place_in_row * (WIDTH + GAP)
            sheet.paste(page, (x, y + CAPTION))
            pen.text((x, y), name, fill="#ffffff", font=font)
        y += height
    # The few colors of limits and alerts are to survive between all the white.
    sheet.quantize(256, method=Image.Quantize.MAXCOVERAGE).save(to, optimize=True)


if __name__ == "__main__":
    sys.exit(main())
