"""
What `doctor` looks at: the apps register examinations, each of which names troubles and remedies.

An examination only reads. One that breaks down is a trouble of its own: what could not be looked at
is not in order.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from django.db import DatabaseError, connection, transaction

# Whatever it is that makes a statement slow, the doctor does not wait for it.
LONGEST_STATEMENT_S = 120
DATABASE = "database.answers"


@dataclass(frozen=True)
class Trouble:
    """
    One thing that is not in order, and what to do about it.

    `is_fault` False: the service works, and somebody should look all the same.
    """

    message: str
    remedy: str
    is_fault: bool = True


Look = Callable[[], Iterable[Trouble]]


@dataclass(frozen=True)
class Examination:
    """
    One thing to look at ("database.migrations").

    `reads_all` ones walk over all rows of something and take as long as there is of it.
    """

    key: str
    title: str
    look: Look
    needs_database: bool = True
    reads_all: bool = False


@dataclass(frozen=True)
class Result:
    """What an examination found; `skipped` says why it was not done."""

    key: str
    title: str
    troubles: tuple[Trouble, ...] = ()
    seconds: float = 0.0
    skipped: str = ""

    @property
    def is_in_order(self) -> bool:
        """Whether nothing was found that stops the service from doing what it is for."""
        return not any(trouble.is_fault for trouble in self.troubles)


_EXAMINATIONS: dict[str, Examination] = {}


def examination(
    key: str, title: str, *, needs_database: bool = True, reads_all: bool = False
) -> Callable[[Look], Look]:
    """Register a function that yields troubles. Raises ValueError for a key that is taken."""

    def register(look: Look) -> Look:
        if key in _EXAMINATIONS:
            raise ValueError(f"{key} is registered twice")
        _EXAMINATIONS[key] = Examination(key, title, look, needs_database, reads_all)
        return look

    return register


def examinations() -> list[Examination]:
    """Every examination; that of the database first, for most others need it."""
    return sorted(_EXAMINATIONS.values(), key=lambda each: (each.key != DATABASE, each.key))


def examine(*, only: Collection[str] = (), with_all_rows: bool = False) -> Iterator[Result]:
    """
    Look at everything, or at what `only` names, one result after the other.

    What walks over all rows is looked at when it is named or asked for. Where the database does
    not answer, what needs it is skipped.
    """
    has_database = True
    for each in examinations():
        if only and each.key not in {*only, DATABASE}:
            continue
        if each.reads_all and not with_all_rows and each.key not in only:
            yield Result(each.key, each.title, skipped="reads all rows; asked for with --all")
        elif each.needs_database and not has_database:
            yield Result(each.key, each.title, skipped="the database does not answer")
        else:
            result = _looked(each)
            if each.key == DATABASE:
                has_database = result.is_in_order
            yield result


def _looked(each: Examination) -> Result:
    began = time.perf_counter()
    try:
        troubles = _in_transaction(each.look) if each.needs_database else tuple(each.look())
    # What it does not foresee is the very thing to report, whatever it is.
    except Exception as error:  # noqa: BLE001
        text = str(error).strip() or type(error).__name__
        troubles = (Trouble(f"It could not be looked at: {text}", _advice(error)),)
    return Result(each.key, each.title, troubles, time.perf_counter() - began)


def _in_transaction(look: Look) -> tuple[Trouble, ...]:
    is_within = connection.in_atomic_block
    with transaction.atomic():
        with connection.cursor() as cursor:
            if not is_within:
                # One moment for all statements, while people work; and nothing can be written.
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute(
                "SELECT set_config('statement_timeout', %s, true)", [f"{LONGEST_STATEMENT_S}s"]
            )
        return tuple(look())


def _advice(error: Exception) -> str:
    if isinstance(error, DatabaseError):
        return "Look at what database.answers, database.migrations and database.role say first."
    return "Put right what the message names, and run the doctor again."
