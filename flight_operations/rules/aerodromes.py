"""Controlled aerodromes and their paths (CASR 101.075; MOS chapter 4)."""

from airports.queries.aerodromes import AerodromeFacts
from common.compliance.findings import Finding
from common.compliance.registry import Parameter, RuleContext
from common.units import FT_M, NM_M
from flight_operations.facts.operation import OperationFacts
from flight_operations.instruments import APP_3NM
from flight_operations.models import AuthorizationKind
from flight_operations.rules.basis import (
    BY_APPROVAL,
    approved_or_red,
    figure,
    highest_m,
    operation_rule,
)
from rpas.airworthiness import Category, category_of

# C-ROUND: the larger exact figure of each distance; rounded, as 3.8 * 1852 is no exact float.
ZONE_M = 3 * NM_M
PATH_M = round(3.8 * NM_M, 1)
OUTER_PATH_M = round(4.6 * NM_M, 1)
OUTER_HEIGHT_M = 90.0
OUTER_HEIGHT_EXACT_M = round(300 * FT_M, 2)
MICRO_HEIGHT_M = 45.0
MICRO_HEIGHT_EXACT_M = round(150 * FT_M, 2)
BY_REFERENCE = "reference point"
CHAPTER_4 = "CASR 101.075, MOS chapter 4"
SITE = ("aerodromes", "take_off_mass_kg", "authorizations")


def named(aerodrome: AerodromeFacts) -> str:
    measured = f", measured from its {BY_REFERENCE}" if is_rough(aerodrome) else ""
    distance = f"{figure(aerodrome.distance_m)} m"
    return f"{distance} from {aerodrome.name} ({aerodrome.icao or aerodrome.ident}){measured}"


def is_rough(aerodrome: AerodromeFacts) -> bool:
    return aerodrome.measured_from == BY_REFERENCE


def within(
    facts: OperationFacts, limit_m: float, *, is_active: bool | None
) -> list[AerodromeFacts]:
    """Aerodromes up to a distance, edge included, whose tower is active, is not, or unknown."""
    found = facts.aerodromes or ()
    return [a for a in found if a.distance_m <= limit_m and a.is_tower_active is is_active]


def _no_input(facts: OperationFacts, context: RuleContext) -> Finding | None:
    if facts.aerodromes is None:
        return context.missing("The aerodromes around", fix="Draw the volumes of the plan.")
    if facts.take_off_mass_kg is None:
        return context.missing("The take-off mass", fix="Enter it with battery and payload.")
    return None


def _is_micro(facts: OperationFacts) -> bool:
    mass_kg = facts.take_off_mass_kg
    return mass_kg is not None and category_of(mass_kg) == Category.MICRO


def _unknown_control(aerodrome: AerodromeFacts, context: RuleContext) -> Finding:
    return context.missing(
        f"Whether {aerodrome.name} ({aerodrome.ident}) is controlled",
        fix="Look it up in the ERSA and set it on the aerodrome.",
    )


def _in_zone(facts: OperationFacts, context: RuleContext) -> list[Finding]:
    """
    Shared by both rows of the 3 NM ring: each aerodrome within 5,556 m whose tower is active or not
    known, on its own. An approval for one says nothing of another.
    """
    kinds = [AuthorizationKind.CONTROLLED_3NM, AuthorizationKind.CONTROLLED_3NM_HEIGHT]
    if APP_3NM.is_in_force(facts.rule_date):
        kinds.append(AuthorizationKind.APP)
    found = [
        approved_or_red(
            facts,
            context,
            f"{named(aerodrome)}, inside 3 NM of a controlled aerodrome.",
            *kinds,
            fix="Move the flight beyond 5556 m, or get an approval.",
            place=aerodrome.icao or aerodrome.ident,
            value=aerodrome.distance_m,
            limit=ZONE_M,
        )
        for aerodrome in within(facts, ZONE_M, is_active=True)
    ]
    unknown = within(facts, ZONE_M, is_active=None)
    return [*found, *(_unknown_control(aerodrome, context) for aerodrome in unknown)]


@operation_rule(
    "CASR-101.238-CTRL",
    title="Controlled aerodrome",
    citation="CASR 101.238(d), 101.075, MOS chapter 4",
    confidence="found",
    inputs=SITE,
    absolute=BY_APPROVAL,
    is_outdoors_only=True,
)
def controlled_aerodrome(
    facts: OperationFacts, context: RuleContext
) -> Finding | list[Finding] | None:
    """Not within 3 NM of the movement area of a controlled aerodrome while its tower is active."""
    lacking = _no_input(facts, context)
    if lacking is not None or _is_micro(facts):
        return lacking
    return _in_zone(facts, context) or context.green("No active tower within 3 NM.", limit=ZONE_M)


