from datetime import datetime

from django.db.models import QuerySet

from aircraft.models import Aircraft
from common.compliance.states import with_state

SUBJECT = "aircraft.aircraft"


def with_compliance(rows: QuerySet[Aircraft], *, now: datetime) -> QuerySet[Aircraft]:
    """Add the cached color and the stale mark."""
    return with_state(rows, SUBJECT, now=now)
