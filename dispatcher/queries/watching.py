"""What a desk has to be told of: verdicts that turned, flights that did not start, due times."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from common.compliance.findings import Color, Finding
from common.compliance.registry import rules
from common.compliance.service import findings_of
from common.models import ComplianceState
from dispatcher.models import (
    Assignment,
    DispatchCenter,
    DispatchEvent,
    DispatchNotice,
    EventKind,
    EventStatus,
)
from flight_operations.models import UPCOMING, FlightOperation, OperationStatus
from operations.models import Trip

OPERATION = "flight_operations.flightoperation"
TRIP = "operations.trip"
MOST = 500
# What waits is not named to the desk of another operator.
OTHER_WORK = "other work"
# A flight this near is in trouble now.
SOON = timedelta(hours=2)
WEATHER = (
    "WXD-",
    "WX-",
    "CASR-101.095",
    "FAR-91.155",
    "FAR-135.205",
    "FAR-135.213",
    "FAR-135.217",
    "FAR-135.219",
    "FAR-135.225",
    "FAR-135.609",
)
PEOPLE = (
    "AU-RPAS-",
    "CASR-101.252",
    "ACCRED",
    "PILOT-",
    "MOS-10.03-TRAIN",
    "MOS-10.08",
    "REPL-",
    "CREW-",
    "FAR-61.",
    "FAR-135.24",
    "FAR-135.26",
    "FAR-135.27",
    "FAR-135.29",
)
MAINTENANCE = ("F2-MAINT", "CREWED-MAINT", "FAR-39-AD", "BATTERY-")
DEFECTS = ("F2-", "RPAS-STATUS", "CREWED-STATUS", "AIRCRAFT-")
# What these say is about who is carried and how they are: it stays with the trip.
OF_THE_CARRIED = (
    "MED-",
    "DOC-CONSENT",
    "DOC-PAXMAN",
    "FAR-135.117",
    "FAR-135.91-O2",
    "FET-AMB",
)
# In this order: the first that fits.
FAMILIES = (
    (EventKind.WEATHER, WEATHER),
    (EventKind.PEOPLE, PEOPLE),
    (EventKind.MAINTENANCE, MAINTENANCE),
    (EventKind.DEFECT, DEFECTS),
)


@dataclass(frozen=True)
class Trouble:
    """What is red about one record, of one sort."""

    kind: str
    findings: Sequence[Finding]

    @property
    def text(self) -> str:
        """The first finding in its own words, and how many more there are."""
        return self._said(self.findings[0].message)

    @property
    def heading(self) -> str:
        """
        Which rule the first finding is of, and how many more there are.

        Of crewed trips no more is said: findings may repeat what is known of patients, passengers
        and the health of the crew, and events go out by mail and to everybody at a desk.
        """
        code = self.findings[0].rule
        if code.startswith(OF_THE_CARRIED):
            return self._said("A rule about those on board is not met.")
        title = rules[code].title if code in rules else code
        return self._said(f"{title}.")

    def _said(self, first: str) -> str:
        more = len(self.findings) - 1
        return first + (f" And {more} more." if more else "")


def family_of(rule: str) -> str:
    """The sort of event that a broken rule is."""
    for kind, codes in FAMILIES:
        if rule.startswith(codes):
            return kind
    return EventKind.COMPLIANCE


def troubles_of(subject_type: str, subject_id: int) -> dict[str, Trouble]:
    """What the current verdict of a record calls red, by sort; 1 statement."""
    states = ComplianceState.objects.filter(subject_type=subject_type, subject_id=subject_id)
    state = states.select_related("verdict").first()
    if state is None:
        return {}
    found: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings_of(state.verdict):
        if finding.color == Color.RED:
            found[family_of(finding.rule)].append(finding)
    return {kind: Trouble(kind, findings) for kind, findings in found.items()}


def red_operations(*, at: datetime) -> dict[int, bool]:
    """
    Operations that start within the watch, or are in the air, and are red, and whether each is
    near; the first 500.
    """
    until = at + timedelta(hours=settings.DISPATCH_WATCH_H)
    watched = Q(status__in=planned(), planned_start_at__lt=until, planned_end_at__gt=at)
    is_flying = Q(status=OperationStatus.ACTIVE)
    rows = _of_desks(FlightOperation.objects.filter(watched | is_flying))
    is_soon = is_flying | Q(planned_start_at__lt=at + SOON)
    return dict(_red(rows, OPERATION, is_soon).order_by("planned_start_at", "pk")[:MOST])


def red_trips(*, at: datetime) -> dict[int, bool]:
    """The same of crewed trips that start within the watch, or are under way."""
    until = at + timedelta(hours=settings.DISPATCH_WATCH_H)
    rows = Trip.objects.live().filter(start_at__lt=until, end_at__gt=at)
    is_soon = Q(start_at__lt=at + SOON)
    return dict(_red(rows, TRIP, is_soon).order_by("start_at", "pk")[:MOST])


def _red(rows: QuerySet[Any], subject_type: str, is_soon: Q) -> QuerySet[Any]:
    state = ComplianceState.objects.filter(subject_type=subject_type, subject_id=OuterRef("pk"))
    colored = rows.annotate(
        state_color=Subquery(state.values("color")[:1]),
        is_soon=ExpressionWrapper(is_soon, output_field=BooleanField()),
    )
    return colored.filter(state_color=Color.RED).values_list("pk", "is_soon")


def _of_desks(rows: QuerySet[FlightOperation]) -> QuerySet[FlightOperation]:
    """Operations of operators with a desk: of others there is nobody to tell."""
    desks = DispatchCenter.objects.filter(operator=OuterRef("operator"), is_active=True)
    return rows.filter(Exists(desks))


def planned() -> list[str]:
    """The states of operations that are to be flown as planned."""
    return [status for status in UPCOMING if status != OperationStatus.DRAFT]


def late_starts(*, at: datetime) -> QuerySet[FlightOperation]:
    """Operations that should have started a while ago and did not, their window still open."""
    late = at - timedelta(minutes=settings.DISPATCH_ON_TIME_MIN)
    rows = FlightOperation.objects.filter(
        status__in=planned(), planned_start_at__lt=late, planned_end_at__gt=at
    )
    return _of_desks(rows).order_by("planned_start_at", "pk")[:MOST]


def overdue_landings(*, at: datetime) -> QuerySet[FlightOperation]:
    """
    Operations in the air a while after they should have landed; `touches` names the next operation
    that waits for the same aircraft or pilot by now, if there is one, but no other operator's.
    """
    late = at - timedelta(minutes=settings.DISPATCH_ON_TIME_MIN)
    rows = FlightOperation.objects.filter(status=OperationStatus.ACTIVE, planned_end_at__lt=late)
    held = Assignment.objects.published().filter(operation=OuterRef("pk"))
    waiting = (
        FlightOperation.objects.filter(
            Q(aircraft=OuterRef("aircraft")) | Q(pilot_in_command=OuterRef("pilot_in_command")),
            status__in=planned(),
            planned_end_at__gt=OuterRef("planned_end_at"),
        )
        .annotate(
            leaves_at=Coalesce(Subquery(held.values("occupied_from")[:1]), "planned_start_at"),
            named=Case(
                When(operator=OuterRef("operator"), then=F("number")),
                default=Value(OTHER_WORK),
                output_field=CharField(),
            ),
        )
        .filter(leaves_at__lt=at)
        .order_by("leaves_at", "pk")
    )
    touching = rows.annotate(touches=Subquery(waiting.values("named")[:1]))
    return _of_desks(touching).order_by("planned_end_at", "pk")[:MOST]


def overdue_events(*, at: datetime) -> QuerySet[DispatchEvent]:
    """Events whose time to be acknowledged or resolved ran out and nobody was told yet."""
    unanswered = Q(status=EventStatus.OPEN, acknowledge_by_at__lte=at) & _untold(
        "acknowledge_by_at"
    )
    unresolved = Q(resolve_by_at__lte=at) & _untold("resolve_by_at")
    rows = DispatchEvent.objects.unresolved().filter(unanswered | unresolved)
    return rows.select_related("center").order_by("pk")[:MOST]


def _untold(due: str) -> Q:
    return Q(escalated_at=None) | Q(escalated_at__lt=F(due))


def unanswered_notices(*, at: datetime) -> QuerySet[DispatchNotice]:
    """Notices that should have been acknowledged by now, of which the desk was not told yet."""
    rows = DispatchNotice.objects.unanswered().filter(acknowledge_by_at__lte=at, reminded_at=None)
    return rows.select_related("center", "recipient").order_by("pk")[:MOST]
