"""Is this aircraft fit to fly on this day: registration, defects, maintenance, certification."""

from common.compliance.findings import Finding
from common.compliance.registry import Parameter, RuleContext
from rpas.airworthiness import NEAR_DAYS, NEAR_PERCENT, AircraftFacts, DueItem, due_items
from rpas.rules.registration import EXPIRY_NOTICE_DAYS, aircraft_rule, check_expiry, in_short

F2 = "CASA sample technical log (F2)"


@aircraft_rule(
    "RPAS-STATUS",
    title="The aircraft is in service",
    citation="MOS 10.07 (serviceability)",
    confidence="design",
    inputs=("status",),
    absolute="an aircraft out of service is not serviceable",
)
def check_status(aircraft: AircraftFacts, context: RuleContext) -> Finding:
    """The aircraft is in service: not quarantined, in maintenance or retired."""
    if aircraft.status == "in_service":
        return context.green(f"{aircraft.registration} is in service.")
    words = aircraft.status.replace("_", " ")
    return context.red(
        f"{aircraft.registration} is {words}.", value=words, fix="Return it to service."
    )


@aircraft_rule(
    "REGO",
    title="Registration",
    citation="CASR Part 47 (RPA division)",
    confidence="found",
    inputs=("registration", "registration_expires_on", "on"),
    parameters={
        "notice_days": Parameter(
            EXPIRY_NOTICE_DAYS, "higher", "days", "Days before expiry that are amber"
        )
    },
)
def check_registration(aircraft: AircraftFacts, context: RuleContext) -> Finding:
    """Every RPA used for work is registered on the day, any mass; amber in the last 30 days."""
    return check_expiry(
        context,
        f"Registration of {aircraft.registration}",
        aircraft.registration_expires_on,
        aircraft.on,
        notice_days=context["notice_days"],
        fix="Renew the registration.",
    )


@aircraft_rule(
    "F2-MAJOR",
    title="No open major defect",
    citation=F2,
    confidence="found",
    inputs=("defects",),
    absolute="a major defect grounds the aircraft until it is rectified",
)
def check_major_defects(aircraft: AircraftFacts, context: RuleContext) -> Finding:
    """An open major defect bars flight until it is rectified."""
    found = [entry for entry in aircraft.defects if entry.severity == "major"]
    if not found:
        return context.green(f"{aircraft.registration} has no open major defect.", value=0)
    return context.red(
        f"{aircraft.registration} has {len(found)} open major defects:"
        f" {in_short(found[0].description)}.",
        value=len(found),
        limit=0,
        fix="Rectify and certify the defect.",
    )


@aircraft_rule(
    "F2-MINOR",
    title="Open minor defects are looked at every day",
    citation=F2,
    confidence="found",
    inputs=("defects", "on"),
    parameters={"old_days": Parameter(90, "lower", "days", "Age that is amber regardless")},
)
def check_minor_defects(aircraft: AircraftFacts, context: RuleContext) -> list[Finding] | Finding:
    """
    Each open minor defect was looked at in the daily inspection of the day, else red.

    Looked at is amber; open for more than 90 days is amber regardless. While planning, the look is
    still to come, which is amber.
    """
    minor = [entry for entry in aircraft.defects if entry.severity == "minor"]
    if not minor:
        return context.green(f"{aircraft.registration} has no open minor defect.", value=0)
    findings = []
    unseen = [entry for entry in minor if entry.last_checked_on != aircraft.on]
    if unseen:
        findings.append(
            context.missing(
                f"The state of minor defect {unseen[0].defect_id} on {aircraft.on}",
                fix="List it as looked at in the daily inspection.",
            )
        )
    else:
        findings.append(
            context.amber(
                f"{len(minor)} open minor defects, looked at on {aircraft.on}.", value=len(minor)
            )
        )
    oldest = max((aircraft.on - entry.found_on).days for entry in minor)
    if oldest > context["old_days"]:
        findings.append(
            context.amber(
                f"A minor defect is open for {oldest} days.",
                value=oldest,
                limit=context["old_days"],
                fix="Rectify it.",
            )
        )
    return findings


@aircraft_rule(
    "F2-MAINT",
    title="No maintenance falls due before the end of the flight",
    citation="MOS 10.07",
    confidence="found",
    inputs=(
        "maintenance",
        "on",
        "time_in_service_min",
        "cycles",
        "flights",
        "planned_min",
        "planned_cycles",
        "planned_flights",
    ),
    parameters={
        "near_percent": Parameter(NEAR_PERCENT, "higher", "% of the interval", "Left that is near"),
        "near_days": Parameter(NEAR_DAYS, "higher", "days", "Left that is near"),
    },
)
def check_maintenance(aircraft: AircraftFacts, context: RuleContext) -> list[Finding] | Finding:
    """
    After the planned flight no due point is exceeded.

    Amber when 10 % of the interval or less, or 7 days or less, would remain.
    """
    items = due_items(
        aircraft.maintenance,
        on=aircraft.on,
        time_min=aircraft.time_in_service_min + aircraft.planned_min,
        cycles=aircraft.cycles + aircraft.planned_cycles,
        flights=aircraft.flights + aircraft.planned_flights,
        near_percent=context["near_percent"],
        near_days=context["near_days"],
    )
    findings = [_maintenance_finding(item, context) for item in items]
    wanted = [finding for finding in findings if finding is not None]
    return wanted or context.green(f"No maintenance of {aircraft.registration} is near.")


