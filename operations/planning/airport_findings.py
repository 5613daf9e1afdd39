"""What somebody must know about the airports of a plan: runways, light, hours, fuel."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from aircraft.suitability import Tail
from contacts.hours import Openness
from operations.itinerary import Finding, PlannedLeg
from operations.planning.fields import (
    Craft,
    Field,
    Fit,
    handling,
    is_night,
    lighting,
    longest_m,
    runway_fit,
    sells,
    tower,
)

# Whatever is not on file is so at any hour.
LASTING = {
    "airport_closed",
    "runway_unknown",
    "runway_length",
    "runway_surface",
    "fuel_unknown",
    "timezone_unknown",
    "hours_unknown",
}


def airport_findings(
    legs: Sequence[PlannedLeg], craft: Craft, fields: Mapping[int, Field]
) -> Iterator[Finding]:
    """Every finding about where the flights begin and end; what does not change is said once."""
    said: set[tuple[str, int]] = set()
    for leg in legs:
        for place, is_arrival in ((leg.origin, False), (leg.destination, True)):
            field = fields[place.airport_id]
            for finding in (
                *_lasting(field, craft, leg.sequence),
                *_at_the_time(field, craft, leg, is_arrival=is_arrival),
            ):
                if finding.code in LASTING and (finding.code, field.key) in said:
                    continue
                said.add((finding.code, field.key))
                yield finding


def _lasting(field: Field, craft: Craft, sequence: int) -> Iterator[Finding]:
    ident, tail = field.ident, craft.tail
    if not field.is_in_use:
        yield Finding(
            code="airport_closed", message=f"{ident} is closed.", leg=sequence, is_blocking=True
        )
    yield from _runway(field, tail, sequence)
    if field.key != craft.base.key and not sells(field, craft.fuel):
        words = craft.fuel.replace("_", " ").upper()
        text = f"Nobody at {ident} is on file to sell {words}: confirm the fuel."
        yield Finding(code="fuel_unknown", message=text, leg=sequence, limit=craft.fuel)
    if not field.place.timezone:
        text = f"The time zone of {ident} is not on file: no local times."
        yield Finding(code="timezone_unknown", message=text, leg=sequence)


def _runway(field: Field, tail: Tail, sequence: int) -> Iterator[Finding]:
    ident = field.ident
    fit = runway_fit(field, tail)
    if fit is Fit.UNKNOWN:
        text = f"Length or surface of a runway that would do at {ident} is not on file."
        yield Finding(code="runway_unknown", message=text, leg=sequence, limit=tail.min_runway_m)
    if fit is Fit.SHORT:
        length_m = longest_m(field) or 0.0
        yield Finding(
            code="runway_length",
            message=f"{ident} has {length_m:.0f} m of runway, {tail.min_runway_m} m needed.",
            leg=sequence,
            is_blocking=True,
            value=round(length_m),
            limit=tail.min_runway_m,
        )
    if fit is Fit.SURFACE:
        surfaces = ", ".join(sorted({strip.surface or "unknown" for strip in field.strips}))
        approved = ", ".join(tail.surfaces) or "none"
        yield Finding(
            code="runway_surface",
            message=f"{ident} has no runway long enough on {approved}, only {surfaces}.",
            leg=sequence,
            is_blocking=True,
            value=surfaces,
            limit=approved,
        )


def _at_the_time(
    field: Field, craft: Craft, leg: PlannedLeg, *, is_arrival: bool
) -> Iterator[Finding]:
    on_runway = leg.on_at if is_arrival else leg.off_at
    on_blocks = leg.in_at if is_arrival else leg.out_at
    yield from _light(field, craft, leg.sequence, on_runway)
    yield from _hours(field, leg.sequence, on_blocks)
    if tower(field, on_runway) is Openness.CLOSED:
        text = f"The tower of {field.ident} is closed at {_shown(on_runway)}."
        yield Finding(
            code="tower_closed", message=text, leg=leg.sequence, value=on_runway.isoformat()
        )


def _light(field: Field, craft: Craft, sequence: int, at: datetime) -> Iterator[Finding]:
    lights = lighting(field, craft.tail)
    if lights or not is_night(field, at):
        return
    if lights is None:
        text = f"{field.ident} is dark at {_shown(at)}; runway lights are not on file."
        yield Finding(
            code="runway_lights_unknown", message=text, leg=sequence, value=at.isoformat()
        )
        return
    yield Finding(
        code="runway_unlit",
        message=f"{field.ident} is dark at {_shown(at)} and has no lit runway that would do.",
        leg=sequence,
        is_blocking=True,
        value=at.isoformat(),
    )


def _hours(field: Field, sequence: int, at: datetime) -> Iterator[Finding]:
    """Handlers decide; with none on file a working tower shows that the airport is attended."""
    found = handling(field, at)
    if found.openness is Openness.OPEN:
        return
    if found.openness is Openness.UNKNOWN:
        if tower(field, at) is not Openness.OPEN:
            text = f"When {field.ident} is attended is not on file."
            yield Finding(code="hours_unknown", message=text, leg=sequence)
        return
    until = f", opens {_shown(found.until)}" if found.until else ""
    if found.openness is Openness.ON_REQUEST:
        notices = [each.notice_min for each in field.handlers if each.notice_min is not None]
        asked = f", {min(notices)} min before" if notices else ""
        text = f"{field.ident} is attended at {_shown(at)} only when asked{asked}{until}."
        yield Finding(code="hours_on_request", message=text, leg=sequence, value=at.isoformat())
        return
    yield Finding(
        code="airport_hours",
        message=f"Everybody at {field.ident} is closed at {_shown(at)}{until}.",
        leg=sequence,
        is_blocking=True,
        value=at.isoformat(),
        limit=found.until.isoformat() if found.until else None,
    )


def _shown(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
