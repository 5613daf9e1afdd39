"""Who flies, from the rows of a trip or the names in an offer."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from operations.facts.people import CrewMemberFacts, Sector
from users.models import User


class AssignedCrew(Struct, frozen=True, kw_only=True):
    """One person's part in one trip or offer (`key`), in one role; times are UTC."""

    key: int
    person_id: int
    role: str
    report_at: datetime
    end_at: datetime
    sectors: tuple[Sector, ...] = ()


def crew_members(
    assigned: Sequence[AssignedCrew], *, now: datetime
) -> dict[int, tuple[CrewMemberFacts, ...]]:
    """The crew of many trips by key, in a number of statements that does not grow with them."""
    people = {entry.person_id for entry in assigned}
    rows = User.objects.filter(pk__in=people).order_by("pk")
    names = {user.pk: user.full_name for user in rows}
    found: dict[int, tuple[CrewMemberFacts, ...]] = {}
    for entry in assigned:
        member = CrewMemberFacts(
            user_id=entry.person_id,
            name=names.get(entry.person_id, ""),
            role=entry.role,
            report_at=entry.report_at,
            end_at=entry.end_at,
            sectors=entry.sectors,
        )
        found[entry.key] = (*found.get(entry.key, ()), member)
    return found
