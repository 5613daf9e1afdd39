from collections.abc import Iterable
from datetime import date
from typing import Any

from flight_operations.risk_matrix import ACCEPTED_BY, AcceptanceLevel, RiskIndex
from rpas.models import KeyPersonnel, KeyPost, RPASOperator

# Highest first: whoever holds several posts signs as the highest.
LEVEL_OF_POST = (
    (KeyPost.CEO, AcceptanceLevel.TOP_MANAGEMENT),
    (KeyPost.CHIEF_REMOTE_PILOT, AcceptanceLevel.SENIOR_MANAGEMENT),
    (KeyPost.MAINTENANCE_CONTROLLER, AcceptanceLevel.DEPARTMENT),
    (KeyPost.CHIEF_INSTRUCTOR, AcceptanceLevel.DEPARTMENT),
)
# From the worst to the least.
_ORDER = tuple(RiskIndex)


def acceptance_level(user: Any, operator: RPASOperator, *, on: date) -> AcceptanceLevel:
    """The highest level of management at which a person may accept an operator's risks on a day."""
    posts = set(
        KeyPersonnel.objects.live_on(on)
        .filter(operator=operator, user=user)
        .values_list("post", flat=True)
    )
    return next((level for post, level in LEVEL_OF_POST if post in posts), AcceptanceLevel.NOBODY)


def worst_index(indices: Iterable[str]) -> RiskIndex | None:
    """The worst of several risk indices; None when there are none."""
    return min(map(RiskIndex, indices), key=_ORDER.index, default=None)


def is_worse(index: str, than: str) -> bool:
    """Say whether one risk index is worse than another."""
    return _ORDER.index(RiskIndex(index)) < _ORDER.index(RiskIndex(than))


def level_needed(indices: Iterable[str]) -> AcceptanceLevel:
    """Who must accept the worst of several residual risks."""
    found = worst_index(indices)
    return ACCEPTED_BY[found] if found else AcceptanceLevel.NOBODY
