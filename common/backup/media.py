"""The media files of a backup: one archive, and a list with the digest of each."""

import hashlib
import json
import os
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from common.backup.failures import BackupFailed, RestoreRefused
from common.backup.manifest import BLOCK, Tell

# Files of a restore that is under way; one that stays tells of a restore that was cut off.
STAGING = ".restoring"


@dataclass(frozen=True)
class MediaFile:
    """One file below the media folder."""

    name: str
    size: int
    sha256: str


class _Hashing:
    """Hands a file on to the archive and digests it meanwhile."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self.digest, self.count = file, hashlib.sha256(), 0

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(size)
        self.digest.update(block)
        self.count += len(block)
        return block


def media_names(root: Path) -> list[str]:
    """The names of all files below the media folder. Raises BackupFailed for what is no file."""
    if not root.exists():
        return []
    names = []
    for folder, folders, files in os.walk(root):
        if Path(folder) == root and STAGING in folders:
            folders.remove(STAGING)
        for name in files:
            path = Path(folder) / name
            if path.is_symlink() or not path.is_file():
                raise BackupFailed(reason=f"{path} is no regular file.")
            names.append(path.relative_to(root).as_posix())
    return sorted(names)


def write_media(root: Path, archive: Path, listing: Path, tell: Tell) -> tuple[int, int]:
    """Archive all files with their list; returns how many files and bytes. Raises BackupFailed."""
    count = size = 0
    names = media_names(root)
    with tarfile.open(archive, "w", format=tarfile.PAX_FORMAT) as tar, listing.open("w") as lines:
        for name in names:
            entry = _add(tar, root, name)
            if entry is None:
                continue
            lines.write(json.dumps(vars(entry)) + "\n")
            count, size = count + 1, size + entry.size
            tell("Media files", count, len(names))
    return count, size


def _add(tar: tarfile.TarFile, root: Path, name: str) -> MediaFile | None:
    try:
        file = (root / name).open("rb")
    except FileNotFoundError:
        # Deleted since the folder was read; whether a row of the backup names it is seen later.
        return None
    with file:
        info = tarfile.TarInfo(name)
        found = os.fstat(file.fileno())
        info.size, info.mtime, info.mode = found.st_size, int(found.st_mtime), 0o600
        source = _Hashing(file)
        try:
            tar.addfile(info, source)
        except OSError as error:
            raise BackupFailed(reason=f"{name} could not be read whole: {error}") from None
    return MediaFile(name, source.count, source.digest.hexdigest())


def listed(listing: Path) -> list[MediaFile]:
    """The list of a backup's media files. Raises RestoreRefused."""
    found = []
    with listing.open() as lines:
        for line in lines:
            try:
                entry = MediaFile(**json.loads(line))
            except (TypeError, ValueError):
                raise RestoreRefused(reason=f"{listing.name} cannot be read.") from None
            _require_inside(entry.name)
            found.append(entry)
    return found


def _require_inside(name: str) -> None:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or path.parts[:1] in ((), (STAGING,)):
        raise RestoreRefused(reason=f"A file named {name!r} does not belong below a media folder.")


def members(archive: Path, files: list[MediaFile]) -> Iterator[tuple[MediaFile, IO[bytes]]]:
    """Each file of the list with its content in the archive. Raises RestoreRefused."""
    wanted = {entry.name: entry for entry in files}
    try:
        with tarfile.open(archive, "r:") as tar:
            for member in tar:
                entry, content = wanted.pop(member.name, None), tar.extractfile(member)
                if entry is None or content is None:
                    raise RestoreRefused(reason=f"{archive.name} holds {member.name!r} unlisted.")
                yield entry, content
    except tarfile.TarError as error:
        raise RestoreRefused(reason=f"{archive.name} cannot be read: {error}") from None
    if wanted:
        raise RestoreRefused(reason=f"{archive.name} lacks {next(iter(wanted))!r}.")


def copied(entry: MediaFile, content: IO[bytes], target: IO[bytes] | None = None) -> None:
    """Read one file to its end, into another where one is given. Raises RestoreRefused."""
    source: Any = _Hashing(content)
    while block := source.read(BLOCK):
        if target is not None:
            target.write(block)
    if source.digest.hexdigest() != entry.sha256:
        raise RestoreRefused(reason=f"{entry.name} was altered: it does not fit its digest.")


def is_same(path: Path, entry: MediaFile) -> bool:
    """Say whether a file on the disk is the one of the list."""
    if path.stat().st_size != entry.size:
        return False
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest() == entry.sha256
