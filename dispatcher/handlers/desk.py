"""What the desk hears of verdicts and people, and whom it tells of its own events."""

from django.utils import timezone

from common.compliance.events import VerdictChanged
from common.events import handles
from dispatcher.events import (
    DispatchEventOverdue,
    DispatchEventRaised,
    DispatchEventWorsened,
)
from dispatcher.models import DispatchEvent, EventKind, EventSeverity, EventStatus
from dispatcher.queries.responsible import centers_of_person
from dispatcher.queries.watching import OPERATION, TRIP
from dispatcher.services import board, notices, watch
from dispatcher.services.events import raise_event, resolve_by_itself
from flight_operations.models import FlightOperation
from rpas.events import OperatorChanged
from rpas.models import RPASOperator
from users.events import ApiTokenRevoked, RolesChanged, UserDeactivated, UserReactivated
from users.models import ApiToken, User


@handles(VerdictChanged)
def hold_the_desks_events_against_a_verdict(event: VerdictChanged) -> None:
    """What turned red raises, by sort; what is red no more is resolved by itself."""
    if event.subject_type == OPERATION:
        watch.review_operation(event.subject_id, at=timezone.now())
    elif event.subject_type == TRIP:
        watch.review_trip(event.subject_id, at=timezone.now())


@handles(UserDeactivated)
def tell_of_somebody_who_left(event: UserDeactivated) -> None:
    """Whoever left can fly nothing: each of their desks finds somebody else."""
    person, now = User.objects.get(pk=event.user_id), timezone.now()
    if person.is_active:
        return
    ahead = FlightOperation.objects.upcoming().filter(
        pilot_in_command=person, planned_end_at__gt=now
    )
    count = ahead.count()
    if not count:
        return
    for center in centers_of_person(person.pk):
        raise_event(
            center,
            kind=EventKind.PEOPLE,
            severity=EventSeverity.WARNING,
            title=f"{person.full_name} left and has {count} operations ahead",
            occurred_at=now,
            source_key=_left_key(person.pk),
            actor=None,
            at=now,
        )


@handles(RolesChanged)
def end_the_streams_of_changed_rights(event: RolesChanged) -> None:
    """Nobody follows the board any longer by rights of a while ago."""
    board.ask_again(event.user_id)


@handles(OperatorChanged)
def end_the_streams_of_changed_members(event: OperatorChanged) -> None:
    """Who is a member no more follows the operator's board no longer."""
    board.ask_all_again(RPASOperator.objects.get(pk=event.operator_id).scope)


@handles(ApiTokenRevoked)
def end_the_streams_of_a_revoked_token(event: ApiTokenRevoked) -> None:
    """A machine's key opens nothing any longer."""
    board.ask_again(ApiToken.objects.get(pk=event.token_id).owner_id)


@handles(UserDeactivated)
def end_the_streams_of_somebody_who_left(event: UserDeactivated) -> None:
    """Whoever left follows nothing any longer."""
    board.ask_again(event.user_id)


@handles(UserReactivated)
def resolve_that_somebody_left(event: UserReactivated) -> None:
    """Whoever is back can fly what they were to."""
    if User.objects.get(pk=event.user_id).is_active:
        resolve_by_itself(_left_key(event.user_id), because="Is back.", at=timezone.now())


@handles(DispatchEventRaised)
def tell_the_desk_of_something_critical(event: DispatchEventRaised) -> None:
    """What cannot wait until somebody looks at the board goes out as a notice, too."""
    _tell_if_critical(event.event_id)


@handles(DispatchEventWorsened)
def tell_the_desk_of_what_became_critical(event: DispatchEventWorsened) -> None:
    """Whoever knew of it when it was milder hears of it, too."""
    _tell_if_critical(event.event_id)


@handles(DispatchEventOverdue)
def tell_the_desk_of_what_is_overdue(event: DispatchEventOverdue) -> None:
    """Nobody answered in time: everybody at the desk hears of it."""
    overdue = _event(event.event_id)
    if overdue.status != EventStatus.RESOLVED and overdue.escalated_at:
        cause = f"overdue:{overdue.pk}:{overdue.escalated_at:%Y%m%d%H%M}"
        notices.tell_dispatchers(overdue, cause=cause, at=timezone.now())


def _tell_if_critical(event_id: int) -> None:
    event = _event(event_id)
    if event.severity == EventSeverity.CRITICAL and event.status == EventStatus.OPEN:
        # Another clock is another telling: a milder one in between may have become critical again.
        due = event.acknowledge_by_at or event.occurred_at
        cause = f"event:{event.pk}:{due:%Y%m%d%H%M%S}"
        notices.tell_dispatchers(event, cause=cause, at=timezone.now())


def _left_key(user_id: int) -> str:
    return f"left:{user_id}"


def _event(pk: int) -> DispatchEvent:
    return DispatchEvent.objects.select_related("center", "operation").get(pk=pk)
