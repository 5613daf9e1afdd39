"""Registers what can be assessed here: an aircraft as it stands today, and an operator."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from common.compliance.findings import Stage
from common.compliance.subjects import Collected, subject
from common.time import day_bounds
from rpas.airworthiness import AircraftFacts, OperatorFacts
from rpas.models import RPASAircraft, RPASOperator
from rpas.queries.airworthiness import aircraft_facts
from rpas.queries.operators import operator_facts

__all__ = ["AircraftFacts", "OperatorFacts"]


@subject("rpas.rpasaircraft", facts=AircraftFacts, open_to_members=True)
def collect_aircraft(ids: Sequence[int], at: datetime, stage: Stage) -> Mapping[int, Collected]:
    """Aircraft as they stand on the operator's local day; the answer may change at midnight."""
    rows = RPASAircraft.objects.filter(pk__in=ids).order_by("pk")
    zones = {pk: ZoneInfo(name) for pk, name in rows.values_list("pk", "operator__timezone")}
    days = {pk: at.astimezone(zone).date() for pk, zone in zones.items()}
    return {
        pk: Collected(
            facts=facts,
            label=facts.registration,
            scope=f"rpas_operator:{facts.operator_id}",
            dependencies=frozenset({f"rpas_aircraft:{pk}"}),
            next_change_at=day_bounds(days[pk], zones[pk])[1],
        )
        for pk, facts in aircraft_facts(days, on=days).items()
    }


@subject("rpas.rpasoperator", facts=OperatorFacts, open_to_members=True)
def collect_operators(ids: Sequence[int], at: datetime, stage: Stage) -> Mapping[int, Collected]:
    """Operators on their own local day, with their fleet; papers and posts may end at midnight."""
    rows = RPASOperator.objects.filter(pk__in=ids).order_by("pk")
    zones = {pk: ZoneInfo(name) for pk, name in rows.values_list("pk", "timezone")}
    days = {pk: at.astimezone(zone).date() for pk, zone in zones.items()}
    found = operator_facts(days, on=days, with_fleet=True)
    return {
        pk: Collected(
            facts=facts,
            label=facts.name[:64],
            scope=f"rpas_operator:{pk}",
            dependencies=frozenset({f"rpas_operator:{pk}"}),
            next_change_at=day_bounds(days[pk], zones[pk])[1],
        )
        for pk, facts in found.items()
    }
