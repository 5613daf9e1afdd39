"""May this operator operate: certificate, scope, posts, notices, cover."""

from common.compliance.findings import Finding
from common.compliance.registry import Parameter, RuleContext
from rpas.airworthiness import AircraftFacts, ChangeFacts, FleetFacts, OperatorFacts
from rpas.rules.registration import EXPIRY_NOTICE_DAYS, check_expiry, in_short, operator_rule

NAMED_OVER_KG = 25.0
NOTICE = {
    "notice_days": Parameter(
        EXPIRY_NOTICE_DAYS, "higher", "days", "Days before expiry that are amber"
    )
}
# CASR 101.335/101.342; a chief instructor is needed only where training is given.
NEEDED_POSTS = {
    "ceo": "chief executive officer",
    "chief_remote_pilot": "chief remote pilot",
    "maintenance_controller": "maintenance controller",
}
POSTS_WITH_ARN = ("chief_remote_pilot",)


@operator_rule(
    "RPAS-OPERATOR",
    title="The operator is active",
    citation="Windsock",
    confidence="design",
    inputs=("is_active",),
)
def check_active(operator: OperatorFacts, context: RuleContext) -> Finding:
    """The operator is not closed here."""
    if operator.is_active:
        return context.green(f"{operator.name} is active.")
    return context.red(f"{operator.name} is not active.")


def check_reoc(operator: OperatorFacts, context: RuleContext) -> Finding:
    """A ReOC is held, issued by the day, and valid through its expiry; amber in its last 30."""
    if operator.reoc_number is None:
        return context.red(f"{operator.name} holds no ReOC.", fix="Obtain or record the ReOC.")
    issued = operator.reoc_issued_on
    if issued is not None and issued > operator.on:
        return context.red(
            f"ReOC {operator.reoc_number} is valid only from {issued}.",
            value=issued.isoformat(),
            limit=operator.on.isoformat(),
            fix="Fly once it is valid, or correct the date of issue.",
        )
    return check_expiry(
        context,
        f"ReOC {operator.reoc_number}",
        operator.reoc_expires_on,
        operator.on,
        notice_days=context.parameters.get("notice_days", EXPIRY_NOTICE_DAYS),
        fix="Renew the ReOC; give notice three months before.",
    )


@operator_rule(
    "REOC-VALID",
    title="Remote operator certificate",
    citation="CASR 101.270, 101.335; CASA information sheet",
    confidence="found",
    inputs=("reoc_number", "reoc_issued_on", "reoc_expires_on", "on"),
    parameters=NOTICE,
)
def check_certificate(operator: OperatorFacts, context: RuleContext) -> Finding:
    """
    The ReOC is valid by its stored expiry date.

    Without a ReOC only micro and excluded operations may be flown, which is amber here; an
    operation that needs one is red.
    """
    if operator.reoc_number is None:
        return context.amber(f"{operator.name} holds no ReOC: excluded operations only.")
    return check_reoc(operator, context)


def scope_gaps(operator: OperatorFacts, aircraft: AircraftFacts | FleetFacts) -> list[str]:
    """What of an aircraft the ReOC's scope does not cover: kind, mass, named model over 25 kg."""
    gaps = []
    if aircraft.kind not in operator.scope_types:
        gaps.append(aircraft.kind.replace("_", " "))
    if operator.scope_max_mass_kg is None or aircraft.mtow_kg > operator.scope_max_mass_kg:
        gaps.append(f"{aircraft.mtow_kg:g} kg")
    named = {name.casefold() for name in operator.scope_models}
    if aircraft.mtow_kg > NAMED_OVER_KG and aircraft.model_name.casefold() not in named:
        gaps.append(f"model {aircraft.model_name}")
    return gaps


def check_scope(
    operator: OperatorFacts, aircraft: AircraftFacts | FleetFacts, context: RuleContext
) -> Finding:
    """The ReOC covers the aircraft's kind and mass, and names its model when over 25 kg."""
    gaps = scope_gaps(operator, aircraft)
    if gaps:
        return context.red(
            f"The ReOC does not cover {aircraft.registration}: {', '.join(gaps)}.",
            value=aircraft.mtow_kg,
            limit=operator.scope_max_mass_kg,
            fix="Have the scope extended (a significant change).",
        )
    return context.green(f"The ReOC covers {aircraft.registration}.")


