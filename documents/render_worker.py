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
from typing import Any, BinaryIO

from pyhanko.pdf_utils.generic import IndirectObject
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from weasyprint import HTML, URLFetcher

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
        if head.get("reason") == "memory":
            # What a failed allocation left behind is not to be built on.
            return


def _warm_up() -> None:
    render({"html": "<p>a</p>", "identifier": "00", "most_pages": 1})


def _answer(head: dict[str, Any], content: bytes) -> tuple[dict[str, Any], bytes]:
    try:
        if head["do"] == "render":
            return render({**head, "html": content.decode("utf-8")})
        return inspect(content)
    except MemoryError:
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
    document = HTML(string=request["html"], url_fetcher=fetcher).render(**options)
    pages = len(document.pages)
    if pages > request["most_pages"]:
        return {"ok": False, "reason": "pages"}, b""
    content = document.write_pdf(**options)
    return {"ok": True, "pages": pages}, content


def inspect(content: bytes) -> tuple[dict[str, Any], bytes]:
    """How many pages a PDF has, and whether it is locked or does something when it is opened."""
    reader = PdfFileReader(io.BytesIO(content), strict=False)
    if reader.encrypted:
        return {"ok": True, "pages": 0, "active": ["Encrypt"]}, b""
    pages = int(reader.root["/Pages"]["/Count"])
    return {"ok": True, "pages": pages, "active": _active(reader)}, b""


ACTIVE = ("/JavaScript", "/JS", "/Launch", "/EmbeddedFile", "/RichMedia", "/XFA", "/ImportData")


def _active(reader: Any) -> list[str]:
    """Names of what acts, anywhere among the objects of the file."""
    found: set[str] = set()
    for number in range(1, int(reader.trailer["/Size"])):
        reference = IndirectObject(number, 0, reader).reference
        # A hole in the numbering is nothing that acts.
        with suppress(PdfError):
            _search(reader.get_object(reference), found, 0)
    return sorted(name.lstrip("/") for name in found)


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
