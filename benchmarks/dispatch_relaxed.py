"""
Arrange what a plan says would serve an operation, and look for its place. Needs Django.

Each change is made to the records, as a desk would make it: the client agrees to another time, a
crack is mended, a paper is shown, somebody more is sent. Only what a desk or its client can decide
is arranged; not the sun, and not the weather.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from benchmarks.dispatch_luck import NOW
from common.exceptions import DomainError
from common.geo import point
from dispatcher.models import (
    Assignment,
    DispatchCenter,
    DispatchSchedule,
    OperationDemand,
    ResourceProfile,
    RunKind,
    RunStatus,
)
from dispatcher.queries.slots import recommend_slots
from dispatcher.services.assignments import Wish, move_assignment
from dispatcher.services.centers import set_profile
from dispatcher.services.publishing import publish_schedule
from flight_operations.models import FlightOperation
from rpas.models import F2DefectEntry, F2MaintenanceSchedule, OperatorMember, RPASAircraft
from rpas.services.defects import rectify_defect
from tests.dispatcher.scene import DAY, MODEL, Desk, add_crew
from tests.users.factories import QualificationFactory
from users.models import QualificationKind, User

Change = Mapping[str, Any]
# What an aircraft stands that is sent for the wind, more than any of a made-up day has.
WINDPROOF_MS = 20


class NotArranged(Exception):
    """A change that nobody here knows how to bring about."""


def is_assignable(desk: Desk, run: Any, entry: Mapping[str, Any], change: Change) -> bool:
    """
    Whether the operation has a place after the change, beside what the plan gives the others.

    What the change says of other work is moved by hand as it says. Then a slot is looked for with
    everybody's times as they are, and after that with the plan in force and made anew around it;
    each time the rules have the last word. The database is as before afterwards. Raises
    NotArranged.
    """
    with transaction.atomic():
        for part in parts_of(change):
            arrange(desk, entry, part)
        is_served = _moved(desk, run, change) and (
            _has_a_slot(desk, entry) or bool(run.solution and _is_served_anew(desk, run, entry))
        )
        transaction.set_rollback(True)
    return is_served


def _moved(desk: Desk, run: Any, change: Change) -> bool:
    """
    Let proposed work begin at other times, as a dispatcher would; False where it is refused.

    One after the other, in the order in which they go: what is in the way of one moves first.
    """
    left = list(change["details"].get("moves", ()))
    while left:
        refused = [move for move in left if not _goes(desk, run, move)]
        if len(refused) == len(left):
            return False
        left = refused
    return True


def _goes(desk: Desk, run: Any, move: Mapping[str, Any]) -> bool:
    rows = Assignment.objects.proposed().filter(schedule=run.schedule_id)
    row = rows.get(operation__number=move["task"])
    wish = Wish(row.operation, row.aircraft, row.pilot, datetime.fromisoformat(move["start"]))
    try:
        move_assignment(row, wish, actor=desk.dispatcher, at=NOW, version=None)
    except DomainError:
        return False
    return True


def _has_a_slot(desk: Desk, entry: Mapping[str, Any]) -> bool:
    operation = FlightOperation.objects.get(pk=entry["operation_id"])
    center = DispatchCenter.objects.get(pk=desk.center.pk)
    return bool(recommend_slots(center, operation, DAY, now=NOW)["slots"])


def _is_served_anew(desk: Desk, run: Any, entry: Mapping[str, Any]) -> bool:
    schedule = DispatchSchedule.objects.get(pk=run.schedule_id)
    try:
        publish_schedule(schedule, actor=desk.dispatcher, at=NOW, accepts_changes=True)
    except DomainError:
        return False
    again = desk.optimised(NOW, seed=run.seed, kind=RunKind.REPLAN)
    left = {each["operation"] for each in again.reasons}
    return again.status == RunStatus.SUCCEEDED and entry["operation"] not in left


def parts_of(change: Change) -> list[Change]:
    return list(change["details"].get("parts") or [change])


def arrange(desk: Desk, entry: Mapping[str, Any], change: Change) -> None:
    known = _ARRANGED.get(change["kind"])
    if known is None:
        raise NotArranged(change["kind"])
    known(desk, entry, change)


def _window(desk: Desk, entry: Mapping[str, Any], change: Change) -> None:
    by, side = timedelta(minutes=change["minutes"]), change["details"]["side"]
    if not set(change["names"]) <= {"client", "hours"}:
        raise NotArranged(f"window {', '.join(change['names'])}")
    demand = OperationDemand.objects.get(operation=entry["operation_id"])
    if side != "later":
        demand.earliest_at -= by
    if side != "earlier":
        demand.deadline_at += by
    demand.save()


def _duty(desk: Desk, entry: Mapping[str, Any], change: Change) -> None:
    """Somebody stays longer, or begins earlier: where the hours are their own, not the law's."""
    by = timedelta(minutes=change["minutes"])
    for row in ResourceProfile.objects.filter(person__in=change["pilots"]):
        start, end = (datetime.combine(DAY, value) for value in (row.starts_at, row.ends_at))
        if change["details"]["side"] == "earlier":
            row.starts_at = (start - by).time()
        else:
            row.ends_at = (end + by).time()
        row.save()
        return
    raise NotArranged("duty by law")


