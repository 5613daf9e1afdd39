"""What is on file of verdicts: beside rows of a kind, on a screen, behind a release."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, Case, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from common.compliance.findings import Color, Finding, gist
from common.compliance.service import findings_of
from common.models import ComplianceState, Verdict


def with_state(rows: QuerySet[Any], subject_type: str, *, now: datetime) -> QuerySet[Any]:
    """
    Add `compliance` (cached color, null when never assessed) and `is_compliance_stale`.

    A verdict whose next change is due is stale by time, whether or not a job noticed.
    """
    state = ComplianceState.objects.filter(subject_type=subject_type, subject_id=OuterRef("pk"))
    overdue = Case(
        When(next_change_at__lte=now, then=Value(True)),
        default="is_stale",
        output_field=BooleanField(),
    )
    return rows.annotate(
        compliance=Subquery(state.values("color")[:1]),
        is_compliance_stale=Coalesce(
            Subquery(state.annotate(stale_now=overdue).values("stale_now")[:1]), Value(True)
        ),
    )


def findings_to_show(subject_type: str, subject_id: int) -> tuple[Finding, ...] | None:
    """What the current verdict of a record says that is not green; None when it has none."""
    states = ComplianceState.objects.filter(subject_type=subject_type, subject_id=subject_id)
    state = states.select_related("verdict").first()
    if state is None:
        return None
    return tuple(f for f in findings_of(state.verdict) if f.color != Color.GREEN)


def not_covered(released: Verdict, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """
    Findings that a release on a verdict did not know of: every red one, and the amber ones of
    which more say the same than were acknowledged when it was given.
    """
    known = Counter(_kind(f) for f in findings_of(released) if f.color == Color.AMBER)
    now = Counter(_kind(f) for f in findings if f.color == Color.AMBER)
    return tuple(
        f
        for f in findings
        if f.color == Color.RED or (f.color == Color.AMBER and now[_kind(f)] > known[_kind(f)])
    )


def _kind(finding: Finding) -> tuple[str, str]:
    return finding.rule, gist(finding.message)
