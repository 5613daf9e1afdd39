"""The first verdict of a new record, which later touches keep up to date."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from common.compliance.findings import Stage
from common.compliance.service import assess, judge, record

_waiting: ContextVar[list[tuple[str, int]] | None] = ContextVar("first_verdicts", default=None)


def first_verdict(subject_type: str, pk: int, *, at: datetime) -> None:
    """Give a new record its first verdict: now, or with the others that are made with it."""
    waiting = _waiting.get()
    if waiting is None:
        record([assess(subject_type, pk, stage=Stage.RELEASE, at=at)])
    else:
        waiting.append((subject_type, pk))


@contextmanager
def first_verdicts_together(*, at: datetime) -> Iterator[None]:
    """
    Judge all records that are made within as one, at the end, in the surrounding transaction.

    One by one each would ask for its facts anew. A record whose making was taken back is passed
    over; where the block raises, nothing is judged.
    """
    waiting: list[tuple[str, int]] = []
    token = _waiting.set(waiting)
    try:
        yield
    finally:
        _waiting.reset(token)
    for subject_type in sorted({kind for kind, _ in waiting}):
        ids = [pk for kind, pk in waiting if kind == subject_type]
        record(judge(subject_type, ids, stage=Stage.RELEASE, at=at).values())
