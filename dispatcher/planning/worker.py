"""
A process that searches: jobs come in by standard input, reports and outcomes leave by the output.

A process of its own, not a child of `multiprocessing`: those may not be made inside a Celery
worker, and a fork would copy the threads of the start solution's engine in an unknown state.
"""

import os
import pickle
import select
import struct
import time
from typing import Any, BinaryIO

from dispatcher.planning.jobs import REPORT_EVERY_S, search

LENGTH = struct.Struct("!Q")
REPORT, OUTCOME, FAILURE = "report", "outcome", "failure"


def send(stream: BinaryIO, value: Any) -> None:
    """Write one value and its length."""
    body = pickle.dumps(value, protocol=5)
    stream.write(LENGTH.pack(len(body)) + body)
    stream.flush()


def receive(stream: Any) -> Any:
    """Read one value; EOFError when the other side is gone."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        raise EOFError
    # Both ends are processes of this program, joined by a pipe nobody else can open.
    return pickle.loads(stream.read(LENGTH.unpack(head)[0]))  # noqa: S301


def main() -> None:
    """Work until the input ends. Whatever arrives during a search means: stop it."""
    source = os.fdopen(os.dup(0), "rb", buffering=0)
    target = os.fdopen(os.dup(1), "wb")
    # Whatever a library prints must not get between the frames.
    os.dup2(2, 1)
    while True:
        try:
            job = receive(_Whole(source))
        except EOFError:
            return
        if job is None:
            continue
        reported = time.monotonic()

        def look(done: int, cost: int) -> bool:
            nonlocal reported
            now = time.monotonic()
            if now - reported >= REPORT_EVERY_S:
                reported = now
                send(target, (REPORT, (done, cost)))
            return bool(select.select([source], [], [], 0)[0])

        answer: tuple[str, Any]
        try:
            answer = (OUTCOME, search(job, look))
        except Exception as error:  # noqa: BLE001 - told to the other process, which raises it
            answer = (FAILURE, f"{type(error).__name__}: {error}")
        send(target, answer)


class _Whole:
    """Reads exactly as many bytes as asked from an unbuffered pipe."""

    def __init__(self, source: Any) -> None:
        self.source = source

    def read(self, count: int) -> bytes:
        parts = []
        while count:
            part = self.source.read(count)
            if not part:
                break
            parts.append(part)
            count -= len(part)
        return b"".join(parts)


if __name__ == "__main__":
    main()
