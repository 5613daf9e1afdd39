"""Does the aircraft carry what the patient needs, and may the patient fly?"""

from common.compliance.findings import Finding
from common.compliance.registry import Parameter, RuleContext
from operations.facts.legs import LegFacts
from operations.facts.trip import TripFacts
from operations.oxygen import LOADING_MIN, Flight, care_minutes, oxygen_needed
from operations.rules.basis import Answer, figure, leg_rule, medical_team, trip_rule

CARE = "Operator's medical manual"
AFM = "Aircraft flight manual"
OTHER_TAIL = "Take another aircraft."


@trip_rule(
    "MED-DECISION",
    title="Medical decision",
    citation=CARE,
    confidence="design",
    inputs=("medical", "legs", "kind"),
    absolute="Only the medical reviewer says who may fly.",
)
def decision(facts: TripFacts, context: RuleContext) -> Answer:
    """
    Fit to fly; with conditions amber, not reviewed amber and red at release, not fit red.

    What the medical director has not approved yet, conditions or a decision that reverses another,
    is as if not reviewed.
    """
    if not facts.is_ambulance:
        return None
    medical = facts.medical
    if medical is not None and medical.decision == "not_fit":
        return context.red("The patient was found not fit to fly.", fix="Ask for a new review.")
    if medical is not None and medical.awaits_approval:
        return context.missing(
            "Whether the medical director approves the decision", fix="Ask for the approval."
        )
    if medical is not None and medical.decision == "conditions":
        words = "; ".join(medical.conditions)
        return context.amber(f"Fit to fly with conditions: {words}.", fix="Acknowledge them.")
    if medical is not None and medical.decision == "fit":
        return context.green("The patient was found fit to fly.")
    return context.missing("Whether the patient may fly", fix="Ask for the medical review.")


@trip_rule(
    "MED-OXYGEN",
    title="Medical oxygen",
    citation=CARE,
    confidence="design",
    inputs=("medical", "cabin", "legs", "ground", "services"),
    parameters={
        "loading_min": Parameter(LOADING_MIN, "higher", "min", "At an end where no road is known")
    },
)
def oxygen(facts: TripFacts, context: RuleContext) -> Answer:
    """
    Liters on board last from bed to bed: flight, stops, road and loading, and the reserve on top.

    All flights with the patient count together, as in the plan, unless the oxygen is filled again
    between them: an oxygen service at either end of a leg that is confirmed and fits the trip.
    """
    medical = facts.medical
    if medical is None or medical.oxygen_flow_lpm <= 0:
        return None
    if facts.cabin is None:
        return context.missing("The oxygen fitted")
    if not any(leg.has_patient for leg in facts.legs):
        return context.missing("How long the patient is on board")
    flights = [_breathed(facts, leg) for leg in facts.legs]
    minutes = care_minutes(flights, loading_min=context["loading_min"])
    flow, reserve = medical.oxygen_flow_lpm, medical.oxygen_reserve
    needed = int(oxygen_needed(flow_lpm=flow, care_min=minutes, reserve=reserve))
    carried = facts.cabin.oxygen_l
    words = f"{needed} l of oxygen for {minutes:.0f} min with reserve; {carried} l on board."
    if needed > carried:
        fix = "Take another aircraft, or confirm that it is filled again under way."
        return context.red(words, value=needed, limit=carried, fix=fix)
    return context.green(words, value=needed, limit=carried)


def _breathed(facts: TripFacts, leg: LegFacts) -> Flight:
    roads = {road.is_pickup: road.minutes for road in facts.ground if road.leg == leg.sequence}
    filled_at = {
        service.airport
        for service in facts.services
        if service.kind == "oxygen"
        and service.leg == leg.sequence
        and service.status == "confirmed"
        and not service.needs_recheck
    }
    return Flight(
        out_at=leg.out_at,
        in_at=leg.in_at,
        has_patient=leg.has_patient,
        to_aircraft_min=roads.get(True),
        from_aircraft_min=roads.get(False),
        is_filled_before=leg.origin in filled_at,
        is_filled_after=leg.destination in filled_at,
    )


@trip_rule(
    "MED-STRETCHER",
    title="Stretcher",
    citation=CARE,
    confidence="design",
    inputs=("medical", "cabin"),
)
def stretcher(facts: TripFacts, context: RuleContext) -> Answer:
    """A lying patient has a stretcher fitted, else red."""
    if facts.medical is None or not facts.medical.is_stretcher:
        return None
    if facts.cabin is None:
        return context.missing("The stretchers fitted")
    shown = {"value": facts.cabin.stretchers, "limit": 1}
    if facts.cabin.stretchers < 1:
        words = f"{facts.aircraft.tail_number} has no stretcher."
        return context.red(words, fix=OTHER_TAIL, **shown)
    return context.green(f"{facts.cabin.stretchers} stretchers fitted.", **shown)


