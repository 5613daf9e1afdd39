"""Non-controlled aerodromes, permissions by app, and indoors (CASR 101.075, 101.080, 101.005)."""

from airports.queries.aerodromes import AerodromeFacts
from common.compliance.findings import Finding
from common.compliance.registry import RuleContext
from flight_operations.facts.operation import OperationFacts
from flight_operations.instruments import APP_3NM, DIRECTIONS
from flight_operations.models import AuthorizationKind
from flight_operations.rules.aerodromes import ZONE_M, is_rough, named, within
from flight_operations.rules.basis import (
    BY_APPROVAL,
    approval_for,
    approved_or_red,
    figure,
    highest_m,
    operation_rule,
    under_approval,
)
from flight_operations.rules.standard_limits import HEIGHT_EXACT_M

_MOVEMENT = AuthorizationKind.NONCONTROLLED_MOVEMENT


@operation_rule(
    "MOS-4-NONCTRL",
    title="Crewed traffic at a non-controlled aerodrome",
    citation="CASA 20/25; CASR 101.075",
    confidence="found",
    inputs=("aerodromes", "is_crewed_traffic_known"),
    absolute="With a crewed aircraft about, nobody may launch.",
    instrument=DIRECTIONS.name,
    is_outdoors_only=True,
)
def crewed_traffic(facts: OperationFacts, context: RuleContext) -> Finding:
    """
    Near a non-controlled aerodrome or landing site: no launch once a crewed aircraft is known to
    operate there; within 3 NM otherwise amber, for the duty to listen and look out.
    """
    if facts.aerodromes is None:
        return context.missing("The aerodromes around", fix="Draw the volumes of the plan.")
    if facts.is_crewed_traffic_known:
        return context.red(
            "A crewed aircraft is known to operate here.", fix="Wait until it has left."
        )
    near = within(facts, ZONE_M, is_active=False)
    if not near:
        return context.green("No non-controlled aerodrome within 3 NM.", limit=ZONE_M)
    if facts.is_crewed_traffic_known is None:
        return context.missing("Whether crewed aircraft operate here", fix="Check and say so.")
    return context.amber(
        f"{named(near[0])}, within 3 NM.",
        value=near[0].distance_m,
        limit=ZONE_M,
        fix="Listen on the local frequency and look out; acknowledge the duty.",
    )


@operation_rule(
    "CASR-101.075-NC-MOVE",
    title="Over the movement area of a non-controlled aerodrome",
    citation="CASR 101.075, 101.080",
    confidence="found",
    inputs=("aerodromes", "authorizations"),
    absolute=BY_APPROVAL,
    is_outdoors_only=True,
)
def over_movement_area(facts: OperationFacts, context: RuleContext) -> Finding | list[Finding]:
    """Over the movement area only with a permission."""
    if facts.aerodromes is None:
        return context.missing("The aerodromes around", fix="Draw the volumes of the plan.")
    over = [a for a in facts.aerodromes if a.distance_m <= 0 and a.is_tower_active is not True]
    if not over:
        return context.green("Not over a movement area.")
    return [_over(facts, context, aerodrome) for aerodrome in over]


def _over(facts: OperationFacts, context: RuleContext, aerodrome: AerodromeFacts) -> Finding:
    place = aerodrome.icao or aerodrome.ident
    if is_rough(aerodrome) and approval_for(facts, _MOVEMENT, place=place) is None:
        return context.missing(
            f"Whether the flight is over the movement area of {aerodrome.name}",
            fix="Load its runways, or move the flight away.",
        )
    return approved_or_red(
        facts,
        context,
        f"Over the movement area of {aerodrome.name}.",
        _MOVEMENT,
        fix="Move the flight, or get a permission.",
        place=place,
    )


@operation_rule(
    "CASR-101.075-NC-400",
    title="Above 400 ft within 3 NM of a non-controlled aerodrome",
    citation="CASR 101.075, 101.080",
    confidence="found",
    inputs=("aerodromes", "max_height_agl_m", "authorizations"),
    absolute=BY_APPROVAL,
    is_outdoors_only=True,
)
def high_near_aerodrome(facts: OperationFacts, context: RuleContext) -> Finding:
    """Above 400 ft within 3 NM of a non-controlled aerodrome only with a permission."""
    height = highest_m(facts)
    if facts.aerodromes is None or height is None:
        return context.missing("The height and the aerodromes around")
    near = within(facts, ZONE_M, is_active=False)
    if not near or height <= HEIGHT_EXACT_M:
        return context.green("Not above 400 ft within 3 NM.", value=height, limit=HEIGHT_EXACT_M)
    return approved_or_red(
        facts,
        context,
        f"Up to {figure(height)} m, {named(near[0])}.",
        AuthorizationKind.NONCONTROLLED_HEIGHT,
        fix="Plan up to 120 m, or get a permission.",
        value=height,
        limit=HEIGHT_EXACT_M,
    )


@operation_rule(
    "APP-3NM-AUTO",
    title="Permission by a drone safety app",
    citation="CASA 66/24",
    confidence="found",
    inputs=("aerodromes", "authorizations"),
    instrument=APP_3NM.name,
    is_outdoors_only=True,
)
def by_app(facts: OperationFacts, context: RuleContext) -> Finding | None:
    """Within 3 NM of a tower by an app's authorization; its ReOC and RePL conditions apply."""
    near = within(facts, ZONE_M, is_active=True)
    approval = approval_for(facts, AuthorizationKind.APP)
    if not near or approval is None:
        return None
    if not APP_3NM.is_in_force(facts.rule_date):
        return context.red(
            f"{approval.number} rests on {APP_3NM.name}, which is not in force.",
            fix="Get an approval from CASA.",
        )
    return under_approval(context, f"{named(near[0])}.", approval)


@operation_rule(
    "APP-INDOOR",
    title="Indoors",
    citation="CASR 101.005(3)",
    confidence="known-medium",
    inputs=("is_enclosed", "aerodromes"),
)
def indoors(facts: OperationFacts, context: RuleContext) -> Finding | None:
    """In a space the aircraft cannot leave most limits do not apply; within 3 NM that is amber."""
    if not facts.is_enclosed:
        return None
    near = within(facts, ZONE_M, is_active=True) + within(facts, ZONE_M, is_active=None)
    if near or facts.aerodromes is None:
        return context.amber(
            "Indoors within 3 NM of an aerodrome.", fix="Confirm that the aircraft cannot escape."
        )
    return context.green("Indoors: the aircraft cannot escape.")
