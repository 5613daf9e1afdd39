"""Is the aircraft in service, whole, and are its papers in date?"""

from aircraft.airworthiness import WEIGH_MONTHS, CrewedAircraftFacts, DefectFacts, add_months
from aircraft.deferral import days_left
from aircraft.rules.basis import EXPIRY, check_paper, crewed_rule, in_short
from common.compliance.findings import Finding
from common.compliance.registry import Parameter, RuleContext


@crewed_rule(
    "CREWED-STATUS",
    title="The aircraft is in service",
    citation="14 CFR 91.7",
    confidence="design",
    inputs=("status",),
    absolute="an aircraft out of service is not airworthy",
)
def check_status(aircraft: CrewedAircraftFacts, context: RuleContext) -> Finding:
    """The aircraft is in service: neither grounded nor retired."""
    if aircraft.status == "in_service":
        return context.green(f"{aircraft.tail_number} is in service.")
    words = aircraft.status.replace("_", " ")
    text = f"{aircraft.tail_number} is {words}."
    return context.red(text, value=words, fix="Return it to service.")


@crewed_rule(
    "FAR-135.179-MEL",
    title="Inoperative equipment",
    citation="14 CFR 135.179, 91.213",
    confidence="known-high",
    inputs=("defects", "on"),
    parameters={
        "near_days": Parameter(1, "higher", "days", "Days left that the message calls near")
    },
    absolute="a defect is deferred under the minimum equipment list or put right",
)
def check_defects(aircraft: CrewedAircraftFacts, context: RuleContext) -> list[Finding] | Finding:
    """
    No open defect, and no deferred one past its last day; a deferred one in time is amber.

    Category A as the list states, B 3, C 10, D 120 calendar days, the day of recording left out.
    """
    found = [
        _defect(aircraft, entry, context)
        for entry in aircraft.defects
        if entry.status in ("open", "deferred")
    ]
    return found or context.green(f"{aircraft.tail_number} has no open defect.", value=0)


def _defect(aircraft: CrewedAircraftFacts, entry: DefectFacts, context: RuleContext) -> Finding:
    if entry.status == "open" or entry.limit_on is None:
        text = f"{entry.number} is open: {in_short(entry.description)}."
        return context.red(text, value=entry.number, fix="Rectify it, or defer it under the MEL.")
    left = days_left(entry.limit_on, aircraft.on)
    shown = {"value": entry.limit_on.isoformat(), "limit": aircraft.on.isoformat()}
    what = f"{entry.number} (MEL {entry.mel_item}, category {entry.category})"
    if left < 0:
        text = f"{what} was to be put right by {entry.limit_on}."
        return context.red(text, fix="Rectify it.", **shown)
    soon = ", soon" if left <= context["near_days"] else ""
    text = f"{what} is deferred until {entry.limit_on}: {left} days left{soon}."
    return context.amber(text, fix="Keep to its operating conditions.", **shown)


@crewed_rule(
    "FAR-91.407-RTS",
    title="Released to service after work",
    citation="14 CFR 91.407(a), 43.9",
    confidence="known-high",
    inputs=("defects",),
    absolute="work that nobody signed for is no release to service",
)
def check_released(aircraft: CrewedAircraftFacts, context: RuleContext) -> list[Finding] | Finding:
    """After every rectification somebody with a license certified the aircraft."""
    found = [
        context.red(
            f"{entry.number} is rectified and not certified.",
            value=entry.number,
            fix="Certify the rectification.",
        )
        for entry in aircraft.defects
        if entry.status == "rectified"
    ]
    return found or context.green("Every rectification is certified.")


@crewed_rule(
    "FAR-DOCS",
    title="Certificates and weighing",
    citation="14 CFR 91.203, 135.185",
    confidence="known-high",
    inputs=(
        "airworthiness_certificate",
        "airworthiness_expires_on",
        "registration_expires_on",
        "weighed_on",
        "engine_count",
        "on",
    ),
    parameters={
        **EXPIRY,
        "weigh_months": Parameter(WEIGH_MONTHS, "lower", "calendar months", "Between weighings"),
    },
    absolute="an aircraft without its certificates is not airworthy",
)
def check_documents(aircraft: CrewedAircraftFacts, context: RuleContext) -> list[Finding]:
    """
    Airworthiness and registration certificates are in date.

    An aircraft with several engines was weighed within 36 calendar months.
    """
    found = [_airworthiness(aircraft, context)]
    found.append(
        check_paper(
            context,
            f"Registration of {aircraft.tail_number}",
            aircraft.registration_expires_on,
            aircraft.on,
            fix="Renew the registration.",
        )
    )
    if aircraft.engine_count > 1:
        found.append(_weighing(aircraft, context))
    return found


def _airworthiness(aircraft: CrewedAircraftFacts, context: RuleContext) -> Finding:
    what = f"Certificate of airworthiness of {aircraft.tail_number}"
    fix = "Put the certificate on file."
    if not aircraft.airworthiness_certificate:
        return context.red(f"{what} is not on file.", fix=fix)
    if aircraft.airworthiness_expires_on is None:
        number = aircraft.airworthiness_certificate
        return context.green(f"{what} {number} has no end.", value=number)
    return check_paper(context, what, aircraft.airworthiness_expires_on, aircraft.on, fix=fix)


def _weighing(aircraft: CrewedAircraftFacts, context: RuleContext) -> Finding:
    if aircraft.weighed_on is None:
        return context.missing(
            f"When {aircraft.tail_number} was weighed", fix="Put the weighing on file."
        )
    until = add_months(aircraft.weighed_on, int(context["weigh_months"]))
    what = f"Weighing of {aircraft.tail_number}"
    return check_paper(context, what, until, aircraft.on, fix="Weigh the aircraft.")


@crewed_rule(
    "CREWED-INSURANCE",
    title="Insurance",
    citation="14 CFR 205.4, 205.5",
    confidence="known-medium",
    inputs=("insurance_expires_on", "on"),
    parameters=EXPIRY,
)
def check_insurance(aircraft: CrewedAircraftFacts, context: RuleContext) -> Finding:
    """Liability insurance is in force on the day; none on file is red."""
    return check_paper(
        context,
        f"Insurance of {aircraft.tail_number}",
        aircraft.insurance_expires_on,
        aircraft.on,
        fix="Renew the insurance.",
    )
