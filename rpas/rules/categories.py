"""Weight categories by maximum take-off mass (REGULATION 1.1)."""

from typing import Any

from common.compliance.findings import Finding
from common.compliance.registry import RuleContext
from rpas.airworthiness import AircraftFacts, Category, category_of
from rpas.rules.registration import aircraft_rule

WORDS: dict[str, Any] = {
    "citation": "CASR 101.022",
    "confidence": "known-medium",
    "inputs": ("mtow_kg",),
}


def check_category(
    aircraft: AircraftFacts, context: RuleContext, category: Category
) -> Finding | None:
    """Green with the category when the maximum take-off mass lies in it."""
    if category_of(aircraft.mtow_kg) != category:
        return None
    return context.green(
        f"{aircraft.registration} is {category.value.replace('_', ' ')}.", value=aircraft.mtow_kg
    )


@aircraft_rule("CASR-101.022-MICRO", title="Micro: 250 g or less", **WORDS)
def micro(aircraft: AircraftFacts, context: RuleContext) -> Finding | None:
    """Gross mass of 0.250 kg or less, with battery and payload."""
    return check_category(aircraft, context, Category.MICRO)


@aircraft_rule("CASR-101.022-VSMALL", title="Very small: over 250 g, up to 2 kg", **WORDS)
def very_small(aircraft: AircraftFacts, context: RuleContext) -> Finding | None:
    """Gross mass over 0.250 kg and up to 2 kg."""
    return check_category(aircraft, context, Category.VERY_SMALL)


@aircraft_rule("CASR-101.022-SMALL", title="Small: over 2 kg, up to 25 kg", **WORDS)
def small(aircraft: AircraftFacts, context: RuleContext) -> Finding | None:
    """Gross mass over 2 kg and up to 25 kg."""
    return check_category(aircraft, context, Category.SMALL)


@aircraft_rule("CASR-101.022-MEDIUM", title="Medium: over 25 kg, up to 150 kg", **WORDS)
def medium(aircraft: AircraftFacts, context: RuleContext) -> Finding | None:
    """Gross mass over 25 kg and up to 150 kg."""
    return check_category(aircraft, context, Category.MEDIUM)


@aircraft_rule(
    "CASR-101.022-LARGE",
    title="Large: over 150 kg needs an airworthiness certificate and approval",
    citation="CASR 101.255, 101.275",
    confidence="known-medium",
    inputs=("mtow_kg",),
)
def large(aircraft: AircraftFacts, context: RuleContext) -> Finding | None:
    """Gross mass over 150 kg: not permitted unless a large-RPA approval is on file."""
    if category_of(aircraft.mtow_kg) != Category.LARGE:
        return None
    return context.red(
        f"{aircraft.registration} is large ({aircraft.mtow_kg:g} kg).",
        value=aircraft.mtow_kg,
        limit=150.0,
        fix="Record the large-RPA approval with the operation.",
    )
