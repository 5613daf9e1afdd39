"""Do the records of the aircraft stand: unalterable, adding up, complete."""

from common.compliance.findings import Finding
from common.compliance.registry import RuleContext
from rpas.airworthiness import AircraftFacts
from rpas.rules.registration import aircraft_rule


@aircraft_rule(
    "MOS-10.01-FORM",
    title="The technical log is unaltered",
    citation="MOS 10.01",
    confidence="found",
    inputs=("log",),
    absolute="a record that was altered proves nothing",
)
def check_log_integrity(aircraft: AircraftFacts, context: RuleContext) -> Finding:
    """Part B is append-only: no entry altered in place, none missing, the hash chain whole."""
    log = aircraft.log
    fix = "Verify the technical log and restore the altered record."
    if log.fault:
        return context.red(f"The technical log failed its check: {log.fault}.", fix=fix)
    if log.altered_sequence is not None:
        return context.red(f"Part B entry {log.altered_sequence} was altered.", fix=fix)
    has_gap = log.entries != log.last_sequence - log.first_sequence + 1
    if has_gap or log.last_sequence != log.head_sequence or not log.is_head_intact:
        return context.red("An entry of Part B is missing.", fix=fix)
    return context.green(
        f"Part B is whole up to entry {log.last_sequence}.", value=log.last_sequence
    )


@aircraft_rule(
    "F2-SUM",
    title="Progressive totals add up",
    citation="CASA sample technical log (F2)",
    confidence="design",
    inputs=("log",),
    absolute="maintenance is due by these totals",
)
def check_totals(aircraft: AircraftFacts, context: RuleContext) -> Finding:
    """The progressive total equals what was brought forward plus every entry, in minutes."""
    log = aircraft.log
    if log.summed_min == log.last_progressive_min == log.total_min:
        return context.green(f"Total time {hours_and_minutes(log.total_min)}.", value=log.total_min)
    return context.red(
        f"The entries sum to {hours_and_minutes(log.summed_min)}, the log says"
        f" {hours_and_minutes(log.last_progressive_min)} and the aircraft"
        f" {hours_and_minutes(log.total_min)}.",
        value=log.total_min,
        limit=log.summed_min,
        fix="Verify the technical log.",
    )


@aircraft_rule(
    "MOS-10.07-TECH",
    title="The technical log is complete",
    citation="MOS 10.07",
    confidence="found",
    inputs=("make", "model", "registration", "maintenance", "firmware_version"),
)
def check_log_complete(aircraft: AircraftFacts, context: RuleContext) -> list[Finding] | Finding:
    """
    The log says when maintenance is next due, and which software is loaded.

    Without a maintenance schedule nobody knows; missing firmware is amber (good practice).
    """
    findings = []
    if not aircraft.maintenance:
        findings.append(
            context.missing(
                f"When maintenance of {aircraft.registration} is next due",
                fix="Add its maintenance schedule.",
            )
        )
    if not aircraft.firmware_version:
        findings.append(
            context.amber(
                "The firmware version is not recorded.", fix="Record it as a configuration change."
            )
        )
    return findings or context.green("The technical log is complete.")


def hours_and_minutes(minutes: int) -> str:
    """Minutes as the log prints them, hours:minutes."""
    sign = "-" if minutes < 0 else ""
    return f"{sign}{abs(minutes) // 60}:{abs(minutes) % 60:02}"
