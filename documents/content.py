"""What a file that was handed in is, by its content; what it is called says nothing."""

import subprocess
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_noop

from documents.exceptions import (
    RenderFailed,
    RenderTimedOut,
    ScannerUnavailable,
    UploadRefused,
)
from documents.rendering import inspect_file

TAKEN = "PDF, PNG, JPEG and WebP"
SCAN_S = 60
SCAN_LARGE_S = 540
CLEAN, INFECTED = 0, 1


@dataclass(frozen=True)
class Recognized:
    """A file that may be kept."""

    media_type: str
    ending: str
    page_count: int | None


def recognize(content: bytes, *, taken: str = TAKEN, most_pixels: int | None = None) -> Recognized:
    """
    What a file is. It is opened in the process that documents are laid out in, never in ours.

    `taken` is what a refusal says is taken where it came in, `most_pixels` a limit of its own.

    Raises UploadRefused for what is not listed, is broken, locked, too large once unpacked, or acts
    when it is opened.
    """
    kind = _kind_of(content)
    if kind is None:
        raise UploadRefused(gettext_noop("Only {taken} files are taken."), taken=taken)
    try:
        found = inspect_file(content, kind=kind.ending)
    except (RenderFailed, RenderTimedOut) as error:
        raise UploadRefused(gettext_noop("The file is damaged or cannot be read.")) from error
    if found.is_locked:
        raise UploadRefused(gettext_noop("The file is locked with a password."))
    if found.active:
        raise UploadRefused(
            gettext_noop("The file does more than show pages: {what}."),
            what=", ".join(found.active),
        )
    if found.pixel_count > (most_pixels or settings.DOCUMENT_UPLOAD_MAX_PIXELS):
        raise UploadRefused(gettext_noop("The picture has too many pixels."))
    if kind.ending == ".pdf":
        return Recognized(kind.media_type, kind.ending, found.page_count)
    return kind


def scan(content: bytes) -> None:
    """
    Have a file checked by the installation's scanner, if there is one.

    Raises UploadRefused for what it finds, ScannerUnavailable when it cannot tell: then nothing is
    taken.
    """
    _run_scanner(input=content)


def scan_stream(file: Any) -> None:
    """`scan` for a file that is open and too large to be held; raises alike."""
    _run_scanner(stdin=file, timeout=SCAN_LARGE_S)


def _run_scanner(*, timeout: int = SCAN_S, **given: Any) -> None:
    command = settings.DOCUMENT_SCAN_COMMAND
    if not command:
        return
    try:
        # The operator's own program, named in the settings.
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, timeout=timeout, check=False, **given
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise ScannerUnavailable from error
    if done.returncode == INFECTED:
        raise UploadRefused(gettext_noop("The file contains malware."))
    if done.returncode != CLEAN:
        raise ScannerUnavailable


def _kind_of(content: bytes) -> Recognized | None:
    if content.startswith(b"%PDF-"):
        return Recognized("application/pdf", ".pdf", None)
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return Recognized("image/png", ".png", None)
    if content.startswith(b"\xff\xd8\xff"):
        return Recognized("image/jpeg", ".jpg", None)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return Recognized("image/webp", ".webp", None)
    return None
