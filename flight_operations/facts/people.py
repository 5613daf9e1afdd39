"""Facts about the people of an operation. Values only."""

from datetime import date, datetime

from msgspec import Struct


class QualificationFacts(Struct, frozen=True, kw_only=True):
    """A paper a person holds; `expires_on` is its last valid day, None when it has none."""

    kind: str
    number: str = ""
    classification: str = ""
    weight_band: str = ""
    aircraft_type: str = ""
    issued_on: date
    expires_on: date | None = None
    is_verified: bool


class MembershipFacts(Struct, frozen=True, kw_only=True):
    """What the operator authorized a person to do; models are named `make model`."""

    is_remote_pilot: bool
    authorized_on: date | None = None
    authorized_models: tuple[str, ...] = ()
    is_night_authorized: bool = False


class LandingDay(Struct, frozen=True, kw_only=True):
    """Take-offs and landings of one person on one local day; the smaller of the two."""

    on: date
    count: int


class WorkPeriod(Struct, frozen=True, kw_only=True):
    """One other flight of a person, flown or planned, on the operator's local day."""

    on: date
    start_at: datetime
    end_at: datetime


class PilotFacts(Struct, frozen=True, kw_only=True):
    """
    The pilot in command.

    `landing_days` are those in the 90 days before the flight on aircraft of the same weight
    category; `work` all other flights from eight days before to one day after it.
    `membership` is None when the person does not work for the operator that day.
    """

    user_id: int
    name: str
    is_active: bool
    arn: str | None = None
    membership: MembershipFacts | None = None
    qualifications: tuple[QualificationFacts, ...] = ()
    landing_days: tuple[LandingDay, ...] = ()
    work: tuple[WorkPeriod, ...] = ()

    def papers(self, kind: str, on: date) -> tuple[QualificationFacts, ...]:
        """Verified papers of a kind in force on a day, the longest-lived first."""
        return in_force(self.qualifications, kind, on)


class CrewFacts(Struct, frozen=True, kw_only=True):
    """Somebody else with a part in the operation."""

    user_id: int
    name: str
    role: str
    arn: str | None = None
    trained_on: date | None = None
    qualifications: tuple[QualificationFacts, ...] = ()

    def papers(self, kind: str, on: date) -> tuple[QualificationFacts, ...]:
        """Verified papers of a kind in force on a day, the longest-lived first."""
        return in_force(self.qualifications, kind, on)


def in_force(
    papers: tuple[QualificationFacts, ...], kind: str, on: date
) -> tuple[QualificationFacts, ...]:
    """Verified papers of a kind in force on a day, the longest-lived first."""
    live = [
        paper
        for paper in papers
        if paper.kind == kind
        and paper.is_verified
        and paper.issued_on <= on
        and (paper.expires_on is None or on <= paper.expires_on)
    ]
    return tuple(sorted(live, key=lambda paper: paper.expires_on or date.max, reverse=True))
