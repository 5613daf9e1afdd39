"""Assess records, store the verdicts, and mark them stale when what they rest on changes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db import connection, transaction
from django.db.models import Q

from common.compliance.engine import evaluate, rule_versions
from common.compliance.events import VerdictChanged, VerdictsStale
from common.compliance.findings import Assessment, Color, Finding, Override, Stage, gist
from common.compliance.registry import rules
from common.compliance.subjects import Collected, subjects
from common.exceptions import DomainError
from common.live.publish import board_channel, publish_on_commit
from common.models import ComplianceState, RuleOverride, Verdict
from common.outbox import announce
from common.statements import execute_prepared, raw_cursor

BATCH = 500

# Every assessment asks these three; the ORM took longer to write them than PostgreSQL to answer.
_MARKS = """
SELECT subject_id, marks FROM common_compliancestate
WHERE subject_type = %s AND subject_id = ANY(%s::bigint[])
"""
_PARAMETERS = """
SELECT scope, rule, parameter, value FROM common_rulesetting
WHERE scope = ANY(%s::text[]) ORDER BY id
"""
_OVERRIDES = """
SELECT id FROM common_ruleoverride
WHERE subject_type = %s AND subject_id = ANY(%s::bigint[]) AND withdrawn_at IS NULL
"""


@dataclass(frozen=True)
class Judged:
    """A fresh assessment of one record together with what it was made from."""

    subject_type: str
    subject_id: int
    stage: Stage
    at: datetime
    collected: Collected
    assessment: Assessment
    parameters: Mapping[str, Mapping[str, float]]
    overrides: tuple[Override, ...]
    marks: int


def judge(
    subject_type: str, ids: Sequence[int], *, stage: Stage, at: datetime
) -> dict[int, Judged]:
    """Assess many records of one kind afresh, in a bounded number of SQL statements."""
    marks = _marks(subject_type, ids)
    collected = subjects[subject_type].collect(ids, at, stage)
    parameters = parameters_of({entry.scope for entry in collected.values()})
    overrides = overrides_of(subject_type, list(collected))
    judged = {}
    for pk, entry in collected.items():
        own = parameters.get(entry.scope, {})
        granted = overrides.get(pk, ())
        assessment = evaluate(entry.facts, stage=stage, at=at, parameters=own, overrides=granted)
        judged[pk] = Judged(
            subject_type, pk, stage, at, entry, assessment, own, granted, marks.get(pk, 0)
        )
    return judged


def assess(subject_type: str, subject_id: int, *, stage: Stage, at: datetime) -> Judged:
    """Assess one record afresh. Raises KeyError when the record does not exist."""
    return judge(subject_type, [subject_id], stage=stage, at=at)[subject_id]


@transaction.atomic
def record(judged: Iterable[Judged]) -> dict[int, Verdict]:
    """
    Store verdicts and refresh the cached state of each record.

    Announces VerdictChanged for each record whose red and amber findings say something else.
    """
    entries = sorted(judged, key=lambda entry: entry.subject_id)
    verdicts = Verdict.objects.bulk_create([_verdict(entry) for entry in entries])
    before = _states_before(entries)
    states = [
        _state(entry, verdict, before.get(entry.subject_id))
        for entry, verdict in zip(entries, verdicts, strict=True)
    ]
    ComplianceState.objects.bulk_create(
        states,
        update_conflicts=True,
        unique_fields=["subject_type", "subject_id"],
        update_fields=[
            "scope",
            "color",
            "is_stale",
            "stale_since",
            "stale_because",
            "marks",
            "assessed_at",
            "next_change_at",
            "verdict",
            "dependencies",
        ],
    )
    _tell_boards((s.scope, s.subject_type, s.subject_id, s.color, s.is_stale) for s in states)
    for entry, verdict in zip(entries, verdicts, strict=True):
        state = before.get(entry.subject_id)
        if state is None or _signature(state.verdict.findings) != _signature(verdict.findings):
            _announce_change(entry, verdict)
    return {entry.subject_id: verdict for entry, verdict in zip(entries, verdicts, strict=True)}


def _announce_change(entry: Judged, verdict: Verdict) -> None:
    announce(
        VerdictChanged(
            subject_type=entry.subject_type, subject_id=entry.subject_id, verdict_id=verdict.pk
        )
    )


@transaction.atomic
def touch(*keys: str, because: str = "") -> None:
    """
    Mark every verdict that rests on one of these keys as stale, and have it made again.

    Call it in the transaction that changes the input. A stale verdict is never shown as green.
    """
    wanted = sorted(set(keys))
    if not wanted:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE common_compliancestate
            SET is_stale = TRUE, stale_because = %s, marks = marks + 1,
                   stale_since = COALESCE(stale_since, clock_timestamp())
            WHERE id IN (SELECT id FROM common_compliancestate WHERE dependencies && %s::varchar[]
                         ORDER BY id FOR NO KEY UPDATE)
            RETURNING id, scope, subject_type, subject_id, color
            """,
            [(because or wanted[0])[:80], wanted],
        )
        rows = cursor.fetchall()
    _tell_boards((*row[1:], True) for row in rows)
    stale = sorted(row[0] for row in rows)
    for start in range(0, len(stale), BATCH):
        announce(VerdictsStale(state_ids=stale[start : start + BATCH]))


