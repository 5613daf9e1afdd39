"""The proposal of one day on one screen, and how far its planning is."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dispatcher.models import (
    LIVE_RUNS,
    DispatchSchedule,
    OptimizationRun,
    RunKind,
    ScheduleStatus,
)
from dispatcher.planning.model import Weights
from dispatcher.queries.day_problem import day_weights
from dispatcher.queries.diffs import live_rows, overwriting
from dispatcher.queries.evidence import evidence_of
from dispatcher.queries.publication import publication_of
from dispatcher.queries.relaxed import CENTER, DEMAND, left_of
from dispatcher.services.publishing import changes_since
from dispatcher.services.runs import LONGEST_S
from dispatcher.services.schedules import EDITABLE
from dispatcher.views.proposal.clock import Clock
from dispatcher.views.proposal.lines import lines_of
from dispatcher.views.proposal.picture import picture_of
from dispatcher.views.proposal.reasons import left_behind_of

SEES = "dispatcher.view_dispatchschedule"
# What the page offers; each deed asks again.
MAY = {
    "plan": "dispatcher.optimise_dispatchschedule",
    "cancel": "dispatcher.cancel_optimizationrun",
    "publish": "dispatcher.publish_dispatchschedule",
    "pin": "dispatcher.pin_assignment",
    "board": "dispatcher.overview_dispatchschedule",
    "operations": "flight_operations.view_flightoperation",
    DEMAND: "dispatcher.add_operationdemand",
    CENTER: "dispatcher.change_dispatchcenter",
}
SNAPSHOT = {
    "operations": ("operation", "operations"),
    "aircraft": ("aircraft", "aircraft"),
    "members": ("pilot", "pilots"),
    "assignments": ("assignment in force", "assignments in force"),
    "defects": ("aircraft with open defects", "aircraft with open defects"),
    "bookings": ("other booking", "other bookings"),
}
WEIGHTS = {
    "prize": "Served work",
    "lateness": "Lateness",
    "unit": "Each pair sent out",
    "balance": "Balance of duty",
    "change": "Each change of what is in force",
}
# Of rows that changed since the proposal was made, so many are named.
MOST_CHANGES = 50
# What a run wrote down at length, which no page reads.
LONG = ("solution", "diff")


@never_cache
@require_safe
def proposal_page(request: HttpRequest, pk: int) -> HttpResponse:
    """What is proposed for a day, beside what is in force, and what can be done about it."""
    return shown(request, schedule_of(request, pk))


@never_cache
@require_safe
def progress(request: HttpRequest, pk: int) -> JsonResponse:
    """How far the planning of a day is, for the page that waits for it."""
    run = _latest(schedule_of(request, pk))
    return JsonResponse(
        {
            "run": run and run.number,
            "status": run and run.status,
            "percent": run.progress_percent if run else 0,
            "stage": stage_of(run),
            "is_live": bool(run and run.status in LIVE_RUNS),
        }
    )


def schedule_of(request: HttpRequest, pk: int) -> DispatchSchedule:
    """The schedule of an address, where the caller may see it."""
    user: Any = request.user
    if not user.has_perm(SEES):
        raise PermissionDenied
    rows = DispatchSchedule.objects.visible_to(user).select_related(
        "center__operator", "proposal", "published_by"
    )
    rows = rows.defer(*(f"proposal__{name}" for name in LONG))
    schedule: DispatchSchedule = get_object_or_404(rows, pk=pk)
    return schedule


def rights_of(user: Any) -> dict[str, bool]:
    """Which of the page's deeds somebody holds the permission for."""
    return {name: user.has_perm(permission) for name, permission in MAY.items()}


