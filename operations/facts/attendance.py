"""Who is at the aerodromes of a trip when its legs leave and arrive: handlers and towers."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from operations.facts.journeys import Journey, LegDraft
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
    journey: Journey,
    draft: LegDraft,
    fields: Mapping[int, Field],
    services: Sequence[ServiceFacts],
) -> dict[str, str]:
    """
    How handlers and towers stand at both ends of a leg at its times, by the names of its facts.

    The handler that was chosen for the leg counts, for a departure else the one that was chosen
    for the arrival before it; where none was, any that is on file.
    """
    leg = draft.facts
    departure, arrival = fields[draft.origin_id], fields[draft.destination_id]
    leaves_by = _chosen(departure, [draft, *_arriving(journey, draft)], services)
    arrives_by = _chosen(arrival, [draft], services)
    return {
        "departure_hours": handling(leaves_by, leg.out_at).openness.value,
        "arrival_hours": handling(arrives_by, leg.in_at).openness.value,
        "departure_tower": tower(departure, leg.off_at).value,
        "arrival_tower": tower(arrival, leg.on_at).value,
    }


def _arriving(journey: Journey, draft: LegDraft) -> list[LegDraft]:
    """The leg before, where this one leaves from where it arrives."""
    before = [each for each in journey.legs if each.facts.sequence < draft.facts.sequence]
    last = max(before, key=lambda each: each.facts.sequence, default=None)
    return [last] if last is not None and last.destination_id == draft.origin_id else []


def _chosen(field: Field, drafts: Sequence[LegDraft], services: Sequence[ServiceFacts]) -> Field:
    """The aerodrome with the handlers chosen there for the first of some legs that has any."""
    for draft in drafts:
        wanted = {
            service.fbo_id
            for service in services
            if service.fbo_id is not None
            and service.kind == "handling"
            and service.airport == field.ident
            and service.leg == draft.facts.sequence
            and service.status not in CALLED_OFF
        }
        if wanted:
            handlers = tuple(each for each in field.handlers if each.fbo_id in wanted)
            return replace(field, handlers=handlers)
    return field
