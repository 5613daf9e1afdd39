"""Handing files out as they lie on the disk: in blocks, from any byte on, never whole in memory."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

from django.core.files.storage import default_storage
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

BLOCK = 256 * 1024
_RANGE = re.compile(r"bytes=(\d{1,18})-(\d{0,18})")


def asked_for(headers: Any, sha256: str) -> str:
    """
    The Range header of a request; empty where it goes on with another file than this one.

    A new issue between two parts of a download would else be spliced onto the old one.
    """
    meant = str(headers.get("If-Range", ""))
    return str(headers.get("Range", "")) if meant in ("", f'"{sha256}"') else ""


def first_byte(header: str, size: int) -> tuple[int, int] | None:
    """The first and last byte that a Range header asks for; None when it cannot be had."""
    if not header:
        return 0, size - 1
    match = _RANGE.fullmatch(header.strip())
    if match is None:
        # Several ranges, or the last so many bytes: the whole is a right answer to that.
        return 0, size - 1
    start = int(match[1])
    end = min(int(match[2]), size - 1) if match[2] else size - 1
    return (start, end) if start <= end else None


def streamed(
    file_name: str, *, path: str, size: int, sha256: str, media_type: str, asked: str = ""
) -> HttpResponseBase:
    """
    A stored file as an attachment; with a Range header (`asked`) from that byte on.

    Its ETag is the SHA-256 of the whole, so who goes on knows that it is the same file.
    """
    span = first_byte(asked, size)
    if span is None:
        refused = HttpResponse(status=416)
        refused["Content-Range"] = f"bytes */{size}"
        return refused
    start, end = span
    is_part = (start, end) != (0, size - 1)
    response = StreamingHttpResponse(
        _blocks(path, start, end - start + 1),
        status=206 if is_part else 200,
        content_type=media_type,
    )
    if is_part:
        response["Content-Range"] = f"bytes {start}-{end}/{size}"
    response["Content-Length"] = str(end - start + 1)
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = f'"{sha256}"'
    response["Content-Disposition"] = f'attachment; filename="{file_name}"'
    response["Cache-Control"] = "no-store, private"
    response["Referrer-Policy"] = "no-referrer"
    # Whatever it is, it does not run here.
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


async def _blocks(path: str, start: int, left: int) -> AsyncIterator[bytes]:
    # Asynchronous: Django would gather a plain iterator into a list before the first byte.
    file: Any = await asyncio.to_thread(default_storage.open, path)
    try:
        await asyncio.to_thread(file.seek, start)
        while left > 0:
            block = await asyncio.to_thread(file.read, min(BLOCK, left))
            if not block:
                return
            left -= len(block)
            yield block
    finally:
        await asyncio.to_thread(file.close)
