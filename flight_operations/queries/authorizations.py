from dataclasses import dataclass
from datetime import timedelta

from flight_operations.models import (
    AuthorizationKind,
    AuthorizationStatus,
    OperationalAuthorization,
)

# CASA's published lead times (REGULATION AUTH-LEAD): approvals 60 days from payment, permissions
# 28 days. What an application grants at once, or the person in charge on the spot, needs none.
APPROVAL_LEAD = timedelta(days=60)
PERMISSION_LEAD = timedelta(days=28)
PERMISSIONS = frozenset(
    {AuthorizationKind.NONCONTROLLED_MOVEMENT, AuthorizationKind.NONCONTROLLED_HEIGHT}
)
GRANTED_ON_THE_SPOT = frozenset({AuthorizationKind.APP, AuthorizationKind.EMERGENCY})


@dataclass(frozen=True)
class LeadTime:
    """Days that an application needs by the authority's own word, and days that it has."""

    needed_days: int
    available_days: int

    @property
    def is_short(self) -> bool:
        return self.available_days < self.needed_days

    @property
    def warning(self) -> str:
        """What to tell the applicant; empty when there is time enough."""
        if not self.is_short:
            return ""
        return (
            f"The authority asks for {self.needed_days} days; there are {self.available_days} "
            "between the application and the first day."
        )


def lead_time(authorization: OperationalAuthorization) -> LeadTime | None:
    """The lead time of a request still open; None once it is decided or when no date is known."""
    if authorization.status != AuthorizationStatus.REQUESTED or authorization.applied_on is None:
        return None
    available = authorization.valid_from.date() - authorization.applied_on
    return LeadTime(_needed(authorization.kind).days, available.days)


def _needed(kind: str) -> timedelta:
    if kind in GRANTED_ON_THE_SPOT:
        return timedelta(0)
    return PERMISSION_LEAD if kind in PERMISSIONS else APPROVAL_LEAD
