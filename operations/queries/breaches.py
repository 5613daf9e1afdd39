"""The clock of the notice to the persons of a privacy breach (45 CFR 164.404)."""

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from common.compliance.findings import Color
from operations.models import BreachStatus, PrivacyBreach
from operations.models.breach import NOTICE_WITHIN

# Company practice: "without unreasonable delay" is amber when half of the days are gone.
NOTICE_AMBER = timedelta(days=30)


def breach_color(breach: PrivacyBreach, *, now: datetime) -> Color:
    """Green until half of the time is gone, then amber, red when it is late; green once done."""
    if breach.status != BreachStatus.REPORTED or now < breach.discovered_at + NOTICE_AMBER:
        return Color.GREEN
    return Color.RED if now >= breach.due_at else Color.AMBER


def remaining_s(breach: PrivacyBreach, *, now: datetime) -> int | None:
    """Seconds until the persons must be told, negative when late; None when nothing runs."""
    if breach.status != BreachStatus.REPORTED:
        return None
    return int((breach.due_at - now).total_seconds())


def with_breach_color(rows: QuerySet, color: str, *, now: datetime) -> QuerySet:
    """Breaches whose clock shows this color; the same answer as `breach_color`."""
    running = Q(status=BreachStatus.REPORTED)
    red = running & Q(discovered_at__lte=now - NOTICE_WITHIN)
    amber = running & Q(discovered_at__lte=now - NOTICE_AMBER)
    if color == Color.RED:
        return rows.filter(red)
    return rows.filter(amber).exclude(red) if color == Color.AMBER else rows.exclude(amber)
