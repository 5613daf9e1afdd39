"""What can be done next with a record: which service, whose grant, and what it asks for."""

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, TypeGuard

from django import forms
from django.db import transaction
from django.utils.crypto import salted_hmac

from common.compliance.findings import Color, Finding
from common.compliance.registry import rules
from common.desk.standing import SHOWN, Fact, Problem
from common.exceptions import ChangedSinceShown, DomainError
from common.models import IdempotencyKey

LONGEST = 2000
OVERRIDES = "common.override_verdict"
_NOTE, _PARDON = "note_", "pardon_"
_ONCE = re.compile(r"[A-Za-z0-9_-]{16,64}")


@dataclass(frozen=True)
class Said:
    """
    What a person wrote when taking a step: the reason, words to amber and red rules, own fields.

    `seen` is the mark of what they had before them, `overrides` holds none of who may not override.
    """

    reason: str = ""
    notes: tuple[dict[str, str], ...] = ()
    overrides: tuple[dict[str, str], ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)
    seen: str = ""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a step would be taken of now: its mark, its name, and what a page shows of it."""

    mark: str
    name: str = ""
    facts: tuple[Fact, ...] = ()


def _always(row: Any, at: datetime) -> str:
    return ""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What a step would do, found by trying it: what would change, and what would go wrong."""

    facts: tuple[Fact, ...]
    problems: tuple[Problem, ...]
    heading: str = "What would be newly wrong"
    nothing: str = "No limit would be newly broken."
    # What makes two trials the same, where some of the words follow the clock; else all of them.
    same: tuple[str, ...] | None = None

    @property
    def shown(self) -> tuple[Problem, ...]:
        return self.problems[:SHOWN]

    @property
    def folded(self) -> tuple[Problem, ...]:
        return self.problems[SHOWN:]

    def mark(self, said: Said) -> str:
        """One trial of one set of answers: it holds for nothing else."""
        told = sorted((name, str(value)) for name, value in said.fields.items())
        found: Any = self.same
        if found is None:
            found = (
                [(each.label, each.value) for each in self.facts],
                [(each.color, each.message) for each in self.problems],
            )
        return sha256(repr((said.seen, told, found)).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Step:
    """
    One verb of a record, calling the service that the API calls, under the API's grant.

    `when` says why it is not possible now ("" where it is; None leaves the button out). `asks` is
    the label of the reason that the service wants. `judged` gives the findings that it will meet:
    every amber rule among them needs a note. Where `takes_notes`, a refusal that names amber rules
    asks for notes to them; where `takes_overrides`, who may override is asked for a reason to let
    each red rule pass that it names. `fields` are what else the service takes, `offers` those that
    depend on the record and on who asks. A step that `is_final` asks to be confirmed. `seen` says
    what it would be taken of, where that can be another thing by the time that the form is sent:
    then it is refused and shown anew. `amiss` reads from what the service answers what is wrong all
    the same, "" where nothing is; `tells` what was done, where that is more than `done`. `tries`
    finds what the step would do without doing it: the page shows that first, and the step is taken
    by a second press.
    """

    key: str
    label: str
    permission: str
    perform: Callable[..., Any]
    done: str
    explained: str = ""
    when: Callable[[Any, datetime], str | None] = _always
    asks: str = ""
    is_final: bool = False
    judged: Callable[[Any, datetime], Sequence[Finding]] | None = None
    takes_notes: bool = False
    takes_overrides: bool = False
    fields: Mapping[str, Callable[[], forms.Field]] = field(default_factory=dict)
    offers: Callable[[Any, Any, datetime], Mapping[str, forms.Field]] | None = None
    seen: Callable[[Any, datetime], Seen] | None = None
    amiss: Callable[[Any], str] | None = None
    tells: Callable[[Any], str] | None = None
    tries: Callable[..., Trial] | None = None

    def questions(self, row: Any, user: Any, at: datetime) -> dict[str, forms.Field]:
        """The step's own fields, for one record and one reader."""
        found = {name: build() for name, build in self.fields.items()}
        return found | dict(self.offers(row, user, at)) if self.offers is not None else found

    def shows(self, row: Any, at: datetime) -> Seen | None:
        """What the step would be taken of, where it can be taken."""
        return self.seen(row, at) if self.seen is not None and self.when(row, at) == "" else None

    @property
    def is_asking(self) -> bool:
        """Whether there is a page between the button and the deed."""
        return bool(self.asks or self.is_final or self.judged or self.fields or self.offers)

    @property
    def is_quiet(self) -> bool:
        """Whether it takes something back, and so is not what the eye should fall on first."""
        return bool(self.asks)


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A step as one page offers it, or says why not."""

    step: Step
    address: str
    blocked: str = ""
    seen: Seen | None = None


class AlreadyDone(Exception):
    """The same form was sent before and has had its effect."""


@dataclass(frozen=True, kw_only=True)
class Questions:
    """What a form asks beside the reason: fields, and words to amber rules and to red ones."""

    fields: Mapping[str, forms.Field] = field(default_factory=dict)
    cautions: Mapping[str, str] = field(default_factory=dict)
    pardons: Mapping[str, str] = field(default_factory=dict)


class StepForm(forms.Form):
    """What a step asks for; `once` makes two sendings of one form one effect."""

    once = forms.RegexField(_ONCE, widget=forms.HiddenInput, max_length=64)
    seen = forms.CharField(widget=forms.HiddenInput, max_length=200, required=False)
    tried = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)

    def __init__(
        self,
        step: Step,
        questions: Questions,
        data: Mapping[str, Any] | None = None,
        *,
        mark: str = "",
    ) -> None:
        super().__init__(data)
        self.fields["once"].initial = new_once()
        self.fields["seen"].initial = mark
        self.own = tuple(questions.fields)
        self.notes = {f"{_NOTE}{rule}": rule for rule in questions.cautions}
        self.pardons = {f"{_PARDON}{rule}": rule for rule in questions.pardons}
        self.fields.update(questions.fields)
        if step.asks:
            self.fields["reason"] = _words(step.asks)
        for name, rule in self.notes.items():
            self.fields[name] = _words(f"{rule}: your note", help_text=questions.cautions[rule])
        for name, rule in self.pardons.items():
            label = f"{rule}: let it pass on your name, because"
            text = questions.pardons[rule]
            self.fields[name] = _words(label, help_text=text, required=False)

    def said(self) -> Said:
        """What the person wrote."""
        written = self.cleaned_data
        notes = tuple({"rule": rule, "note": written[name]} for name, rule in self.notes.items())
        own = {name: written[name] for name in self.own if written[name] not in (None, "")}
        overrides = tuple(
            {"rule": rule, "reason": written[name]}
            for name, rule in self.pardons.items()
            if written[name]
        )
        reason, seen = written.get("reason", ""), written.get("seen", "")
        return Said(reason=reason, notes=notes, overrides=overrides, fields=own, seen=seen)


def cautions_of(
    step: Step, findings: Sequence[Finding], data: Mapping[str, Any] | None = None
) -> dict[str, str]:
    """The amber rules that a form asks a note to, with what they say; those asked before too."""
    asked = _amber(findings)
    if data is not None and (step.takes_notes or step.judged):
        for rule in (name.removeprefix(_NOTE) for name in data if name.startswith(_NOTE)):
            if rule in rules:
                asked.setdefault(rule, rules[rule].title)
    return asked


def pardons_of(step: Step, user: Any, data: Mapping[str, Any] | None) -> dict[str, str]:
    """The red rules that a form before this one asked about; none of who may not override."""
    if data is None or not step.takes_overrides or not user.has_perm(OVERRIDES):
        return {}
    asked = (name.removeprefix(_PARDON) for name in data if name.startswith(_PARDON))
    return {
        rule: rules[rule].title for rule in asked if rule in rules and not rules[rule].is_absolute
    }


def new_once() -> str:
    """A mark for one form, that nobody can guess."""
    return secrets.token_urlsafe(18)


def carry_out(
    step: Step, row: Any, said: Said, *, once: str, where: str, actor: Any, at: datetime
) -> Any:
    """
    Take a step once for each form: mark and effect share a transaction. Returns what the service
    answers.

    Raises AlreadyDone for a form that has had its effect, ChangedSinceShown for one that was made
    for something else, and whatever the service refuses with, when nothing has changed and the form
    may be sent again.
    """
    key = _key(once, where)
    with transaction.atomic():
        _, is_first = IdempotencyKey.objects.get_or_create(
            user=actor, key=key, defaults={"fingerprint": "", "created_at": at}
        )
        if not is_first:
            raise AlreadyDone
        shown = step.shows(row, at)
        if shown is not None and shown.mark != said.seen:
            raise ChangedSinceShown
        return step.perform(row, said, actor=actor, at=at)


def refuse_done(*, once: str, where: str, actor: Any) -> None:
    """Raise AlreadyDone for a form that has had its effect."""
    if IdempotencyKey.objects.filter(user=actor, key=_key(once, where)).exists():
        raise AlreadyDone


def _key(once: str, where: str) -> str:
    # Hashed with the address, so that the mark of one step's form is no mark of another's.
    digest = salted_hmac("windsock desk step", f"{where}\n{once}", algorithm="sha256")
    return f"desk:{digest.hexdigest()}"


def findings_in(refusal: DomainError) -> list[Mapping[str, Any]]:
    """The findings or reasons that a refusal carries, worst first; none where it has none."""
    found = refusal.details.get("findings") or refusal.details.get("reasons")
    rows = [each for each in found if isinstance(each, Mapping)] if _is_rows(found) else []
    return sorted(rows, key=lambda each: each.get("color", Color.RED) != Color.RED)


def _is_rows(found: object) -> TypeGuard[list[Any] | tuple[Any, ...]]:
    return isinstance(found, list | tuple)


def _words(label: str, **more: Any) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 2}), **more
    )


def _amber(findings: Sequence[Finding]) -> dict[str, str]:
    """Each amber rule once, with all that it says."""
    said: dict[str, list[str]] = {}
    for finding in findings:
        if finding.color == Color.AMBER:
            said.setdefault(finding.rule, []).append(finding.message)
    return {rule: " ".join(messages) for rule, messages in said.items()}


def in_status(*statuses: str) -> Callable[[Any, datetime], str | None]:
    """For a step that is offered in these statuses alone."""

    def when(row: Any, at: datetime) -> str | None:
        return "" if row.status in statuses else None

    return when


def plain(service: Callable[..., Any], **fixed: Any) -> Callable[..., Any]:
    """For a service that takes nothing but who and when."""

    def perform(row: Any, said: Said, *, actor: Any, at: datetime) -> Any:
        return service(row, actor=actor, at=at, **fixed)

    return perform


def reasoned(service: Callable[..., Any], name: str = "reason", **fixed: Any) -> Any:
    """For a service that wants to know why, by the argument of this name."""

    def perform(row: Any, said: Said, *, actor: Any, at: datetime) -> Any:
        return service(row, actor=actor, at=at, **{name: said.reason}, **fixed)

    return perform
