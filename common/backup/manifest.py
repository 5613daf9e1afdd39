"""What stands in a backup's manifest, and how it is held against the files beside it."""

import hashlib
import hmac
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from common.backup.failures import RestoreRefused
from common.encryption import key_ring

FORMAT = 1
MANIFEST, DUMP, MEDIA, MEDIA_LIST = "manifest.json", "database.dump", "media.tar", "media.jsonl"
PARTS = (DUMP, MEDIA, MEDIA_LIST)
BLOCK = 1024 * 1024
Tell = Callable[[str, int, int | None], None]


@dataclass(frozen=True)
class Part:
    """One file of a backup."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """
    What a backup holds and needs.

    `keys` are the ids of the sealing keys without which its sealed values stay closed, each with a
    fingerprint that tells the key from another of the same id and says nothing else of it.
    `missing` and `altered` are files that rows name: not there when they were copied, or of other
    content than their row says.
    """

    made_at: str
    database: str
    server_version: int
    migrations: dict[str, list[str]]
    roles: dict[str, list[str]]
    extensions: list[str]
    rows: dict[str, int]
    media_files: int
    media_bytes: int
    keys: dict[str, str]
    parts: dict[str, Part] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    altered: list[str] = field(default_factory=list)
    format: int = FORMAT

    def as_json(self) -> bytes:
        """The manifest with the digest of itself."""
        body = asdict(self)
        body["sha256"] = _digest(body)
        return json.dumps(body, indent=1, sort_keys=True).encode() + b"\n"


def fingerprint(key_id: str) -> str | None:
    """What tells a sealing key from another; None for one that is not here."""
    key = key_ring().get(key_id)
    if key is None:
        return None
    return hmac.new(key, b"windsock backup fingerprint 1", hashlib.sha256).hexdigest()[:16]


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a whole backup. Raises RestoreRefused."""
    try:
        body: Any = json.loads((folder / MANIFEST).read_bytes())
    except FileNotFoundError:
        raise RestoreRefused(reason=f"{folder} is no backup: it has no {MANIFEST}.") from None
    except (OSError, ValueError) as error:
        raise RestoreRefused(reason=f"{MANIFEST} cannot be read: {error}") from None
    if not isinstance(body, dict) or body.get("format") != FORMAT:
        raise RestoreRefused(reason=f"{MANIFEST} is not of format {FORMAT}.")
    stated = body.pop("sha256", None)
    if stated != _digest(body):
        raise RestoreRefused(reason=f"{MANIFEST} was altered: it does not fit its own digest.")
    try:
        return msgspec.convert(body, Manifest)
    except msgspec.ValidationError as error:
        raise RestoreRefused(reason=f"{MANIFEST} cannot be read: {error}") from None


def require_parts(folder: Path, manifest: Manifest, tell: Tell) -> None:
    """Read every part and compare. Raises RestoreRefused at the first that differs."""
    for name in PARTS:
        stated, path = manifest.parts.get(name), folder / name
        if stated is None or not path.is_file():
            raise RestoreRefused(reason=f"{name} is missing.")
        if path.stat().st_size != stated.size:
            size = path.stat().st_size
            raise RestoreRefused(reason=f"{name} has {size} bytes instead of {stated.size}.")
        if part_of(path, tell) != stated:
            raise RestoreRefused(reason=f"{name} was altered: it does not fit its digest.")


def part_of(path: Path, tell: Tell) -> Part:
    """Read a file as it lies on the disk."""
    digest, done, size = hashlib.sha256(), 0, path.stat().st_size
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
            done += len(block)
            tell(f"{path.name} read, bytes", done, size)
    return Part(done, digest.hexdigest())


def keep(path: Path) -> None:
    """Have a file or folder on the disk before anybody counts on it."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _digest(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
