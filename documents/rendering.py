"""
Laying documents out in processes of their own, killed when they take too long.

Each of our processes keeps a few of them and uses each for many documents: starting one costs ten
times a short document.
"""

import json
import os
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock, Semaphore, Timer
from typing import Any

from django.conf import settings

from documents.exceptions import DocumentTooLarge, RendererBusy, RenderFailed, RenderTimedOut

WORKER = Path(__file__).with_name("render_worker.py")
SIZE = struct.Struct(">I")
START_S = 60
MOST_PAGES = 400
# A process ends itself when it was asked nothing for 300 s; one that is about to is not asked.
TIRED_S = 270
MOST_BYTES = 24 * 1024 * 1024
# Ours would hand it every secret. It needs to find fonts, and Python its own modules.
PASSED_ON = (
    "PATH",
    "LANG",
    "LC_ALL",
    "HOME",
    "FONTCONFIG_PATH",
    "FONTCONFIG_FILE",
    "XDG_CACHE_HOME",
)
REASONS = {
    "memory": "it needs more memory than it may have",
    "nesting": "it is nested too deeply",
}


@dataclass(frozen=True)
class Rendered:
    """A document that was laid out."""

    content: bytes
    page_count: int


def render_pdf(html: str, *, identifier: str = "00" * 16) -> Rendered:
    """
    Lay HTML out as tagged PDF/A; equal HTML and `identifier` (hex) give equal bytes.

    Raises RenderTimedOut, RenderFailed, DocumentTooLarge, RendererBusy.
    """
    head, content = _ask(
        {"do": "render", "identifier": identifier, "most_pages": MOST_PAGES}, html.encode()
    )
    if len(content) > MOST_BYTES:
        raise DocumentTooLarge(what="bytes", limit=MOST_BYTES)
    return Rendered(content, int(head["pages"]))


@dataclass(frozen=True)
class Inspected:
    """What a file from elsewhere is made of; `active` names what acts when it is opened."""

    page_count: int
    pixel_count: int
    is_locked: bool
    active: tuple[str, ...]


def inspect_file(content: bytes, *, kind: str) -> Inspected:
    """
    Look into a file that somebody sent: `.pdf`, `.png`, `.jpg` or `.webp`.

    Raises RenderFailed for what is none, RenderTimedOut, RendererBusy.
    """
    limit = settings.DOCUMENT_UPLOAD_MAX_PIXELS
    head, _ = _ask({"do": "inspect", "kind": kind, "most_pixels": limit}, content)
    return Inspected(
        page_count=int(head["pages"]),
        pixel_count=int(head["pixels"]),
        is_locked=bool(head["is_locked"]),
        active=tuple(head["active"]),
    )


def _ask(request: dict[str, Any], content: bytes) -> tuple[dict[str, Any], bytes]:
    with _pool().process() as process:
        head, answer = process.ask(request, content, limit_s=settings.DOCUMENT_RENDER_SECONDS)
    if head.get("ok"):
        return head, answer
    reason = str(head.get("reason", ""))
    if reason == "pages":
        raise DocumentTooLarge(what="pages", limit=MOST_PAGES)
    raise RenderFailed(reason=REASONS.get(reason, f"the layout failed ({reason})"))


