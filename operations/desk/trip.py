"""A trip as a coordinator must see it at once: can it fly, why not, what next."""

from datetime import datetime

from aircraft.models import Aircraft
from airports.models import WeatherData
from common.compliance.findings import Color, Finding, Stage
from common.desk.history import last_steps
from common.desk.judgments import (
    before_flight,
    counted,
    judged_at,
    judgment_of,
    problems_of,
    stale_of,
    verdict_page,
)
from common.desk.links import list_of, page_at, page_of
from common.desk.screen import Desk
from common.desk.standing import Fact, Group, Judgment, Standing
from common.desk.wording import age, clock
from documents.desk import papers_of
from operations.desk.crew_step import OFFER_PLACES
from operations.desk.delay_step import DELAY
from operations.desk.divert_step import DIVERT
from operations.desk.override_step import overridden, override_step
from operations.desk.trip_facts import crew_facts, money_facts, patient_fact, service_facts
from operations.desk.trip_steps import STEPS, STEPS_BACK, legs_of, next_leg
from operations.models import (
    BEFORE_FLIGHT,
    CrewLine,
    DutyPeriod,
    FlightRelease,
    LegStatus,
    MedicalRequirement,
    Occurrence,
    RiskWorksheet,
    ServiceItem,
    Trip,
    TripEvidence,
    TripLeg,
    TripStatus,
)
from operations.services.assessment import TRIP
from users.models import User

# Where what a rule finds is put right, by how its code begins; the first that fits counts.
_LISTS: tuple[tuple[tuple[str, ...], type], ...] = (
    (("OPS-SERVICES", "OPS-RECHECK", "OPS-HOURS"), ServiceItem),
    (("WX-", "FAR-135.213"), WeatherData),
    (("FAR-135.26", "FAR-135.27", "FAR-135.263"), DutyPeriod),
    (("FAR-135.617",), RiskWorksheet),
    (("NTSB-",), Occurrence),
    (("DOC-", "FAR-135.621", "FAR-135.117", "FAR-PART5"), TripEvidence),
    (("FAR-61", "FAR-135.24", "FAR-135.29", "FAR-135.30", "FAR-135.34", "FAR-135.9"), CrewLine),
    (("CREW-", "FAR-135.109", "MED-TEAM"), CrewLine),
    (("OPS-", "FAR-135.2", "FAR-135.38", "FAR-135.6", "FAR-91.1"), TripLeg),
)
_AIRFRAME = ("FAR-39", "FAR-135.411", "FAR-135.179", "FAR-91.2", "FAR-91.4", "FAR-91.171")


def standing(trip: Trip, user: User, now: datetime) -> Standing:
    """How a trip stands for a reader; 10 statements."""
    legs = legs_of(trip)
    zone = legs[0].origin.timezone if legs else "UTC"
    judgment = judgment_of(TRIP, trip.pk, user, now=now)
    release = (
        FlightRelease.objects.filter(trip=trip)
        .select_related("released_by")
        .defer("document", "acknowledgements")
        .order_by("-pk")
        .first()
    )
    return Standing(
        headline=_headline(trip, judgment, release),
        color=judgment.color,
        stale=stale_of(judgment, zone=zone, now=now),
        judged=judged_at(judgment, zone=zone, now=now),
        problems=problems_of(judgment, lambda finding: _link(finding, trip, user)),
        nothing=(
            "Nobody has judged this trip yet."
            if judgment.color is None
            else "Nothing stands in the way: every rule that was asked is green."
        ),
        groups=(
            *overridden(TRIP, trip, now, user),
            Group(title="Legs", facts=_legs(trip, now), is_wide=True),
            Group(title="The trip", facts=_trip(trip, release, zone, user)),
            Group(title="Crew", facts=crew_facts(trip, user, now)),
            Group(title="Services not confirmed", facts=service_facts(trip, user, now)),
            *money_facts(trip, user, now),
            papers_of(trip, user),
            Group(title="Last events", facts=tuple(last_steps(trip, zone=zone, now=now))),
        ),
        more=verdict_page(judgment, user),
    )


def _headline(trip: Trip, judgment: Judgment, release: FlightRelease | None) -> str:
    status, count = TripStatus(trip.status), counted(judgment)
    if status == TripStatus.ACTIVE:
        leg = next_leg(trip)
        at = f"leg {leg.sequence} {leg.get_status_display().lower()}" if leg else "flights are over"
        return f"Under way, {at}: {count}"
    if status not in BEFORE_FLIGHT:
        return f"{status.label}: {count}"
    is_live = release is not None and release.revoked_at is None
    return before_flight(
        judgment,
        status=status.label,
        is_released=is_live and status == TripStatus.RELEASED,
        missing="released",
    )


