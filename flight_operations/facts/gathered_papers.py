"""Gather authorizations, risk assessments, releases and logs of many operations."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from django.contrib.gis.geos import GEOSGeometry
from django.db.models import Prefetch, Q

from flight_operations.facts.approvals import ApprovalFacts
from flight_operations.facts.records import (
    ChecklistFacts,
    ChecklistItemFacts,
    LogFacts,
    ReleaseFacts,
)
from flight_operations.facts.safety import RiskApprovalFacts, RiskFacts, RiskItemFacts
from flight_operations.models import (
    AssessmentStatus,
    AuthorizationStatus,
    ChecklistItem,
    FlightOperation,
    OperationalAuthorization,
    OperationalRelease,
    PilotLogEntry,
    RiskApproval,
    RiskItem,
    SMSRiskAssessment,
)
from rpas.models import KeyPersonnel, KeyPost

COUNTED = (AuthorizationStatus.GRANTED, AuthorizationStatus.REQUESTED)


class Papers(NamedTuple):
    """What the statements brought."""

    authorizations: Mapping[int, Sequence[OperationalAuthorization]]
    own_risks: Mapping[int, Sequence[SMSRiskAssessment]]
    generic_risks: Mapping[int, Sequence[SMSRiskAssessment]]
    posts: Mapping[int, Sequence[KeyPersonnel]]
    releases: Mapping[int, OperationalRelease]
    items: Mapping[int, Sequence[ChecklistItem]]
    pilots_logged: Mapping[int, Sequence[int]]


def gather_papers(operations: Sequence[FlightOperation]) -> Papers:
    """Eight statements for any number of operations."""
    operators = {operation.operator_id for operation in operations}
    own, generic = _risks(operations, operators)
    posts: dict[int, list[KeyPersonnel]] = defaultdict(list)
    for post in KeyPersonnel.objects.filter(operator__in=operators).select_related("user"):
        posts[post.operator_id].append(post)
    releases = OperationalRelease.objects.live().filter(operation__in=operations)
    return Papers(
        authorizations=_authorizations(operations, operators),
        own_risks=own,
        generic_risks=generic,
        posts=posts,
        releases={row.operation_id: row for row in releases.select_related("released_by")},
        items=_items(operations),
        pilots_logged=_pilots_logged(operations),
    )


def approval_facts(
    operation: FlightOperation, papers: Papers, area: GEOSGeometry | None
) -> tuple[ApprovalFacts, ...]:
    """The operator's authorizations whose time touches the flight's; `area` is all its volumes."""
    return tuple(
        ApprovalFacts(
            number=row.number,
            kind=row.kind,
            status=row.status,
            authority=row.authority,
            place=row.place,
            aircraft_id=row.aircraft_id,
            covers_area=row.area is None or (area is not None and row.area.covers(area)),
            max_height_agl_m=row.max_height_agl_m,
            valid_from=row.valid_from,
            valid_until=row.valid_until,
            conditions=row.conditions[:500],
            applied_on=row.applied_on,
        )
        for row in papers.authorizations.get(operation.operator_id, ())
        if row.valid_from < operation.planned_end_at
        and row.valid_until > operation.planned_start_at
    )


def risk_facts(operation: FlightOperation, papers: Papers, on: date) -> tuple[RiskFacts, ...]:
    """Live assessments of the operation itself, and approved ones for kinds of job."""
    chiefs = {
        post.user_id
        for post in papers.posts.get(operation.operator_id, ())
        if post.post == KeyPost.CHIEF_REMOTE_PILOT and is_live(post, on)
    }
    own = papers.own_risks.get(operation.pk, ())
    generic = papers.generic_risks.get(operation.operator_id, ())
    return tuple(facts_of_risk(row, chiefs) for row in (*own, *generic))


def facts_of_risk(row: SMSRiskAssessment, chiefs: set[int]) -> RiskFacts:
    """One assessment; `chiefs` are the chief remote pilots of the day."""
    approvals = list(row.approvals.all())
    return RiskFacts(
        number=row.number,
        is_generic=row.operation_id is None,
        kind=row.kind,
        status=row.status,
        items=tuple(
            RiskItemFacts(
                hazard=item.hazard[:200],
                likelihood=item.likelihood,
                severity=item.severity,
                residual_likelihood=item.residual_likelihood,
                residual_severity=item.residual_severity,
            )
            for item in row.items.all()
        ),
        approvals=tuple(
            RiskApprovalFacts(level=entry.level, by=entry.user.full_name) for entry in approvals
        ),
        is_by_chief_remote_pilot=not chiefs.isdisjoint(
            {row.assessed_by_id, *(entry.user_id for entry in approvals)}
        ),
    )


def is_live(post: KeyPersonnel, on: date) -> bool:
    """Say whether a key post is held on a day; the last day is the one before `valid_until`."""
    return post.valid_from <= on and (post.valid_until is None or on < post.valid_until)


def release_facts(operation: FlightOperation, papers: Papers) -> ReleaseFacts | None:
    """The live release, and whether it is of the plan as it stands."""
    row = papers.releases.get(operation.pk)
    if row is None:
        return None
    plan = getattr(operation, "plan", None)
    return ReleaseFacts(
        released_by=row.released_by.full_name,
        released_at=row.released_at,
        is_of_this_plan=plan is not None and plan.content_hash == row.plan_hash,
    )


def checklist_facts(operation: FlightOperation, papers: Papers) -> ChecklistFacts | None:
    """The pre-flight checklist, or None while nobody opened one."""
    if getattr(operation, "checklist", None) is None:
        return None
    return ChecklistFacts(
        items=tuple(
            ChecklistItemFacts(
                code=item.code,
                title=item.title,
                is_required=item.is_required,
                answer=item.answer,
                answered_at=item.answered_at,
                valid_until=item.valid_until,
            )
            for item in papers.items.get(operation.pk, ())
        )
    )


def log_facts(operation: FlightOperation, papers: Papers) -> LogFacts | None:
    """What was recorded after the flight; None before it ended."""
    if operation.actual_end_at is None:
        return None
    log = getattr(operation, "log", None)
    return LogFacts(
        ended_at=operation.actual_end_at,
        log_completed_at=log.completed_at if log is not None else None,
        became_unserviceable=log.became_unserviceable if log is not None else False,
        pilots_logged=tuple(papers.pilots_logged.get(operation.pk, ())),
    )


def _authorizations(
    operations: Sequence[FlightOperation], operators: set[int]
) -> dict[int, list[OperationalAuthorization]]:
    first = min(operation.planned_start_at for operation in operations)
    last = max(operation.planned_end_at for operation in operations)
    found: dict[int, list[OperationalAuthorization]] = defaultdict(list)
    rows = OperationalAuthorization.objects.filter(
        operator__in=operators, status__in=COUNTED, valid_from__lt=last, valid_until__gt=first
    )
    for row in rows.order_by("pk"):
        found[row.operator_id].append(row)
    return found


def _risks(
    operations: Sequence[FlightOperation], operators: set[int]
) -> tuple[dict[int, list[SMSRiskAssessment]], dict[int, list[SMSRiskAssessment]]]:
    own: dict[int, list[SMSRiskAssessment]] = defaultdict(list)
    generic: dict[int, list[SMSRiskAssessment]] = defaultdict(list)
    rows = (
        SMSRiskAssessment.objects.filter(
            Q(operation__in=operations)
            | Q(operation=None, operator__in=operators, status=AssessmentStatus.APPROVED)
        )
        .exclude(status=AssessmentStatus.SUPERSEDED)
        .prefetch_related(
            Prefetch("items", RiskItem.objects.order_by("sequence")),
            Prefetch("approvals", RiskApproval.objects.select_related("user").order_by("pk")),
        )
    )
    for row in rows.order_by("pk"):
        if row.operation_id is None:
            generic[row.operator_id].append(row)
        else:
            own[row.operation_id].append(row)
    return own, generic


def _items(operations: Sequence[FlightOperation]) -> dict[int, list[ChecklistItem]]:
    found: dict[int, list[ChecklistItem]] = defaultdict(list)
    rows = ChecklistItem.objects.filter(checklist__operation__in=operations)
    for row in rows.select_related("checklist").order_by("sequence", "pk"):
        found[row.checklist.operation_id].append(row)
    return found


def _pilots_logged(operations: Sequence[FlightOperation]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    rows = PilotLogEntry.objects.filter(operation__in=operations).order_by("pk")
    for operation, pilot in rows.values_list("operation", "pilot"):
        found[operation].append(pilot)
    return found
