"""Gather occurrences, for their own clocks and for the trips that come after them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from common.compliance.findings import Stage
from common.compliance.subjects import Collected, subject
from operations.facts.journeys import Journey
from operations.facts.occurrence import OccurrenceFacts, OpenOccurrence
from operations.models import Occurrence
from operations.queries.occurrences import clocks, people_of, with_people


@subject("operations.occurrence", facts=OccurrenceFacts, own="occurrence")
def collect_occurrences(ids: Sequence[int], at: datetime, stage: Stage) -> Mapping[int, Collected]:
    """Occurrences as they stand; the answer changes with the clocks of notice and report."""
    rows = Occurrence.objects.filter(pk__in=ids).order_by("pk")
    return {
        row.pk: Collected(
            facts=_facts(row),
            label=row.number,
            scope=row.scope,
            dependencies=frozenset({f"occurrence:{row.pk}"}),
            next_change_at=min(_turns(row, at), default=None),
        )
        for row in rows
    }


def gather_occurrences(journeys: Sequence[Journey]) -> dict[int, tuple[OpenOccurrence, ...]]:
    """What is still open of the aircraft and the crews of the journeys, in one statement."""
    # The company's open ones are few; they are matched here, by aircraft and by person.
    rows = list(with_people(Occurrence.objects.open()).order_by("pk"))
    found = {}
    for journey in journeys if rows else ():
        crew = {entry.person_id for entry in journey.crew}
        found[journey.key] = tuple(
            OpenOccurrence(
                number=row.number,
                event=row.event,
                is_of_aircraft=row.aircraft_id == journey.aircraft_id,
            )
            for row in rows
            if row.aircraft_id == journey.aircraft_id or crew & people_of(row)
        )
    return found


def _facts(row: Occurrence) -> OccurrenceFacts:
    return OccurrenceFacts(
        rule_date=row.occurred_at.astimezone(ZoneInfo(row.time_zone)).date(),
        number=row.number,
        event=row.event,
        status=row.status,
        aware_at=row.aware_at,
        is_notifiable=row.is_notifiable,
        notified_at=row.notified_at,
        report_due_at=row.report_due_at,
        filed_at=row.filed_at,
    )


def _turns(row: Occurrence, at: datetime) -> Iterator[datetime]:
    for clock in clocks(row, now=at):
        if clock.done_at is None:
            yield from (turn for turn in (clock.amber_at, clock.red_at) if turn > at)