@operation_rule(
    "MOS-4-CTRL-3NM",
    title="No-fly zone of a controlled aerodrome",
    citation=CHAPTER_4,
    confidence="found",
    inputs=SITE,
    absolute=BY_APPROVAL,
    is_outdoors_only=True,
)
def no_fly_zone(facts: OperationFacts, context: RuleContext) -> Finding | list[Finding] | None:
    """Above 250 g: no flight within 5,556 m (3 NM), the edge included; only with an approval."""
    lacking = _no_input(facts, context)
    if lacking is not None or _is_micro(facts):
        return lacking
    return _in_zone(facts, context) or context.green("Outside every 3 NM ring.", limit=ZONE_M)


def _met_paths(facts: OperationFacts, aerodrome: AerodromeFacts) -> list[str] | None:
    """
    The active paths of one aerodrome that the flight meets; None when nobody knows where they run.

    A path whose name gives the code of no aerodrome around may be of any.
    """
    if facts.airspace is None:
        return None
    around = facts.aerodromes or ()
    met = [
        area.name
        for area in facts.airspace
        if area.kind == "PATH"
        and area.is_active
        and (aerodrome.is_named_in(area.name) or not any(a.is_named_in(area.name) for a in around))
    ]
    is_loaded = aerodrome.ident in (facts.path_aerodromes or ())
    return met if met or is_loaded else None


def _path_unknown(aerodrome: AerodromeFacts, context: RuleContext) -> Finding:
    return context.missing(
        f"Where the approach and departure paths of {aerodrome.name} run",
        fix=f"Load its official path areas, with {aerodrome.icao or aerodrome.ident} in their "
        "names; they are not computed here.",
    )


def _ring(
    facts: OperationFacts, inner_m: float, outer_m: float
) -> tuple[list[AerodromeFacts], list[AerodromeFacts]]:
    """The aerodromes with an active tower, and those with an unknown one, between two rings."""
    found = [a for a in facts.aerodromes or () if inner_m < a.distance_m <= outer_m]
    active = [a for a in found if a.is_tower_active]
    return active, [a for a in found if a.is_tower_active is None]


@operation_rule(
    "MOS-4-CTRL-PATH7",
    title="Approach and departure path to 7 km",
    citation=CHAPTER_4,
    confidence="found",
    inputs=(*SITE, "airspace", "path_aerodromes"),
    is_outdoors_only=True,
    version=2,
)
def path_to_7_km(facts: OperationFacts, context: RuleContext) -> Finding | list[Finding] | None:
    """Above 250 g: not in a runway's approach or departure path out to 7,037.6 m (3.8 NM)."""
    lacking = _no_input(facts, context)
    if lacking is not None or _is_micro(facts):
        return lacking
    active, unknown = _ring(facts, -1.0, PATH_M)
    if not active and not unknown:
        return context.green("No active tower within 3.8 NM.", limit=PATH_M)
    found = [_in_path(facts, context, aerodrome) for aerodrome in active]
    bad = [finding for finding in found if finding is not None]
    bad += [_unknown_control(aerodrome, context) for aerodrome in unknown]
    return bad or context.green("Outside the approach and departure paths.")


def _in_path(
    facts: OperationFacts, context: RuleContext, aerodrome: AerodromeFacts
) -> Finding | None:
    met = _met_paths(facts, aerodrome)
    if met is None:
        return _path_unknown(aerodrome, context)
    if not met:
        return None
    return approved_or_red(
        facts,
        context,
        f"In the path {met[0]}, {named(aerodrome)}.",
        AuthorizationKind.CONTROLLED_PATH,
        fix="Move the flight out of the path, or get an approval.",
        place=aerodrome.icao or aerodrome.ident,
        value=aerodrome.distance_m,
        limit=PATH_M,
    )


@operation_rule(
    "MOS-4-CTRL-PATH85",
    title="Approach and departure path from 7 to 8.5 km",
    citation=CHAPTER_4,
    confidence="found",
    inputs=(*SITE, "airspace", "path_aerodromes", "max_height_agl_m"),
    parameters={"max_height_m": Parameter(OUTER_HEIGHT_M, "lower", "m", "Height in the path")},
    is_outdoors_only=True,
    version=2,
)
def path_to_8_km(facts: OperationFacts, context: RuleContext) -> Finding | list[Finding] | None:
    """Above 250 g: in the path from 7,037.6 m to 8,519.2 m up to 90 m; amber to 300 ft exactly."""
    lacking = _no_input(facts, context)
    if lacking is not None or _is_micro(facts):
        return lacking
    active, unknown = _ring(facts, PATH_M, OUTER_PATH_M)
    if not active and not unknown:
        return context.green("No active tower between 3.8 and 4.6 NM.", limit=OUTER_PATH_M)
    height, limit = highest_m(facts), context["max_height_m"]
    if height is None:
        return context.missing("The greatest height above ground")
    if height <= limit:
        words = f"Up to {figure(height)} m; in a path here the limit is {figure(limit)} m."
        return context.green(words, value=height, limit=limit)
    found = [_above_in_path(facts, context, aerodrome, height) for aerodrome in active]
    bad = [finding for finding in found if finding is not None]
    bad += [_unknown_control(aerodrome, context) for aerodrome in unknown]
    return bad or context.green("Outside the approach and departure paths.", value=height)


