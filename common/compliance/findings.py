import re
from typing import Any

import msgspec
from django.db import models

# Times and amounts, but not a leg's number; what stands in brackets is where it was read.
_VARYING = re.compile(r"\([^)]*\)|(?<![Ll]eg )\b\d[\d:.,-]*Z?")


class Color(models.TextChoices):
    """Green passes, amber needs a recorded acknowledgement or approval, red is not permitted."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"


SEVERITY = {Color.GREEN: 0, Color.AMBER: 1, Color.RED: 2}


class Stage(models.TextChoices):
    """The moment the question is asked. Missing input is amber while planning, red at release."""

    PLANNING = "planning"
    RELEASE = "release"
    INFLIGHT = "inflight"
    POST = "post"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule says of one record, and why."""

    color: Color
    message: str
    rule: str = ""
    title: str = ""
    citation: str = ""
    confidence: str = ""
    value: Any = None
    limit: Any = None
    fix: str = ""
    is_missing_input: bool = False
    is_absolute: bool = False
    # Time alone brought it about: nothing that it rests on was changed.
    is_by_time: bool = False
    overridden_reason: str = ""


def gist(message: str) -> str:
    """
    What a finding says without figures and sources, which change though the fault is the same.

    The number of a leg is no figure.
    """
    return _VARYING.sub("", message)


class Override(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded decision to let a red rule pass; part of a verdict's inputs."""

    rule: str
    reason: str
    granted_by: str


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """All findings on one record at one moment. No findings at all means red."""

    findings: tuple[Finding, ...]

    @property
    def color(self) -> Color:
        """The worst color of all findings; red when no rule applied."""
        return max((f.color for f in self.findings), key=SEVERITY.__getitem__, default=Color.RED)

    @property
    def blockers(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.color == Color.RED)

    @property
    def cautions(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.color == Color.AMBER)
