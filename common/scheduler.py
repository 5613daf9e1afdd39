"""
SchedulerService: hand work to a background process, whichever kind there is.

Two back ends behind one interface: Celery when a broker is configured, else a thread pool in this
process. Work is named by its task path and takes JSON-able keyword arguments.
"""

import logging
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from threading import Timer
from typing import Any, Protocol

from celery import current_app
from django.conf import settings
from django.db import close_old_connections, connections, transaction
from kombu.exceptions import OperationalError

from common.redaction import withholding

logger = logging.getLogger(__name__)


class SchedulerBackend(Protocol):
    def submit(self, task: str, arguments: dict[str, Any], *, delay_s: float = 0) -> None:
        """Run the named task soon, or after `delay_s` seconds, at least once if all goes well."""


class CeleryBackend:
    """Publish to the broker. A broker that is down is logged, never raised: sweeps catch up."""

    def submit(self, task: str, arguments: dict[str, Any], *, delay_s: float = 0) -> None:
        try:
            current_app.send_task(task, kwargs=arguments, countdown=delay_s or None, retry=False)
        except OperationalError:
            logger.warning("Broker unreachable; %s waits for the sweep", task)


class ThreadBackend:
    """Run tasks on a small thread pool of this process; for one-machine use without Redis."""

    def __init__(self, threads: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="scheduler")

    def submit(self, task: str, arguments: dict[str, Any], *, delay_s: float = 0) -> None:
        if delay_s:
            timer = Timer(delay_s, self._pool.submit, (self._run, task, arguments))
            timer.daemon = True
            timer.start()
        else:
            self._pool.submit(self._run, task, arguments)

    def close(self) -> None:
        """Finish what was begun, drop what was not, and take nothing more."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _run(self, task: str, arguments: dict[str, Any]) -> None:
        close_old_connections()
        try:
            with withholding():
                current_app.tasks[task].run(**arguments)
        except Exception:  # the pool's isolation point, as a Celery worker's would be
            logger.exception("Task %s failed", task)
        finally:
            connections.close_all()


@cache
def backend() -> SchedulerBackend:
    """The back end that the settings choose; made once a process."""
    if settings.SCHEDULER_BACKEND == "celery":
        return CeleryBackend()
    return ThreadBackend(settings.SCHEDULER_THREADS)


def schedule(task: str, *, delay_s: float = 0, **arguments: Any) -> None:
    """Hand a task to the background now. Inside a transaction use `schedule_on_commit`."""
    backend().submit(task, arguments, delay_s=delay_s)


def schedule_on_commit(task: str, **arguments: Any) -> None:
    """Hand a task to the background once the surrounding transaction has committed."""

    # A closure, not functools.partial: Django 5.2 reports a failed robust hook by its __qualname__.
    def submit() -> None:
        schedule(task, **arguments)

    transaction.on_commit(submit, robust=True)