def _flying(desk: Desk, entry: Mapping[str, Any], change: Change) -> None:
    for item in F2MaintenanceSchedule.objects.filter(
        aircraft__in=change["aircraft"], next_due_min__isnull=False
    ):
        due = item.next_due_min + change["minutes"]
        F2MaintenanceSchedule.objects.filter(pk=item.pk).update(next_due_min=due)


def _capability(desk: Desk, entry: Mapping[str, Any], change: Change) -> None:
    """The client takes what there is."""
    OperationDemand.objects.filter(operation=entry["operation_id"]).update(required_models=[])


def _qualification(desk: Desk, entry: Mapping[str, Any], change: Change) -> None:
    for user in User.objects.filter(pk__in=change["pilots"]):
        for name in change["names"]:
            QualificationFactory(user=user, kind=name)


def _compliance(desk: Desk, entry: Mapping[str, Any], change: Change) -> None:
    aircraft = change["aircraft"] or [row.pk for row in desk.aircraft]
    pilots = change["pilots"] or [row.pk for row in desk.pilots]
    for code in change["names"]:
        if code.startswith("F2-"):
            for row in F2DefectEntry.objects.grounding().filter(aircraft__in=aircraft):
                rectify_defect(
                    row, action="Arm changed", name="Robin Fitter", arn="123456",
                    actor=desk.dispatcher, at=NOW,
                )  # fmt: skip
        elif code in _PAPERS:
            for user in User.objects.filter(pk__in=pilots):
                _licensed(user)
        else:
            raise NotArranged(f"compliance {code}")


def _licensed(user: User) -> None:
    QualificationFactory(user=user, kind=QualificationKind.REPL)
    QualificationFactory(user=user, kind=QualificationKind.TYPE_TRAINING, aircraft_type=MODEL)


def _concurrent(desk: Desk, entry: Mapping[str, Any], change: Change) -> None:
    center = DispatchCenter.objects.get(pk=desk.center.pk)
    center.max_concurrent_operations += 1
    center.save()


def _extra(desk: Desk, entry: Mapping[str, Any], change: Change) -> None:
    """Somebody more with something more, or one of the two, with what was named, in those hours."""
    demand = OperationDemand.objects.get(operation=entry["operation_id"])
    name = (demand.required_models or [MODEL])[0]
    make, _, model = name.partition(" ")
    able = {"max_wind_ms": WINDPROOF_MS} if "rule:WXD-WIND" in change["details"]["needs"] else {}
    add_crew(desk, make=make, model=model, **able)
    aircraft, pilot = desk.aircraft.pop(), desk.pilots.pop()
    _cleared_for(pilot, name)
    for kind in demand.required_qualifications:
        QualificationFactory(user=pilot, kind=kind)
    hours = _hours(desk, change)
    if change["kind"] == "extra_pilot":
        RPASAircraft.objects.filter(pk=aircraft.pk).update(status="in_maintenance")
    else:
        set_profile(desk.center, aircraft=aircraft, **hours, actor=desk.dispatcher, at=NOW)
    if change["kind"] == "extra_aircraft":
        ResourceProfile.objects.create(center=desk.center, person=pilot, is_active=False)
    else:
        set_profile(desk.center, person=pilot, **hours, actor=desk.dispatcher, at=NOW)


def _cleared_for(pilot: User, model: str) -> None:
    """The operator lets a pilot fly a model, for which there was training."""
    if model == MODEL:
        return
    QualificationFactory(user=pilot, kind=QualificationKind.TYPE_TRAINING, aircraft_type=model)
    OperatorMember.objects.filter(user=pilot).update(authorized_models=[MODEL, model])


def _hours(desk: Desk, change: Change) -> dict[str, Any]:
    zone = ZoneInfo(desk.center.timezone)
    base, period = change["details"]["base"], change["details"]["period"]
    start, end = (
        datetime.fromisoformat(period[side]).astimezone(zone).time() for side in ("start", "end")
    )
    return {
        "base": point(lat=base["lat"], lon=base["lon"]),
        "starts_at": start,
        "ends_at": end,
    }


_PAPERS = {"CASR-101.252-REPL", "MOS-10.03-TRAIN"}
_ARRANGED: dict[str, Callable[[Desk, Mapping[str, Any], Change], None]] = {
    "window": _window,
    "duty": _duty,
    "flying": _flying,
    "capability": _capability,
    "qualification": _qualification,
    "compliance": _compliance,
    "concurrent": _concurrent,
    "extra_pilot": _extra,
    "extra_aircraft": _extra,
    "extra_pair": _extra,
}
