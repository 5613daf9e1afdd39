"""
Taking the rows of a sheet, all of them or none.

A dry run does what the real one does, in the same transaction with every service and constraint,
and then takes it back: what it shows is what would be. The real one goes through only where it
comes to the same, row by row, as was shown.
"""

import hashlib
import json
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models import Model
from rest_framework.exceptions import ValidationError

from common.api.errors import database_problem
from common.audit import record
from common.card_numbers import holds_card_number
from common.compliance.first import first_verdicts_together
from common.exceptions import DomainError
from common.imports.kinds import ImportKind
from common.imports.sheets import Line, Sheet, SheetRefused

NEW, CHANGED, UNCHANGED, REFUSED = "new", "changed", "unchanged", "refused"
LONGEST = 200
# What the rows lock, such as a series of numbers, is kept from others as long.
LONGEST_S = 25


class ImportRefused(DomainError):
    code = "import_refused"
    message = "Rows are refused: {refused}. Nothing was taken."


class ImportChanged(DomainError):
    code = "import_changed"
    message = "Something changed since the rows were shown. Nothing was taken: look at them again."


class ImportUnderWay(DomainError):
    code = "import_under_way"
    message = "Rows of this kind are being taken at this moment. Nothing was taken: try them again."


class ImportTooLong(DomainError):
    code = "import_too_long"
    message = "The rows take more than {seconds} s. Nothing was taken: hand in several files."


class ImportNotAllowed(DomainError):
    status = 403
    code = "permission_denied"
    message = "You may not {deed} {kind}."


@dataclass
class Outcome:
    """What a row does: to which record, what changes, and why it is refused."""

    line: int
    result: str
    label: str = ""
    changes: list[tuple[str, str, str]] = field(default_factory=list)
    faults: list[tuple[str, str]] = field(default_factory=list)
    version: str = ""


@dataclass(frozen=True)
class Report:
    """All rows, and a digest of what they do: equal digests mean the same deeds."""

    kind: ImportKind
    outcomes: list[Outcome]
    digest: str

    @property
    def counts(self) -> dict[str, int]:
        """How many rows are new, changed, unchanged and refused."""
        found = Counter(outcome.result for outcome in self.outcomes)
        return {result: found[result] for result in (NEW, CHANGED, UNCHANGED, REFUSED)}


def require_columns(kind: ImportKind, sheet: Sheet) -> None:
    """Raise SheetRefused for headings the kind does not know, or lacks."""
    known = {column.name for column in kind.columns}
    unknown = [name for name in sheet.headings if name not in known]
    if unknown:
        names = ", ".join(unknown)[:LONGEST]
        raise SheetRefused(f"No column is called {names}. There are: {', '.join(sorted(known))}.")
    lacking = [c.name for c in kind.columns if c.is_required and c.name not in sheet.headings]
    if lacking:
        raise SheetRefused(f"These columns are needed: {', '.join(lacking)}.")


def try_rows(kind: ImportKind, sheet: Sheet, *, actor: Any, at: datetime) -> Report:
    """
    What taking the rows would do; nothing stays.

    Raises ImportTooLong, ImportNotAllowed, SheetRefused.
    """
    with transaction.atomic():
        report = _run(kind, sheet, actor=actor, at=at)
        transaction.set_rollback(True)
    return report


@transaction.atomic
def take_rows(
    kind: ImportKind, sheet: Sheet, *, digest: str | None, source: str, actor: Any, at: datetime
) -> Report:
    """
    Take all rows, as they were shown under `digest`; None takes them unseen.

    A sheet that was taken before does nothing more. Raises ImportRefused, ImportChanged,
    ImportUnderWay, ImportTooLong, ImportNotAllowed, SheetRefused.
    """
    _hold(kind)
    report = _run(kind, sheet, actor=actor, at=at)
    counts: dict[str, Any] = report.counts
    if counts[REFUSED]:
        lines = [str(o.line) for o in report.outcomes if o.result == REFUSED]
        raise ImportRefused(refused=", ".join(lines[:20]))
    if counts[UNCHANGED] == len(report.outcomes):
        return report
    if digest is not None and digest != report.digest:
        raise ImportChanged
    record(
        "records.imported", actor, actor=actor, at=at, kind=kind.model._meta.label_lower,
        source=source[:LONGEST], digest=report.digest, **counts,
    )  # fmt: skip
    return report


def _hold(kind: ImportKind) -> None:
    """
    One sheet of a kind at a time: two that are taken at once would not see each other's rows.

    Nobody waits, for it may take long.
    """
    with connection.cursor() as cursor:
        asked = "SELECT pg_try_advisory_xact_lock(hashtext('import'), hashtext(%s))"
        cursor.execute(asked, [kind.code])
        if not cursor.fetchone()[0]:
            raise ImportUnderWay


def _run(kind: ImportKind, sheet: Sheet, *, actor: Any, at: datetime) -> Report:
    if not actor.has_perm(kind.permissions[0]):
        raise ImportNotAllowed(deed="add", kind=kind.title.lower())
    require_columns(kind, sheet)
    ends = time.monotonic() + LONGEST_S
    with first_verdicts_together(at=at):
        outcomes = _rows(kind, sheet, ends, actor=actor, at=at)
    _require_time(ends)
    told = [[o.line, o.result, o.label, o.changes, o.faults, o.version] for o in outcomes]
    text = json.dumps([kind.code, told], sort_keys=True)
    return Report(kind, outcomes, hashlib.sha256(text.encode()).hexdigest())


