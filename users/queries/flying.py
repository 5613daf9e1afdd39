from datetime import date

from users.models import CheckKind, CheckRecord

# How long a check counts, in calendar months (14 CFR 61.56, 61.57,
# 135.293, .297, .299, .343, .621).
VALID_MONTHS: dict[str, int] = {
    CheckKind.KNOWLEDGE: 12,
    CheckKind.COMPETENCY: 12,
    CheckKind.INSTRUMENT: 6,
    CheckKind.LINE: 12,
    CheckKind.RECURRENT: 12,
    CheckKind.FLIGHT_REVIEW: 24,
    CheckKind.INSTRUMENT_61: 6,
    CheckKind.AMBULANCE: 24,
    CheckKind.NIGHT_COURSE: 12,
}
# The month of grace is for these only (14 CFR 135.301(a), 135.323(b)).
WITH_GRACE = (
    CheckKind.KNOWLEDGE,
    CheckKind.COMPETENCY,
    CheckKind.INSTRUMENT,
    CheckKind.LINE,
    CheckKind.RECURRENT,
)


def due_month(check: CheckRecord) -> date:
    """
    The month a check counts for: the one it was due, when done at most a month early or late.

    Done earlier than that, later, or as the first of its kind, it counts for its own month.
    """
    own = check.done_on.replace(day=1)
    if check.kind not in WITH_GRACE:
        return own
    earlier = CheckRecord.objects.standing().filter(
        user=check.user_id,
        kind=check.kind,
        aircraft_type=check.aircraft_type,
        is_passed=True,
        done_on__lt=check.done_on,
    )
    last = earlier.exclude(pk=check.pk).order_by("-base_month", "-pk").first()
    if last is None:
        return own
    due = later_month(last.base_month, VALID_MONTHS[check.kind])
    return due if abs(months_between(own, due)) <= 1 else own


def later_month(month: date, by: int) -> date:
    """The first day of the month so many months after one."""
    index = month.year * 12 + month.month - 1 + by
    return date(index // 12, index % 12 + 1, 1)


def months_between(earlier: date, later: date) -> int:
    """How many calendar months one month comes after another."""
    return (later.year - earlier.year) * 12 + later.month - earlier.month
