"""The door in the database: while a scope is on, it shows and takes some clients' rows only."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import connection, transaction

NAME = "windsock.client_scope"


@contextmanager
def client_scope(organizations: Iterable[int]) -> Iterator[None]:
    """
    Hold the database to the rows of these clients for the length of a block, in a transaction.

    The setting ends with the transaction whatever happens, so a connection that is given back
    carries none; see migration 0012. Without any organization no client's row is there.
    """
    with transaction.atomic():
        before = _now()
        narrow(organizations)
        yield
        _back_to(before)


@contextmanager
def open_scope() -> Iterator[None]:
    """A transaction in which `narrow` may be called; what it set is taken back at the end."""
    with transaction.atomic():
        before = _now()
        yield
        _back_to(before)


def narrow(organizations: Iterable[int]) -> None:
    """
    Show the rows of these clients only, until the surrounding scope or transaction ends.

    Raises RuntimeError outside a transaction, where the setting would outlive the request.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("a scope must be set inside a transaction")
    _set("{" + ",".join(str(int(pk)) for pk in organizations) + "}")


def _back_to(value: str) -> None:
    # What is undone takes the setting with it, and takes no more statements.
    if not connection.needs_rollback:
        _set(value)


def _now() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s, true)", [NAME])
        return cursor.fetchone()[0] or ""


def _set(value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [NAME, value])
