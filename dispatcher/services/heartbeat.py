"""The sign of life of a run, given from a thread of its own while its worker is busy."""

import logging
import time
from collections.abc import Callable
from datetime import datetime
from threading import Event, Thread
from types import TracebackType
from typing import Self

from django.db import DatabaseError, InterfaceError, connection

from dispatcher.models import OptimizationRun
from dispatcher.services.runs import beat

logger = logging.getLogger(__name__)
BEAT_S = 1.0


class RunStopped(Exception):
    """A run shall not go on: somebody cancelled it, or another worker has it."""


class Heartbeat:
    """
    Shows that a run is alive and how far it is, and hears that it shall stop.

    A thread beats on a connection of its own: gathering keeps the worker's own in a transaction
    that only reads, and screening, roads and rules may take longer than a worker may be silent.
    Within the caller's transaction, which no other connection sees, whoever reports beats.
    """

    def __init__(self, run: OptimizationRun, clock: Callable[[], datetime]) -> None:
        self._run, self._clock = run, clock
        self._percent, self._stage = run.progress_percent, run.progress_stage
        self._last, self._goes_on = 0.0, True
        self._is_over = Event()
        self._thread: Thread | None = None

    def __enter__(self) -> Self:
        if not connection.in_atomic_block:
            self._thread = Thread(target=self._keep_beating, daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_over.set()
        if self._thread is not None:
            self._thread.join()

    def report(self, percent: int, stage: str) -> bool:
        """Say how far the run is; returns whether it shall go on."""
        self._percent, self._stage = percent, stage
        is_due = time.monotonic() - self._last >= BEAT_S
        if self._thread is None and self._goes_on and is_due:
            self._beat()
        return self._goes_on

    def go_on(self) -> None:
        """Raise RunStopped once the run shall stop."""
        if not self.report(self._percent, self._stage):
            raise RunStopped

    def _beat(self) -> None:
        self._last = time.monotonic()
        self._goes_on = beat(
            self._run.pk,
            self._run.attempts,
            percent=self._percent,
            stage=self._stage,
            at=self._clock(),
        )

    def _keep_beating(self) -> None:
        try:
            while self._goes_on and not self._is_over.wait(BEAT_S):
                self._try_to_beat()
        finally:
            connection.close()

    def _try_to_beat(self) -> None:
        try:
            self._beat()
        except (DatabaseError, InterfaceError):
            # A beat that is lost is made up for by the next; without any, the run is taken up.
            logger.warning(
                "Run %s could not show that it is alive", self._run.number, exc_info=True
            )
            connection.close()
