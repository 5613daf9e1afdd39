"""What the proposal page sends: each form is one service, and a refusal is a page to read."""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST
from rest_framework.serializers import Serializer

from common.exceptions import DomainError
from dispatcher.exceptions import ChangeNotOffered
from dispatcher.models import DispatchSchedule
from dispatcher.queries.diffs import live_rows, overwriting
from dispatcher.queries.evidence import evidence_of
from dispatcher.queries.publication import publication_of, seal_of
from dispatcher.queries.relaxed import DEMAND, Act, Left, act_for, changes_of, left_of
from dispatcher.serializers.proposal import (
    CancelRunSerializer,
    DropSeenSerializer,
    PinSeenSerializer,
    PublishSeenSerializer,
    RelaxSerializer,
    UnpinSeenSerializer,
)
from dispatcher.serializers.schedules import OptimiseSerializer
from dispatcher.services import assignments, centers, demands, publishing, runs, schedules
from dispatcher.views.proposal.clock import Clock
from dispatcher.views.proposal.lines import lines_of
from dispatcher.views.proposal.page import MAY, MOST_CHANGES, base_of, schedule_of, shown

WEIGHT = "weight_"
TIMES = ("start_at", "held_from", "held_until")


@never_cache
@require_POST
def plan(request: HttpRequest, pk: int) -> HttpResponse:
    """Have the day planned."""
    schedule = _asked(request, pk, "plan")
    sent = {name: value for name, value in _sent(request).items() if value.strip()}
    weights = {n.removeprefix(WEIGHT): sent.pop(n) for n in list(sent) if n.startswith(WEIGHT)}
    given = OptimiseSerializer(data=sent | ({"weights": weights} if weights else {}))
    if not given.is_valid():
        return shown(request, schedule, errors=_errors(given), status=400)
    return _done(
        request,
        schedule,
        lambda at: runs.request_run(schedule, **given.validated_data, actor=request.user, at=at),
        "The day is being planned.",
    )


