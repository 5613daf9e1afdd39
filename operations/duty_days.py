"""Which flights of a person on one trip belong to one duty period. Values only, times UTC."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from operations.schedule import DEBRIEF, MIN_REST, REPORT_BEFORE


class Stretch(Struct, frozen=True, kw_only=True):
    """One flight of a person, with the road journeys that are theirs too."""

    leg: int
    start_at: datetime
    end_at: datetime


class DutyDay(Struct, frozen=True, kw_only=True):
    """From reporting until being free for rest."""

    legs: tuple[int, ...]
    report_at: datetime
    end_at: datetime

    @property
    def length(self) -> timedelta:
        return self.end_at - self.report_at


def duty_days(
    stretches: Sequence[Stretch],
    *,
    report: timedelta = REPORT_BEFORE,
    debrief: timedelta = DEBRIEF,
    rest: timedelta = MIN_REST,
) -> list[DutyDay]:
    """Split a person's flights where, between release and the next report, a rest fits."""
    groups: list[list[Stretch]] = []
    for stretch in sorted(stretches, key=lambda one: (one.start_at, one.leg)):
        free_at = max(one.end_at for one in groups[-1]) + debrief if groups else None
        if free_at is not None and stretch.start_at - report < free_at + rest:
            groups[-1].append(stretch)
        else:
            groups.append([stretch])
    return [
        DutyDay(
            legs=tuple(one.leg for one in group),
            report_at=group[0].start_at - report,
            end_at=max(one.end_at for one in group) + debrief,
        )
        for group in groups
    ]
