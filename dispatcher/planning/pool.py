"""The searching processes of one plan: started once, given jobs, stopped when asked."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import IO, Any

from dispatcher.planning.jobs import Job, Outcome, search
from dispatcher.planning.worker import FAILURE, OUTCOME, receive, send

ROOT = Path(__file__).resolve().parents[2]
POLL_S = 0.2

# What is called now and then: (share of these jobs done, best cost of a job or None).
Watch = Callable[[float, int | None], None]


class SearchFailed(RuntimeError):
    """A searching process gave up or died."""


class Pool:
    """`processes` searching processes; with one or none, jobs are searched in this process."""

    def __init__(self, processes: int, cancelled: Callable[[], bool]) -> None:
        self.cancelled = cancelled
        self.workers = [_Worker() for _ in range(processes)] if processes > 1 else []
        self.free: SimpleQueue[_Worker] = SimpleQueue()
        for worker in self.workers:
            self.free.put(worker)

    def __enter__(self) -> "Pool":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for worker in self.workers:
            worker.close()

    @property
    def width(self) -> int:
        return max(1, len(self.workers))

    def run(self, jobs: Sequence[Job], watch: Watch) -> list[Outcome]:
        """
        Search all jobs and return their outcomes in the same order.

        When `cancelled` says so, each search ends with the best it has. Raises SearchFailed.
        """
        if not self.workers:
            return [self._here(job, number, len(jobs), watch) for number, job in enumerate(jobs)]
        with ThreadPoolExecutor(len(self.workers)) as threads:
            running = [threads.submit(self._there, job) for job in jobs]
            try:
                self._wait(running, jobs, watch)
            except BaseException:
                # Whoever is told may fail; nobody waits for a search that nobody wants.
                self._drop(running)
                raise
            return [each.result() for each in running]

    def _drop(self, running: list[Future[Outcome]]) -> None:
        for each in running:
            each.cancel()
        for worker in self.workers:
            worker.process.kill()

    def _wait(self, running: list[Future[Outcome]], jobs: Sequence[Job], watch: Watch) -> None:
        begun, pending = time.monotonic(), set(running)
        budget = sum(job.seconds for job in jobs) / self.width
        while pending:
            _, pending = wait(pending, POLL_S, FIRST_COMPLETED)
            best = [worker.cost for worker in self.workers if worker.cost is not None]
            share = min(0.99, (time.monotonic() - begun) / max(budget, POLL_S))
            watch(share if pending else 1.0, min(best, default=None))
            if pending and self.cancelled():
                for worker in self.workers:
                    worker.stop()

    def _there(self, job: Job) -> Outcome:
        worker = self.free.get()
        try:
            return worker.search(job, self.cancelled)
        finally:
            self.free.put(worker)

    def _here(self, job: Job, number: int, count: int, watch: Watch) -> Outcome:
        looked = time.monotonic()

        def look(done: int, cost: int) -> bool:
            nonlocal looked
            now = time.monotonic()
            if now - looked < POLL_S:
                return False
            looked = now
            watch(number / count, cost)
            return self.cancelled()

        return search(job, look)


class _Worker:
    """One searching process, seen from here."""

    def __init__(self) -> None:
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "dispatcher.planning.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": path},
        )
        self.cost: int | None = None
        self.is_searching = False

    def search(self, job: Job, cancelled: Callable[[], bool]) -> Outcome:
        """Have one job searched; reports on the way are kept as `cost`."""
        self.cost = None
        try:
            send(_pipe(self.process.stdin), job)
            self.is_searching = True
            if cancelled():
                self.stop()
            while True:
                kind, value = receive(_pipe(self.process.stdout))
                if kind == OUTCOME:
                    return value
                if kind == FAILURE:
                    raise SearchFailed(value)
                self.cost = value[1]
        except (EOFError, BrokenPipeError) as error:
            raise SearchFailed("A searching process ended before its time.") from error
        finally:
            self.is_searching = False

    def stop(self) -> None:
        """Ask it to end its search with what it has: None is no job, but wakes it."""
        if self.is_searching:
            self.is_searching = False
            # One that has died is told of by the thread that waits for its answer.
            with suppress(BrokenPipeError):
                send(_pipe(self.process.stdin), None)

    def close(self) -> None:
        """End the process, kindly first."""
        with suppress(BrokenPipeError):
            _pipe(self.process.stdin).close()
        try:
            self.process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        _pipe(self.process.stdout).close()


def _pipe(stream: IO[bytes] | None) -> Any:
    if stream is None:
        raise SearchFailed("A searching process has no pipe.")
    return stream
