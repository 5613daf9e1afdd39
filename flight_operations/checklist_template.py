"""What is looked at before a take-off: the items every pre-flight checklist begins with. Pure."""

from dataclasses import dataclass
from datetime import timedelta

AIRCRAFT_INSPECTION = "aircraft_inspection"
WEATHER = "weather"
FITNESS = "fitness"


@dataclass(frozen=True)
class TemplateItem:
    """
    One item; `may_not_apply` says whether "not applicable" is an answer to it.

    `holds` is how long a person's answer counts: what was seen yesterday is looked at again.
    """

    code: str
    title: str
    may_not_apply: bool = False
    is_filled_by_system: bool = False
    holds: timedelta = timedelta(hours=24)


CHECKLIST_ITEMS = (
    TemplateItem(AIRCRAFT_INSPECTION, "Daily inspection of the aircraft", is_filled_by_system=True),
    TemplateItem("battery", "Battery charged, undamaged and seated"),
    TemplateItem("control_link", "Control link strong and free of interference"),
    TemplateItem("gnss", "GNSS position good and home point set"),
    TemplateItem("fail_safe", "Fail-safe set: return-to-home height clears all obstacles"),
    TemplateItem("airspace", "Airspace and NOTAM checked for the time of flight"),
    TemplateItem(
        WEATHER,
        "Weather checked against the limits",
        is_filled_by_system=True,
        holds=timedelta(hours=2),
    ),
    TemplateItem("launch_area", "Launch and recovery area clear"),
    TemplateItem("crew_briefing", "Crew briefed", may_not_apply=True),
    TemplateItem("people", "People kept away, or their consent recorded", may_not_apply=True),
    # CASR Part 99: eight hours from the last drink and a blood alcohol content under 0.02.
    TemplateItem(
        FITNESS,
        "Crew fit: 8 hours since alcohol, BAC under 0.02, rested",
        holds=timedelta(hours=12),
    ),
    TemplateItem("documents", "Remote pilot's documents at hand"),
    TemplateItem("emergency_plan", "Emergency plan known to all"),
    TemplateItem("lighting", "Lights on aircraft and launch area for night", may_not_apply=True),
    TemplateItem("payload", "Payload secure", may_not_apply=True),
)
BY_CODE = {item.code: item for item in CHECKLIST_ITEMS}