def _above_in_path(
    facts: OperationFacts, context: RuleContext, aerodrome: AerodromeFacts, height: float
) -> Finding | None:
    limit = context["max_height_m"]
    words = f"Up to {figure(height)} m; in a path here the limit is {figure(limit)} m."
    met = _met_paths(facts, aerodrome)
    if met is None:
        return _path_unknown(aerodrome, context)
    if not met:
        return None
    if height <= OUTER_HEIGHT_EXACT_M and limit == OUTER_HEIGHT_M:
        return context.amber(words, value=height, limit=limit, fix="Plan up to 90 m.")
    return approved_or_red(
        facts,
        context,
        words,
        AuthorizationKind.CONTROLLED_PATH,
        fix=f"Plan up to {figure(limit)} m, or get an approval.",
        place=aerodrome.icao or aerodrome.ident,
        value=height,
        limit=limit,
    )


@operation_rule(
    "MOS-4-CTRL-MICRO",
    title="Micro RPA near a controlled aerodrome",
    citation=CHAPTER_4,
    confidence="found",
    inputs=(*SITE, "airspace", "path_aerodromes", "max_height_agl_m"),
    parameters={"max_height_m": Parameter(MICRO_HEIGHT_M, "lower", "m", "Height within 3 NM")},
    is_outdoors_only=True,
    version=2,
)
def micro_near_tower(facts: OperationFacts, context: RuleContext) -> Finding | list[Finding] | None:
    """
    250 g or less within 3 NM: up to 45 m (amber to 150 ft), not in a path, not inside the
    aerodrome boundary.
    """
    lacking = _no_input(facts, context)
    if lacking is not None or not _is_micro(facts):
        return lacking
    active, unknown = _ring(facts, -1.0, ZONE_M)
    if not active and not unknown:
        return context.green("No active tower within 3 NM.", limit=ZONE_M)
    found = [_micro_inside(facts, context, aerodrome) for aerodrome in active]
    bad = [finding for finding in found if finding is not None]
    bad += [_unknown_control(aerodrome, context) for aerodrome in unknown]
    return bad or _micro_height(facts, context)


def _micro_inside(
    facts: OperationFacts, context: RuleContext, aerodrome: AerodromeFacts
) -> Finding | None:
    met = _met_paths(facts, aerodrome)
    if met or aerodrome.distance_m == 0 or _is_inside_boundary(facts):
        return context.red(
            f"{named(aerodrome)}: in a path or inside the boundary.",
            value=aerodrome.distance_m,
            fix="Move out of the path and the aerodrome.",
        )
    return _path_unknown(aerodrome, context) if met is None else None


def _micro_height(facts: OperationFacts, context: RuleContext) -> Finding:
    height, limit = highest_m(facts), context["max_height_m"]
    if height is None:
        return context.missing("The greatest height above ground")
    words = f"Up to {figure(height)} m within 3 NM; the limit for a micro is {figure(limit)} m."
    if height <= limit:
        return context.green(words, value=height, limit=limit)
    if height <= MICRO_HEIGHT_EXACT_M and limit == MICRO_HEIGHT_M:
        return context.amber(words, value=height, limit=limit, fix="Plan up to 45 m.")
    return context.red(words, value=height, limit=limit, fix=f"Plan up to {figure(limit)} m.")


def _is_inside_boundary(facts: OperationFacts) -> bool:
    return any(area.kind == "AD" and area.is_met for area in facts.airspace or ())


@operation_rule(
    "MOS-4-MEASURE",
    title="Distances to movement areas",
    citation="CASA: flying near airports",
    confidence="found",
    inputs=("aerodromes",),
    is_outdoors_only=True,
)
def measured(facts: OperationFacts, context: RuleContext) -> Finding:
    """
    Distances are to the runway strips; where only a reference point is known the distance is less
    certain, and within 8.5 km of a tower that is amber.
    """
    if facts.aerodromes is None:
        return context.missing("The aerodromes around", fix="Draw the volumes of the plan.")
    rough = [
        a
        for a in facts.aerodromes
        if is_rough(a) and a.is_tower_active is not False and a.distance_m <= OUTER_PATH_M
    ]
    if rough:
        return context.amber(
            f"{named(rough[0])}.",
            value=rough[0].distance_m,
            fix="Load the aerodrome's runways.",
        )
    return context.green("Measured to the runway strips.")
