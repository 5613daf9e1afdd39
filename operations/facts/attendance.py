"""Who is at the aerodromes of a trip when its legs leave and arrive: handlers and towers."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from operations.facts.journeys import LegDraft
from operations.facts.papers import ServiceFacts
from operations.planning.fields import Field, Handler, handling, tower
from operations.queries.airfields import place_of

CALLED_OFF = ("cancelled", "na")


def attended_key(airport_id: int) -> str:
    """The dependency key of when an aerodrome is attended."""
    return f"attended:{airport_id}"


def attended(rows: Iterable[Any]) -> dict[int, Field]:
    """When aerodromes are attended that were read with their handlers."""
    return {
        row.pk: Field(
            place=place_of(row),
            handlers=tuple(Handler(**each) for each in row.handlers),
            is_controlled=row.is_controlled,
            tower_hours=row.tower_hours,
        )
        for row in rows
    }


def hours_of_leg(
    draft: LegDraft, fields: Mapping[int, Field], services: Sequence[ServiceFacts]
) -> dict[str, str]:
    """
    How handlers and towers stand at both ends of a leg at its times, by the names of its facts.

    The handler that was chosen for the leg counts; where none was, any that is on file.
    """
    leg = draft.facts
    departure, arrival = fields[draft.origin_id], fields[draft.destination_id]
    return {
        "departure_hours": handling(_chosen(departure, draft, services), leg.out_at).openness.value,
        "arrival_hours": handling(_chosen(arrival, draft, services), leg.in_at).openness.value,
        "departure_tower": tower(departure, leg.off_at).value,
        "arrival_tower": tower(arrival, leg.on_at).value,
    }


def _chosen(field: Field, draft: LegDraft, services: Sequence[ServiceFacts]) -> Field:
    wanted = {
        service.fbo_id
        for service in services
        if service.fbo_id is not None
        and service.kind == "handling"
        and service.airport == field.ident
        and service.leg == draft.facts.sequence
        and service.status not in CALLED_OFF
    }
    if not wanted:
        return field
    return replace(field, handlers=tuple(each for each in field.handlers if each.fbo_id in wanted))
