"""Registers what can be assessed here: a crewed aircraft as it stands today."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from aircraft.airworthiness import CrewedAircraftFacts
from aircraft.models import FLEET_SCOPE, Aircraft
from aircraft.queries.airworthiness import aircraft_facts
from common.compliance.findings import Stage
from common.compliance.subjects import Collected, subject
from common.time import day_bounds

__all__ = ["CrewedAircraftFacts"]


@subject("aircraft.aircraft", facts=CrewedAircraftFacts, own="aircraft")
def collect_aircraft(ids: Sequence[int], at: datetime, stage: Stage) -> Mapping[int, Collected]:
    """Aircraft on their base's local day; the answer may change at its midnight."""
    rows = Aircraft.objects.filter(pk__in=ids).select_related("base").order_by("pk")
    zones = {row.pk: row.zone for row in rows}
    days = {pk: at.astimezone(zone).date() for pk, zone in zones.items()}
    return {
        pk: Collected(
            facts=facts,
            label=facts.tail_number,
            scope=FLEET_SCOPE,
            dependencies=frozenset({f"aircraft:{pk}", FLEET_SCOPE}),
            next_change_at=day_bounds(days[pk], zones[pk])[1],
        )
        for pk, facts in aircraft_facts(days, on=days).items()
    }
