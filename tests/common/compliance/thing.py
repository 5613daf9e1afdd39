"""A made-up kind of record with rules of its own, so that the engine is tested alone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from msgspec import Struct

from common.compliance import registry
from common.compliance.findings import Stage
from common.compliance.registry import Instrument, Parameter, instrument, rule
from common.compliance.subjects import Collected, subject, subjects

NOW = datetime(2026, 3, 14, 22, 30, tzinfo=UTC)
LABEL = "tests.thing"
SCOPE = "rpas_operator:1"


class ThingFacts(Struct, frozen=True, kw_only=True):
    rule_date: date | None = None
    height_m: float | None = None
    note: str = ""


@dataclass
class World:
    """What the collector sees: facts by key, and a hook run while it collects."""

    facts: dict[int, ThingFacts] = field(default_factory=dict)
    next_change_at: datetime | None = None
    while_collecting: Any = None
    collected: int = 0
    stages: dict[int, Stage | None] = field(default_factory=dict)

    def collect(self, ids: Sequence[int], at: datetime, stage: Any) -> Mapping[int, Collected]:
        found = {
            pk: Collected(
                facts=self.facts[pk],
                label=f"T{pk}",
                scope=SCOPE,
                dependencies=frozenset({f"thing:{pk}", "weather:YTST"}),
                next_change_at=self.next_change_at,
            )
            for pk in ids
            if pk in self.facts
        }
        self.collected += 1
        if self.while_collecting is not None:
            self.while_collecting()
        return found


def _stages(world: World) -> Any:
    return lambda ids: {pk: world.stages.get(pk, Stage.RELEASE) for pk in ids}


def registered_world() -> Iterator[World]:
    """Register the kind and its rules for one test, and take them back afterwards."""
    before = (
        dict(registry.rules),
        dict(registry.rules_by_facts),
        dict(registry.instruments),
        dict(subjects),
    )
    world = World()
    subject(LABEL, facts=ThingFacts, own="thing", stages=_stages(world))(world.collect)
    _register_rules()
    yield world
    for known, kept in zip(
        (registry.rules, registry.rules_by_facts, registry.instruments, subjects),
        before,
        strict=True,
    ):
        known.clear()
        known.update(kept)


def _register_rules() -> None:
    instrument(Instrument("T 1/20", "Heights", date(2020, 1, 1), date(2026, 3, 31), NOW.date()))

    @rule(
        "T-HEIGHT",
        title="Height",
        citation="T 1",
        confidence="found",
        facts=ThingFacts,
        inputs=("height_m",),
        parameters={"max_m": Parameter(120.0, "lower", "m")},
        instrument="T 1/20",
    )
    def height(facts: ThingFacts, context: registry.RuleContext) -> Any:
        """At most 120 m."""
        if facts.height_m is None:
            return context.missing("The height")
        color = context.green if facts.height_m <= context["max_m"] else context.red
        return color(f"{facts.height_m} m.", value=facts.height_m, limit=context["max_m"])

    @rule(
        "T-NOTE",
        title="Note",
        citation="T 2",
        confidence="design",
        facts=ThingFacts,
        inputs=("note",),
        is_absolute=True,
        effective_from=date(2026, 1, 1),
        effective_to=date(2026, 12, 31),
    )
    def note(facts: ThingFacts, context: registry.RuleContext) -> Any:
        """A note that says boom breaks the rule; one that says stop is refused."""
        if facts.note == "boom":
            raise ZeroDivisionError("boom")
        return context.red("Stop.") if facts.note == "stop" else None
