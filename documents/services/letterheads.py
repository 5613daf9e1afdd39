"""Keeping the letterhead."""

from datetime import datetime
from typing import Any

from django.db import transaction

from common import audit
from common.exceptions import InvalidInput, StaleVersion
from documents.content import recognize
from documents.exceptions import UploadRefused
from documents.models import Letterhead

MOST_LOGO_BYTES = 300_000
# It is drawn a few centimeters wide on every paper; 49 million took six seconds of each.
MOST_LOGO_PIXELS = 4_000_000
LOGO_TYPES = ("image/png", "image/jpeg")


@transaction.atomic
def set_letterhead(
    *, changes: dict[str, Any], version: int | None = None, actor: Any, at: datetime
) -> Letterhead:
    """
    Enter or change who documents come from; `logo` is the content of a PNG or JPEG, or None.

    `version` 0 is that of a letterhead that nobody has entered. Documents that there are stay as
    they are. Raises InvalidInput, StaleVersion.
    """
    if changes.get("logo"):
        _check_logo(changes["logo"])
    row = Letterhead.objects.select_for_update().first() or Letterhead(version=0)
    if version is not None and version != row.version:
        raise StaleVersion(yours=version, current=row.version)
    if row.pk is None:
        row.version = 1
    for name, value in changes.items():
        setattr(row, name, value)
    if not row.name:
        raise InvalidInput("/name", "Who documents come from.")
    row.save()
    row.refresh_from_db()
    audit.record("letterhead.changed", row, actor=actor, at=at, fields=sorted(changes))
    return row


def _check_logo(content: bytes) -> None:
    if len(content) > MOST_LOGO_BYTES:
        raise InvalidInput("/logo", f"A logo has {MOST_LOGO_BYTES // 1000} kB at most.")
    try:
        found = recognize(content, most_pixels=MOST_LOGO_PIXELS)
    except UploadRefused as refusal:
        raise InvalidInput("/logo", str(refusal)) from refusal
    if found.media_type not in LOGO_TYPES:
        raise InvalidInput("/logo", "A logo is a PNG or a JPEG.")