def _tell_boards(colors: Iterable[tuple[str, str, int, str, bool]]) -> None:
    """Tell each scope's live boards of its new colors and marks, many in one message."""
    found: dict[str, list[dict[str, Any]]] = {}
    for scope, kind, pk, color, is_stale in colors:
        entry = {"type": kind, "id": pk, "color": str(color), "is_stale": is_stale}
        found.setdefault(scope, []).append(entry)
    for scope in sorted(found):
        for start in range(0, len(found[scope]), BATCH):
            part = found[scope][start : start + BATCH]
            publish_on_commit(board_channel(scope), "colors", part)


def recompute(state_ids: Sequence[int], *, at: datetime) -> int:
    """
    Make stale or due verdicts again, in sets by kind and stage. Returns how many.

    The stage is where the record stands now, looked at again before storing: a verdict that was
    settled, or made at another stage, while we assessed stands.
    """
    kinds: dict[str, list[ComplianceState]] = {}
    live = ComplianceState.objects.filter(pk__in=state_ids).exclude(dependencies=[])
    for state in live.select_related("verdict").order_by("subject_type", "subject_id"):
        kinds.setdefault(state.subject_type, []).append(state)
    done = 0
    for subject_type, states in kinds.items():
        stages = _stages_now(subject_type, states)
        for stage in sorted(set(stages.values())):
            ids = [pk for pk in stages if stages[pk] == stage]
            judged = judge(subject_type, ids, stage=stage, at=at)
            done += _record_where_it_stands(judged)
        _settle_over(subject_type, [s.subject_id for s in states if s.subject_id not in stages])
    return done


def _stages_now(subject_type: str, states: Iterable[ComplianceState]) -> dict[int, Stage]:
    """The stage of each record that is still judged, by its key."""
    last = {state.subject_id: Stage(state.verdict.stage) for state in states if state.dependencies}
    read = subjects[subject_type].stages
    if read is None:
        return last
    return {pk: stage for pk, stage in read(list(last)).items() if stage is not None}


@transaction.atomic
def _record_where_it_stands(judged: Mapping[int, Judged]) -> int:
    """
    Store the verdicts of records that stand, under the lock of their states, where we judged them.

    Who moves a record writes its state in the same transaction: it has either committed, and we
    see the move, or it waits for us and writes over what we store.
    """
    states = _states_before(list(judged.values()))
    stages = {}
    if states:
        stages = _stages_now(next(iter(states.values())).subject_type, states.values())
    standing = [entry for pk, entry in judged.items() if stages.get(pk) == entry.stage]
    return len(record(standing))


@transaction.atomic
def _settle_over(subject_type: str, ids: list[int]) -> None:
    """Settle the verdicts of records that are over, so that nobody asks for them again."""
    rows = ComplianceState.objects.filter(subject_type=subject_type, subject_id__in=ids)
    rows = rows.select_for_update(of=("self",), no_key=True).select_related("verdict")
    states = list(rows.order_by("pk"))
    judged = _stages_now(subject_type, states) if states else {}
    for state in states:
        if state.subject_id not in judged:
            settle(subject_type, state.subject_id)


def settle(subject_type: str, subject_id: int) -> None:
    """Stop making a record's verdict again: it has flown or is cancelled; the last one stands."""
    ComplianceState.objects.filter(subject_type=subject_type, subject_id=subject_id).update(
        dependencies=[], next_change_at=None, is_stale=False, stale_since=None
    )


def due_states(*, now: datetime, limit: int = BATCH) -> list[int]:
    """States that are stale, or whose answer time alone may have changed, oldest first."""
    due = Q(is_stale=True, stale_since__lt=now - timedelta(seconds=5)) | Q(next_change_at__lte=now)
    rows = ComplianceState.objects.filter(due).order_by("assessed_at", "pk")
    return list(rows.values_list("pk", flat=True)[:limit])


class NotReplayable(DomainError):
    code = "verdict_not_replayable"
    message = "The facts of verdict {verdict} are not of a kind that today's rules read."


