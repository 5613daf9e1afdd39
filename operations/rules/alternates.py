"""Is an alternate needed, is it good enough, and is there fuel for it (14 CFR 135.221, 135.223)."""

from collections.abc import Callable

from common.compliance.findings import Color, Finding
from common.compliance.registry import Parameter, RuleContext
from operations.facts.legs import LegFacts
from operations.facts.trip import TripFacts
from operations.rules.basis import (
    Answer,
    aeroplane,
    commercial_ifr,
    figure,
    helicopter,
    leg_rule,
    opsspec_in_force,
    positioning_ifr,
    vfr,
)
from operations.rules.minima import against_minima
from operations.rules.samples import STATUTE_MILE_M

SM = STATUTE_MILE_M
HAS_C055 = "C055"
PRECISION_FT = 250
NAME_ONE = "Name an alternate."


def alternate_minima(leg: LegFacts) -> tuple[float, float] | None:
    """
    Alternate minima under OpSpec C055: ceiling in ft, visibility in m; None when not known.

    One aid: 400 ft and 1 SM on top of the approach; two: 200 ft and half a mile on the higher one.
    """
    if leg.alternate_ceiling_ft is None or leg.alternate_visibility_m is None:
        return None
    if leg.alternate_navaids == 1:
        return leg.alternate_ceiling_ft + 400.0, leg.alternate_visibility_m + SM
    if leg.alternate_navaids == 2:
        return leg.alternate_ceiling_ft + 200.0, leg.alternate_visibility_m + SM / 2
    return None


def rotorcraft_minima(leg: LegFacts) -> tuple[float, float] | None:
    """135.221(b): 200 ft above the approach, 1 SM at least; without an approach visual minima."""
    if leg.alternate_navaids == 0:
        return 1000.0, 3 * SM
    if leg.alternate_ceiling_ft is None or leg.alternate_visibility_m is None:
        return None
    return leg.alternate_ceiling_ft + 200.0, max(SM, float(leg.alternate_visibility_m))


def _alternate_weather(
    leg: LegFacts, context: RuleContext, minima: tuple[float, float] | None
) -> Finding | None:
    if leg.alternate is None:
        return None
    if minima is None:
        return context.missing(
            f"The alternate minima of {leg.alternate.ident}",
            fix="Enter the approach minima and on how many aids they rest.",
        )
    return against_minima(
        leg.alternate_weather,
        leg.on_at,
        context,
        place=leg.alternate.ident,
        ceiling_ft=minima[0],
        visibility_m=minima[1],
    )


