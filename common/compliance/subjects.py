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
class Guard:
    """
    Facts that are shown to who holds a permission, as paths: `medical`, `crew.*.date_of_birth`.

    A rule that reads a fact withheld as a whole says no more than its color; so does one that reads
    an input that `tells`, of which only parts are withheld.
    """

    permission: str
    paths: tuple[str, ...]
    tells: tuple[str, ...] = ()

    @property
    def inputs(self) -> set[str]:
        """The inputs of rules whose words would repeat the facts."""
        return {*self.tells, *(path for path in self.paths if "." not in path)}


@dataclass(frozen=True)
class Subject:
    """
    A kind of record that can be assessed: its model, its facts and its collector.

    A kind without `stages` is always judged at the stage of its last verdict. What the rules say of
    a record is shown to who may see the record, of kinds that are `open_to_members` to everybody of
    its scope; its facts, but for what `guards` withhold.
    """

    label: str
    facts: type
    collect: Collector
    own: str
    stages: Stages | None = None
    guards: tuple[Guard, ...] = ()
    open_to_members: bool = False

    def own_key(self, pk: int) -> str:
        """The dependency key of one record of this kind, e.g. `flight_operation:7`."""
        return f"{self.own}:{pk}"

    @property
    def view(self) -> str:
        """The permission to see records of this kind."""
        app, model = self.label.split(".")
        return f"{app}.view_{model}"

    def is_shown(self, holds: Callable[[str], bool]) -> bool:
        """Whether grants are enough to read what the rules say of records in one's scopes."""
        return self.open_to_members or holds(self.view)

    @property
    def model(self) -> type[models.Model]:
        return apps.get_model(self.label)


subjects: dict[str, Subject] = {}


def subject(
    label: str,
    *,
    facts: type,
    own: str = "",
    stages: Stages | None = None,
    guards: tuple[Guard, ...] = (),
    open_to_members: bool = False,
) -> Callable[[Collector], Collector]:
    """
    Register the collector of a model's facts, `label` being `app.model` in lower case.

    `own` is the prefix of a record's own dependency key, e.g. `flight_operation`; the label serves
    when it is not given. `stages` reads in one statement at which stage records stand now; `guards`
    are the facts that not everybody who may see the record is shown. With `open_to_members` the
    verdicts need no grant to see the record, only its scope.

    The collector takes primary keys, the moment and the stage, and needs a number of SQL
    statements that does not grow with the number of keys.
    """

    def register(collect: Collector) -> Collector:
        subjects[label] = Subject(
            label, facts, collect, own or label, stages, guards, open_to_members
        )
        return collect

    return register
