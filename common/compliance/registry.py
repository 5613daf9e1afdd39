from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from common.compliance.findings import Color, Finding, Stage

Confidence = Literal["found", "known-high", "known-medium", "known-low", "design"]
Check = Callable[[Any, "RuleContext"], Finding | list[Finding] | None]


@dataclass(frozen=True)
class Parameter:
    """
    A number in a rule that an operator may set, on the strict side of the law only.

    `strict` says which way is stricter: "lower" for a maximum, "higher" for a minimum.
    """

    value: float
    strict: Literal["lower", "higher"]
    unit: str
    title: str = ""

    def allows(self, value: float) -> bool:
        """Say whether an operator's own value is at least as strict as the default."""
        return value <= self.value if self.strict == "lower" else value >= self.value


@dataclass(frozen=True)
class Instrument:
    """A dated legal instrument that rules rest on; once lapsed, they turn amber."""

    name: str
    subject: str
    effective_from: date | None
    effective_to: date | None
    source_checked_on: date

    def is_in_force(self, on: date) -> bool:
        """Say whether it is in force on a day; one without an end is."""
        begun = self.effective_from is None or self.effective_from <= on
        return begun and (self.effective_to is None or on <= self.effective_to)


@dataclass(frozen=True)
class Rule:
    """
    One rule: what it asks, where it is written, how sure we are of the source, and its code.

    `absolute_because` says of an absolute rule why nobody may override it.
    """

    code: str
    title: str
    citation: str
    confidence: Confidence
    facts: type
    inputs: tuple[str, ...]
    check: Check
    version: int = 1
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    instrument: str = ""
    effective_from: date | None = None
    effective_to: date | None = None
    is_absolute: bool = False
    absolute_because: str = ""

    @property
    def explanation(self) -> str:
        """The rule's docstring: the condition in words."""
        return " ".join((self.check.__doc__ or "").split())


@dataclass(frozen=True)
class RuleContext:
    """What a check may know besides the facts, and how it words its answer."""

    rule: Rule
    stage: Stage
    at: datetime
    parameters: Mapping[str, float]

    def __getitem__(self, name: str) -> float:
        """The value of a parameter: the operator's own, or the rule's default."""
        return self.parameters.get(name, self.rule.parameters[name].value)

    def green(self, message: str, **more: Any) -> Finding:
        return Finding(color=Color.GREEN, message=message, **more)

    def amber(self, message: str, **more: Any) -> Finding:
        return Finding(color=Color.AMBER, message=message, **more)

    def red(self, message: str, **more: Any) -> Finding:
        return Finding(color=Color.RED, message=message, **more)

    def missing(self, what: str, *, fix: str = "") -> Finding:
        """Say that an input is not known: amber while planning, red afterwards (fail closed)."""
        color = Color.AMBER if self.stage == Stage.PLANNING else Color.RED
        return Finding(color=color, message=f"{what} is not known.", fix=fix, is_missing_input=True)


rules: dict[str, Rule] = {}
rules_by_facts: dict[type, list[Rule]] = defaultdict(list)
instruments: dict[str, Instrument] = {}


def instrument(entry: Instrument) -> Instrument:
    """Register a dated instrument under its name."""
    instruments[entry.name] = entry
    return entry


def rule(
    code: str,
    *,
    title: str,
    citation: str,
    confidence: Confidence,
    facts: type,
    inputs: tuple[str, ...],
    **more: Any,
) -> Callable[[Check], Check]:
    """
    Register a compliance rule: a pure function of facts and context, which never reads the clock.

    The docstring of the check is shown to people as the condition. Raises ValueError on a code
    used twice or an unknown input name.
    """

    def register(check: Check) -> Check:
        if code in rules:
            raise ValueError(f"Rule {code} is registered twice")
        unknown = set(inputs) - set(getattr(facts, "__struct_fields__", ()))
        if unknown:
            raise ValueError(f"Rule {code} names inputs that the facts lack: {sorted(unknown)}")
        entry = Rule(
            code=code,
            title=title,
            citation=citation,
            confidence=confidence,
            facts=facts,
            inputs=inputs,
            check=check,
            **more,
        )
        rules[code] = entry
        rules_by_facts[facts].append(entry)
        return check

    return register