def _rows(
    kind: ImportKind, sheet: Sheet, ends: float, *, actor: Any, at: datetime
) -> list[Outcome]:
    outcomes: list[Outcome] = []
    seen: dict[Any, int] = {}
    for line in sheet.lines:
        _require_time(ends)
        outcome, row = _row(kind, line, actor=actor, at=at)
        if row is not None and outcome.result != REFUSED:
            first = seen.setdefault(row.pk, line.number)
            if first != line.number:
                outcome.faults.append(("", f"Line {first} is about the same record."))
                outcome.result = REFUSED
        outcomes.append(outcome)
    return outcomes


def _require_time(ends: float) -> None:
    if time.monotonic() > ends:
        raise ImportTooLong(seconds=LONGEST_S)


def _row(kind: ImportKind, line: Line, *, actor: Any, at: datetime) -> tuple[Outcome, Model | None]:
    outcome = Outcome(line.number, REFUSED, faults=list(line.faults.items()))
    outcome.label = _label(kind, line)
    outcome.faults += [
        (name, "A card number is not taken.")
        for name, text in line.cells.items()
        if holds_card_number(text, key=name)
    ]
    if outcome.faults:
        return outcome, None
    try:
        # Its own savepoint, so that the rows after one that is refused are tried too.
        with transaction.atomic():
            return outcome, _done(kind, line, outcome, actor=actor, at=at)
    except ValidationError as wrong:
        outcome.faults = _validation_faults(wrong.detail)
    except DomainError as refusal:
        pointer = str(refusal.details.get("pointer", "")).strip("/")
        outcome.faults = [(pointer, str(refusal))]
    except DatabaseError as error:
        problem = database_problem(error)
        if problem is None or problem.status_code >= 500:
            raise
        outcome.faults = [("", str(problem.data["detail"]))]
    outcome.result, outcome.changes, outcome.version = REFUSED, [], ""
    return outcome, None


def _done(kind: ImportKind, line: Line, outcome: Outcome, *, actor: Any, at: datetime) -> Model:
    context = {"request": SimpleNamespace(user=actor)}
    lists = {column.name for column in kind.columns if column.is_list}
    cells = {name: _parts(text) if name in lists else text for name, text in line.cells.items()}
    serializer = kind.create_serializer(data=kind.shape(dict(cells), None), context=context)
    serializer.is_valid(raise_exception=True)
    values = dict(serializer.validated_data)
    held = kind.find(actor, values)
    if held is None:
        row = kind.create(actor=actor, at=at, **values)
        outcome.result, outcome.label = NEW, _named(row, outcome.label)
        outcome.changes = [(name, "", _told(text)) for name, text in cells.items()]
        return row
    outcome.label, outcome.version = _named(held, outcome.label), f"{held.pk}.{_version(held)}"
    changes = _changes(kind, held, cells, context)
    if not changes:
        outcome.result = UNCHANGED
        return held
    if not actor.has_perm(kind.permissions[1]):
        raise ImportNotAllowed(deed="change", kind=kind.title.lower())
    before = kind.now(held)
    outcome.changes = [(n, _told(before.get(n)), _told(v)) for n, v in changes.items()]
    outcome.result = CHANGED
    return kind.amend(held, changes=changes, version=_version(held), actor=actor, at=at)


def _changes(
    kind: ImportKind, held: Model, cells: Mapping[str, Any], context: dict[str, Any]
) -> dict[str, Any]:
    wanted = {n: v for n, v in kind.shape(dict(cells), held).items() if n not in kind.fixed}
    allowed = kind.amend_serializer(context=context).fields
    before = kind.now(held)
    closed = {n: v for n, v in wanted.items() if n not in allowed}
    for name, value in closed.items():
        if _told(before.get(name)) != _told(value):
            raise ValidationError({name: "A row cannot change this on a record that is on file."})
    given = {name: value for name, value in wanted.items() if name in allowed}
    if not given:
        return {}
    serializer = kind.amend_serializer(data=given, context=context)
    serializer.is_valid(raise_exception=True)
    return {n: v for n, v in serializer.validated_data.items() if before.get(n) != v}


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


def _version(row: Any) -> int | None:
    return getattr(row, "version", None)


def _label(kind: ImportKind, line: Line) -> str:
    named = " ".join(filter(None, (line.cells.get(name) for name in kind.named_by)))
    return (named or next(iter(line.cells.values()), ""))[:LONGEST]


def _named(row: Model, otherwise: str) -> str:
    # A number that the dry run drew is drawn again by the real one, and may be another by then.
    return otherwise or str(row)[:LONGEST]


def _told(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, (list, tuple)):
        return "; ".join(_told(part) for part in value)
    if isinstance(value, dict):
        return ", ".join(f"{name} {_told(part)}" for name, part in value.items())
    return str(value)[:LONGEST]


def _validation_faults(detail: Any, path: str = "") -> list[tuple[str, str]]:
    if isinstance(detail, dict):
        pairs = [(f"{path}.{key}" if path else str(key), part) for key, part in detail.items()]
        return [fault for name, part in pairs for fault in _validation_faults(part, name)]
    if isinstance(detail, list):
        return [fault for part in detail for fault in _validation_faults(part, path)]
    return [("" if path == "non_field_errors" else path, str(detail)[:LONGEST])]
