"""Facts of authorizations, risk assessments, releases and logs of many operations."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from django.contrib.gis.geos import GEOSGeometry

from flight_operations.facts.approvals import ApprovalFacts
from flight_operations.facts.records import (
    AlertFacts,
    ChecklistFacts,
    ChecklistItemFacts,
    LogFacts,
    ReleaseFacts,
)
from flight_operations.facts.rows import (
    AlertRow,
    AuthorizationRow,
    ItemRow,
    OperationRow,
    PostRow,
    ReleaseRow,
    RiskRow,
    Rows,
)
from flight_operations.facts.safety import RiskApprovalFacts, RiskFacts, RiskItemFacts
from rpas.models import KeyPost


class Papers(NamedTuple):
    """The rows about papers, by what they belong to; an area is read from its text once."""

    authorizations: Mapping[int, Sequence[tuple[AuthorizationRow, GEOSGeometry | None]]]
    own_risks: Mapping[int, Sequence[RiskRow]]
    generic_risks: Mapping[int, Sequence[RiskRow]]
    posts: Mapping[int, Sequence[PostRow]]
    releases: Mapping[int, ReleaseRow]
    items: Mapping[int, Sequence[ItemRow]]
    pilots_logged: Mapping[int, Sequence[int]]
    alerts: Mapping[int, Sequence[AlertRow]]


def group_papers(rows: Rows) -> Papers:
    """Index what the statement brought."""
    authorizations = defaultdict(list)
    for entry in rows.authorizations:
        area = GEOSGeometry(entry.area) if entry.area else None
        authorizations[entry.operator_id].append((entry, area))
    own_risks, generic_risks = defaultdict(list), defaultdict(list)
    for risk in rows.risks:
        if risk.operation_id is None:
            generic_risks[risk.operator_id].append(risk)
        else:
            own_risks[risk.operation_id].append(risk)
    posts, items, pilots_logged = defaultdict(list), defaultdict(list), defaultdict(list)
    for post in rows.posts:
        posts[post.operator_id].append(post)
    for item in rows.items:
        items[item.operation_id].append(item)
    for logged in rows.logged:
        pilots_logged[logged.operation_id].append(logged.pilot_id)
    releases = {row.operation_id: row for row in rows.releases}
    alerts = defaultdict(list)
    for alert in rows.alerts:
        alerts[alert.operation_id].append(alert)
    return Papers(
        authorizations, own_risks, generic_risks, posts, releases, items, pilots_logged, alerts
    )


def approval_facts(
    operation: OperationRow, papers: Papers, area: GEOSGeometry | None
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
            covers_area=allowed is None or (area is not None and allowed.covers(area)),
            max_height_agl_m=row.max_height_agl_m,
            valid_from=row.valid_from,
            valid_until=row.valid_until,
            conditions=row.conditions,
            applied_on=row.applied_on,
        )
        for row, allowed in papers.authorizations.get(operation.operator_id, ())
        if row.valid_from < operation.planned_end_at
        and row.valid_until > operation.planned_start_at
    )


def risk_facts(operation: OperationRow, papers: Papers, on: date) -> tuple[RiskFacts, ...]:
    """Live assessments of the operation itself, and approved ones for kinds of job."""
    chiefs = {
        post.user_id
        for post in papers.posts.get(operation.operator_id, ())
        if post.post == KeyPost.CHIEF_REMOTE_PILOT and post.is_live(on)
    }
    own = papers.own_risks.get(operation.id, ())
    generic = papers.generic_risks.get(operation.operator_id, ())
    return tuple(_risk(row, chiefs) for row in (*own, *generic))


def _risk(row: RiskRow, chiefs: set[int]) -> RiskFacts:
    people = {row.assessed_by_id, *(entry.user_id for entry in row.approvals)}
    return RiskFacts(
        number=row.number,
        is_generic=row.operation_id is None,
        kind=row.kind,
        status=row.status,
        items=tuple(
            RiskItemFacts(
                hazard=item.hazard,
                likelihood=item.likelihood,
                severity=item.severity,
                residual_likelihood=item.residual_likelihood,
                residual_severity=item.residual_severity,
            )
            for item in row.items
        ),
        approvals=tuple(RiskApprovalFacts(level=e.level, by=e.by) for e in row.approvals),
        is_by_chief_remote_pilot=not chiefs.isdisjoint(people),
    )


def release_facts(operation: OperationRow, papers: Papers) -> ReleaseFacts | None:
    """The live release, and whether it is of the plan as it stands."""
    row = papers.releases.get(operation.id)
    if row is None:
        return None
    return ReleaseFacts(
        released_by=row.released_by,
        released_at=row.released_at,
        is_of_this_plan=(
            operation.plan is not None and operation.plan.content_hash == row.plan_hash
        ),
    )


def checklist_facts(operation: OperationRow, papers: Papers) -> ChecklistFacts | None:
    """The pre-flight checklist, or None while nobody opened one."""
    if not operation.has_checklist:
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
            for item in papers.items.get(operation.id, ())
        )
    )


def log_facts(operation: OperationRow, papers: Papers) -> LogFacts | None:
    """What was recorded after the flight; None before it ended."""
    if operation.actual_end_at is None:
        return None
    return LogFacts(
        ended_at=operation.actual_end_at,
        log_completed_at=operation.log_completed_at,
        became_unserviceable=bool(operation.became_unserviceable),
        is_as_released=operation.is_as_released,
        has_incident=operation.has_incident,
        alerts=tuple(
            AlertFacts(
                kind=row.kind,
                count=row.count,
                unacknowledged=row.unacknowledged,
                without_note=row.without_note,
            )
            for row in papers.alerts.get(operation.id, ())
        ),
        pilots_logged=tuple(papers.pilots_logged.get(operation.id, ())),
    )
