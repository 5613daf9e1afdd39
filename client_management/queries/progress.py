"""How far jobs got: counted from the flights of their operations, by the area they cover."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, F, FloatField, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Cast, Coalesce, Greatest

from client_management.models import JobOperation, JobOrder, OperationPurpose
from flight_operations.models import FLOWN, UPCOMING, OperationStatus

_FLOWN = Q(operation__status__in=FLOWN)
_LIVE = Q(operation__status__in=[*FLOWN, *UPCOMING, OperationStatus.ACTIVE])
_REFLIGHT = Q(purpose=OperationPurpose.REFLIGHT)
# What the division of an area into parts loses and gains on the ellipsoid.
WHOLE = 99.95


@dataclass(frozen=True, kw_only=True)
class Progress:
    """
    One job's flights. `percent` is the area of the parts that were flown, of all there is to fly.

    To fly is the requested area, once for each visit, and what is flown again. An operation that
    was called off covers nothing, so its part stays open until another one does.
    """

    percent: float
    flown_min: float
    planned_min: float
    operations: int
    flown: int
    upcoming: int
    in_the_air: int


NONE = Progress(
    percent=0.0, flown_min=0.0, planned_min=0.0, operations=0, flown=0, upcoming=0, in_the_air=0
)


def progress_of(jobs: Iterable[JobOrder]) -> dict[int, Progress]:
    """The progress of each job, by its key; 1 query for any number."""
    wanted = {job.pk: job for job in jobs}
    rows = _sums(JobOperation.objects.filter(job__in=list(wanted)))
    found = {row["job"]: _progress(row) for row in rows}
    return {pk: found.get(pk, NONE) for pk in wanted}


def _sums(rows: QuerySet[JobOperation]) -> Any:
    visits = Case(
        When(
            job__request__specifications__has_key="visits",
            then=Cast(F("job__request__specifications__visits"), FloatField()),
        ),
        default=Value(1.0),
    )
    return rows.values("job").annotate(
        to_fly=Greatest(F("job__request__area_m2") * visits, Value(1.0)),
        flown_m2=Coalesce(Sum("part_m2", filter=_FLOWN), 0.0),
        again_m2=Coalesce(Sum("part_m2", filter=_LIVE & _REFLIGHT), 0.0),
        flown_min=Coalesce(Sum("planned_min", filter=_FLOWN), 0.0),
        planned_min=Coalesce(Sum("planned_min", filter=_LIVE), 0.0),
        count=Count("pk", filter=_LIVE),
        flown=Count("pk", filter=_FLOWN),
        upcoming=Count("pk", filter=Q(operation__status__in=UPCOMING)),
        in_the_air=Count("pk", filter=Q(operation__status=OperationStatus.ACTIVE)),
    )


def _progress(row: dict[str, Any]) -> Progress:
    percent = 100 * row["flown_m2"] / (row["to_fly"] + row["again_m2"])
    return Progress(
        percent=100.0 if percent >= WHOLE else round(percent, 1),
        flown_min=round(row["flown_min"], 1),
        planned_min=round(row["planned_min"], 1),
        operations=row["count"],
        flown=row["flown"],
        upcoming=row["upcoming"],
        in_the_air=row["in_the_air"],
    )
