"""The bytes of a log file: read in blocks, unpacked when compressed, never more than a limit."""

import gzip
import io
import zlib
from typing import BinaryIO

MAX_BYTES = 1 << 30
BLOCK = 1 << 18
GZIP_MAGIC = b"\x1f\x8b"
MAX_RATIO = 200
RATIO_FREE_BYTES = 64 << 20


class SourceTooLarge(Exception):
    """The file, or what it unpacks to, is larger than a flight log may be."""


class SourceDamaged(Exception):
    """The compressed file cannot be unpacked."""


class Source:
    """
    A seekable log file. `size` is that of the stored file, so progress needs no unpacking.

    A compressed log is unpacked block by block; what it unpacks to is capped in bytes and, past
    the first 64 MB, to 200 times its own size.
    """

    def __init__(self, file: BinaryIO, *, max_bytes: int = MAX_BYTES) -> None:
        self._file = file
        self.size = file.seek(0, io.SEEK_END)
        self._max_bytes = max_bytes
        if self.size > max_bytes:
            raise SourceTooLarge
        file.seek(0)
        self.compressed = file.read(2) == GZIP_MAGIC
        file.seek(0)
        self._stream: BinaryIO | gzip.GzipFile = (
            gzip.GzipFile(fileobj=file, mode="rb") if self.compressed else file
        )
        self.offset = 0

    @property
    def progress(self) -> float:
        return min(1.0, self._file.tell() / self.size) if self.size else 1.0

    def rewind(self) -> None:
        self._stream.seek(0)
        self.offset = 0

    def read(self, size: int = BLOCK) -> bytes:
        """Read at most `size` bytes; empty at the end. Raises SourceTooLarge, SourceDamaged."""
        return self._counted(self._guarded(self._stream.read, size))

    def line(self, limit: int) -> bytes:
        """Read one line, or the first `limit` bytes of a longer one."""
        return self._counted(self._guarded(self._stream.readline, limit))

    def _guarded(self, read, size: int) -> bytes:  # type: ignore[no-untyped-def]
        try:
            return read(size)
        except (EOFError, OSError, zlib.error) as broken:
            raise SourceDamaged(str(broken)) from broken

    def _counted(self, data: bytes) -> bytes:
        self.offset += len(data)
        allowed = max(RATIO_FREE_BYTES, self.size * MAX_RATIO) if self.compressed else self.offset
        if self.offset > min(self._max_bytes, allowed):
            raise SourceTooLarge
        return data
