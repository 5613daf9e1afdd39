"""Letting a trip or an offer pass a red rule, on a named person's word."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from django import forms

from common.compliance.decisions import override
from common.compliance.findings import Color, Finding, Stage, gist
from common.compliance.service import assess
from common.desk.links import page_of
from common.desk.standing import Fact, Group
from common.desk.steps import OVERRIDES, Said, Seen, Step
from common.desk.wording import age
from common.exceptions import ChangedSinceShown
from common.models import RuleOverride

MOST = 20
LONGEST_RULE = 40


def granted_for(subject_type: str, row: Any) -> list[RuleOverride]:
    """The overrides of the record on screen that stand, newest first, read once; 1 query."""
    known = row.__dict__.setdefault("_desk", {})
    if "overrides" not in known:
        rows = RuleOverride.objects.filter(
            subject_type=subject_type, subject_id=row.pk, withdrawn_at=None
        )
        known["overrides"] = list(rows.select_related("granted_by").order_by("-pk")[:MOST])
    found: list[RuleOverride] = known["overrides"]
    return found


def overridden(subject_type: str, row: Any, now: datetime, user: Any) -> list[Group]:
    """Who let which rule pass, and why; nothing where nobody did."""
    facts = tuple(
        Fact(
            label=each.rule,
            value=f"{each.granted_by.full_name}: {each.reason[:300]}",
            link=page_of(each, user),
            color=Color.AMBER,
            detail=age(each.granted_at, now),
        )
        for each in granted_for(subject_type, row)
    )
    return [Group(title="Let pass on somebody's name", facts=facts, is_wide=True)] if facts else []


@dataclass(frozen=True)
class _Judged:
    """
    One kind of record as the rules judge it at a stage.

    Whoever overrides answers for the findings that they read, so others mean another look.
    """

    subject_type: str
    stage: Stage

    def red_of(self, row: Any, at: datetime) -> Sequence[Finding]:
        found = assess(self.subject_type, row.pk, stage=self.stage, at=at).assessment.blockers
        return sorted(found, key=lambda each: (each.is_absolute, each.rule, each.message))

    def shown(self, row: Any, at: datetime) -> Seen:
        red = self.red_of(row, at)
        # The page asks for the choices too; once is enough for one page.
        row.__dict__.setdefault("_desk", {})["red"] = red
        name = "" if red else "Nothing is red."
        return Seen(mark=_mark(red), name=name, facts=tuple(_fact(each) for each in red))

    def asked(self, row: Any, user: Any, at: datetime) -> Mapping[str, forms.Field]:
        known = row.__dict__.get("_desk", {})
        red = known["red"] if "red" in known else self.red_of(row, at)
        rules = {each.rule: each.title or each.rule for each in red if not each.is_absolute}
        choices = [(rule, f"{rule}: {title}") for rule, title in rules.items()]
        # Any rule may be sent: the service says why another one is not for overriding.
        select = forms.Select(choices=choices)
        return {"rule": forms.CharField(label="Rule", max_length=LONGEST_RULE, widget=select)}

    def perform(self, row: Any, said: Said, *, actor: Any, at: datetime) -> RuleOverride:
        if _mark(self.red_of(row, at)) != said.seen:
            raise ChangedSinceShown
        subject = {"subject_type": self.subject_type, "subject_id": row.pk}
        return override(**subject, rule=said.fields["rule"], reason=said.reason, actor=actor, at=at)


def override_step(subject_type: str, *, stage: Stage, when: Callable[..., str | None]) -> Step:
    """The step for one kind of record, which the rules judge as of a stage."""
    judged = _Judged(subject_type, stage)
    return Step(
        key="override",
        label="Let a red rule pass",
        permission=OVERRIDES,
        perform=judged.perform,
        done="a rule was overridden",
        tells=lambda granted: f"{granted.rule} overridden on your name, because: {granted.reason}",
        explained="Your name and your reason stand on the release. A rule that is absolute cannot "
        "be overridden by anybody.",
        when=when,
        asks="Why it may pass",
        offers=judged.asked,
        seen=judged.shown,
    )


def _mark(red: Sequence[Finding]) -> str:
    text = repr(sorted({(each.rule, gist(each.message)) for each in red}))
    return sha256(text.encode()).hexdigest()


def _fact(finding: Finding) -> Fact:
    absolute = ", absolute: cannot be overridden" if finding.is_absolute else ""
    return Fact(
        label=finding.rule,
        value=finding.message,
        color=Color.RED,
        detail=f"{finding.citation}{absolute}",
    )