@leg_rule(
    "FAR-135.221A",
    title="Weather at the alternate, aeroplanes",
    citation="14 CFR 135.221(a)",
    confidence="found",
    when=lambda facts, leg: commercial_ifr(facts, leg) and aeroplane(facts, leg),
)
def alternate_aeroplane(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
    """A named alternate is at or above its alternate minima at the planned arrival, else red."""
    return _alternate_weather(leg, context, alternate_minima(leg))


@leg_rule(
    "FAR-135.221B",
    title="Weather at the alternate, helicopters",
    citation="14 CFR 135.221(b)",
    confidence="found",
    when=lambda facts, leg: commercial_ifr(facts, leg) and helicopter(facts, leg),
)
def alternate_helicopter(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
    """A named alternate: 200 ft above the approach minimum and 1 SM, or visual without one."""
    return _alternate_weather(leg, context, rotorcraft_minima(leg))


@leg_rule(
    "OPSPEC-C055",
    title="Derived alternate minima",
    citation="OpSpec C055",
    confidence="known-high",
    inputs=("opsspecs", "rule_date", "end_date"),
    when=lambda facts, leg: commercial_ifr(facts, leg) and leg.alternate is not None,
)
def derived_minima(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
    """Alternate minima derived from the approaches need C055 on file, else red."""
    if facts.is_helicopter:
        return None
    held = opsspec_in_force(facts, HAS_C055) is not None
    derived = alternate_minima(leg)
    shown = (
        {"ceiling_ft": round(derived[0]), "visibility_m": round(derived[1])} if derived else None
    )
    if not held:
        return context.red(
            f"{leg.label}: alternate minima are derived without OpSpec C055.",
            value=shown,
            fix="Put C055 on file, or take charted minima.",
        )
    return context.green(f"{leg.label}: derived under OpSpec C055.", value=shown)


def needs_alternate(
    leg: LegFacts, context: RuleContext, *, ceiling_ft: float, visibility_m: float
) -> Finding:
    """
    Whether the weather makes an alternate necessary: green when it does not.

    Red for a prevailing breach, amber for one in a TEMPO or PROB part, missing when nobody can
    tell.
    """
    return against_minima(
        leg.arrival_weather,
        leg.on_at,
        context,
        place=leg.destination,
        ceiling_ft=ceiling_ft,
        visibility_m=visibility_m,
    )


def _judged_need(leg: LegFacts, context: RuleContext, need: Finding) -> Finding:
    shown = {"value": need.value, "limit": need.limit}
    if leg.alternate is not None:
        return context.green(f"{leg.label}: alternate {leg.alternate.ident}.", **shown)
    if need.color == Color.GREEN:
        return context.green(f"{leg.label}: no alternate needed. {need.message}", **shown)
    if need.is_missing_input:
        return context.missing(f"Whether {leg.destination} needs an alternate", fix=NAME_ONE)
    words = f"{leg.label} needs an alternate: {need.message}"
    if need.color == Color.AMBER:
        return context.amber(words, fix=NAME_ONE, **shown)
    return context.red(words, fix=NAME_ONE, **shown)


@leg_rule(
    "FAR-135.223",
    title="Alternate needed",
    citation="14 CFR 135.223(b)",
    confidence="found",
    when=commercial_ifr,
)
def alternate_needed(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
    """
    None is needed with a published approach and, one hour either side of the arrival, a ceiling
    1,500 ft above the lowest circling minimum (without circling: 1,500 ft above the lowest minimum
    or 2,000 ft, the higher) and the greater of 3 SM and 2 SM above the lowest minimum.
    """
    if leg.alternate is None and (leg.min_ceiling_ft is None or leg.min_visibility_m is None):
        return context.missing(
            f"Whether {leg.destination} needs an alternate", fix="Enter the landing minima."
        )
    if leg.circling_ceiling_ft is not None:
        ceiling_ft = leg.circling_ceiling_ft + 1500.0
    else:
        ceiling_ft = max((leg.min_ceiling_ft or 0) + 1500.0, 2000.0)
    visibility_m = max(3 * SM, (leg.min_visibility_m or 0) + 2 * SM)
    need = needs_alternate(leg, context, ceiling_ft=ceiling_ft, visibility_m=visibility_m)
    return _judged_need(leg, context, need)


@leg_rule(
    "FAR-91.169",
    title="Alternate on positioning flights",
    citation="14 CFR 91.169",
    confidence="known-high",
    when=positioning_ifr,
)
def positioning_alternate(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
    """
    Without 2,000 ft and 3 SM one hour either side of the arrival an alternate is named.

    It has 600 ft and 2 SM with a precision approach (minimum to 250 ft), else 800 ft and 2 SM.
    Helicopters are held to the same, stricter than theirs.
    """
    need = needs_alternate(leg, context, ceiling_ft=2000, visibility_m=3 * SM)
    found = [_judged_need(leg, context, need)]
    lowest = leg.alternate_ceiling_ft
    is_precision = lowest is not None and lowest <= PRECISION_FT
    there = _alternate_weather(leg, context, (600.0 if is_precision else 800.0, 2 * SM))
    return [*found, there] if there is not None else found


def _fuel(
    reserve_min: Callable[[TripFacts, LegFacts, RuleContext], float], *, with_alternate: bool
) -> Callable[[TripFacts, LegFacts, RuleContext], Answer]:
    def check(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
        needed = fuel_needed(
            facts, leg, reserve_min(facts, leg, context), with_alternate=with_alternate
        )
        return judged_fuel(facts, leg, context, needed)

    return check


def fuel_needed(
    facts: TripFacts, leg: LegFacts, reserve_min: float, *, with_alternate: bool
) -> float | None:
    """
    Kilograms at off blocks: the flight with taxi, the alternate, and the reserve at cruise burn.

    The band that burns most decides for alternate and reserve.
    """
    if facts.cabin is None or not facts.cabin.bands:
        return None
    bands = facts.cabin.bands
    burn = max(band.burn_kg_h for band in bands)
    total = leg.fuel_kg + burn * reserve_min / 60
    if with_alternate and leg.alternate_nm is not None:
        total += max(leg.alternate_nm / band.cruise_ktas * band.burn_kg_h for band in bands)
    return total


def judged_fuel(
    facts: TripFacts, leg: LegFacts, context: RuleContext, needed: float | None
) -> Finding:
    """Fuel on board against what is needed, and what is needed against the tanks."""
    if needed is None or facts.cabin is None or leg.fuel_kg <= 0:
        return context.missing(
            f"The fuel that {leg.label} needs", fix="Enter performance and fuel."
        )
    limit = round(needed, 1)
    if needed > facts.cabin.usable_fuel_kg:
        return context.red(
            f"{leg.label} needs {needed:.0f} kg of fuel; the tanks hold"
            f" {facts.cabin.usable_fuel_kg} kg.",
            value=facts.cabin.usable_fuel_kg,
            limit=limit,
            fix="Plan a stop for fuel.",
        )
    if leg.fuel_on_board_kg is None:
        return context.missing(f"The fuel on board for {leg.label}", fix="Enter it.")
    words = f"{leg.label}: {figure(leg.fuel_on_board_kg)} kg on board, {needed:.0f} kg needed."
    if leg.fuel_on_board_kg < limit:
        return context.red(words, value=leg.fuel_on_board_kg, limit=limit, fix="Take more fuel.")
    return context.green(words, value=leg.fuel_on_board_kg, limit=limit)


IFR_RESERVE = {
    "aeroplane_min": Parameter(45, "higher", "min", "Reserve of aeroplanes at cruise"),
    "helicopter_min": Parameter(30, "higher", "min", "Reserve of helicopters at cruise"),
}


def _ifr_reserve(facts: TripFacts, leg: LegFacts, context: RuleContext) -> float:
    return context["helicopter_min" if facts.is_helicopter else "aeroplane_min"]


@leg_rule(
    "FAR-135.223-FUEL",
    title="IFR fuel",
    citation="14 CFR 135.223(a)",
    confidence="found",
    inputs=("cabin",),
    when=commercial_ifr,
    parameters=IFR_RESERVE,
)
def ifr_fuel(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
    """Fuel to the destination, to the named alternate and 45 min (helicopter 30) at cruise."""
    return _fuel(_ifr_reserve, with_alternate=True)(facts, leg, context)


@leg_rule(
    "FAR-91.167",
    title="IFR fuel on positioning flights",
    citation="14 CFR 91.167",
    confidence="known-high",
    inputs=("cabin",),
    when=positioning_ifr,
    parameters=IFR_RESERVE,
)
def positioning_fuel(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
    """The same under part 91: destination, alternate and 45 min (helicopter 30)."""
    return _fuel(_ifr_reserve, with_alternate=True)(facts, leg, context)


@leg_rule(
    "FAR-135.209",
    title="VFR fuel",
    citation="14 CFR 135.209",
    confidence="known-high",
    inputs=("cabin",),
    when=vfr,
    parameters={
        "day_min": Parameter(30, "higher", "min", "Reserve by day"),
        "night_min": Parameter(45, "higher", "min", "Reserve by night"),
        "helicopter_min": Parameter(20, "higher", "min", "Reserve of helicopters"),
    },
)
def vfr_fuel(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
    """Fuel to the first landing and 30 min by day, 45 by night, 20 for helicopters."""

    def reserve(facts: TripFacts, leg: LegFacts, context: RuleContext) -> float:
        if facts.is_helicopter:
            return context["helicopter_min"]
        # Not known to be day counts as night.
        return context["day_min" if leg.is_night is False else "night_min"]

    return _fuel(reserve, with_alternate=False)(facts, leg, context)
