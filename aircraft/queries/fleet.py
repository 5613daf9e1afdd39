from datetime import datetime

from django.db.models import BooleanField, Case, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from aircraft.models import Aircraft
from common.models import ComplianceState

SUBJECT = "aircraft.aircraft"


def with_compliance(rows: QuerySet[Aircraft], *, now: datetime) -> QuerySet[Aircraft]:
    """
    Add `compliance` (cached color, null when never assessed) and `is_compliance_stale`.

    A verdict whose next change is due is stale by time, whether or not a job noticed.
    """
    state = ComplianceState.objects.filter(subject_type=SUBJECT, subject_id=OuterRef("pk"))
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
