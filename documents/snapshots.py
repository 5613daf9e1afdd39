"""The one thing a document is made from: JSON, written in one way, so that equal data is equal."""

import hashlib
import json
from typing import Any

from documents.exceptions import DocumentTooLarge, SnapshotRefused
from documents.kinds import Source
from documents.layout.frame import picture_address

MOST_BYTES = 1_500_000
MOST_PICTURE_BYTES = 6 * 1024 * 1024


def snapshot_of(source: Source) -> dict[str, Any]:
    """What is kept of a source: its data and rules, and the fingerprints of its pictures."""
    return {
        "title": source.title,
        "version": source.version,
        "data": source.data,
        "rules": dict(source.rules),
        "pictures": {
            name: hashlib.sha256(content).hexdigest() for name, content in source.pictures.items()
        },
    }


def canonical(snapshot: dict[str, Any]) -> str:
    """A snapshot as text, keys in order. Raises SnapshotRefused, DocumentTooLarge."""
    try:
        text = json.dumps(
            snapshot, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
        )
        size = len(text.encode())
    except (TypeError, ValueError) as error:
        raise SnapshotRefused(reason=f"it is not JSON ({type(error).__name__})") from None
    if "\\u0000" in text:
        raise SnapshotRefused(reason="a text contains the NUL character")
    if size > MOST_BYTES:
        raise DocumentTooLarge(what="bytes of data", limit=MOST_BYTES)
    return text


def digest_of(snapshot: dict[str, Any]) -> str:
    """The fingerprint of a snapshot, SHA-256 of its text."""
    return hashlib.sha256(canonical(snapshot).encode()).hexdigest()


def addresses_of(source: Source) -> dict[str, str]:
    """The pictures of a source as data: addresses. Raises SnapshotRefused, DocumentTooLarge."""
    if sum(map(len, source.pictures.values())) > MOST_PICTURE_BYTES:
        raise DocumentTooLarge(what="bytes of pictures", limit=MOST_PICTURE_BYTES)
    found = {}
    for name, content in source.pictures.items():
        address = picture_address(bytes(content))
        if address is None:
            raise SnapshotRefused(reason=f"picture {name} is neither PNG, JPEG nor SVG")
        found[name] = address
    return found
