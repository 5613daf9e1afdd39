from dataclasses import dataclass
from typing import ClassVar

from common.events import Event


@dataclass(frozen=True, kw_only=True)
class VerdictsStale(Event):
    """Something that these verdicts rest on has changed; they must be made again."""

    name: ClassVar[str] = "common.verdicts_stale"
    state_ids: list[int]


@dataclass(frozen=True, kw_only=True)
class VerdictChanged(Event):
    """A record's verdict has other red or amber rules than before."""

    name: ClassVar[str] = "common.verdict_changed"
    subject_type: str
    subject_id: int
    verdict_id: int