def _legs(trip: Trip, now: datetime) -> tuple[Fact, ...]:
    facts = []
    for leg in legs_of(trip):
        to = leg.diverted_to or leg.destination
        late = leg.latest_arrival_at is not None and leg.estimated_in_at > leg.latest_arrival_at
        words = [
            leg.get_status_display(),
            _moment("off blocks", leg.actual_out_at, leg.estimated_out_at, leg.origin.timezone),
            _moment("on blocks", leg.actual_in_at, leg.estimated_in_at, to.timezone),
        ]
        if leg.status in (LegStatus.SCHEDULED, LegStatus.RELEASED):
            words.append(age(leg.estimated_out_at, now))
        facts.append(
            Fact(
                label=f"{leg.sequence}. {leg.origin} to {to}",
                value="; ".join(words),
                color=Color.AMBER if late or leg.diverted_to else None,
                detail=_remarks(leg, is_late=late),
            )
        )
    return tuple(facts) or (Fact(label="None", value="no flight is planned", color=Color.RED),)


def _moment(what: str, actual: datetime | None, expected: datetime, zone: str) -> str:
    return f"{what} {clock(actual or expected, zone)}{'' if actual else ' expected'}"


def _remarks(leg: TripLeg, *, is_late: bool) -> str:
    words = ["patient on board"] if leg.has_patient else []
    if leg.passengers:
        words.append(f"{leg.passengers} passenger{'s' if leg.passengers > 1 else ''}")
    if leg.diverted_to:
        words.append(f"diverted, was to go to {leg.destination}")
    if is_late:
        words.append("after the latest arrival asked for")
    return ", ".join(words)


def _trip(trip: Trip, release: FlightRelease | None, zone: str, user: User) -> tuple[Fact, ...]:
    watched = trip.control_specialist.full_name if trip.control_specialist else ""
    desk = trip.coordinator.full_name if trip.coordinator else ""
    return (
        Fact(
            label="Aircraft",
            value=str(trip.aircraft),
            link=page_of(trip.aircraft, user),
            detail=trip.aircraft.get_status_display(),
        ),
        Fact(label="Customer", value=str(trip.customer), link=page_of(trip.customer, user)),
        *([Fact(label="Held until", value=clock(trip.hold_expires_at, zone), color=Color.AMBER)]
          if trip.status == TripStatus.TENTATIVE else []),
        _released(trip, release, zone),
        *patient_fact(trip, user),
        *([Fact(label="Coordinator", value=desk)] if desk else []),
        *([Fact(label="Watched by", value=watched)] if watched else []),
    )  # fmt: skip


def _released(trip: Trip, release: FlightRelease | None, zone: str) -> Fact:
    is_wanted = trip.status in BEFORE_FLIGHT
    if release is None:
        return Fact(label="Release", value="none", color=Color.AMBER if is_wanted else None)
    given = f"{clock(release.released_at, zone)} by {release.released_by.full_name}"
    if release.revoked_at is None:
        return Fact(label="Release", value=f"live since {given}", color=Color.GREEN)
    return Fact(
        label="Release",
        value=f"revoked {clock(release.revoked_at, zone)}: {release.revoked_because[:300]}",
        color=Color.RED if is_wanted else None,
        detail=f"given {given}",
    )


def _link(finding: Finding, trip: Trip, user: User) -> str:
    """Where to put right what a rule found."""
    if finding.rule.startswith(_AIRFRAME):
        return page_at(Aircraft, trip.aircraft_id, user)
    if finding.rule.startswith("MED-") and trip.requirement_id:
        return page_at(MedicalRequirement, trip.requirement_id, user)
    for codes, model in _LISTS:
        if finding.rule.startswith(codes):
            is_ours = model is not WeatherData
            return list_of(model, user, q=trip.number) if is_ours else list_of(model, user)
    return ""


def _can_override(trip: Trip, at: datetime) -> str | None:
    return "" if trip.status in (*BEFORE_FLIGHT, TripStatus.ACTIVE) else None


OVERRIDE = override_step(TRIP, stage=Stage.RELEASE, when=_can_override)
DESK = Desk(standing=standing, steps=(*STEPS, OFFER_PLACES, DIVERT, DELAY, OVERRIDE, *STEPS_BACK))
