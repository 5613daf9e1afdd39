"""What became of one record: audited deeds, steps of its life cycle and versions of its row."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import F, Max, Model, OuterRef, QuerySet, Subquery

from common.models import AuditEvent, StatusChange

READS_AUDIT = "common.view_auditevent"
PAGE = 40
MOST_CHOICES = 60
CHANGED, STEPPED = "row changed", "status changed"
MADE, HIDDEN = "insert", "not named"
_WORDS = {MADE: "created", "update": "changed", "delete": "deleted"}


@dataclass
class Entry:
    """One deed, step or new version; `before` and `after` are the row's versions."""

    stream: str
    key: int
    at: datetime
    what: str
    actor_id: int | None = None
    actor: str = ""
    through: str = ""
    reason: str = ""
    request_id: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    before: Any = None
    after: Any = None


@dataclass(frozen=True)
class Wanted:
    """Which entries: older than what was shown, of one person, of one action."""

    audit: int | None = None
    step: int | None = None
    version: int | None = None
    actor_id: int | None = None
    action: str = ""
    # Who made the record is not told, nor what would lead there.
    is_maker_hidden: bool = False


@dataclass(frozen=True)
class Page:
    """Entries, the newest first, and where the older ones begin."""

    entries: list[Entry]
    older: str


def read_trail(row: Model, user: Any, wanted: Wanted) -> Page:
    """One page; three statements and one for the versions before, whatever the record."""
    streams = [
        list(_deeds(row, user, wanted)),
        list(_steps(row, wanted)),
        list(_versions(row, wanted)),
    ]
    newest = merge(*streams, key=lambda e: e.at, reverse=True)
    entries = list(islice(newest, PAGE))
    more = sum(len(stream) for stream in streams) > PAGE
    return Page(entries, _older(entries, wanted) if more else "")


def parse_cursor(text: str) -> dict[str, int | None]:
    """The places where the streams go on. Raises ValueError for what is no cursor."""
    names = ("audit", "step", "version")
    if not text:
        return dict.fromkeys(names)
    parts = text.split(".")
    if len(parts) != len(names) or len(text) > 60:
        raise ValueError("Not a place in a history.")
    return {name: _number(part) for name, part in zip(names, parts, strict=True)}


def choices_of(row: Model, user: Any) -> tuple[list[str], dict[int, str]]:
    """The actions and the people that the filters offer."""
    deeds = _audited(row, user).order_by().values_list("action", "actor_id", "actor_label")
    found = list(deeds.distinct()[:MOST_CHOICES])
    people = {actor: label for _, actor, label in found if actor is not None}
    steps = _stepped(row).exclude(actor=None).order_by().values_list("actor_id", "actor__email")
    people |= {actor: label for actor, label in steps.distinct()[:MOST_CHOICES] if actor}
    return sorted({action for action, _, _ in found}), people


def _number(part: str) -> int | None:
    if not part:
        return None
    if not (part.isascii() and part.isdigit()) or len(part) > 18:
        raise ValueError("Not a place in a history.")
    return int(part)


def _older(entries: list[Entry], wanted: Wanted) -> str:
    last = {"audit": wanted.audit, "step": wanted.step, "version": wanted.version}
    last |= {entry.stream: entry.key for entry in entries}
    return ".".join("" if key is None else str(key) for key in last.values())


def _audited(row: Model, user: Any) -> QuerySet[AuditEvent]:
    if not user.has_perm(READS_AUDIT):
        return AuditEvent.objects.none()
    about = {"subject_type": row._meta.label_lower, "subject_id": str(row.pk)}
    return AuditEvent.objects.visible_to(user).filter(**about)


def _stepped(row: Model) -> QuerySet[StatusChange]:
    if not isinstance(row.pk, int):
        # Records that are called otherwise have no life cycle.
        return StatusChange.objects.none()
    kind = ContentType.objects.get_for_model(row)
    return StatusChange.objects.filter(content_type=kind, object_id=row.pk)


def _deeds(row: Model, user: Any, wanted: Wanted) -> Iterator[Entry]:
    rows = _audited(row, user)
    if wanted.action:
        rows = rows.filter(action=wanted.action)
    rows = _narrowed(rows, "id", wanted.audit, wanted.actor_id)
    for each in rows.order_by("-id")[: PAGE + 1]:
        details = dict(each.details)
        yield Entry(
            "audit", each.pk, each.occurred_at, each.action, each.actor_id, each.actor_label,
            through=str(details.pop("through", "")), reason=each.reason,
            request_id=each.request_id, details=details,
        )  # fmt: skip


def _steps(row: Model, wanted: Wanted) -> Iterator[Entry]:
    if wanted.action not in ("", STEPPED):
        return
    rows = _narrowed(_stepped(row), "id", wanted.step, wanted.actor_id)
    for each in rows.order_by("-id")[: PAGE + 1]:
        what = f"status {each}"
        yield Entry("step", each.pk, each.changed_at, what, each.actor_id, reason=each.reason)


def _narrowed(rows: QuerySet, key: str, before: int | None, actor_id: int | None) -> QuerySet:
    if before is not None:
        rows = rows.filter(**{f"{key}__lt": before})
    return rows if actor_id is None else rows.filter(actor_id=actor_id)


def _versions(row: Model, wanted: Wanted) -> Iterator[Entry]:
    kept = list(getattr(row, "pgh_event_models", {}).values())
    if not kept or wanted.action not in ("", CHANGED):
        return
    versions = kept[0]._default_manager
    rows = versions.filter(pgh_obj_id=row.pk).select_related("pgh_context")
    if wanted.actor_id is not None:
        rows = rows.filter(pgh_context__metadata__user=wanted.actor_id)
        rows = rows.exclude(pgh_label=MADE) if wanted.is_maker_hidden else rows
    rows = _narrowed(rows, "pgh_id", wanted.version, None)
    earlier = versions.filter(pgh_obj_id=OuterRef("pgh_obj_id"), pgh_id__lt=OuterRef("pgh_id"))
    latest = earlier.order_by().values("pgh_obj_id").annotate(last=Max("pgh_id")).values("last")
    found = list(rows.annotate(before_id=Subquery(latest)).order_by(F("pgh_id").desc())[: PAGE + 1])
    before = versions.in_bulk({each.before_id for each in found if each.before_id})
    for each in found:
        known = each.pgh_context.metadata if each.pgh_context_id and each.pgh_context else {}
        is_hidden = wanted.is_maker_hidden and each.pgh_label == MADE
        known = {} if is_hidden else known
        yield Entry(
            "version", each.pgh_id, each.pgh_created_at, _WORDS.get(each.pgh_label, "changed"),
            known.get("user"), HIDDEN if is_hidden else "", through=_through(known),
            request_id=str(known.get("request_id", "")),
            before=before.get(each.before_id), after=each,
        )  # fmt: skip


def _through(known: dict[str, Any]) -> str:
    command = known.get("command")
    return str(known.get("through") or (f"command {command}" if command else ""))
