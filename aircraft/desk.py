"""A crewed aircraft as the desk must see it at once: may it fly, why not, what next."""

from datetime import datetime

from aircraft.airworthiness import hours_text
from aircraft.models import Aircraft, AircraftStatus, Defect, DefectStatus
from aircraft.queries.availability import KIND
from aircraft.queries.fleet import SUBJECT
from aircraft.queries.maintenance import due_now
from aircraft.services import fleet
from common.compliance.findings import Color
from common.desk.fleet import booked_group, due_group, paper_fact
from common.desk.history import last_steps
from common.desk.judgments import judged_at, judgment_of, problems_of, stale_of, verdict_page
from common.desk.links import list_of, page_of
from common.desk.more import added_to
from common.desk.screen import Desk
from common.desk.standing import Fact, Group, Standing, airworthy, worst_first
from common.desk.steps import Step, in_status, reasoned
from common.desk.wording import day, listed
from documents.desk import papers_of
from users.models import User

MOST = 6


def standing(aircraft: Aircraft, user: User, now: datetime) -> Standing:
    """How an aircraft stands for a reader; 6 statements and those of the apps above."""
    zone = aircraft.timezone
    judgment = judgment_of(SUBJECT, aircraft.pk, user, now=now)
    more = added_to(aircraft, user, now)
    is_in_use = aircraft.status == AircraftStatus.IN_SERVICE
    head = airworthy(
        judgment,
        status=aircraft.get_status_display(),
        is_in_use=is_in_use,
        is_over=aircraft.status == AircraftStatus.RETIRED,
    )
    return Standing(
        headline=head.headline,
        color=head.color,
        stale=stale_of(judgment, zone=zone, now=now),
        judged=judged_at(judgment, zone=zone, now=now),
        problems=worst_first((*head.problems, *problems_of(judgment), *more.problems)),
        nothing=head.nothing,
        groups=(
            *_work_to_do(aircraft, user, now),
            booked_group(KIND, aircraft.pk, zone=zone, now=now),
            *more.groups,
            Group(title="The aircraft", facts=_aircraft(aircraft, now)),
            papers_of(aircraft, user),
            Group(title="Last events", facts=tuple(last_steps(aircraft, zone=zone, now=now))),
        ),
        more=verdict_page(judgment, user),
    )


def _work_to_do(aircraft: Aircraft, user: User, now: datetime) -> list[Group]:
    """What is due and what is broken, each for who may see its records."""
    groups = []
    if user.has_perm("aircraft.view_maintenancetask"):
        groups.append(due_group(due_now(aircraft, now=now)))
    if user.has_perm("aircraft.view_defect"):
        groups.append(Group(title="Open defects", facts=_defects(aircraft, user)))
    return groups


def _defects(aircraft: Aircraft, user: User) -> tuple[Fact, ...]:
    rows = Defect.objects.unreleased().on_aircraft(aircraft.pk)
    found = list(rows.order_by("found_at", "pk")[: MOST + 1])
    facts = [
        Fact(
            label=row.number,
            value=row.description[:160],
            link=page_of(row, user),
            color=Color.AMBER if row.status == DefectStatus.DEFERRED else Color.RED,
            detail=f"{row.get_status_display().lower()}{_limit(row)}",
        )
        for row in found[:MOST]
    ]
    if len(found) > MOST:
        link = list_of(Defect, user, q=aircraft.tail_number)
        facts.append(Fact(label="More", value="all open defects", link=link))
    return tuple(facts) or (Fact(label="None", value="nothing is open", color=Color.GREEN),)


def _limit(row: Defect) -> str:
    return f" until {day(row.limit_on)}" if row.limit_on else ""


def _aircraft(aircraft: Aircraft, now: datetime) -> tuple[Fact, ...]:
    today = now.astimezone(aircraft.zone).date()
    carries = [f"{aircraft.seats} seats", f"{aircraft.stretchers} stretchers"]
    if aircraft.oxygen_l:
        carries.append(f"{aircraft.oxygen_l} l of oxygen")
    return (
        Fact(label="Type", value=str(aircraft.aircraft_type), detail=aircraft.serial_number),
        Fact(label="Base", value=str(aircraft.base), detail=aircraft.timezone),
        Fact(label="Carries", value=listed(carries)),
        Fact(
            label="Time in service",
            value=f"{hours_text(aircraft.time_in_service_min)}, {aircraft.cycles} cycles",
        ),
        paper_fact("Airworthiness", aircraft.airworthiness_expires_on, today)
        if aircraft.airworthiness_expires_on
        else Fact(label="Airworthiness", value=aircraft.airworthiness_certificate or "not on file"),
        paper_fact("Registration", aircraft.registration_expires_on, today),
        paper_fact("Insurance", aircraft.insurance_expires_on, today),
    )


DESK = Desk(
    standing=standing,
    steps=(
        Step(
            key="return",
            label="Return to service",
            permission="aircraft.return_to_service_aircraft",
            perform=reasoned(fleet.return_to_service),
            done="in service",
            when=in_status(AircraftStatus.GROUNDED),
            asks="What was done",
        ),
        Step(
            key="ground",
            label="Ground",
            permission="aircraft.ground_aircraft",
            perform=reasoned(fleet.ground),
            done="grounded",
            when=in_status(AircraftStatus.IN_SERVICE),
            asks="Why",
        ),
    ),
)
