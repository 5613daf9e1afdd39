"""What can be assessed: each app registers how the facts of its records are gathered, in sets."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import models

from common.compliance.findings import Stage


@dataclass(frozen=True)
class Collected:
    """
    The facts of one record and what they hang on.

    `dependencies` are keys such as `weather:YSCB` or `rpas_aircraft:5`; touching one marks the
    verdict stale. `next_change_at` is when time alone may change the answer. `scope` says whose
    record it is.
    """

    facts: Any
    label: str
    scope: str = ""
    dependencies: frozenset[str] = field(default_factory=frozenset)
    next_change_at: datetime | None = None


Collector = Callable[[Sequence[int], datetime, Stage], Mapping[int, Collected]]

# The stage at which each record stands now; None for one that is over and not judged again.
Stages = Callable[[Sequence[int]], Mapping[int, Stage | None]]


@dataclass(frozen=True)
class Subject:
    """
    A kind of record that can be assessed: its model, its facts and its collector.

    A kind without `stages` is always judged at the stage of its last verdict.
    """

    label: str
    facts: type
    collect: Collector
    own: str
    stages: Stages | None = None

    def own_key(self, pk: int) -> str:
        """The dependency key of one record of this kind, e.g. `flight_operation:7`."""
        return f"{self.own}:{pk}"

    @property
    def model(self) -> type[models.Model]:
        return apps.get_model(self.label)


subjects: dict[str, Subject] = {}


def subject(
    label: str, *, facts: type, own: str = "", stages: Stages | None = None
) -> Callable[[Collector], Collector]:
    """
    Register the collector of a model's facts, `label` being `app.model` in lower case.

    `own` is the prefix of a record's own dependency key, e.g. `flight_operation`; the label serves
    when it is not given. `stages` reads in one statement at which stage records stand now.

    The collector takes primary keys, the moment and the stage, and needs a number of SQL
    statements that does not grow with the number of keys.
    """

    def register(collect: Collector) -> Collector:
        subjects[label] = Subject(label, facts, collect, own or label, stages)
        return collect

    return register
