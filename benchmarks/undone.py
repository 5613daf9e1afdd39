"""What a question to the server changed, undone."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction


@contextmanager
def undone() -> Iterator[None]:
    """
    Undo what is written in here, in a database that already holds a transaction open.

    The block counts as one of the test's own, as Django marks them: a durable block inside of it
    is then what it is on a server, outermost.
    """
    block = transaction.atomic()
    block._from_testcase = True  # type: ignore[attr-defined]  # noqa: SLF001
    with block:
        yield
        transaction.set_rollback(True)
