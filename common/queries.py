from typing import Any

from django.db.models import Count, Q, QuerySet

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


def compliance_summary(user: Any) -> QuerySet:
    """How many records of each kind the caller sees are green, amber, red and stale."""
    rows = ComplianceState.objects.visible_to(user).values("subject_type")
    return rows.annotate(
        green=Count("pk", filter=Q(color="green", is_stale=False)),
        amber=Count("pk", filter=Q(color="amber", is_stale=False)),
        red=Count("pk", filter=Q(color="red", is_stale=False)),
        stale=Count("pk", filter=Q(is_stale=True)),
    ).order_by("subject_type")
