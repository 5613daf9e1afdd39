"""
The one time ledger of aircraft, pilots, crew and drones.

Resources are locked (in one order) before the row is written, so contenders wait instead of
deadlocking; the exclusion constraint is the last word.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, models, transaction
from psycopg.errors import ExclusionViolation
from psycopg.types.range import TimestamptzRange

from common.exceptions import DoubleBooked
from common.models import ResourceBooking


@dataclass(frozen=True, order=True)
class Resource:
    """Somebody or something that can be in one place only: kind and primary key."""

    kind: str
    pk: int
    label: str = ""


@transaction.atomic
def book(
    resources: Iterable[Resource],
    *,
    start: datetime,
    end: datetime,
    source: models.Model,
    purpose: str = "",
) -> None:
    """
    Take every resource for a half-open period on behalf of a record, replacing what it held.

    Raises DoubleBooked when another record holds one of them; then nothing is changed.
    """
    hold(resources, [(start, end)], source=source, purpose=purpose)


@transaction.atomic
def hold(
    resources: Iterable[Resource],
    spans: Iterable[tuple[datetime, datetime]],
    *,
    source: models.Model,
    purpose: str = "",
) -> None:
    """
    Take every resource for several half-open spans on behalf of a record, replacing what it held.

    Raises DoubleBooked when another record holds one of them; then nothing is changed.
    """
    wanted, times = sorted(set(resources)), sorted(spans)
    _lock(wanted)
    release(source)
    for resource in wanted:
        for start, end in times:
            row = ResourceBooking(
                resource_kind=resource.kind,
                resource_id=resource.pk,
                period=TimestamptzRange(start, end, "[)"),
                source_type=source._meta.label_lower,
                source_id=source.pk,
                purpose=purpose,
            )
            _insert(resource, row)


def release(source: models.Model) -> int:
    """Give back everything a record holds; the rows stay as history. Returns how many."""
    return _of(source).filter(is_live=True).update(is_live=False)


@transaction.atomic
def shorten(source: models.Model, *, end: datetime) -> int:
    """End what a record holds at `end`, such as when it landed early. Returns how many changed."""
    rows = _of(source).filter(is_live=True, period__startswith__lt=end, period__endswith__gt=end)
    changed = 0
    for row in rows.select_for_update().order_by("pk"):
        row.period = TimestamptzRange(row.period.lower, end, "[)")
        row.save(update_fields=["period"])
        changed += 1
    return changed


def conflicts(
    resources: Iterable[Resource],
    *,
    start: datetime,
    end: datetime,
    source: models.Model | None = None,
) -> Sequence[ResourceBooking]:
    """Live bookings of these resources that overlap a period, other than those of `source`."""
    wanted = models.Q(pk__in=[])
    for resource in resources:
        wanted |= models.Q(resource_kind=resource.kind, resource_id=resource.pk)
    rows = ResourceBooking.objects.filter(
        wanted, is_live=True, period__overlap=TimestamptzRange(start, end, "[)")
    )
    if source is not None:
        rows = rows.exclude(source_type=source._meta.label_lower, source_id=source.pk)
    return list(rows.order_by("period", "pk"))


def take_turns(resources: Iterable[Resource]) -> None:
    """
    Wait for one's turn with several resources, in the one order, before booking them one by one.

    Who books first one and then another, each in a call of its own, could wait for somebody who
    goes the other way round.
    """
    _lock(sorted(set(resources)))


def _of(source: models.Model) -> models.QuerySet[ResourceBooking]:
    return ResourceBooking.objects.filter(source_type=source._meta.label_lower, source_id=source.pk)


def _lock(resources: Sequence[Resource]) -> None:
    with connection.cursor() as cursor:
        for resource in resources:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtext(%s), %s)", [resource.kind, resource.pk]
            )


def _insert(resource: Resource, row: ResourceBooking) -> None:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        if not isinstance(error.__cause__, ExclusionViolation):
            raise
        label = resource.label or f"{resource.kind} {resource.pk}"
        raise DoubleBooked(**_public(resource, label)) from error


def _public(resource: Resource, label: str) -> dict[str, Any]:
    # Never the other party's record or times: they may belong to somebody else.
    return {"resource": label, "kind": resource.kind}