@dataclass(eq=False)
class RenderProcess:
    """One process that lays documents out, one at a time."""

    done: int = 0
    _used_at: float = field(default=0.0, repr=False)
    _child: Any = field(default=None, repr=False)

    def ask(
        self, request: dict[str, Any], content: bytes, *, limit_s: float
    ) -> tuple[dict[str, Any], bytes]:
        """Send one request and read its answer. Raises RenderTimedOut or RenderFailed."""
        is_tired = time.monotonic() - self._used_at > TIRED_S
        if self._child is None or is_tired or self._child.poll() is not None:
            self._start()
        answer = self._exchange(request, content, limit_s)
        self._used_at = time.monotonic()
        self.done += 1
        if self.done >= settings.DOCUMENT_RENDER_RECYCLE or answer[0].get("reason") == "memory":
            # What a failed allocation left behind is not to be built on.
            self.end()
        return answer

    @property
    def pid(self) -> int | None:
        """The number of the process, while there is one."""
        return self._child.pid if self._child is not None else None

    def end(self) -> None:
        """Put an end to the process, whatever it is doing."""
        child, self._child, self.done = self._child, None, 0
        if child is not None:
            child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout):
                with suppress(OSError):
                    pipe.close()

    def _start(self) -> None:
        self.end()
        passed = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        # The command is our own interpreter and our own file.
        self._child = subprocess.Popen(  # noqa: S603
            [sys.executable, "-I", "-B", str(WORKER), str(settings.DOCUMENT_RENDER_MEMORY_MB)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=passed,
            cwd="/",
            start_new_session=True,
        )
        with self._limit(START_S):
            if self._read() is None:
                self.end()
                raise RenderFailed(reason="the renderer does not start")

    def _exchange(
        self, request: dict[str, Any], content: bytes, limit_s: float
    ) -> tuple[dict[str, Any], bytes]:
        text = json.dumps(request).encode()
        answer = None
        with self._limit(limit_s) as has_run_out, suppress(OSError):
            for part in (text, content):
                self._child.stdin.write(SIZE.pack(len(part)))
                self._child.stdin.write(part)
            self._child.stdin.flush()
            answer = self._read()
        if answer is not None:
            return answer
        self.end()
        if has_run_out.is_set():
            raise RenderTimedOut(seconds=limit_s)
        raise RenderFailed(reason="the renderer broke down, most likely for want of memory")

    @contextmanager
    def _limit(self, seconds: float) -> Iterator[threading.Event]:
        """Kill the process when the block takes longer; the pipes then end."""
        has_run_out = threading.Event()
        child = self._child

        def stop() -> None:
            has_run_out.set()
            child.kill()

        timer = Timer(seconds, stop)
        timer.daemon = True
        timer.start()
        try:
            yield has_run_out
        finally:
            timer.cancel()

    def _read(self) -> tuple[dict[str, Any], bytes] | None:
        parts = []
        for _ in range(2):
            size = self._child.stdout.read(SIZE.size)
            if len(size) < SIZE.size:
                return None
            (count,) = SIZE.unpack(size)
            part = self._child.stdout.read(count)
            if len(part) < count:
                return None
            parts.append(part)
        return json.loads(parts[0]), parts[1]


class RenderPool:
    """The processes that one of ours keeps; who finds all of them taken waits a while."""

    def __init__(self, size: int) -> None:
        self._free = [RenderProcess() for _ in range(size)]
        self._places = Semaphore(size)
        self._lock = Lock()
        self.owner = os.getpid()

    @contextmanager
    def process(self) -> Iterator[RenderProcess]:
        """Hold one process for the length of a block. Raises RendererBusy."""
        if not self._places.acquire(timeout=settings.DOCUMENT_RENDER_WAIT_SECONDS):
            raise RendererBusy
        with self._lock:
            process = self._free.pop()
        try:
            yield process
        finally:
            with self._lock:
                self._free.append(process)
            self._places.release()

    def close(self) -> None:
        """End every process that is not at work."""
        with self._lock:
            for process in self._free:
                process.end()


_kept: list[RenderPool] = []
_guard = Lock()


def _pool() -> RenderPool:
    """The pool of this process: one that was inherited in a fork is somebody else's."""
    with _guard:
        if not _kept or _kept[0].owner != os.getpid():
            _kept[:] = [RenderPool(settings.DOCUMENT_RENDER_PROCESSES)]
        return _kept[0]


def end_renderers() -> None:
    """End the processes that this one keeps; the next document starts them again."""
    with _guard:
        for pool in _kept:
            if pool.owner == os.getpid():
                pool.close()
        _kept.clear()