@operator_rule(
    "REOC-SCOPE",
    title="The fleet is within the ReOC's scope",
    citation="CASR 101.335-101.342",
    confidence="found",
    inputs=("fleet", "reoc_number", "scope_max_mass_kg", "scope_types", "scope_models"),
)
def check_fleet_scope(
    operator: OperatorFacts, context: RuleContext
) -> list[Finding] | Finding | None:
    """
    Each aircraft that is not retired is covered by the ReOC.

    Amber for the operator as a whole: the aircraft outside may still fly excluded operations.
    """
    if operator.reoc_number is None:
        return None
    outside = [entry for entry in operator.fleet if scope_gaps(operator, entry)]
    if not outside:
        return context.green("The whole fleet is within the scope.", value=len(operator.fleet))
    return [
        context.amber(
            f"{entry.registration} is outside the scope: {', '.join(scope_gaps(operator, entry))}.",
            value=entry.mtow_kg,
            limit=operator.scope_max_mass_kg,
        )
        for entry in outside[:20]
    ]


def check_posts(operator: OperatorFacts, context: RuleContext) -> list[Finding] | Finding:
    """CEO, chief remote pilot (with an ARN) and maintenance controller are in post."""
    held = {entry.post: entry for entry in operator.posts}
    findings = [
        context.red(
            f"The post of {title} is vacant on {operator.on}.", value=post, fix="Appoint a holder."
        )
        for post, title in NEEDED_POSTS.items()
        if post not in held
    ]
    findings += [
        context.red(f"{held[post].name} ({NEEDED_POSTS[post]}) has no ARN on file.", value=post)
        for post in POSTS_WITH_ARN
        if post in held and not held[post].arn
    ]
    findings += [
        context.amber(f"{entry.name} ({entry.post}) has no approval date on file.")
        for entry in operator.posts
        if entry.approved_on is None
    ]
    findings += [
        context.amber(f"{entry.name} ({entry.post}) is approved only from {entry.approved_on}.")
        for entry in operator.posts
        if entry.approved_on is not None and entry.approved_on > operator.on
    ]
    return findings or context.green("All key posts are held.")


@operator_rule(
    "REOC-KEYSTAFF",
    title="Key posts are held",
    citation="CASR 101.335, 101.342",
    confidence="found",
    inputs=("posts", "on", "reoc_number"),
)
def check_key_staff(
    operator: OperatorFacts, context: RuleContext
) -> list[Finding] | Finding | None:
    """A ReOC holder has a CEO, a chief remote pilot with an ARN and a maintenance controller."""
    return None if operator.reoc_number is None else check_posts(operator, context)


@operator_rule(
    "REOC-CHANGE",
    title="Changes are approved or notified",
    citation="CASA guidance on ReOC changes",
    confidence="found",
    inputs=("changes", "on"),
    parameters={"notify_days": Parameter(21, "lower", "days", "Days to give notice")},
)
def check_changes(operator: OperatorFacts, context: RuleContext) -> list[Finding] | Finding:
    """
    A significant change has CASA's approval before it is made; others are notified in 21 days.

    Pending is amber; made without approval, or not notified after 21 days, is red.
    """
    findings = [_change_finding(entry, operator, context) for entry in operator.changes]
    return findings or context.green("No change is pending.")


def _change_finding(change: ChangeFacts, operator: OperatorFacts, context: RuleContext) -> Finding:
    age = (operator.on - change.made_on).days
    if change.is_significant:
        text = f"{in_short(change.description, longest=200)}: not approved."
        if age >= 0:
            return context.red(text, value=age, fix="Undo it or obtain the approval.")
        return context.amber(text, value=age)
    told = f"for {age} days" if age >= 0 else f"yet; it takes effect in {-age} days"
    text = f"{in_short(change.description, longest=200)}: not notified {told}."
    limit = context["notify_days"]
    fix = "Notify CASA."
    if age > limit:
        return context.red(text, value=age, limit=limit, fix=fix)
    return context.amber(text, value=age, limit=limit, fix=fix)


@operator_rule(
    "INSURANCE",
    title="Third-party cover",
    citation="Operator policy; not a Part 101 requirement",
    confidence="known-high",
    inputs=("insurance_expires_on", "on"),
)
def check_insurance(operator: OperatorFacts, context: RuleContext) -> Finding:
    """Insurance is current; missing or expired is amber, as contracts often ask for it."""
    until = operator.insurance_expires_on
    if until is None:
        return context.amber("No insurance is on file.", fix="Record the policy.")
    shown = {"value": until.isoformat(), "limit": operator.on.isoformat()}
    if until < operator.on:
        return context.amber(f"The insurance expired on {until}.", fix="Renew it.", **shown)
    if (until - operator.on).days <= EXPIRY_NOTICE_DAYS:
        return context.amber(f"The insurance expires on {until}.", **shown)
    return context.green(f"Insured until {until}.", value=until.isoformat())