@never_cache
@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop the run that was on the page."""
    schedule = _asked(request, pk, "cancel")
    given = CancelRunSerializer(data=_sent(request))
    if not given.is_valid():
        return shown(request, schedule, errors=_errors(given), status=400)
    run = get_object_or_404(schedule.runs.all(), number=given.validated_data["run"])
    return _done(
        request,
        schedule,
        lambda at: runs.cancel_run(run, actor=request.user, at=at),
        f"{run.number} is stopped.",
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def publish(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what publishing would change; on the second step publish exactly that."""
    schedule = _asked(request, pk, "publish")
    if request.method != "POST":
        return _confirm_publish(request, schedule)
    given = PublishSeenSerializer(data=_sent(request))
    if not given.is_valid():
        return _confirm_publish(request, schedule, errors=_errors(given), status=400)
    return _done(
        request,
        schedule,
        lambda at: publishing.publish_schedule(
            schedule, **given.validated_data, actor=request.user, at=at
        ),
        "Published: the plan is in force and its people are told.",
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, then throw the proposal away."""
    schedule = _asked(request, pk, "plan")
    given = DropSeenSerializer(data=_sent(request))
    if request.method != "POST" or not given.is_valid():
        errors = _errors(given) if request.method == "POST" else {}
        context = base_of(request, schedule, Clock(schedule)) | {
            "count": schedule.assignments.proposed().count(),
            "errors": errors,
        }
        page = "dispatcher/proposal/confirm_drop.html"
        return render(request, page, context, status=400 if errors else 200)
    return _done(
        request,
        schedule,
        lambda at: schedules.drop_proposal(
            schedule, **given.validated_data, actor=request.user, at=at
        ),
        "The proposal is dropped; what was in force stays.",
    )


@never_cache
@require_POST
def pin(request: HttpRequest, pk: int, assignment: int) -> HttpResponse:
    """Keep an assignment as it is, whatever is planned anew."""
    return _pinned(request, pk, assignment, PinSeenSerializer, assignments.pin_assignment)


@never_cache
@require_POST
def unpin(request: HttpRequest, pk: int, assignment: int) -> HttpResponse:
    """Let an assignment go that was pinned."""
    return _pinned(request, pk, assignment, UnpinSeenSerializer, assignments.unpin_assignment)


@never_cache
@require_POST
def relax(request: HttpRequest, pk: int) -> HttpResponse:
    """Make one of the changes true that would serve an operation left behind."""
    schedule = schedule_of(request, pk)
    given = RelaxSerializer(data=_sent(request))
    if not given.is_valid():
        return shown(request, schedule, errors=_errors(given), status=400)
    user: Any = request.user
    try:
        schedules.require_editable(schedule)
        left, act = _found(schedule, given.validated_data)
    except DomainError as refusal:
        return _refused(request, schedule, refusal)
    if not user.has_perm(MAY[act.of]):
        raise PermissionDenied
    version = given.validated_data["version"]
    return _done(
        request,
        schedule,
        lambda at: _relaxed(schedule, left, act, version=version, actor=user, at=at),
        "Written down. Plan again: the proposal rests on what was before.",
    )


def _asked(request: HttpRequest, pk: int, deed: str) -> DispatchSchedule:
    schedule = schedule_of(request, pk)
    user: Any = request.user
    if not user.has_perm(MAY[deed]):
        raise PermissionDenied
    return schedule


def _sent(request: HttpRequest) -> dict[str, str]:
    sent: dict[str, str] = request.POST.dict()
    sent.pop("csrfmiddlewaretoken", None)
    return sent


def _errors(given: Serializer) -> dict[str, str]:
    """One line for each field of a form."""
    return {name: _words(value) for name, value in given.errors.items()}


def _words(value: Any) -> str:
    if isinstance(value, Mapping):
        return " ".join(f"{name}: {_words(each)}" for name, each in value.items())
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _done(
    request: HttpRequest, schedule: DispatchSchedule, service: Callable[[Any], Any], said: str
) -> HttpResponse:
    """Call a service; then back to the page, or to a page that says why not."""
    try:
        service(timezone.now())
    except DomainError as refusal:
        return _refused(request, schedule, refusal)
    messages.success(request, said)
    return HttpResponseRedirect(reverse("dispatch:proposal", args=[schedule.pk]))


def _refused(
    request: HttpRequest, schedule: DispatchSchedule, refusal: DomainError
) -> HttpResponse:
    # As it stands now, not as it was read before the service looked.
    schedule = schedule_of(request, schedule.pk)
    clock, details = Clock(schedule), refusal.details
    context = base_of(request, schedule, clock) | {
        "refusal": str(refusal),
        "changes": [_readable(each, clock) for each in _listed(details, "changes")],
        "bookings": [_readable(each, clock) for each in _listed(details, "bookings")],
        "findings": _listed(details, "findings"),
    }
    return render(request, "dispatcher/proposal/refused.html", context, status=refusal.status)


def _listed(details: Mapping[str, Any], name: str) -> list[Any]:
    return list(details.get(name, ()))[:MOST_CHANGES]


def _readable(row: Mapping[str, Any], clock: Clock) -> dict[str, Any]:
    """A row of a refusal with its times by the center's clock."""
    moments = {name: clock.read(row.get(name, "")) for name in TIMES}
    return dict(row) | {name: clock.long(at) for name, at in moments.items() if at is not None}


def _confirm_publish(
    request: HttpRequest,
    schedule: DispatchSchedule,
    *,
    errors: Mapping[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    clock, rows = Clock(schedule), live_rows(schedule)
    publication = publication_of(schedule, rows)
    changes = publishing.changes_since(schedule)
    undone = overwriting(changes)
    evidence = evidence_of(request.user, rows, changes, now=timezone.now())
    lines = lines_of(publication, rows, clock, evidence)
    proposed = (*publication.fresh, *publication.kept, *publication.off)
    changing = [line for line in lines if line.kind != "same"]
    context = base_of(request, schedule, clock) | {
        "errors": errors or {},
        "changing": changing,
        "staying_count": len(lines) - len(changing),
        "counts": [
            (word, sum(line.word == word for line in changing)) for word in _known(changing)
        ],
        "undone": undone,
        "seen": seal_of(proposed, publication.leaving, undone),
        "can_publish": schedule.status == "proposed" and not publication.is_empty,
    }
    return render(request, "dispatcher/proposal/confirm_publish.html", context, status=status)


def _known(lines: list[Any]) -> list[str]:
    return list(dict.fromkeys(line.word for line in lines))


def _pinned(
    request: HttpRequest,
    pk: int,
    assignment: int,
    shape: type[Serializer],
    service: Callable[..., Any],
) -> HttpResponse:
    schedule = _asked(request, pk, "pin")
    row = get_object_or_404(schedule.assignments.select_related("operation"), pk=assignment)
    given = shape(data=_sent(request))
    if not given.is_valid():
        return shown(request, schedule, errors=_errors(given), status=400)
    return _done(
        request,
        schedule,
        lambda at: service(row, **given.validated_data, actor=request.user, at=at),
        f"{row.operation.number} is pinned." if service is assignments.pin_assignment
        else f"{row.operation.number} may be moved again.",
    )  # fmt: skip


def _found(schedule: DispatchSchedule, asked: Mapping[str, Any]) -> tuple[Left, Act]:
    """The change that a form names, in the proposal as it is now."""
    for left in left_of(schedule):
        if left.entry["operation"] != asked["operation"]:
            continue
        change = dict(changes_of(left.entry)).get(asked["change"])
        act = act_for(schedule, left, change) if change is not None else None
        if act is not None:
            return left, act
    raise ChangeNotOffered(operation=asked["operation"])


def _relaxed(
    schedule: DispatchSchedule, left: Left, act: Act, *, version: int, actor: Any, at: Any
) -> None:
    who: dict[str, Any] = {"version": version, "actor": actor, "at": at}
    if act.of == DEMAND:
        assert left.operation is not None  # noqa: S101 - an act of a demand has its operation
        demands.set_demand(left.operation, **act.changes, **who)
    else:
        centers.change_center(schedule.center, changes=act.changes, **who)
