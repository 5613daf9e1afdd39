from datetime import datetime
from typing import Any

from django.db.models import BooleanField, Case, Count, Q, QuerySet, Value, When

from common.compliance.registry import Rule, instruments, rules
from common.models import ComplianceState


def rule_book() -> list[Rule]:
    """Every registered rule, by code."""
    return [rules[code] for code in sorted(rules)]


def instrument_of(entry: Rule) -> dict[str, Any] | None:
    """The dated instrument a rule rests on, as a plain mapping, or None."""
    basis = instruments.get(entry.instrument)
    if basis is None:
        return None
    return {
        "name": basis.name,
        "subject": basis.subject,
        "effective_from": basis.effective_from,
        "effective_to": basis.effective_to,
        "source_checked_on": basis.source_checked_on,
    }


def states_now(user: Any, *, now: datetime) -> QuerySet:
    """
    The states the caller sees, each with `stale_now`.

    A verdict whose next change is due is stale by time, whether or not a job noticed.
    """
    overdue = Case(
        When(next_change_at__lte=now, then=Value(True)),
        default="is_stale",
        output_field=BooleanField(),
    )
    return ComplianceState.objects.visible_to(user).annotate(stale_now=overdue)


def compliance_summary(user: Any, *, now: datetime) -> QuerySet:
    """How many records of each kind the caller sees are green, amber, red and stale."""
    return counted(states_now(user, now=now))


def counted(states: QuerySet) -> QuerySet:
    """States that know `stale_now`, counted by kind and color; what is stale has no color."""
    return (
        states.values("subject_type")
        .annotate(
            green=Count("pk", filter=Q(color="green", stale_now=False)),
            amber=Count("pk", filter=Q(color="amber", stale_now=False)),
            red=Count("pk", filter=Q(color="red", stale_now=False)),
            stale=Count("pk", filter=Q(stale_now=True)),
        )
        .order_by("subject_type")
    )