def replay(verdict: Verdict) -> Assessment:
    """
    Evaluate a stored verdict again from its own inputs, reading nothing else.

    Raises NotReplayable for facts whose shape or whose kind of record is no more.
    """
    try:
        facts: Any = msgspec.convert(verdict.facts, subjects[verdict.subject_type].facts)
    except (KeyError, msgspec.ValidationError) as fault:
        raise NotReplayable(verdict=verdict.pk) from fault
    overrides = msgspec.convert(verdict.overrides, tuple[Override, ...])
    return evaluate(
        facts,
        stage=Stage(verdict.stage),
        at=verdict.assessed_at,
        parameters=verdict.parameters,
        overrides=overrides,
    )


def findings_of(verdict: Verdict) -> tuple[Finding, ...]:
    """The findings of a stored verdict, typed."""
    return msgspec.convert(verdict.findings, tuple[Finding, ...])


def is_replayable(verdict: Verdict) -> bool:
    """Say whether the rules still stand in the versions that the verdict was made with."""
    return verdict.rule_versions == rule_versions(subjects[verdict.subject_type].facts)


def parameters_of(scopes: set[str]) -> dict[str, dict[str, dict[str, float]]]:
    """The operators' own values of rule parameters, by scope, rule and name."""
    own: dict[str, dict[str, dict[str, float]]] = {}
    for scope, code, parameter, value in _rows(_PARAMETERS, sorted(scopes)):
        entry = rules.get(code)
        limit = entry.parameters.get(parameter) if entry else None
        # A value laxer than the law (the rule may have been tightened since) is not used.
        if limit is not None and limit.allows(value):
            own.setdefault(scope, {}).setdefault(code, {})[parameter] = value
    return own


def overrides_of(subject_type: str, ids: list[int]) -> dict[int, tuple[Override, ...]]:
    """The live overrides of records of one kind, by record."""
    found = [key for (key,) in _rows(_OVERRIDES, subject_type, ids)]
    if not found:
        return {}
    live = RuleOverride.objects.filter(pk__in=found).select_related("granted_by")
    granted: dict[int, tuple[Override, ...]] = {}
    for row in live.order_by("pk"):
        entry = Override(rule=row.rule, reason=row.reason, granted_by=str(row.granted_by))
        granted[row.subject_id] = (*granted.get(row.subject_id, ()), entry)
    return granted


def _verdict(entry: Judged) -> Verdict:
    return Verdict(
        subject_type=entry.subject_type,
        subject_id=entry.subject_id,
        subject_label=entry.collected.label,
        scope=entry.collected.scope,
        stage=entry.stage,
        color=entry.assessment.color,
        assessed_at=entry.at,
        next_change_at=entry.collected.next_change_at,
        facts=msgspec.to_builtins(entry.collected.facts),
        parameters={code: dict(values) for code, values in entry.parameters.items()},
        overrides=msgspec.to_builtins(entry.overrides),
        rule_versions=rule_versions(type(entry.collected.facts)),
        findings=msgspec.to_builtins(entry.assessment.findings),
        dependencies=sorted(entry.collected.dependencies),
    )


def _state(entry: Judged, verdict: Verdict, before: ComplianceState | None) -> ComplianceState:
    # Touched while we were assessing: the facts may be the old ones, so the mark stays.
    touched = before is not None and before.marks != entry.marks
    return ComplianceState(
        subject_type=entry.subject_type,
        subject_id=entry.subject_id,
        scope=entry.collected.scope,
        color=entry.assessment.color,
        is_stale=touched,
        stale_since=before.stale_since if before and touched else None,
        stale_because=before.stale_because if before and touched else "",
        marks=before.marks if before else 0,
        assessed_at=entry.at,
        next_change_at=entry.collected.next_change_at,
        verdict=verdict,
        dependencies=sorted(entry.collected.dependencies),
    )


def _marks(subject_type: str, ids: Sequence[int]) -> dict[int, int]:
    return dict(_rows(_MARKS, subject_type, list(ids)))


def _rows(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with raw_cursor() as cursor:
        return execute_prepared(cursor, statement, values).fetchall()


def _states_before(entries: Sequence[Judged]) -> dict[int, ComplianceState]:
    if not entries:
        return {}
    rows = ComplianceState.objects.select_for_update(of=("self",), no_key=True).filter(
        subject_type=entries[0].subject_type, subject_id__in=[e.subject_id for e in entries]
    )
    return {row.subject_id: row for row in rows.select_related("verdict").order_by("pk")}


def _signature(findings: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """What matters of a verdict to others: which rules are not green, how, and over what."""
    return sorted(
        (f["rule"], f["color"], gist(f["message"])) for f in findings if f["color"] != Color.GREEN
    )
