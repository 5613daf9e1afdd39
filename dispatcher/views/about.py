"""What the desk's pages say under "About this screen": what for, what now, where to."""

ABOUT = {
    "compliance": (
        "How many aircraft, flights, trips, offers and people break a rule now, and what turns "
        "worse in the days ahead if nobody does anything. Choose a figure for the records "
        "behind it, or a rule for what it asks, where it comes from and who breaks it."
    ),
    "compliance_records": (
        "The records behind the figures, the worst first, each with what stands against it and "
        "what puts it right. Narrow them by kind, color, rules or name, look ahead by days, and "
        "take the list along as CSV. What is done about a record is done on its own page."
    ),
    "compliance_rule": (
        "One rule: what it asks, its citation and how sure we are of it, the limits that hold "
        "here, whether it can be overridden, and whom it stops now. Limits are made stricter "
        "under Compliance parameters; nothing makes them laxer than the law."
    ),
    "compliance_rules": (
        "Every rule that flights, aircraft, people and trips are held against, with its "
        "citation and how many records break it. Look for a code, words or a citation, and open "
        "one for the rest."
    ),
    "maintenance": (
        "Work that falls due, stays in maintenance and open defects of both fleets, by the day "
        "they end the flying. Work by hours, cycles or flights stands on the day of the booked "
        "flight that would pass the limit. Choose a fleet, an aircraft or another month; an "
        "entry opens its record, where the work is signed off or the defect put right."
    ),
    "report_hours": (
        "Hours in service of each aircraft over the last twelve weeks or months, from technical "
        "logs and closed legs, with the sum of each fleet. The CSV has every aircraft. A wrong "
        "hour is put right in the aircraft's log, by a correction."
    ),
    "report_on_time": (
        "How many departures left on time, by week or month, and what held the late ones up. "
        "Causes are entered with the delay of a leg. The CSV has every figure."
    ),
    "technical_log": (
        "The F2 technical log of one drone as an inspector reads it: Part A, every line of Part "
        "B with its corrections, defects and papers. Nothing here is changed: lines are written "
        "by landings, inspections and maintenance. Verifying counts the chain of hashes anew "
        "and names a line that was altered."
    ),
    "technical_logs": (
        "Every drone whose log you may read, with its hours and what the last check of the log "
        "found. Open one for its Parts A and B, its defects and papers."
    ),
}
