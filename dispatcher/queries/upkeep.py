"""What has to be done to both fleets: work that falls due, stays in maintenance, open defects."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from aircraft.airworthiness import due_items as crewed_items
from aircraft.deferral import days_left
from aircraft.forecast import PlannedFlight
from aircraft.models import Aircraft, Defect, MaintenanceTask, MaintenanceVisit, VisitStatus
from aircraft.models import AircraftStatus as CrewedStatus
from aircraft.models import DefectStatus as CrewedDefectStatus
from aircraft.queries.airworthiness import task_facts
from aircraft.queries.availability import live_bookings, planned_flights
from common.shown import day, timed
from dispatcher.queries.forecast import COUNTED
from dispatcher.upkeep import (
    AHEAD,
    DEFECT,
    NEAR,
    OVERDUE,
    STAY,
    TASK,
    VISIT,
    Entry,
    Tail,
    item_due,
    task_due,
)
from flight_operations.models import FlightOperation
from rpas.airworthiness import due_items
from rpas.models import (
    DefectSeverity,
    DefectStatus,
    F2DefectEntry,
    F2MaintenanceSchedule,
    KeyPersonnel,
    KeyPost,
    RPASAircraft,
)
from rpas.queries.airworthiness import maintenance_of
from users.models import RoleAssignment

CREWED, DRONES = "crewed", "drones"
# A page takes no more aircraft, stays or defects than these; it says so when there are more.
MOST_TAILS, MOST_ROWS, MOST_NAMES = 300, 500, 3
COMPLETE, RECTIFY, CERTIFY = "complete_maintenancetask", "rectify_defect", "certify_defect"
NOBODY = "nobody holds the grant to record it"
_TICK = timedelta(microseconds=1)


@dataclass
class Upkeep:
    """Everything found, the operators it belongs to, and whether there was more than is read."""

    entries: list[Entry] = field(default_factory=list)
    operators: dict[str, str] = field(default_factory=dict)
    is_cut: bool = False
    todays: set[date] = field(default_factory=set)


@dataclass(frozen=True)
class Wanted:
    """Which part of the fleets: an empty value is all."""

    fleet: str = ""
    operator: int | None = None
    words: str = ""
    kind: str = ""

    def has(self, fleet: str, kind: str) -> bool:
        """Whether a kind of entry of a fleet is asked for."""
        return self.fleet in ("", fleet) and self.kind in ("", kind)


def upkeep(user: Any, wanted: Wanted, *, now: datetime, until: datetime) -> Upkeep:
    """
    What the caller may see of both fleets, with the day each is due given what is booked.

    At most 14 statements, whatever the fleets' size.
    """
    found = Upkeep()
    _drones(user, wanted, found, now, until)
    if wanted.operator is None:
        _crewed(user, wanted, found, now, until)
    return found


def _crewed(user: Any, wanted: Wanted, found: Upkeep, now: datetime, until: datetime) -> None:
    grants = {
        TASK: "aircraft.view_maintenancetask",
        VISIT: "aircraft.view_maintenancevisit",
        DEFECT: "aircraft.view_defect",
    }
    kinds = {
        kind for kind, grant in grants.items() if wanted.has(CREWED, kind) and user.has_perm(grant)
    }
    if not kinds:
        return
    rows = Aircraft.objects.visible_to(user).exclude(status=CrewedStatus.RETIRED)
    if wanted.words:
        rows = rows.filter(tail_number__icontains=wanted.words)
    tails = list(rows.select_related("base").order_by("tail_number", "pk")[: MOST_TAILS + 1])
    found.is_cut |= len(tails) > MOST_TAILS
    fleet = {row.pk: row for row in tails[:MOST_TAILS]}
    found.todays |= {now.astimezone(row.zone).date() for row in fleet.values()}
    names = _holders(now) if fleet and kinds & {TASK, DEFECT} else {}
    if TASK in kinds:
        found.entries += _tasks(fleet, names, now, until)
    if VISIT in kinds:
        found.entries += _visits(fleet, found, now, until)
    if DEFECT in kinds:
        found.entries += _crewed_defects(fleet, names, found, now)


def _tasks(
    fleet: Mapping[int, Aircraft], names: Mapping[str, str], now: datetime, until: datetime
) -> Iterable[Entry]:
    booked = planned_flights(live_bookings(fleet, start=now, end=until))
    active = MaintenanceTask.objects.active().filter(aircraft__in=list(fleet))
    for pk, tasks in task_facts(active).items():
        row = fleet[pk]
        flown = {"time_min": row.time_in_service_min, "cycles": row.cycles}
        items = crewed_items(tasks, on=now.astimezone(row.zone).date(), **flown)
        near = [item.task_id for item in items if item.is_near]
        tail = Tail(row.zone, booked=booked.get(pk, ()), **flown)
        for task in tasks:
            due = task_due(task, tail, now=now, near=near, day=day)
            yield Entry(
                **_crewed_part(row),
                kind=TASK,
                model="aircraft.maintenancetask",
                pk=task.task_id,
                title=task.title,
                detail=due.detail,
                state=due.state,
                on=due.on,
                who=names.get(COMPLETE, NOBODY),
            )


def _read(rows: QuerySet, found: Upkeep) -> list[Any]:
    """As many rows as a page takes; notes where there are more."""
    read = list(rows[: MOST_ROWS + 1])
    found.is_cut |= len(read) > MOST_ROWS
    return read[:MOST_ROWS]


def _visits(
    fleet: Mapping[int, Aircraft], found: Upkeep, now: datetime, until: datetime
) -> Iterable[Entry]:
    rows = MaintenanceVisit.objects.filter(
        aircraft__in=list(fleet), status=VisitStatus.BOOKED, start_at__lt=until
    )
    for row in _read(rows.order_by("start_at", "pk"), found):
        tail = fleet[row.aircraft_id]
        start, end = row.start_at.astimezone(tail.zone), row.end_at.astimezone(tail.zone)
        is_over = row.end_at <= now
        # In the base's zone whatever the reader's is: its days stand beside them.
        words = f"{row.number}, {_told(start)} to {_told(end)}"
        # The end is excluded: a stay until midnight does not touch the next day.
        last = max(start.date(), (end.replace(tzinfo=None) - _TICK).date())
        yield Entry(
            **_crewed_part(tail),
            kind=VISIT,
            model="aircraft.maintenancevisit",
            pk=row.pk,
            title=row.purpose,
            detail=f"{words}; its end was not recorded" if is_over else words,
            state=OVERDUE if is_over else STAY,
            on=start.date(),
            until=last,
            who=row.provider or "no workshop named",
        )


def _told(there: datetime) -> str:
    return f"{day(there)} {timed(there)}"


def _crewed_defects(
    fleet: Mapping[int, Aircraft], names: Mapping[str, str], found: Upkeep, now: datetime
) -> Iterable[Entry]:
    rows = Defect.objects.unreleased().filter(aircraft__in=list(fleet))
    for row in _read(rows.order_by("limit_on", "pk"), found):
        tail = fleet[row.aircraft_id]
        today = now.astimezone(tail.zone).date()
        state, on, words = _deferral(row, today)
        deed = CERTIFY if row.status == CrewedDefectStatus.RECTIFIED else RECTIFY
        yield Entry(
            **_crewed_part(tail),
            kind=DEFECT,
            model="aircraft.defect",
            pk=row.pk,
            title=f"{row.number}: {row.description[:80]}",
            detail=words,
            state=state,
            on=on,
            who=names.get(deed, NOBODY),
        )


def _deferral(row: Defect, today: date) -> tuple[str, date, str]:
    if row.status == CrewedDefectStatus.RECTIFIED:
        return OVERDUE, today, "put right, not certified: it stays on the ground until then"
    if row.limit_on is None:
        return OVERDUE, today, "open and not deferred: it stays on the ground"
    left = days_left(row.limit_on, today)
    words = f"category {row.category}, MEL {row.mel_item}, until {day(row.limit_on)}"
    if left < 0:
        return OVERDUE, row.limit_on, f"{words}, over by {-left} days"
    is_near = left <= 3 or row.category == "B"
    return NEAR if is_near else AHEAD, row.limit_on, f"{words}, {left} days left"


def _drones(user: Any, wanted: Wanted, found: Upkeep, now: datetime, until: datetime) -> None:
    grants = {TASK: "rpas.view_f2maintenanceschedule", DEFECT: "rpas.view_f2defectentry"}
    held = {kind for kind, grant in grants.items() if user.has_perm(grant)}
    if not held:
        return
    rows = RPASAircraft.objects.visible_to(user).not_retired()
    found.operators = _operators(rows)
    kinds = {kind for kind in held if wanted.has(DRONES, kind)}
    if not kinds:
        return
    # Chosen before the fleet is cut, so that each drone can be found by its name.
    if wanted.operator is not None:
        rows = rows.filter(operator=wanted.operator)
    rows = rows.filter(registration__icontains=wanted.words).select_related("operator")
    every = list(rows.order_by("registration", "pk")[: MOST_TAILS + 1])
    found.is_cut |= len(every) > MOST_TAILS
    fleet = {row.pk: row for row in every[:MOST_TAILS]}
    found.todays |= {now.astimezone(ZoneInfo(r.operator.timezone)).date() for r in fleet.values()}
    who = _controllers(fleet.values(), now)
    if TASK in kinds:
        found.entries += _items(fleet, who, now, until)
    if DEFECT in kinds:
        found.entries += _drone_defects(fleet, who, found, now)


def _operators(rows: QuerySet) -> dict[str, str]:
    """The operators of some drones, by key, in the order of their names."""
    own = rows.order_by("operator__name", "operator").values_list("operator", "operator__name")
    return {str(pk): name for pk, name in own.distinct()[:MOST_TAILS]}


def _items(
    fleet: Mapping[int, RPASAircraft], who: Mapping[int, str], now: datetime, until: datetime
) -> Iterable[Entry]:
    booked = _operations(fleet, now, until)
    active = F2MaintenanceSchedule.objects.active().filter(aircraft__in=list(fleet))
    for pk, items in maintenance_of(active).items():
        row = fleet[pk]
        zone = ZoneInfo(row.operator.timezone)
        flown = {
            "time_min": row.time_in_service_min,
            "cycles": row.cycles,
            "flights": row.flights,
        }
        judged = due_items(items, on=now.astimezone(zone).date(), **flown)
        near = [each.schedule_id for each in judged if each.is_near]
        tail = Tail(zone, booked=booked.get(pk, ()), **flown)
        for item in items:
            due = item_due(item, tail, now=now, near=near, day=day)
            yield Entry(
                **_drone_part(row),
                kind=TASK,
                model="rpas.f2maintenanceschedule",
                pk=item.schedule_id,
                title=item.title,
                detail=due.detail,
                state=due.state,
                on=due.on,
                who=who[row.operator_id],
            )


def _drone_defects(
    fleet: Mapping[int, RPASAircraft], who: Mapping[int, str], found: Upkeep, now: datetime
) -> Iterable[Entry]:
    rows = F2DefectEntry.objects.filter(aircraft__in=list(fleet))
    rows = rows.exclude(status=DefectStatus.CERTIFIED).order_by("severity", "found_at", "pk")
    for row in _read(rows, found):
        craft = fleet[row.aircraft_id]
        state, words = _standing(row)
        yield Entry(
            **_drone_part(craft),
            kind=DEFECT,
            model="rpas.f2defectentry",
            pk=row.pk,
            title=f"{row.get_severity_display()}: {row.description[:80]}",
            detail=words,
            state=state,
            on=now.astimezone(ZoneInfo(craft.operator.timezone)).date(),
            who=who[craft.operator_id],
        )


def _standing(row: F2DefectEntry) -> tuple[str, str]:
    if row.status == DefectStatus.RECTIFIED:
        return NEAR, "put right, not certified"
    if row.severity == DefectSeverity.MAJOR:
        return OVERDUE, "grounds the aircraft"
    return NEAR, "to be looked at each day"


def _operations(
    fleet: Mapping[int, RPASAircraft], now: datetime, until: datetime
) -> dict[int, list[PlannedFlight]]:
    """What is planned to be flown, by aircraft; one flight and one cycle each."""
    rows = FlightOperation.objects.filter(
        aircraft__in=list(fleet),
        status__in=COUNTED,
        planned_end_at__gt=now,
        planned_start_at__lt=until,
    )
    found: dict[int, list[PlannedFlight]] = {}
    wanted = rows.order_by("planned_start_at", "pk").values_list(
        "aircraft_id", "planned_start_at", "planned_end_at", "number"
    )
    for aircraft, start, end, number in wanted:
        minutes = -(-int((end - start).total_seconds()) // 60)
        flight = PlannedFlight(
            aircraft_id=aircraft, starts_at=start, ends_at=end, minutes=minutes, source=number
        )
        found.setdefault(aircraft, []).append(flight)
    return found


def _controllers(rows: Iterable[RPASAircraft], now: datetime) -> dict[int, str]:
    """Who answers for maintenance at each operator."""
    today = {r.operator_id: now.astimezone(ZoneInfo(r.operator.timezone)).date() for r in rows}
    found = dict.fromkeys(today, "no maintenance controller in post")
    if not today:
        return found
    posts = KeyPersonnel.objects.in_post(KeyPost.MAINTENANCE_CONTROLLER)
    ever = posts.live_on(min(today.values())) | posts.live_on(max(today.values()))
    for post in ever.filter(operator__in=list(today)).select_related("user").order_by("pk"):
        day = today[post.operator_id]
        if post.valid_from <= day and (post.valid_until is None or post.valid_until > day):
            found[post.operator_id] = f"{post.user.full_name}, maintenance controller"
    return found


def _holders(now: datetime) -> dict[str, str]:
    """Who may record work on crewed aircraft, by deed; the first names."""
    deeds = (COMPLETE, RECTIFY, CERTIFY)
    rows = RoleAssignment.objects.live(now).filter(
        user__is_active=True,
        role__grants__permission__content_type__app_label="aircraft",
        role__grants__permission__codename__in=deeds,
    )
    names: dict[str, list[str]] = {}
    held = rows.values_list(
        "role__grants__permission__codename", "user__first_name", "user__last_name", "user__email"
    )
    for deed, first, last, email in held.distinct().order_by("user__last_name", "user__email"):
        names.setdefault(deed, []).append(f"{first} {last}".strip() or email)
    return {deed: _first(list(dict.fromkeys(people))) for deed, people in names.items()}


def _first(people: Sequence[str]) -> str:
    more = len(people) - MOST_NAMES
    shown = ", ".join(people[:MOST_NAMES])
    return f"{shown} and {more} more" if more > 0 else shown


def _crewed_part(row: Aircraft) -> dict[str, Any]:
    return {
        "fleet": CREWED,
        "aircraft": row.tail_number,
        "operator": "",
        "zone": row.timezone,
    }


def _drone_part(row: RPASAircraft) -> dict[str, Any]:
    return {
        "fleet": DRONES,
        "aircraft": row.registration,
        "operator": row.operator.name,
        "zone": row.operator.timezone,
    }