def shown(
    request: HttpRequest,
    schedule: DispatchSchedule,
    *,
    errors: Mapping[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page; `errors` name what was wrong with a form that was sent to it."""
    clock, may = Clock(schedule), rights_of(request.user)
    rows = live_rows(schedule)
    publication = publication_of(schedule, rows)
    is_proposed = schedule.status == ScheduleStatus.PROPOSED
    # What was published since is no change that a proposal overlooks.
    changes = changes_since(schedule) if is_proposed else []
    evidence = evidence_of(request.user, rows, changes, now=timezone.now())
    lines = lines_of(publication, rows, clock, evidence)
    is_open = schedule.status in EDITABLE
    offered = may if is_open else dict.fromkeys(may, False)
    context = base_of(request, schedule, clock) | {
        "may": may,
        "errors": errors or {},
        "given": request.POST if errors else {},
        "changing": [line for line in lines if line.kind != "same"],
        "staying": [line for line in lines if line.kind == "same"],
        "total": len(lines),
        "picture": picture_of(schedule, lines, clock),
        "left": left_behind_of(schedule, left_of(schedule), clock, offered),
        "changes": changes[:MOST_CHANGES],
        "changes_count": len(changes),
        "undone_count": len(overwriting(changes)),
        "snapshot": _snapshot(schedule),
        "can_plan": may["plan"] and is_open,
        "is_proposed": is_proposed,
        "can_publish": may["publish"] and is_proposed and not publication.is_empty,
        "can_drop": may["plan"] and is_proposed,
        "can_pin": may["pin"] and is_open,
        "weights": _weights(schedule),
    }
    return render(request, "dispatcher/proposal/page.html", context, status=status)


def base_of(request: HttpRequest, schedule: DispatchSchedule, clock: Clock) -> dict[str, Any]:
    """What every page about a schedule shows in its head."""
    run = _latest(schedule)
    return {
        "schedule": schedule,
        "center": schedule.center,
        "zone": clock.zone.key,
        "opening": clock.span(schedule.opens_at, schedule.closes_at),
        "published": clock.long(schedule.published_at) if schedule.published_at else None,
        "run": run,
        "run_is_live": run is not None and run.status in LIVE_RUNS,
        "run_stage": stage_of(run),
        "run_asked": clock.long(run.requested_at) if run else None,
        "run_ended": clock.long(run.finished_at) if run and run.finished_at else None,
        "planned": _planned(schedule, clock),
        "kinds": RunKind.choices,
        "longest_s": LONGEST_S,
        "token": get_token(request),
        "may_see_board": request.user.has_perm(MAY["board"]),
        "board": _board(schedule),
    }


def stage_of(run: OptimizationRun | None) -> str:
    """What a run is doing, in words."""
    if run is None:
        return ""
    if run.status not in LIVE_RUNS:
        return str(run.get_status_display())
    if run.cancel_requested_at is not None:
        return "Stopping"
    return run.progress_stage.capitalize() or "Waiting for a worker"


def _latest(schedule: DispatchSchedule) -> OptimizationRun | None:
    rows = schedule.runs.select_related("requested_by").defer(*LONG, "snapshot", "reasons")
    return rows.order_by("-pk").first()


def _planned(schedule: DispatchSchedule, clock: Clock) -> Any:
    """When the facts of the proposal were gathered."""
    run = schedule.proposal
    return clock.long(run.started_at) if run is not None and run.started_at else None


def _snapshot(schedule: DispatchSchedule) -> list[tuple[str, int]]:
    if schedule.proposal is None:
        return []
    found = schedule.proposal.snapshot
    counts = {name: len(found[name]) for name in SNAPSHOT if name in found}
    return [(SNAPSHOT[name][count != 1], count) for name, count in counts.items()]


def _weights(schedule: DispatchSchedule) -> list[tuple[str, str, float]]:
    """What a plan is judged by, with the center's own values."""
    known: Weights = day_weights(schedule, None, keeps_plan=True)
    return [(name, words, getattr(known, name)) for name, words in WEIGHTS.items()]


def _board(schedule: DispatchSchedule) -> str:
    return (
        f"{reverse('dispatch:board')}?center={schedule.center.code}"
        f"&day={schedule.day.isoformat()}&span=24"
    )
