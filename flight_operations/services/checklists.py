"""Open, answer, refresh and freeze the pre-flight checklist of an operation."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from airports.queries.conditions import FRESH
from common import audit
from common.exceptions import InvalidInput
from common.lifecycle import locked
from common.models import RuleOverride
from common.outbox import announce
from common.time import day_bounds
from flight_operations.checklist_template import (
    AIRCRAFT_INSPECTION,
    BY_CODE,
    CHECKLIST_ITEMS,
    WEATHER,
)
from flight_operations.events import ChecklistChanged
from flight_operations.exceptions import (
    ChecklistExists,
    ChecklistFrozen,
    ChecklistIncomplete,
    ChecklistMissing,
    ChecklistNotPossible,
    ItemAlreadyAnswered,
)
from flight_operations.models import (
    UPCOMING,
    ChecklistItem,
    FlightOperation,
    ItemAnswer,
    PreFlightChecklist,
)
from flight_operations.queries.checklists import (
    daily_inspection,
    local_day,
    open_items,
    weather_report,
)
from flight_operations.services.assessment import SUBJECT, mark_changed

CHECKLIST_RULE = "PREFLIGHT-CHECKLIST"


@dataclass(frozen=True)
class Answer:
    """What the system knows of an item, and until when; an empty answer: it knows nothing."""

    answer: str = ""
    evidence: str = ""
    valid_until: datetime | None = None


@transaction.atomic
def open_checklist(operation: FlightOperation, *, actor: Any, at: datetime) -> PreFlightChecklist:
    """
    Lay out the checklist of an operation; what the system knows is filled in at once.

    Raises ChecklistExists, ChecklistNotPossible.
    """
    operation = locked(operation)
    if operation.status not in UPCOMING:
        raise ChecklistNotPossible(status=operation.status)
    if PreFlightChecklist.objects.filter(operation=operation).exists():
        raise ChecklistExists(operation=operation.number)
    checklist = PreFlightChecklist.objects.create(operation=operation)
    ChecklistItem.objects.bulk_create(
        ChecklistItem(checklist=checklist, sequence=sequence, code=item.code, title=item.title)
        for sequence, item in enumerate(CHECKLIST_ITEMS, start=1)
    )
    _refresh(operation, checklist, at)
    audit.record("checklist.opened", operation, actor=actor, at=at, scope=operation.scope)
    _changed(operation, "checklist opened")
    return checklist


@transaction.atomic
def answer_item(
    item: ChecklistItem,
    *,
    answer: str,
    evidence: str,
    actor: Any,
    at: datetime,
    is_correction: bool = False,
    version: int | None = None,
) -> ChecklistItem:
    """
    Write down what was found, by whom and when.

    Of two people who answer one item at once the second is refused, unless it says that it
    corrects the first. The answer counts for as long as the template says; a failure stands until
    somebody corrects it. Raises ChecklistFrozen, ItemAlreadyAnswered, InvalidInput, StaleVersion
    (`version` is that of the checklist).
    """
    operation = locked(item.checklist.operation)
    checklist = locked(item.checklist, version=version)
    if checklist.frozen_at is not None:
        raise ChecklistFrozen(operation=operation.number, frozen=checklist.frozen_at)
    item = locked(item)
    _check_answer(item, answer, evidence, is_correction or _has_run_out(item, at))
    item.answer, item.evidence = answer, evidence.strip()
    item.source = ChecklistItem.Source.PERSON
    item.answered_by, item.answered_at = actor, at
    item.valid_until = _holds_until(item, at)
    item.save()
    # The checklist's version is its ETag: an answer to any item is a change of the whole.
    checklist.save(update_fields=["updated_at"])
    said: dict[str, Any] = {"item": item.code, "answer": answer, "is_correction": is_correction}
    audit.record("checklist.answered", operation, actor=actor, at=at, scope=operation.scope, **said)
    _changed(operation, f"checklist item {item.code} answered")
    return item


@transaction.atomic
def refresh_system_items(operation: FlightOperation, *, at: datetime) -> list[str]:
    """
    Fill in anew what the system itself knows; returns the codes of items that changed.

    A person's answer stands as long as the system knows nothing, or nothing worse. An operation
    without a checklist, or with a frozen one, is left alone.
    """
    operation = locked(operation)
    checklist = PreFlightChecklist.objects.filter(operation=operation).first()
    if checklist is None or checklist.frozen_at is not None:
        return []
    changed = _refresh(operation, locked(checklist), at)
    if changed:
        _changed(operation, f"checklist: {', '.join(changed)}")
    return changed


@transaction.atomic
def reset_checklist(operation: FlightOperation, *, at: datetime) -> bool:
    """
    Take back every answer after a change of plan: another pilot is fit or not, another place clear.

    What the system knows of the new plan is filled in at once. Returns whether there was a
    checklist to reset.
    """
    checklist = PreFlightChecklist.objects.filter(operation=operation, frozen_at=None).first()
    if checklist is None:
        return False
    checklist = locked(checklist)
    # Row by row in one order, as answering does; the history keeps what was said before.
    for item in checklist.items.select_for_update(no_key=True).exclude(answer="").order_by("pk"):
        _write(item, Answer())
    checklist.save(update_fields=["updated_at"])
    _refresh(operation, checklist, at)
    announce(ChecklistChanged(operation_id=operation.pk))
    return True


@transaction.atomic
def freeze_checklist(operation: FlightOperation, *, at: datetime) -> PreFlightChecklist:
    """
    Close the checklist as the aircraft takes off; nothing in it changes after this.

    Raises ChecklistMissing, ChecklistFrozen, and ChecklistIncomplete unless somebody took the
    open items upon themselves by an override of the checklist rule.
    """
    checklist = PreFlightChecklist.objects.filter(operation=operation).first()
    if checklist is None:
        raise ChecklistMissing(operation=operation.number)
    checklist = locked(checklist)
    if checklist.frozen_at is not None:
        raise ChecklistFrozen(operation=operation.number, frozen=checklist.frozen_at)
    _refresh(operation, checklist, at)
    still_open = [item.code for item in open_items(checklist, at=at)]
    if still_open and not _is_overridden(operation):
        raise ChecklistIncomplete(operation=operation.number, items=", ".join(still_open))
    checklist.frozen_at = at
    checklist.save()
    return checklist


def _is_overridden(operation: FlightOperation) -> bool:
    return RuleOverride.objects.filter(
        subject_type=SUBJECT, subject_id=operation.pk, rule=CHECKLIST_RULE, withdrawn_at=None
    ).exists()


def _check_answer(item: ChecklistItem, answer: str, evidence: str, is_correction: bool) -> None:
    if answer not in ItemAnswer.values:
        raise InvalidInput("/answer", "Not an answer.")
    if not evidence.strip():
        raise InvalidInput("/evidence", "Say what was looked at and what was found.")
    template = BY_CODE.get(item.code)
    if answer == ItemAnswer.NOT_APPLICABLE and not (template and template.may_not_apply):
        raise InvalidInput("/answer", "This item always applies.")
    is_by_person = item.answer and item.source == ChecklistItem.Source.PERSON
    if is_by_person and not is_correction:
        raise ItemAlreadyAnswered(item=item.code)
    if item.source == ChecklistItem.Source.SYSTEM and item.answer == ItemAnswer.FAILED:
        raise InvalidInput("/item", "The record says otherwise; put the record right first.")


def _refresh(operation: FlightOperation, checklist: PreFlightChecklist, at: datetime) -> list[str]:
    known = {
        AIRCRAFT_INSPECTION: _inspection(operation),
        WEATHER: _weather(operation, at),
    }
    items = checklist.items.select_for_update(no_key=True).filter(code__in=known).order_by("pk")
    changed = [item.code for item in items if _fill(item, known[item.code], at)]
    if changed:
        checklist.save(update_fields=["updated_at"])
    return changed


def _fill(item: ChecklistItem, found: Answer, at: datetime) -> bool:
    """Put the system's answer into an item; returns whether that changed anything."""
    is_by_person = item.answer != "" and item.source == ChecklistItem.Source.PERSON
    if is_by_person and found.answer != ItemAnswer.FAILED and not _has_run_out(item, at):
        return False
    if (item.answer, item.evidence, item.valid_until) == (
        found.answer,
        found.evidence,
        found.valid_until,
    ):
        return False
    _write(item, found, at)
    return True


