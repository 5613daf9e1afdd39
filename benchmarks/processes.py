"""A worker as the Procfile starts it, a broker of its own, and the memory of processes."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.place import ROOT, procfile_line

# A database of Redis that no installation uses: a worker would take another one's tasks.
BROKER = 15
LOOK_S = 0.2
WORKER_START_S = 5.0


def own_broker() -> None:
    """Point this process and its children at an empty queue of their own."""
    from redis import Redis  # noqa: PLC0415 - not needed by other benchmarks

    url = os.environ.get("REDIS_URL", "")
    if not url:
        raise SystemExit("REDIS_URL is not set: a worker needs a broker")
    if url.startswith("unix://"):
        url = f"{url.partition('?')[0]}?db={BROKER}"
    else:
        url = f"{re.sub(r'/[0-9]*$', '', url)}/{BROKER}"
    os.environ["REDIS_URL"] = url
    Redis.from_url(url).delete("celery", "unacked", "unacked_index")


@contextmanager
def worker() -> Iterator[int]:
    """Run the worker line of the Procfile with one process for tasks; yields its group."""
    command = procfile_line("worker")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    process = subprocess.Popen(  # noqa: S603 - our own Procfile
        ["/bin/sh", "-c", command],
        cwd=ROOT,
        env=os.environ | {"PATH": path, "WORKER_CONCURRENCY": "1"},
        start_new_session=True,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        time.sleep(WORKER_START_S)
        if process.poll() is not None:
            raise RuntimeError("The worker ended while starting.")
        yield process.pid
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=60)


class Memory:
    """The most resident memory of each process of a group, against what it held at first."""

    def __init__(self, group: int) -> None:
        self.group = group
        self.first: dict[int, int] = {}
        self.most: dict[int, int] = {}
        self._look()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._is_over.set()
        self._thread.join()

    @property
    def grew_by_mb(self) -> float:
        """By how much the process grew that grew most."""
        return max((self.most[pid] - self.first[pid] for pid in self.first), default=0) / 1024

    @property
    def megabytes(self) -> list[tuple[int, int]]:
        """At first and at most, of each process."""
        return [(self.first[pid] // 1024, self.most[pid] // 1024) for pid in self.first]

    def _watch(self) -> None:
        while not self._is_over.wait(LOOK_S):
            self._look()

    def _look(self) -> None:
        for pid, held in self._resident():
            self.first.setdefault(pid, held)
            self.most[pid] = max(self.most.get(pid, 0), held)

    def _resident(self) -> Iterator[tuple[int, int]]:
        """Kilobytes of every process of the group."""
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if os.getpgid(int(folder.name)) != self.group:
                    continue
                status = (folder / "status").read_text()
            except OSError:
                continue
            line = next((each for each in status.splitlines() if each.startswith("VmRSS")), "")
            if line:
                yield int(folder.name), int(line.split()[1])
