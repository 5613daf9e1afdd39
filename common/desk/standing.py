"""How one record stands, as values that any app can fill and one template shows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from common.compliance.findings import SEVERITY, Color, Finding

# What a page lists at once, and what it lists at all.
SHOWN = 6
MOST = 60


@dataclass(frozen=True)
class Badge:
    """A color as a letter, a word and a style; never as a color alone."""

    letter: str
    word: str
    style: str


_BADGES = {
    Color.GREEN: Badge("G", "green", "green"),
    Color.AMBER: Badge("A", "amber", "amber"),
    Color.RED: Badge("R", "red", "red"),
    None: Badge("\u2013", "not judged", "none"),
}


def badge_of(color: Color | None) -> Badge:
    """The badge of a color; None is what nobody knows, which is never green."""
    return _BADGES[color]


@dataclass(frozen=True, kw_only=True)
class Stale:
    """An answer that something has changed since; `because` names it."""

    since: str
    because: str


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is not in order: which rule says so, on what ground, and what to do."""

    color: Color
    message: str
    rule: str = ""
    citation: str = ""
    remedy: str = ""
    link: str = ""
    overridden: str = ""

    @property
    def badge(self) -> Badge:
        return badge_of(self.color)


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One figure or sentence about a record; a `color` marks what needs a look."""

    label: str
    value: str
    link: str = ""
    color: Color | None = None
    detail: str = ""

    @property
    def badge(self) -> Badge | None:
        return badge_of(self.color) if self.color else None


@dataclass(frozen=True, kw_only=True)
class Group:
    """Facts under one heading; `is_wide` takes the whole width."""

    title: str
    facts: tuple[Fact, ...]
    is_wide: bool = False


@dataclass(frozen=True, kw_only=True)
class Standing:
    """
    What a page says of a record before anything else.

    `color` None says that nobody judged it. `more` leads to what the page has no room for.
    """

    headline: str
    color: Color | None
    stale: Stale | None = None
    judged: str = ""
    problems: Sequence[Problem] = ()
    nothing: str = "Nothing stands in the way."
    groups: Sequence[Group] = ()
    more: str = ""

    @property
    def badge(self) -> Badge:
        """The badge at the top: an answer that is out of date counts for nothing."""
        if self.stale and self.color:
            return Badge("?", f"stale, was {self.color}", f"{self.color} stale")
        return badge_of(self.color)

    @property
    def shown(self) -> Sequence[Problem]:
        return self.problems[:SHOWN]

    @property
    def folded(self) -> Sequence[Problem]:
        return self.problems[SHOWN:MOST]

    @property
    def left_out(self) -> int:
        return max(0, len(self.problems) - MOST)


def worst(colors: Iterable[Color | None]) -> Color | None:
    """The worst of several; one that nobody knows makes the whole unknown unless another is red."""
    found = list(colors)
    known = [color for color in found if color is not None]
    top = max(known, key=SEVERITY.__getitem__, default=None)
    return top if top == Color.RED or None not in found else None


def worst_first(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Red before amber, otherwise as they came."""
    return tuple(sorted(problems, key=lambda each: -SEVERITY[each.color]))


def problem_of(finding: Finding, link: str = "") -> Problem:
    """A rule's finding as a page shows it."""
    return Problem(
        color=finding.color,
        message=finding.message,
        rule=finding.rule,
        citation=finding.citation,
        remedy=finding.fix,
        link=link,
        overridden=finding.overridden_reason,
    )


@dataclass(frozen=True, kw_only=True)
class Judgment:
    """The cached verdict of a record: its color, when it was made, whether it still counts."""

    color: Color | None
    assessed_at: datetime | None = None
    stale_since: datetime | None = None
    stale_because: str = ""
    findings: tuple[Finding, ...] = ()
    verdict_id: int | None = None

    @property
    def is_stale(self) -> bool:
        return self.stale_since is not None

    @property
    def holds(self) -> Color | None:
        """The color that counts now: none while the answer is out of date."""
        return None if self.is_stale else self.color


@dataclass(frozen=True, kw_only=True)
class Head:
    """The first line of a page with its color, and what it adds to what is not in order."""

    headline: str
    color: Color | None
    nothing: str
    problems: tuple[Problem, ...] = ()


def airworthy(judgment: Judgment, *, status: str, is_in_use: bool, is_over: bool) -> Head:
    """Whether an aircraft may fly: it is in use, and the rules find nothing red."""
    red = sum(1 for each in judgment.findings if each.color == Color.RED)
    fine = "Nothing stands in the way: every rule that was asked is green."
    if is_over:
        return Head(headline=f"{status}: off the fleet", color=None, nothing="It flies no more.")
    if not is_in_use:
        blocked = Problem(
            color=Color.RED,
            message=f"Its status is {status.lower()}.",
            remedy="Return it to service when what it waits for is done.",
        )
        added = () if red else (blocked,)
        headline = f"{status}: may not fly"
        return Head(headline=headline, color=Color.RED, nothing=fine, problems=added)
    if judgment.color is None:
        unknown = "Nobody has judged this aircraft yet."
        headline = f"{status}: cannot be said whether it may fly, nobody has judged it"
        return Head(headline=headline, color=None, nothing=unknown)
    if judgment.color == Color.RED:
        return Head(
            headline=f"{status}: may not fly, {red} red", color=judgment.color, nothing=fine
        )
    if judgment.is_stale:
        headline = f"{status}: to be judged again before it can be said whether it may fly"
        return Head(headline=headline, color=judgment.color, nothing=fine)
    return Head(headline=f"{status}: may fly", color=judgment.color, nothing=fine)
