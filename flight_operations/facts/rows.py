"""
One statement that brings the rows of many operations, as typed rows.

Thirty small queries through the ORM cost more processor time than all rules together; the rows of
every table are gathered as JSON in one statement and decoded straight into structs.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from common.statements import execute_prepared, raw_cursor
from flight_operations.facts.statement import SQL


class PlanRow(Struct):
    """The plan, with its sites as coordinates; the rest is copied into the facts by name."""

    content_hash: str
    launch_lat: float
    launch_lon: float
    recovery_lat: float
    recovery_lon: float
    control_station: str
    take_off_elevation_m: float | None
    terrain_lowest_m: float | None
    terrain_highest_m: float | None
    max_height_agl_m: float
    take_off_mass_kg: float
    max_distance_pilot_m: float | None
    max_distance_observer_m: float | None
    min_distance_people_m: float | None
    people_consent_ref: str
    is_over_populous_area: bool | None
    is_near_emergency_operation: bool | None
    emergency_approval_ref: str
    is_crewed_traffic_known: bool | None
    is_enclosed: bool
    drops_anything: bool
    drop_procedure_ref: str
    is_launch_area_lit: bool
    is_behind_obstacles: bool | None
    aircraft_per_pilot: int
    impact_energy_j: float | None
    local_weather_observation: Any = None


class OperationRow(Struct):
    """An operation with its operator's zone, its pilot, its log and its plan."""

    id: int
    number: str
    status: str
    title: str
    purpose: str
    category: str
    sight_mode: str
    is_paid: bool
    is_over_own_land: bool
    planned_start_at: datetime
    planned_end_at: datetime
    actual_end_at: datetime | None
    operator_id: int
    aircraft_id: int
    timezone: str
    pilot_id: int
    pilot_name: str
    pilot_is_active: bool
    pilot_arn: str | None
    has_checklist: bool
    log_completed_at: datetime | None
    became_unserviceable: bool | None
    is_as_released: bool | None
    has_incident: bool
    plan: PlanRow | None = None

    @property
    def scope(self) -> str:
        """Whose record this is, as compliance stores it."""
        return f"rpas_operator:{self.operator_id}"


class VolumeRow(Struct):
    """A volume of a plan; `area` is EWKB as hexadecimal text."""

    operation_id: int
    sequence: int
    area: str
    floor_m: float
    ceiling_m: float
    datum: str
    starts_at: datetime
    ends_at: datetime


class CrewRow(Struct):
    """Somebody with a part in an operation."""

    operation_id: int
    user_id: int
    name: str
    role: str
    arn: str | None
    trained_on: date | None


class PaperRow(Struct):
    """A qualification that was not revoked."""

    user_id: int
    kind: str
    number: str
    classification: str
    weight_band: str
    aircraft_type: str
    issued_on: date
    expires_on: date | None
    is_verified: bool


class MembershipRow(Struct):
    """What an operator lets one of the pilots do, and for how long."""

    operator_id: int
    user_id: int
    valid_from: date
    valid_until: date | None
    is_remote_pilot: bool
    pilot_authorized_on: date | None
    authorized_models: tuple[str, ...]
    is_night_authorized: bool


class LandingRow(Struct):
    """Landings of one pilot on one day in one weight category."""

    pilot_id: int
    aircraft_category: str
    flown_on: date
    count: int


class StintRow(Struct):
    """A flight of one of the pilots, planned or flown."""

    operation_id: int
    user_id: int
    start_at: datetime
    end_at: datetime


class AuthorizationRow(Struct):
    """A permission that touches the time; `area` is EWKB as hexadecimal text."""

    operator_id: int
    number: str
    kind: str
    status: str
    authority: str
    place: str
    aircraft_id: int | None
    area: str | None
    max_height_agl_m: float | None
    valid_from: datetime
    valid_until: datetime
    conditions: str
    applied_on: date | None


class RiskItemRow(Struct):
    """One risk of an assessment."""

    hazard: str
    likelihood: str
    severity: int
    residual_likelihood: str
    residual_severity: int


class RiskApprovalRow(Struct):
    """One manager's approval of an assessment."""

    level: str
    user_id: int
    by: str


class RiskRow(Struct):
    """An assessment of one operation, or a generic one."""

    number: str
    operator_id: int
    operation_id: int | None
    kind: str
    status: str
    assessed_by_id: int
    items: tuple[RiskItemRow, ...] = ()
    approvals: tuple[RiskApprovalRow, ...] = ()


class PostRow(Struct):
    """A key post and who holds it from when to when."""

    operator_id: int
    user_id: int
    post: str
    name: str
    arn: str
    approved_on: date | None
    valid_from: date
    valid_until: date | None

    def is_live(self, on: date) -> bool:
        """Say whether the post is held on a day; the last day is the one before `valid_until`."""
        return self.valid_from <= on and (self.valid_until is None or on < self.valid_until)


class ReleaseRow(Struct):
    """The live release of an operation."""

    operation_id: int
    plan_hash: str
    released_by: str
    released_at: datetime


class ItemRow(Struct):
    """A line of a pre-flight checklist."""

    operation_id: int
    code: str
    title: str
    is_required: bool
    answer: str
    answered_at: datetime | None
    valid_until: datetime | None


class LoggedRow(Struct):
    """A pilot whose own log has the operation."""

    operation_id: int
    pilot_id: int


class AlertRow(Struct):
    """The alerts of one kind that one flight raised, counted."""

    operation_id: int
    kind: str
    count: int
    unacknowledged: int
    without_note: int


class PilotRow(Struct):
    """Somebody who might be given an operation."""

    user_id: int
    name: str
    is_active: bool
    arn: str | None


class SettingRow(Struct):
    """An operator's own value of a parameter that is a span of time."""

    scope: str
    rule: str
    parameter: str
    value: float


class Rows(Struct):
    """Everything the one statement brought, each table in its order."""

    operations: tuple[OperationRow, ...] = ()
    volumes: tuple[VolumeRow, ...] = ()
    crew: tuple[CrewRow, ...] = ()
    papers: tuple[PaperRow, ...] = ()
    memberships: tuple[MembershipRow, ...] = ()
    landings: tuple[LandingRow, ...] = ()
    stints: tuple[StintRow, ...] = ()
    authorizations: tuple[AuthorizationRow, ...] = ()
    risks: tuple[RiskRow, ...] = ()
    posts: tuple[PostRow, ...] = ()
    releases: tuple[ReleaseRow, ...] = ()
    items: tuple[ItemRow, ...] = ()
    logged: tuple[LoggedRow, ...] = ()
    alerts: tuple[AlertRow, ...] = ()
    pilots: tuple[PilotRow, ...] = ()
    settings: tuple[SettingRow, ...] = ()


_DECODER = msgspec.json.Decoder(Rows)


class Others(NamedTuple):
    """Whom and when else to read about: those who might be given the operations, and when."""

    pilots: Sequence[int] = ()
    first_at: datetime | None = None
    last_at: datetime | None = None


NOBODY_ELSE = Others()


def fetch_rows(
    ids: Sequence[int], *, timed_rules: Sequence[str], others: Others = NOBODY_ELSE
) -> Rows:
    """Read the rows of these operations and of the people and papers around them."""
    asked = [list(ids), list(others.pilots), others.first_at, others.last_at, list(timed_rules)]
    with raw_cursor() as cursor:
        row = execute_prepared(cursor, SQL, asked).fetchone()
        return _DECODER.decode(row[0]) if row else Rows()
