"""
What airworthiness is judged by: weight categories, due points, and the facts of one aircraft and
one operator. Values only; nothing here reads a database or a clock.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from enum import StrEnum

import msgspec


class Category(StrEnum):
    """Weight category of a remotely piloted aircraft (CASR 101.022)."""

    MICRO = "micro"
    VERY_SMALL = "very_small"
    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


# REGULATION 1.1: gross mass up to and including, in kilograms.
CATEGORY_LIMITS_KG = (
    (Category.MICRO, 0.250),
    (Category.VERY_SMALL, 2.0),
    (Category.SMALL, 25.0),
    (Category.MEDIUM, 150.0),
)
# C-NEAR: maintenance is near when this much or less remains after the planned flight.
NEAR_PERCENT = 10.0
NEAR_DAYS = 7


def category_of(mass_kg: float) -> Category:
    """Weight category by gross mass including battery and payload."""
    for category, limit in CATEGORY_LIMITS_KG:
        if mass_kg <= limit:
            return category
    return Category.LARGE


def is_rain_tolerant(ip_rating: str) -> bool:
    """Whether an IP code (IEC 60529) covers spraying water: second digit 3 or more."""
    water = ip_rating[3:4]
    return water.isdigit() and int(water) >= 3


class DefectFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A defect that nobody has rectified yet; `found_on` is the operator's local date."""

    defect_id: int
    severity: str
    description: str
    found_on: date
    last_checked_on: date | None = None


class InspectionFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The latest daily inspection that Part B has for one day."""

    sequence: int
    entry_on: date
    is_satisfactory: bool
    name: str
    arn: str
    findings: str = ""


class PartAFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The issued Part A: what its frozen header says and who certified it."""

    number: str
    issued_on: date
    name: str
    arn: str
    identification: str
    category: str
    model: str
    max_gross_mass_kg: float
    registration_expires_on: date | None = None


class MaintenanceFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One active maintenance item: its intervals and the points at which it is next due."""

    schedule_id: int
    title: str
    kind: str
    notice_days: int = NEAR_DAYS
    interval_days: int | None = None
    interval_min: int | None = None
    interval_cycles: int | None = None
    interval_flights: int | None = None
    next_due_on: date | None = None
    next_due_min: int | None = None
    next_due_cycles: int | None = None
    next_due_flights: int | None = None
    condition: str = ""
    is_triggered: bool = False


class BatteryFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A battery fitted to the aircraft."""

    serial_number: str
    cycles: int
    max_cycles: int | None = None
    health_percent: int | None = None
    status: str = "in_service"


class LogFacts(msgspec.Struct, frozen=True, kw_only=True):
    """
    Whether the latest entries of Part B add up, beside what the head of the log says.

    `entries` are those read, from `first_sequence` on; `summed_min` is what came before them plus
    all they add. `altered_sequence` is one whose content no longer fits its hash; `fault` is what
    the last check of the whole log found.
    """

    entries: int = 0
    first_sequence: int = 1
    last_sequence: int = 0
    head_sequence: int = 0
    summed_min: int = 0
    last_progressive_min: int = 0
    total_min: int = 0
    is_head_intact: bool = True
    altered_sequence: int | None = None
    fault: str = ""


class RecentEntries(msgspec.Struct, frozen=True):
    """
    The latest entries of Part B: how many, from where to where, and what they add up to.

    `before` is the total ahead of the first, `altered` an entry that does not fit its hash.
    """

    entries: int
    first: int
    last: int
    before: int
    added: int
    progressive: int
    digest: str
    altered: int | None


class AircraftFacts(msgspec.Struct, frozen=True, kw_only=True):
    """
    All that is judged of one aircraft for one day and one planned flight.

    `on` is the operator's local date of the question; `planned_*` is what the flight in question
    would add (nothing when the aircraft itself is asked about).
    """

    aircraft_id: int
    operator_id: int
    registration: str
    on: date
    make: str
    model: str
    kind: str
    status: str
    empty_mass_kg: float
    mtow_kg: float
    category: str
    planned_min: int = 0
    planned_cycles: int = 0
    planned_flights: int = 0
    registration_expires_on: date | None = None
    max_wind_ms: float | None = None
    min_temperature_c: float | None = None
    max_temperature_c: float | None = None
    ip_rating: str = ""
    is_rain_tolerant: bool = False
    firmware_version: str = ""
    endurance_min: float | None = None
    max_speed_ms: float | None = None
    control_link_range_m: float | None = None
    has_position_lights: bool = False
    time_in_service_min: int = 0
    cycles: int = 0
    flights: int = 0
    part_a: PartAFacts | None = None
    inspection: InspectionFacts | None = None
    defects: tuple[DefectFacts, ...] = ()
    maintenance: tuple[MaintenanceFacts, ...] = ()
    batteries: tuple[BatteryFacts, ...] = ()
    log: LogFacts = LogFacts()

    @property
    def rule_date(self) -> date:
        """The date by which rules are in force."""
        return self.on

    @property
    def model_name(self) -> str:
        """Make and model as authorizations and ReOC scopes name them."""
        return f"{self.make} {self.model}"


class PostFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The holder of a key post on the day in question."""

    post: str
    name: str
    arn: str = ""
    approved_on: date | None = None


class ChangeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A change to the operator that CASA has not approved or heard of yet."""

    change_id: int
    description: str
    made_on: date
    is_significant: bool
    notified_on: date | None = None
    approved_on: date | None = None


class FleetFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a ReOC's scope is compared with, for one aircraft that is not retired."""

    registration: str
    kind: str
    make: str
    model: str
    mtow_kg: float

    @property
    def model_name(self) -> str:
        """Make and model as ReOC scopes name them."""
        return f"{self.make} {self.model}"


class OperatorFacts(msgspec.Struct, frozen=True, kw_only=True):
    """
    All that is judged of one operator on one day of its own calendar.

    `fleet` is filled only when the operator itself is asked about.
    """

    operator_id: int
    name: str
    on: date
    arn: str
    timezone: str
    is_active: bool = True
    reoc_number: str | None = None
    reoc_issued_on: date | None = None
    reoc_expires_on: date | None = None
    scope_max_mass_kg: float | None = None
    scope_types: tuple[str, ...] = ()
    scope_models: tuple[str, ...] = ()
    insurance_expires_on: date | None = None
    operations_manual_ref: str = ""
    job_safety_assessment_ref: str = ""
    posts: tuple[PostFacts, ...] = ()
    changes: tuple[ChangeFacts, ...] = ()
    fleet: tuple[FleetFacts, ...] = ()

    @property
    def rule_date(self) -> date:
        """The date by which rules are in force."""
        return self.on


class DueItem(msgspec.Struct, frozen=True, kw_only=True):
    """
    How far one maintenance item is from due in one unit, after the planned flight.

    `remaining` is in `unit` (days, minutes, cycles, flights) and negative once exceeded; an item
    due by a reported condition has unit `condition`.
    """

    schedule_id: int
    title: str
    unit: str
    due: str
    remaining: int
    interval: int | None
    is_exceeded: bool
    is_near: bool


def due_items(
    maintenance: Sequence[MaintenanceFacts],
    *,
    on: date,
    time_min: int,
    cycles: int,
    flights: int,
    near_percent: float = NEAR_PERCENT,
    near_days: float = NEAR_DAYS,
) -> list[DueItem]:
    """
    How far each item is from due on a day at given totals; convention C-NEAR.

    An item is exceeded when its point is passed; near when 10 % of the interval or less, or 7 days
    (or its own longer notice) or less, remains.
    """
    reached = {"minutes": time_min, "cycles": cycles, "flights": flights}
    return [
        item
        for entry in maintenance
        for item in _points(entry, on, reached, near_percent, near_days)
    ]


def _points(
    entry: MaintenanceFacts,
    on: date,
    reached: dict[str, int],
    near_percent: float,
    near_days: float,
) -> Iterator[DueItem]:
    if entry.is_triggered:
        yield _item(entry, "condition", entry.condition, -1, None, is_near=False)
    if entry.next_due_on is not None:
        days = (entry.next_due_on - on).days
        is_near = days <= max(near_days, entry.notice_days) or _is_last_part(
            days, entry.interval_days, near_percent
        )
        due = entry.next_due_on.isoformat()
        yield _item(entry, "days", due, days, entry.interval_days, is_near=is_near)
    counted = (
        ("minutes", entry.next_due_min, entry.interval_min),
        ("cycles", entry.next_due_cycles, entry.interval_cycles),
        ("flights", entry.next_due_flights, entry.interval_flights),
    )
    for unit, point, interval in counted:
        if point is not None:
            remaining = point - reached[unit]
            is_near = _is_last_part(remaining, interval, near_percent)
            yield _item(entry, unit, f"{point} {unit}", remaining, interval, is_near=is_near)


def _is_last_part(remaining: int, interval: int | None, percent: float) -> bool:
    return interval is not None and remaining * 100 <= interval * percent


def _item(
    entry: MaintenanceFacts,
    unit: str,
    due: str,
    remaining: int,
    interval: int | None,
    *,
    is_near: bool,
) -> DueItem:
    return DueItem(
        schedule_id=entry.schedule_id,
        title=entry.title,
        unit=unit,
        due=due,
        remaining=remaining,
        interval=interval,
        is_exceeded=remaining < 0,
        is_near=is_near and remaining >= 0,
    )
