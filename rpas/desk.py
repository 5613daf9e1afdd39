"""A drone as the desk must see it at once: may it fly, why not, what next."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from common.compliance.findings import Color
from common.desk.fleet import booked_group, due_group, paper_fact
from common.desk.history import last_steps
from common.desk.judgments import judged_at, judgment_of, problems_of, stale_of, verdict_page
from common.desk.links import list_of, page_of
from common.desk.more import added_to
from common.desk.screen import Desk
from common.desk.standing import Fact, Group, Standing, airworthy, worst_first
from common.desk.steps import Said, Step, in_status, reasoned
from common.desk.wording import clock
from documents.desk import papers_of
from rpas.models import AircraftStatus, DefectSeverity, F2DefectEntry, RPASAircraft
from rpas.queries.maintenance import due_after
from rpas.services import aircraft as fleet
from users.models import User

SUBJECT = "rpas.rpasaircraft"
KIND = "rpas_aircraft"
MOST = 6


def standing(aircraft: RPASAircraft, user: User, now: datetime) -> Standing:
    """How a drone stands for a reader; 6 statements and those of the apps above."""
    zone = aircraft.operator.timezone
    today = now.astimezone(ZoneInfo(zone)).date()
    judgment = judgment_of(SUBJECT, aircraft.pk, user, now=now)
    more = added_to(aircraft, user, now)
    head = airworthy(
        judgment,
        status=aircraft.get_status_display(),
        is_in_use=aircraft.status == AircraftStatus.IN_SERVICE,
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
            *_work_to_do(aircraft, user, today),
            booked_group(KIND, aircraft.pk, zone=zone, now=now),
            *more.groups,
            Group(title="The aircraft", facts=_aircraft(aircraft, user, now)),
            papers_of(aircraft, user),
            Group(title="Last events", facts=tuple(last_steps(aircraft, zone=zone, now=now))),
        ),
        more=verdict_page(judgment, user),
    )


def _work_to_do(aircraft: RPASAircraft, user: User, today: date) -> list[Group]:
    """What is due and what is broken, each for who may see its records."""
    groups = []
    if user.has_perm("rpas.view_f2maintenanceschedule"):
        groups.append(due_group(due_after(aircraft, on=today)))
    if user.has_perm("rpas.view_f2defectentry"):
        facts = _defects(aircraft, user, aircraft.operator.timezone)
        groups.append(Group(title="Open defects", facts=facts))
    return groups


def _defects(aircraft: RPASAircraft, user: User, zone: str) -> tuple[Fact, ...]:
    rows = F2DefectEntry.objects.open().filter(aircraft=aircraft)
    found = list(rows.order_by("found_at", "pk")[: MOST + 1])
    facts = [
        Fact(
            label=f"{row.get_severity_display()}, {row.get_status_display().lower()}",
            value=row.description[:160],
            link=page_of(row, user),
            color=Color.RED if row.severity == DefectSeverity.MAJOR else Color.AMBER,
            detail=f"found {clock(row.found_at, zone)}",
        )
        for row in found[:MOST]
    ]
    if len(found) > MOST:
        link = list_of(F2DefectEntry, user, q=aircraft.registration)
        facts.append(Fact(label="More", value="all open defects", link=link))
    return tuple(facts) or (Fact(label="None", value="nothing is open", color=Color.GREEN),)


def _aircraft(aircraft: RPASAircraft, user: User, now: datetime) -> tuple[Fact, ...]:
    today = now.astimezone(ZoneInfo(aircraft.operator.timezone)).date()
    minutes = aircraft.time_in_service_min
    flown = f"{minutes // 60} h {minutes % 60:02d} min, {aircraft.flights} flights"
    return (
        Fact(
            label="Type",
            value=f"{aircraft.make} {aircraft.model}",
            detail=f"serial number {aircraft.serial_number}",
        ),
        Fact(label="Operator", value=aircraft.operator.name, link=page_of(aircraft.operator, user)),
        Fact(label="Time in service", value=flown),
        paper_fact("Registration", aircraft.registration_expires_on, today),
        Fact(
            label="Technical log",
            value=aircraft.log_fault or "no fault found when it was read last",
            color=Color.RED if aircraft.log_fault else None,
        ),
    )


def _verify(aircraft: RPASAircraft, said: Said, *, actor: Any, at: datetime) -> str:
    return fleet.check_technical_log(aircraft, at=at)


def _step(verb: str, label: str, done: str, service: Any, asks: str, *statuses: str) -> Step:
    """A step that asks for a reason, called as its grant is."""
    return Step(
        key=verb,
        label=label,
        permission=f"rpas.{verb}_rpasaircraft",
        perform=reasoned(service),
        done=done,
        when=in_status(*statuses),
        asks=asks,
    )


_ASIDE = (AircraftStatus.QUARANTINED, AircraftStatus.IN_MAINTENANCE)
DESK = Desk(
    standing=standing,
    steps=(
        _step("return_to_service", "Return to service", "in service", fleet.return_to_service,
              "What was done", *_ASIDE),
        _step("quarantine", "Quarantine", "quarantined", fleet.quarantine, "Why",
              AircraftStatus.IN_SERVICE, AircraftStatus.IN_MAINTENANCE),
        _step("send_to_maintenance", "Send to maintenance", "in maintenance",
              fleet.send_to_maintenance, "Why",
              AircraftStatus.IN_SERVICE, AircraftStatus.QUARANTINED),
        Step(
            key="verify_log",
            label="Verify the technical log",
            permission="rpas.verify_log_rpasaircraft",
            perform=_verify,
            done="the technical log is whole",
            amiss=str,
        ),
    ),
)  # fmt: skip
