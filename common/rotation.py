"""Closing encrypted columns anew with another key, row by row, while people work."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import pghistory
from django.db import transaction
from django.db.models import BinaryField, Func, IntegerField, Q, QuerySet, Value

from common.encryption import (
    SealBroken,
    SealedModel,
    active_key,
    blind_indexes,
    prefix_of,
    sealed_fields,
)

MOST_FAULTS = 20


@dataclass
class Progress:
    """How far a model is: rows closed anew, rows left, rows that could not be opened."""

    model: str
    key_id: str
    rotated: int = 0
    failed: int = 0
    left: int = 0
    is_done: bool = False
    faults: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def rotate(model: type[SealedModel], *, batch_size: int) -> Iterator[Progress]:
    """
    Close every row of a model anew that is not wholly under the active key.

    Each batch is a transaction that locks its rows; progress comes after each, the last one
    `is_done`. A row that cannot be opened is counted, named and passed over.
    """
    progress = Progress(model._meta.label, active_key())
    after = 0
    while True:
        with transaction.atomic(), pghistory.context(command="rotate_keys"):
            rows = list(_behind(model).filter(pk__gt=after).order_by("pk")[:batch_size])
            for row in rows:
                _close_anew(row, progress)
        if not rows:
            break
        after = rows[-1].pk
        progress.left = _count(model)
        yield progress
    progress.left, progress.is_done = _count(model), True
    yield progress


def _close_anew(row: SealedModel, progress: Progress) -> None:
    names = [f.name for f in (*sealed_fields(type(row)), *blind_indexes(type(row)))]
    try:
        # A row that fails is undone alone. `pre_save` opens and closes; `updated_at` stays.
        with transaction.atomic():
            row.save(update_fields=names)
    except SealBroken as fault:
        progress.failed += 1
        if len(progress.faults) < MOST_FAULTS:
            progress.faults.append(f"row {row.pk}: {fault}")
    else:
        progress.rotated += 1


def _behind(model: type[SealedModel]) -> QuerySet[Any]:
    """Rows with a value that the active key did not close, locked."""
    return _rows(model).select_for_update(of=("self",), no_key=True)


def _count(model: type[SealedModel]) -> int:
    return _rows(model).count()


def _rows(model: type[SealedModel]) -> QuerySet[Any]:
    start = prefix_of(active_key())
    behind = Q()
    rows: QuerySet[Any] = model._default_manager.all()
    for each in sealed_fields(model):
        head = Func(
            each.name,
            Value(1),
            Value(len(start), output_field=IntegerField()),
            function="SUBSTRING",
            output_field=BinaryField(),
        )
        rows = rows.alias(**{f"head_of_{each.name}": head})
        behind |= Q(**{f"{each.name}__isnull": False}) & ~Q(**{f"head_of_{each.name}": start})
    for index in blind_indexes(model):
        known = Q(**{f"{index.name}__isnull": False})
        behind |= known & ~Q(**{f"{index.name}__startswith": f"{active_key()}."})
    return rows.filter(behind)
