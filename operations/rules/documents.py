"""Papers of a trip: declarations, manifests, consent, briefing, tax (Annex 9, 14 CFR 135.63)."""

from common.compliance.findings import Finding
from common.compliance.registry import RuleContext
from operations.facts.legs import LegFacts
from operations.facts.papers import EvidenceFacts
from operations.facts.trip import TripFacts
from operations.rules.basis import Answer, evidence_or_missing, leg_rule, trip_rule

UNITED_STATES = "US"
MANIFEST_FIGURES = (
    "passengers",
    "take_off_weight_kg",
    "max_take_off_weight_kg",
    "cg",
    "cg_forward",
    "cg_aft",
)


def _crosses_a_border(facts: TripFacts, leg: LegFacts) -> bool:
    """Between two countries, or nobody knows that it is not."""
    return leg.is_international is not False


@leg_rule(
    "DOC-GENDEC",
    title="General Declaration",
    citation="ICAO Annex 9 App. 1; 19 CFR 122.43",
    confidence="found",
    inputs=("evidence", "crew"),
    when=_crosses_a_border,
)
def general_declaration(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
    """
    An international leg has one: crew named, health answered ("none" counts), signatory set.

    Not complete is amber while planning and red at release.
    """
    if leg.is_international is None:
        return context.missing(f"Whether {leg.label} crosses a border", fix="Enter the countries.")
    if not any(sector.leg == leg.sequence for member in facts.crew for sector in member.sectors):
        return context.missing(f"The crew of {leg.label}", fix="Assign the crew.")
    record = facts.evidence_of("gendec", leg)
    open_fields = [
        name
        for name in ("health", "signatory")
        if record is None or not str(record.details.get(name, "")).strip()
    ]
    if record is None or open_fields:
        what = f"The General Declaration of {leg.label}"
        fields = f" ({', '.join(open_fields)})" if record else ""
        return context.missing(f"{what}{fields}", fix="Complete and record it.")
    return context.green(f"{leg.label}: General Declaration {record.reference}.")


@leg_rule(
    "DOC-PAXMAN",
    title="Passenger manifest",
    citation="ICAO Annex 9 App. 2",
    confidence="known-high",
    inputs=("passengers", "evidence"),
    when=lambda facts, leg: leg.is_commercial,
)
def passenger_manifest(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
    """
    Everybody who is neither crew nor patient is listed once; the counts of manifest, General
    Declaration and load manifest are equal. Nobody listed yet is missing, another count red.
    """
    listed = sum(leg.sequence in person.legs for person in facts.passengers)
    if listed == 0 and leg.passengers > 0:
        return context.missing(f"Who the passengers of {leg.label} are", fix="List them.")
    if listed != leg.passengers:
        words = f"{leg.label}: {listed} on the manifest, {leg.passengers} planned."
        return context.red(words, value=listed, limit=leg.passengers, fix="Correct one of them.")
    for kind, name in (("gendec", "General Declaration"), ("load_manifest", "load manifest")):
        record = facts.evidence_of(kind, leg)
        counted = record.details.get("passengers") if record else None
        if isinstance(counted, int) and counted != listed:
            words = f"{leg.label}: {listed} on the manifest, {counted} on the {name}."
            return context.red(words, value=listed, limit=counted, fix="Correct one of them.")
    return context.green(f"{leg.label}: {listed} passengers.", value=listed, limit=leg.passengers)


@leg_rule(
    "DOC-CARGO",
    title="Cargo manifest",
    citation="ICAO Annex 9 App. 3",
    confidence="found",
    inputs=("evidence",),
    when=_crosses_a_border,
)
def cargo_manifest(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
    """An international leg has a cargo manifest, a nil one counts; without it amber."""
    record = facts.evidence_of("cargo_manifest", leg)
    if record is None:
        words = f"{leg.label}: no cargo manifest."
        return context.amber(words, fix="Record it; a nil manifest counts.")
    return context.green(f"{leg.label}: cargo manifest {record.reference}.")


@leg_rule(
    "DOC-CONSENT",
    title="Consent to transport",
    citation="Industry practice",
    confidence="known-medium",
    inputs=("evidence",),
    when=lambda facts, leg: leg.has_patient,
)
def consent(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
    """Signed by patient or representative before departure, or the emergency exception recorded."""
    exception = facts.evidence_of("consent_emergency", leg)
    if exception is not None and facts.evidence_of("consent", leg) is None:
        words = f"{leg.label}: emergency exception {exception.reference}."
        return context.amber(words, fix="Acknowledge; obtain the consent when possible.")
    what = f"The consent for {leg.label}"
    return evidence_or_missing(
        facts, leg, context, kind="consent", what=what, fix="Have it signed."
    )


@trip_rule(
    "DOC-FREEZE",
    title="Papers say what is so",
    citation="Industry practice",
    confidence="design",
    inputs=("papers_due", "legs"),
)
def papers_in_hand(facts: TripFacts, context: RuleContext) -> Answer:
    """
    Papers that were handed out do not change: where the trip did, amber until they are made anew.

    It takes no release back, which binds the flight and not its papers; who departs says a word.
    """
    if not facts.legs_ahead:
        return None
    if facts.papers_due:
        return context.amber(
            f"Overtaken by a change: {', '.join(facts.papers_due)}.",
            fix="Have them made anew and hand out the new issue.",
            value=len(facts.papers_due),
        )
    return context.green("No paper that was made is overtaken by a change.")


@leg_rule(
    "FAR-135.63-MANIFEST",
    title="Load manifest",
    citation="14 CFR 135.63(c),(d)",
    confidence="known-high",
    inputs=("evidence", "aircraft", "cabin"),
    when=lambda facts, leg: leg.is_commercial and facts.aircraft.engine_count > 1,
)
def load_manifest(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
    """
    Aircraft with several engines: weights, limits and center of gravity on record and in limits.

    Missing is amber while planning and red at release.
    """
    record = facts.evidence_of("load_manifest", leg)
    known = _figures(record)
    if record is None or known is None:
        return context.missing(f"The load manifest of {leg.label}", fix="Record its figures.")
    allowed = known["max_take_off_weight_kg"]
    if facts.cabin is not None:
        allowed = min(allowed, facts.cabin.mtow_kg)
    heavy = known["take_off_weight_kg"]
    words = f"{leg.label}: {heavy:g} kg at take-off, {allowed:g} kg allowed."
    if heavy > allowed:
        return context.red(words, value=heavy, limit=allowed, fix="Take less.")
    limits = [known["cg_forward"], known["cg_aft"]]
    if not limits[0] <= known["cg"] <= limits[1]:
        words = (
            f"{leg.label}: center of gravity {known['cg']:g} outside {limits[0]:g}-{limits[1]:g}."
        )
        return context.red(words, value=known["cg"], limit=limits, fix="Load it otherwise.")
    return context.green(words, value=heavy, limit=allowed)


def _figures(record: EvidenceFacts | None) -> dict[str, float] | None:
    """The figures of a load manifest; None when one of them is not there."""
    details = record.details if record else {}
    found = {name: details.get(name) for name in MANIFEST_FIGURES}
    known = {name: float(v) for name, v in found.items() if isinstance(v, (int, float))}
    return known if len(known) == len(MANIFEST_FIGURES) else None


@leg_rule(
    "FAR-135.117",
    title="Passenger briefing",
    citation="14 CFR 135.117",
    confidence="found",
    inputs=("evidence",),
    when=lambda facts, leg: leg.is_commercial and (leg.passengers > 0 or leg.has_patient),
)
def briefing(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
    """Everybody on board is briefed: on record, else amber."""
    record = facts.evidence_of("briefing", leg)
    if record is None:
        return context.amber(f"{leg.label}: no briefing on record.", fix="Brief them, record it.")
    return context.green(f"{leg.label}: briefing {record.reference}.")


@leg_rule(
    "FET-AMB",
    title="Tax exemption of acute care",
    citation="26 USC 4261(g)",
    confidence="found",
    inputs=("taxes", "evidence", "cabin"),
    when=lambda facts, leg: leg.is_commercial and _is_exempt(facts, leg),
)
def tax_exemption(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
    """
    No tax was taken: a helicopter, or equipped for and on this flight dedicated to acute care, with
    evidence for the flight. Unclear is amber.
    """
    if not (leg.has_patient and (leg.is_acute_care or facts.is_helicopter)):
        words = f"{leg.label} was priced without tax and is no acute-care flight."
        return context.amber(words, fix="Price it anew, or correct the leg.")
    declared = next((t.evidence for t in facts.taxes if _is_of(t.leg, leg) and t.evidence), "")
    record = facts.evidence_of("tax_exemption", leg)
    if not (declared or record or facts.is_helicopter):
        words = f"{leg.label}: no evidence of the exemption."
        return context.amber(words, fix="Record equipment and purpose of this flight.")
    return _exempt(leg, context, declared or (record.reference if record else "helicopter"))


def _exempt(leg: LegFacts, context: RuleContext, evidence: str) -> Finding:
    return context.green(f"{leg.label}: exempt, {evidence}.", value=evidence)


def _is_exempt(facts: TripFacts, leg: LegFacts) -> bool:
    is_american = any(
        place is not None and place.country == UNITED_STATES
        for place in (leg.departure, leg.arrival)
    )
    return is_american and any(tax.is_exempt and _is_of(tax.leg, leg) for tax in facts.taxes)


def _is_of(sequence: int | None, leg: LegFacts) -> bool:
    return sequence is None or sequence == leg.sequence