def _maintenance_finding(item: DueItem, context: RuleContext) -> Finding | None:
    fix = "Do the maintenance and record it."
    if item.unit == "condition":
        return context.red(f"{item.title} is due: {item.due}.", fix=fix)
    if item.is_exceeded:
        return context.red(
            f"{item.title} would be exceeded by {-item.remaining} {item.unit} (due {item.due}).",
            value=item.remaining,
            limit=0,
            fix=fix,
        )
    if item.is_near:
        return context.amber(
            f"{item.title} is due in {item.remaining} {item.unit} (due {item.due}).",
            value=item.remaining,
            limit=item.interval,
            fix=fix,
        )
    return None


@aircraft_rule(
    "F2-CERT",
    title="Part A is issued",
    citation=F2,
    confidence="found",
    inputs=("part_a", "mtow_kg", "registration", "registration_expires_on", "category"),
)
def check_certification(aircraft: AircraftFacts, context: RuleContext) -> Finding:
    """
    A Part A certified by a person with an ARN is current; none is red.

    Amber when its frozen header no longer agrees with the aircraft (DESIGN).
    """
    issued = aircraft.part_a
    if issued is None:
        return context.red(
            f"{aircraft.registration} has no issued Part A.", fix="Issue Part A of the log."
        )
    header = (
        issued.identification,
        issued.category,
        issued.max_gross_mass_kg,
        issued.registration_expires_on,
    )
    now = (
        aircraft.registration,
        aircraft.category,
        aircraft.mtow_kg,
        aircraft.registration_expires_on,
    )
    if header != now:
        return context.amber(
            f"The header of {issued.number} no longer agrees with the aircraft.",
            value=issued.number,
            fix="Issue a new Part A.",
        )
    return context.green(
        f"{issued.number}, issued on {issued.issued_on} by {issued.name} (ARN {issued.arn}).",
        value=issued.number,
    )


@aircraft_rule(
    "F2-DAILY",
    title="Daily inspection",
    citation=F2,
    confidence="found",
    inputs=("inspection", "on"),
)
def check_daily_inspection(aircraft: AircraftFacts, context: RuleContext) -> Finding:
    """Part B has a satisfactory daily inspection of the operator's local day."""
    done = aircraft.inspection
    if done is None or done.entry_on != aircraft.on:
        return context.missing(
            f"A daily inspection of {aircraft.registration} on {aircraft.on}",
            fix="Do the daily inspection and record it.",
        )
    if not done.is_satisfactory:
        return context.red(
            f"The daily inspection of {aircraft.on} was not satisfactory:"
            f" {in_short(done.findings)}.",
            fix="Rectify what was found and inspect again.",
        )
    return context.green(f"Inspected on {aircraft.on} by {done.name} ({done.arn}).")


@aircraft_rule(
    "BATTERY-HEALTH",
    title="Batteries are healthy",
    citation="Operations manual (battery care)",
    confidence="design",
    inputs=("batteries",),
    parameters={
        "amber_percent": Parameter(80, "higher", "%", "Health that is amber and below"),
        "red_percent": Parameter(60, "higher", "%", "Health below which is red"),
    },
)
def check_battery_health(
    aircraft: AircraftFacts, context: RuleContext
) -> list[Finding] | Finding | None:
    """Health of each fitted battery: below 60 % red, up to 80 % amber; quarantined red."""
    findings = []
    for battery in aircraft.batteries:
        health = battery.health_percent
        shown = {"value": health, "fix": "Replace the battery."}
        if battery.status == "quarantined":
            findings.append(context.red(f"Battery {battery.serial_number} is quarantined."))
        elif health is not None and health < context["red_percent"]:
            text = f"Battery {battery.serial_number} is at {health} % health."
            findings.append(context.red(text, limit=context["red_percent"], **shown))
        elif health is not None and health <= context["amber_percent"]:
            text = f"Battery {battery.serial_number} is at {health} % health."
            findings.append(context.amber(text, limit=context["amber_percent"], **shown))
    if findings or not aircraft.batteries:
        return findings or None
    return context.green("The fitted batteries are healthy.")


@aircraft_rule(
    "BATTERY-CYCLES",
    title="Batteries are within their maker's cycles",
    citation="Maker's instructions",
    confidence="design",
    inputs=("batteries", "planned_cycles"),
    parameters={"near_percent": Parameter(NEAR_PERCENT, "higher", "% of the cycles")},
)
def check_battery_cycles(
    aircraft: AircraftFacts, context: RuleContext
) -> list[Finding] | Finding | None:
    """After the flight no fitted battery exceeds its cycles; amber within the last 10 %."""
    limited = [entry for entry in aircraft.batteries if entry.max_cycles]
    findings = []
    for battery in limited:
        most = battery.max_cycles or 0
        after = battery.cycles + aircraft.planned_cycles
        text = f"Battery {battery.serial_number} would have {after} of {most} cycles."
        shown = {"value": after, "limit": most, "fix": "Replace the battery."}
        if after > most:
            findings.append(context.red(text, **shown))
        elif (most - after) * 100 <= most * context["near_percent"]:
            findings.append(context.amber(text, **shown))
    if findings or not limited:
        return findings or None
    return context.green("The fitted batteries are within their cycles.")
