"""
Append-only record of deeds. Field-level history is kept by triggers (common.history); this is for
actions, overrides and looks at restricted data.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, models

from common.context import current
from common.models import AuditEvent
from common.progress import Tell, tell_nobody


def record(
    action: str,
    subject: models.Model,
    *,
    actor: Any,
    at: datetime,
    reason: str = "",
    scope: str = "",
    **details: Any,
) -> AuditEvent:
    """
    Write one deed down, in the transaction that does it.

    Raises RuntimeError outside a transaction: a deed and its record stand or fall together.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("audit.record() must run inside the transaction of the deed")
    now = current()
    if now.through:
        details["through"] = now.through
    return AuditEvent.objects.create(
        action=action,
        subject_type=subject._meta.label_lower,
        subject_id=str(subject.pk),
        subject_label=str(subject)[:200],
        scope=scope,
        actor=actor if getattr(actor, "pk", None) else None,
        actor_label=str(actor or "system")[:254],
        reason=reason,
        details=details,
        request_id=now.request_id,
        address=now.address,
        occurred_at=at,
    )


@dataclass(frozen=True)
class ChainFault:
    """The first place where the audit chain no longer fits, and why."""

    sequence: int
    event_id: int | None
    reason: str


BATCH = 5000
LOWEST = -(2**63)
# The very text the trigger hashes: one definition, in the database (migration 0002). By batches:
# one statement over all rows would outlast the time a statement has, and be held whole in memory.
_CHAIN = """
    SELECT l.sequence, l.event_id, l.previous_hash, l.hash,
           CASE WHEN e.id IS NULL THEN NULL ELSE common_audit_digest(l.previous_hash, e) END
    FROM common_auditlink l LEFT JOIN common_auditevent e ON e.id = l.event_id
    WHERE l.sequence >= %s ORDER BY l.sequence LIMIT %s
"""
_LOOSE = """
    SELECT count(*), max(id), min(id) FILTER (WHERE is_loose) FROM (
        SELECT e.id, NOT EXISTS (
            SELECT 1 FROM common_auditlink l WHERE l.event_id = e.id
        ) AS is_loose
        FROM common_auditevent e WHERE e.id >= %s ORDER BY e.id LIMIT %s
    ) batch
"""


def verify_chain(tell: Tell = tell_nobody) -> tuple[int, ChainFault | None]:
    """Walk the whole chain. Returns how many links were read and the first fault, or None."""
    count, previous, expected = 0, "0" * 64, 1
    with connection.cursor() as cursor:
        for sequence, event_id, before, stored, computed in _links(cursor, tell):
            count += 1
            fault = _fault(sequence == expected, before == previous, stored, computed)
            if fault:
                return count, ChainFault(sequence, event_id, fault)
            previous, expected = stored, sequence + 1
        loose = _loose_event(cursor, tell)
    if loose is not None:
        return count, ChainFault(expected, loose, "an event is not in the chain")
    return count, None


def _links(cursor: Any, tell: Tell) -> Iterator[tuple[Any, ...]]:
    cursor.execute("SELECT count(*) FROM common_auditlink")
    (total,), done, first = cursor.fetchone(), 0, LOWEST
    while True:
        cursor.execute(_CHAIN, [first, BATCH])
        batch = cursor.fetchall()
        if not batch:
            return
        yield from batch
        done, first = done + len(batch), batch[-1][0] + 1
        tell("Links", done, max(total, done))


def _loose_event(cursor: Any, tell: Tell) -> int | None:
    """The first event that is in no link."""
    done, first = 0, LOWEST
    while True:
        cursor.execute(_LOOSE, [first, BATCH])
        count, highest, loose = cursor.fetchone()
        if not count or loose is not None:
            return loose
        done, first = done + count, highest + 1
        tell("Events", done, None)


def _fault(in_sequence: bool, linked: bool, stored: str, computed: str | None) -> str:
    if not in_sequence:
        return "a link is missing"
    if computed is None:
        return "the event of a link is missing"
    if not linked:
        return "the link does not follow the one before"
    return "" if stored == computed else "the event was altered"