def _write(item: ChecklistItem, found: Answer, at: datetime | None = None) -> None:
    item.answer, item.evidence, item.valid_until = found.answer, found.evidence, found.valid_until
    item.source = ChecklistItem.Source.SYSTEM if found.answer else ChecklistItem.Source.PERSON
    item.answered_by = None
    item.answered_at = at if found.answer else None
    item.save()


def _has_run_out(item: ChecklistItem, at: datetime) -> bool:
    return item.valid_until is not None and item.valid_until <= at


def _holds_until(item: ChecklistItem, at: datetime) -> datetime | None:
    template = BY_CODE.get(item.code)
    if template is None or item.answer == ItemAnswer.FAILED:
        return None
    return at + template.holds


def _inspection(operation: FlightOperation) -> Answer:
    entry = daily_inspection(operation)
    if entry is None:
        return Answer()
    zone = ZoneInfo(operation.operator.timezone)
    _, midnight = day_bounds(local_day(operation), zone)
    verdict = "satisfactory" if entry.inspection_satisfactory else "not satisfactory"
    text = (
        f"Part B entry {entry.sequence} of {entry.entry_on}: {verdict}, certified by "
        f"{entry.certified_name} ({entry.certified_arn}). {entry.findings}"
    )
    answer = ItemAnswer.DONE if entry.inspection_satisfactory else ItemAnswer.FAILED
    return Answer(answer, text.strip(), midnight)


def _weather(operation: FlightOperation, at: datetime) -> Answer:
    report = weather_report(operation, at=at)
    if report is None:
        return Answer()
    text = (
        f"{report.station}, {report.distance_km:.0f} km away, observed "
        f"{report.issued_at:%Y-%m-%d %H:%MZ}: {report.raw}"
    )
    return Answer(ItemAnswer.DONE, text, report.issued_at + FRESH)


def _changed(operation: FlightOperation, because: str) -> None:
    mark_changed(operation, because)
    announce(ChecklistChanged(operation_id=operation.pk))
