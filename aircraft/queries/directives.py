"""Which directives of its type an aircraft's own list says nothing of."""

import re
from collections import defaultdict
from dataclasses import dataclass

from aircraft.casa_files import NATIONALITY
from aircraft.models import AirworthinessDirective, MaintenanceTask, TaskKind
from aircraft.models.aircraft import AircraftQuerySet


@dataclass(frozen=True)
class TailDirectives:
    """
    How the list of one aircraft answers CASA's.

    `unknown_series` are those named for its type that the list does not have. An aircraft without
    any series is answered for in nothing.
    """

    tail_number: str
    designator: str
    series: list[str]
    unknown_series: list[str]
    unanswered: list[AirworthinessDirective]

    @property
    def count(self) -> int:
        """How many directives are unanswered."""
        return len(self.unanswered)

    @property
    def is_answered(self) -> bool:
        """Whether every directive of a known set of series has an entry."""
        return bool(self.series) and not self.unknown_series and not self.unanswered


def directives_by_tail(aircraft: AircraftQuerySet) -> list[TailDirectives]:
    """
    What each Australian aircraft that is not retired has no entry for, by tail number; 4 queries.

    An entry is a maintenance task of the kind `directive` whose reference cites the directive, with
    commas between several; one that is done for good or does not apply is entered and set inactive.
    """
    tails = list(
        aircraft.not_retired()
        .filter(tail_number__istartswith=NATIONALITY)
        .select_related("aircraft_type")
        .order_by("tail_number")
    )
    named = {code for tail in tails for code in tail.aircraft_type.directive_series}
    listed = AirworthinessDirective.objects.filter(series__in=named, is_listed=True)
    known = set(listed.order_by("series").values_list("series", flat=True).distinct())
    by_series: dict[str, list[AirworthinessDirective]] = defaultdict(list)
    for row in AirworthinessDirective.objects.in_force().filter(series__in=named).order_by("pk"):
        by_series[row.series].append(row)
    entries = _entries([tail.pk for tail in tails])
    return [
        TailDirectives(
            tail_number=tail.tail_number,
            designator=tail.aircraft_type.designator,
            series=tail.aircraft_type.directive_series,
            unknown_series=[c for c in tail.aircraft_type.directive_series if c not in known],
            unanswered=[
                row
                for code in tail.aircraft_type.directive_series
                for row in by_series[code]
                if entries[tail.pk].isdisjoint(map(_plain, row.citations))
            ],
        )
        for tail in tails
    ]


def _entries(tails: list[int]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    tasks = MaintenanceTask.objects.filter(aircraft__in=tails, kind=TaskKind.DIRECTIVE)
    for tail, reference in tasks.order_by("pk").values_list("aircraft", "reference"):
        found[tail].update(_plain(part) for part in re.split(r"[,;\n]", reference))
    return found


def _plain(citation: str) -> str:
    return " ".join(citation.upper().split())