@leg_rule(
    "MED-SEATS",
    title="Seats",
    citation=AFM,
    confidence="design",
    inputs=("medical", "cabin", "crew"),
    when=lambda facts, leg: leg.is_commercial,
    parameters={"lost": Parameter(2, "higher", "seats", "Taken by a stretcher")},
)
def seats(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
    """A seat for everybody on board but the flight crew; a stretcher takes the room of two."""
    if facts.cabin is None:
        return context.missing("The seats fitted")
    medical = facts.medical if leg.has_patient else None
    is_lying = medical is not None and medical.is_stretcher
    there = facts.cabin.seats - (context["lost"] if is_lying else 0)
    needed = leg.passengers + max(
        len(medical_team(facts, leg)), len(medical.team) if medical else 0
    )
    needed += int(leg.has_patient and not is_lying)
    words = f"{leg.label}: {needed} seats needed, {there:g} there."
    if needed > there:
        return context.red(words, value=needed, limit=there, fix=OTHER_TAIL)
    return context.green(words, value=needed, limit=there)


@leg_rule(
    "MED-TEAM",
    title="Medical team",
    citation=CARE,
    confidence="design",
    inputs=("medical", "crew"),
    when=lambda facts, leg: leg.has_patient and facts.medical is not None,
)
def team(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
    """Every role the reviewer asked for is on board with the patient, as often as asked for."""
    left = medical_team(facts, leg)
    absent = []
    for role in facts.medical.team if facts.medical else ():
        if role in left:
            left.remove(role)
        else:
            absent.append(role)
    if absent:
        words = ", ".join(role.replace("_", " ") for role in absent)
        return context.missing(f"Who cares as {words} on {leg.label}", fix="Assign the team.")
    return context.green(f"{leg.label}: the medical team is complete.")


@trip_rule(
    "MED-CABIN",
    title="Cabin altitude",
    citation=CARE,
    confidence="design",
    inputs=("medical", "cabin"),
)
def cabin_altitude(facts: TripFacts, context: RuleContext) -> Answer:
    """The cabin stays at or below the altitude the reviewer set; unpressurized is red."""
    limit = facts.medical.max_cabin_altitude_ft if facts.medical else None
    if limit is None:
        return None
    cabin, tail = facts.cabin, facts.aircraft.tail_number
    if cabin is not None and not cabin.is_pressurized:
        words = f"{tail} is not pressurized; the cabin may not climb above {limit} ft."
        return context.red(words, limit=limit, fix=OTHER_TAIL)
    if cabin is None or cabin.cabin_altitude_ft is None:
        return context.missing(f"The cabin altitude of {tail}", fix="Enter it from the manual.")
    words = f"Cabin altitude {cabin.cabin_altitude_ft} ft, at most {limit} ft."
    if cabin.cabin_altitude_ft > limit:
        return context.red(words, value=cabin.cabin_altitude_ft, limit=limit, fix="Fly lower.")
    return context.green(words, value=cabin.cabin_altitude_ft, limit=limit)


@leg_rule(
    "MED-LOAD",
    title="Patient and equipment in the payload",
    citation=CARE,
    confidence="design",
    inputs=("medical",),
    when=lambda facts, leg: leg.has_patient and facts.medical is not None,
)
def load(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
    """The planned payload holds the patient's mass and the equipment; mass not known is missing."""
    medical = facts.medical
    if medical is None or medical.patient_mass_kg is None:
        return context.missing("The mass of the patient", fix="Ask the hospital.")
    if leg.payload_kg <= 0:
        return context.missing(f"The payload of {leg.label}", fix="Plan it.")
    needed = medical.patient_mass_kg + medical.equipment_mass_kg
    words = f"{leg.label}: payload {leg.payload_kg:g} kg; patient and equipment {needed} kg."
    if leg.payload_kg < needed:
        return context.red(words, value=leg.payload_kg, limit=needed, fix="Plan the leg anew.")
    return context.green(words, value=leg.payload_kg, limit=needed)


@leg_rule(
    "OPS-WEIGHT",
    title="Payload and take-off weight",
    citation=AFM,
    confidence="design",
    inputs=("cabin",),
    absolute="Above the maker's weights nobody knows how it flies.",
)
def weight(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
    """
    Payload, fuel, and basic weight with both, are within the aircraft's limits.

    With somebody on board a payload of nothing is one that nobody planned.
    """
    cabin = facts.cabin
    if cabin is None:
        return context.missing("The weights of the aircraft")
    found: list[Finding] = []
    figures = [("payload", leg.payload_kg, cabin.max_payload_kg)]
    fuel = leg.fuel_on_board_kg if leg.fuel_on_board_kg is not None else leg.fuel_kg
    figures += [
        ("fuel", fuel, cabin.usable_fuel_kg),
        ("take-off weight", cabin.basic_weight_kg + leg.payload_kg + fuel, cabin.mtow_kg),
    ]
    for what, value, limit in figures:
        words = f"{leg.label}: {what} {figure(value)} kg, at most {limit} kg."
        if value > limit:
            found.append(context.red(words, value=value, limit=limit, fix="Take less."))
        else:
            found.append(context.green(words, value=value, limit=limit))
    if leg.fuel_on_board_kg is None:
        found.append(context.missing(f"The fuel on board for {leg.label}", fix="Enter it."))
    if leg.payload_kg <= 0 and (leg.has_patient or leg.passengers > 0):
        found.append(context.missing(f"The payload of {leg.label}", fix="Plan it."))
    return found
