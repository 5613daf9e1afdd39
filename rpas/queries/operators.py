"""The facts of many operators, in a number of statements that does not grow."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TypeVar

from rpas.airworthiness import ChangeFacts, FleetFacts, OperatorFacts, PostFacts
from rpas.models import KeyPersonnel, OperatorChange, RPASAircraft, RPASOperator

T = TypeVar("T")


def operator_facts(
    ids: Iterable[int], *, on: date | Mapping[int, date], with_fleet: bool = False
) -> dict[int, OperatorFacts]:
    """
    The facts of many operators, each on one day of its own calendar.

    Operators that do not exist are left out.
    """
    wanted = sorted(set(ids))
    days = {pk: on if isinstance(on, date) else on[pk] for pk in wanted}
    posts = _posts(days)
    changes = _changes(wanted)
    fleets = _fleets(wanted) if with_fleet else {}
    return {
        row.pk: OperatorFacts(
            operator_id=row.pk,
            on=days[row.pk],
            scope_types=tuple(row.scope_types),
            scope_models=tuple(row.scope_models),
            posts=posts.get(row.pk, ()),
            changes=changes.get(row.pk, ()),
            fleet=fleets.get(row.pk, ()),
            **{name: getattr(row, name) for name in _COPIED},
        )
        for row in RPASOperator.objects.filter(pk__in=wanted).order_by("pk")
    }


_COPIED = (
    "name",
    "arn",
    "timezone",
    "is_active",
    "reoc_number",
    "reoc_issued_on",
    "reoc_expires_on",
    "scope_max_mass_kg",
    "insurance_expires_on",
    "operations_manual_ref",
    "job_safety_assessment_ref",
)


def _posts(days: Mapping[int, date]) -> dict[int, tuple[PostFacts, ...]]:
    found: dict[int, tuple[PostFacts, ...]] = {}
    rows = KeyPersonnel.objects.filter(operator__in=list(days)).select_related("user")
    for row in rows.order_by("pk"):
        day = days[row.operator_id]
        if row.valid_from <= day and (row.valid_until is None or day < row.valid_until):
            facts = PostFacts(
                post=row.post, name=row.user.full_name, arn=row.arn, approved_on=row.approved_on
            )
            _add(found, row.operator_id, facts)
    return found


def _changes(ids: Sequence[int]) -> dict[int, tuple[ChangeFacts, ...]]:
    found: dict[int, tuple[ChangeFacts, ...]] = {}
    for row in OperatorChange.objects.pending().filter(operator__in=ids).order_by("pk"):
        facts = ChangeFacts(
            change_id=row.pk,
            description=row.description[:200],
            made_on=row.made_on,
            is_significant=row.is_significant,
            notified_on=row.notified_on,
            approved_on=row.approved_on,
        )
        _add(found, row.operator_id, facts)
    return found


def _fleets(ids: Sequence[int]) -> dict[int, tuple[FleetFacts, ...]]:
    found: dict[int, tuple[FleetFacts, ...]] = {}
    for row in RPASAircraft.objects.not_retired().filter(operator__in=ids).order_by("pk"):
        facts = FleetFacts(
            registration=row.registration,
            kind=row.kind,
            make=row.make,
            model=row.model,
            mtow_kg=row.mtow_kg,
        )
        _add(found, row.operator_id, facts)
    return found


def _add(found: dict[int, tuple[T, ...]], pk: int, facts: T) -> None:
    found[pk] = (*found.get(pk, ()), facts)
