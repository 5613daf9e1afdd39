"""
The process that lays documents out, apart from ours: no database, no secrets, bounded memory.

Runs as a script in Python's isolated mode and imports nothing of ours. Requests come on standard
input, answers go to standard output, each a length, a JSON head, a length and bytes.
"""

import io
import json
import os
import resource
import select
import struct
import sys
from contextlib import suppress
from functools import cache
from typing import Any, BinaryIO

from PIL import Image, ImageFile
from weasyprint import HTML, URLFetcher
from weasyprint.text.fonts import FontConfiguration

VARIANT = "pdf/a-3a"
SIZE = struct.Struct(">I")
# A process that nobody asks anything ends itself and gives its memory back.
IDLE_S = 300


def main() -> None:
    """Answer requests until the other side closes, or asks for nothing for a while."""
    memory_mb = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb << 20, memory_mb << 20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    incoming = os.fdopen(0, "rb", buffering=0)
    outgoing = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _warm_up()
    _send(outgoing, {"ok": True}, b"")
    while select.select([incoming], [], [], IDLE_S)[0]:
        request = _receive(incoming)
        if request is None:
            return
        head, content = _answer(*request)
        _send(outgoing, head, content)


def _warm_up() -> None:
    render({"html": "<p>a</p>", "identifier": "00", "most_pages": 1})


def _answer(head: dict[str, Any], content: bytes) -> tuple[dict[str, Any], bytes]:
    try:
        if head["do"] == "render":
            return render({**head, "html": content.decode("utf-8")})
        return inspect(head, content)
    except (MemoryError, SystemError):
        # The latter is what C code makes of a failed allocation.
        return {"ok": False, "reason": "memory"}, b""
    except RecursionError:
        return {"ok": False, "reason": "nesting"}, b""
    except Exception as error:  # noqa: BLE001 - the document's fault is not the process's
        # Only its kind: the message may quote the document.
        return {"ok": False, "reason": type(error).__name__}, b""


def render(request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """HTML to PDF; whatever it names but data: is not fetched."""
    fetcher = URLFetcher(allowed_protocols=("data",), allow_redirects=False)
    options: dict[str, Any] = {
        "pdf_variant": VARIANT,
        "pdf_identifier": bytes.fromhex(request["identifier"]),
        "presentational_hints": False,
    }
    source = HTML(string=request["html"], url_fetcher=fetcher)
    document = source.render(font_config=_fonts(), **options)
    pages = len(document.pages)
    if pages > request["most_pages"]:
        return {"ok": False, "reason": "pages"}, b""
    content = document.write_pdf(**options)
    return {"ok": True, "pages": pages}, content


@cache
def _fonts() -> FontConfiguration:
    """
    The fonts of the system, looked through once.

    One for each document costs a fifth of its time and stays in memory. No document brings fonts
    of its own, so none sees another's.
    """
    return FontConfiguration()


def inspect(request: dict[str, Any], content: bytes) -> tuple[dict[str, Any], bytes]:
    """What a file from elsewhere is made of; raises whatever its reader does where it is broken."""
    found = {"ok": True, "pages": 0, "pixels": 0, "is_locked": False, "active": []}
    if request["kind"] == ".pdf":
        return {**found, **_inspect_pdf(content)}, b""
    with Image.open(io.BytesIO(content), formats=[PICTURES[request["kind"]]]) as picture:
        pixels = picture.width * picture.height * getattr(picture, "n_frames", 1)
        # What is too large is not unpacked; the head of the file tells.
        if pixels <= request["most_pixels"]:
            picture.load()
        return {**found, "pixels": pixels}, b""


# Counted before they are unpacked, by a limit of ours.
Image.MAX_IMAGE_PIXELS = None
# WeasyPrint shows what there is of a picture that breaks off; what is handed in must be whole.
ImageFile.LOAD_TRUNCATED_IMAGES = False
PICTURES = {".png": "PNG", ".jpg": "JPEG", ".webp": "WEBP"}
# A file that is attached need not say that it is one (/EmbeddedFile): /EF leads to it.
ACTIVE = (
    *("/JavaScript", "/JS", "/Launch", "/RichMedia", "/XFA", "/ImportData", "/SubmitForm"),
    *("/EmbeddedFile", "/EmbeddedFiles", "/EF", "/GoToE"),
)


def _inspect_pdf(content: bytes) -> dict[str, Any]:
    # Most processes never see a PDF from elsewhere; these cost each a second and 20 MB.
    from pyhanko.pdf_utils.generic import IndirectObject  # noqa: PLC0415
    from pyhanko.pdf_utils.misc import PdfError  # noqa: PLC0415
    from pyhanko.pdf_utils.reader import PdfFileReader  # noqa: PLC0415

    reader = PdfFileReader(io.BytesIO(content), strict=False)
    if reader.encrypted:
        return {"is_locked": True}
    active: set[str] = set()
    for number in range(1, int(reader.trailer["/Size"])):
        reference = IndirectObject(number, 0, reader).reference
        # A hole in the numbering is nothing that acts.
        with suppress(PdfError):
            _search(reader.get_object(reference), active, 0)
    pages = int(reader.root["/Pages"]["/Count"])
    return {"pages": pages, "active": sorted(name.lstrip("/") for name in active)}


def _search(value: Any, found: set[str], depth: int) -> None:
    if depth > 20:
        return
    if isinstance(value, dict):
        for name, inner in dict.items(value):
            if str(name) in ACTIVE or str(inner) in ACTIVE:
                found.add(str(name) if str(name) in ACTIVE else str(inner))
            _search(inner, found, depth + 1)
    elif isinstance(value, (list, tuple)):
        for inner in list.__iter__(value) if isinstance(value, list) else value:
            _search(inner, found, depth + 1)


def _receive(incoming: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    head = _part(incoming)
    content = _part(incoming) if head is not None else None
    return None if head is None or content is None else (json.loads(head), content)


def _part(incoming: BinaryIO) -> bytes | None:
    size = _exactly(incoming, SIZE.size)
    return None if size is None else _exactly(incoming, SIZE.unpack(size)[0])


def _exactly(incoming: BinaryIO, count: int) -> bytes | None:
    found = bytearray()
    while len(found) < count:
        piece = incoming.read(min(count - len(found), 1 << 20))
        if not piece:
            return None
        found += piece
    return bytes(found)


def _send(outgoing: BinaryIO, head: dict[str, Any], content: bytes) -> None:
    text = json.dumps(head).encode()
    outgoing.write(SIZE.pack(len(text)) + text + SIZE.pack(len(content)) + content)
    outgoing.flush()


if __name__ == "__main__":
    main()
