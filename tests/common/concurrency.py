"""Run functions at the same moment on connections of their own."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection


def at_once(*work: Callable[[], Any]) -> list[Any]:
    """
    Start every function at one barrier, each in its own thread, and return what each gave.

    An exception raised by a function is returned in its place.
    """
    gate = threading.Barrier(len(work))
    results: list[Any] = [None] * len(work)

    def run(index: int, function: Callable[[], Any]) -> None:
        try:
            connection.ensure_connection()
            gate.wait(timeout=30)
            results[index] = function()
        except Exception as error:  # noqa: BLE001 - the test looks at what was raised
            results[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(work)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


def kinds(results: Sequence[Any]) -> list[str]:
    """What each function came to, as sorted type names, for comparing with what should be."""
    return sorted(type(result).__name__ for result in results)
