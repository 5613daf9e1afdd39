"""The steps of an operation on its page: the verbs of the API, by the same services and grants."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django import forms

from common.compliance.findings import Color, Finding, Stage
from common.desk.steps import LONGEST, Said, Seen, Step, in_status, plain, reasoned
from common.desk.wording import clock
from common.exceptions import ChangedSinceShown, InvalidInput
from common.lifecycle import locked
from common.models import ComplianceState
from flight_operations.models import UPCOMING, FlightOperation, FlightPlan
from flight_operations.models import OperationStatus as Status
from flight_operations.services import flights, operations, releases
from flight_operations.services.assessment import SUBJECT, assess_operation

_WAITS = {
    Status.DRAFT: "the plan is a draft; put it on the board first.",
    Status.PLANNED: "the plan is to be authorised first.",
    Status.IN_REVIEW: "the plan is to be authorised first.",
    Status.AUTHORISED: "the operation is to be released first.",
}


def _can_authorise(operation: FlightOperation, at: datetime) -> str | None:
    """What the last look forbids is not offered; one that no longer counts forbids nothing."""
    if operation.status not in (Status.PLANNED, Status.IN_REVIEW):
        return None
    red = ComplianceState.objects.filter(
        subject_type=SUBJECT,
        subject_id=operation.pk,
        color=Color.RED,
        is_stale=False,
        verdict__stage=Stage.PLANNING,
    ).exclude(next_change_at__lte=at)
    return "put right what is red first." if red.exists() else ""


def _can_release(operation: FlightOperation, at: datetime) -> str | None:
    if operation.status == Status.AUTHORISED:
        return ""
    return _WAITS.get(Status(operation.status))


def _can_start(operation: FlightOperation, at: datetime) -> str | None:
    if operation.status != Status.READY:
        return _WAITS.get(Status(operation.status))
    earliest = operation.planned_start_at - flights.EARLY_START
    if at < earliest:
        return f"not before {clock(earliest, operation.operator.timezone)}."
    if at >= operation.planned_end_at:
        return "the planned time is over; amend the plan."
    return ""


def _can_close(operation: FlightOperation, at: datetime) -> str | None:
    if operation.status in (Status.LANDED, Status.ABORTED):
        return "the operational log is to be completed first."
    return "" if operation.status == Status.LOGGED else None


def _findings(operation: FlightOperation, at: datetime) -> Sequence[Finding]:
    return assess_operation(operation, stage=Stage.RELEASE, at=at).assessment.findings


def _plan_shown(operation: FlightOperation, at: datetime) -> Seen:
    plan = FlightPlan.objects.filter(operation=operation).values_list("content_hash", flat=True)
    return Seen(mark=plan.first() or "")


def _release(operation: FlightOperation, said: Said, *, actor: Any, at: datetime) -> Any:
    # Whoever releases answers for the plan that they looked at, not for one made meanwhile.
    locked(operation.aircraft)
    if _plan_shown(locked(operation), at).mark != said.seen:
        raise ChangedSinceShown
    return releases.release_operation(operation, acknowledgements=said.notes, actor=actor, at=at)


def _log(operation: FlightOperation, said: Said, *, actor: Any, at: datetime) -> Any:
    told = dict(said.fields)
    if not told.get("is_as_released") and not told.get("changes"):
        raise InvalidInput("/changes", "Say what differed from the release.")
    return flights.complete_log(operation, **told, actor=actor, at=at)


def _yes(label: str) -> Callable[[], forms.Field]:
    return lambda: forms.BooleanField(label=label, required=False)


def _text(label: str) -> Callable[[], forms.Field]:
    area = forms.Textarea(attrs={"rows": 2})
    return lambda: forms.CharField(label=label, required=False, max_length=LONGEST, widget=area)


def _height() -> forms.Field:
    return forms.FloatField(
        label="Greatest height above ground, m", required=False, min_value=0, max_value=20_000
    )


def _step(verb: str, label: str, done: str, perform: Any, **more: Any) -> Step:
    """A step that is called as its grant is."""
    key = more.pop("key", verb)
    permission = f"flight_operations.{verb}_flightoperation"
    return Step(key=key, label=label, permission=permission, perform=perform, done=done, **more)


STEPS = (
    _step("land", "Record landing", "landed", plain(flights.land_operation),
          when=in_status(Status.ACTIVE), is_final=True,
          explained="Landed now: hours, the technical log and the pilots' logs are written."),
    _step("land", "Record that the flight was broken off", "broken off",
          reasoned(flights.land_operation, is_aborted=True), key="abort",
          when=in_status(Status.ACTIVE), asks="Why it was broken off", is_final=True),
    _step("start", "Record take-off", "started", plain(flights.start_operation),
          when=_can_start, is_final=True,
          explained="The rules are asked again, here and now."),
    _step("release", "Release", "released", _release, when=_can_release, judged=_findings,
          seen=_plan_shown,
          explained="Binds the plan as it stands and what the rules say to it now."),
    _step("log", "Complete the log", "logged", _log, when=in_status(Status.LANDED, Status.ABORTED),
          is_final=True,
          fields={"is_as_released": _yes("Flown as released"),
                  "changes": _text("What differed from the release"),
                  "highest_agl_m": _height,
                  "became_unserviceable": _yes("The aircraft became unserviceable"),
                  "remarks": _text("Remarks")}),
    _step("finalise", "Close the operation", "closed", plain(flights.finalise_operation),
          when=_can_close, is_final=True),
    _step("review", "Authorise the plan", "authorised", plain(operations.authorise_operation),
          key="authorise", when=_can_authorise),
    _step("submit", "Submit for review", "submitted for review",
          plain(operations.submit_operation), when=in_status(Status.PLANNED)),
    _step("plan", "Put on the board", "planned", plain(operations.schedule_operation),
          when=in_status(Status.DRAFT, Status.REJECTED),
          explained="Takes aircraft and crew for the planned time."),
    _step("review", "Turn the plan down", "turned down", reasoned(operations.reject_operation),
          key="reject", when=in_status(Status.IN_REVIEW), asks="Why"),
    _step("release", "Revoke the release", "release revoked",
          reasoned(releases.revoke_release, "because"), key="revoke", when=in_status(Status.READY),
          asks="Why"),
    _step("cancel", "Cancel the operation", "cancelled", reasoned(operations.cancel_operation),
          when=in_status(*UPCOMING, Status.REJECTED), asks="Why", is_final=True),
)  # fmt: skip
