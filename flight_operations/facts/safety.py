"""Facts of safety management: risk assessments, incidents, hazards. Values only."""

from datetime import date, datetime

from msgspec import Struct


class RiskItemFacts(Struct, frozen=True, kw_only=True):
    """One way to come to harm: likelihood `A` to `E`, severity 1 to 5, before and after control."""

    hazard: str
    likelihood: str
    severity: int
    residual_likelihood: str
    residual_severity: int


class RiskApprovalFacts(Struct, frozen=True, kw_only=True):
    """A manager's word, at the level of management held."""

    level: str
    by: str


class RiskFacts(Struct, frozen=True, kw_only=True):
    """
    A risk assessment (AssessmentKind, AssessmentStatus).

    `is_by_chief_remote_pilot` is yes when the chief remote pilot assessed or approved it;
    `is_generic` when it is for a kind of job, not for one operation.
    """

    rule_date: date | None = None
    is_generic: bool = False
    number: str
    kind: str
    status: str
    items: tuple[RiskItemFacts, ...] = ()
    approvals: tuple[RiskApprovalFacts, ...] = ()
    is_by_chief_remote_pilot: bool = False


class IncidentFacts(Struct, frozen=True, kw_only=True):
    """
    An occurrence, as far as the ATSB's clocks and the grounding of the aircraft need it.

    `operating_category` is empty and the mass None when nobody knows them yet;
    `missing_particulars` names what the written report still lacks.
    """

    rule_date: date | None = None
    number: str
    status: str
    classification: str
    occurred_at: datetime
    aware_at: datetime
    operating_category: str = ""
    aircraft_mass_kg: float | None = None
    is_type_certified: bool = False
    injuries: str
    damage: str
    third_party_damage: str
    phoned_at: datetime | None = None
    written_at: datetime | None = None
    missing_particulars: tuple[str, ...] = ()
    has_aircraft: bool = True
    is_aircraft_quarantined: bool = False


class HazardFacts(Struct, frozen=True, kw_only=True):
    """A line of the hazard register; residual likelihood and severity None until assessed."""

    rule_date: date | None = None
    number: str
    status: str
    likelihood: str
    severity: int
    residual_likelihood: str | None = None
    residual_severity: int | None = None
    action_due_on: date | None = None
    review_on: date | None = None
    has_owner: bool = False
