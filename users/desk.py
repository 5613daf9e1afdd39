"""A person on their page: whether their papers are in force, and what the apps above know."""

from datetime import datetime, timedelta

from common.compliance.findings import Color
from common.desk.links import page_of
from common.desk.more import More, added_to
from common.desk.screen import Desk
from common.desk.standing import Fact, Group, Problem, Standing, worst, worst_first
from common.desk.steps import Step, reasoned
from common.desk.wording import day, days_left
from users.models import Qualification, QualificationStatus, User
from users.services import accounts

NEAR = timedelta(days=30)
MOST = 12


def standing(person: User, user: User, now: datetime) -> Standing:
    """How a person's papers stand for a reader; 1 statement and those of the apps above."""
    papers = _papers(person, user)
    more = added_to(person, user, now)
    today = now.date()
    colors = [_color(paper, papers, now) for paper in papers]
    problems = [_problem(paper, papers, user, now) for paper in papers]
    found = worst_first([*(each for each in problems if each), *more.problems, *_marked(more)])
    is_known = person.is_active and bool(colors or found)
    color = worst([*colors, *(each.color for each in found)]) if is_known else None
    facts = tuple(
        Fact(
            label=paper.get_kind_display(),
            value=f"until {day(paper.expires_on)}" if paper.expires_on else "without an end",
            link=page_of(paper, user),
            color=tint,
            detail=_detail(paper, now),
        )
        for paper, tint in list(zip(papers, colors, strict=True))[:MOST]
    )
    group = Group(title="Papers", facts=facts or (Fact(label="None", value="on file"),))
    return Standing(
        headline=_headline(person, papers, problems=[p for p in problems if p], user=user, now=now),
        color=color,
        judged=f"Papers as of {day(today)}, UTC.",
        problems=found,
        nothing="Nothing is amiss." if papers else "There is no paper to be judged.",
        groups=(*more.groups, group),
    )


def _marked(more: More) -> list[Problem]:
    """What the apps above mark in amber or red, such as hours near their limit."""
    return [
        Problem(color=fact.color, message=f"{fact.label}: {fact.value}.", citation=fact.detail)
        for group in more.groups
        for fact in group.facts
        if fact.color in (Color.AMBER, Color.RED) and fact.color is not None
    ]


def _papers(person: User, user: User) -> list[Qualification]:
    """Papers that were not revoked, those that end first on top; none without the grant."""
    if not user.has_perm("users.view_qualification"):
        return []
    rows = Qualification.objects.visible_to(user).filter(user=person)
    rows = rows.exclude(status=QualificationStatus.REVOKED)
    return list(rows.order_by("expires_on", "pk")[:100])


def _headline(
    person: User,
    papers: list[Qualification],
    *,
    problems: list[Problem],
    user: User,
    now: datetime,
) -> str:
    if not person.is_active:
        return f"{person.full_name}: the account is closed"
    if not user.has_perm("users.view_qualification"):
        return f"{person.full_name}: papers are not shown to you"
    if not papers:
        return f"{person.full_name}: no papers on file"
    red = sum(1 for each in problems if each.color == Color.RED)
    if red:
        return f"{person.full_name}: {red} of {len(papers)} papers not in force"
    later = sum(1 for each in papers if each.issued_on > now.date())
    if later:
        return f"{person.full_name}: {later} of {len(papers)} papers not in force yet"
    return f"{person.full_name}: papers in force"


def _is_replaced(paper: Qualification, papers: list[Qualification], now: datetime) -> bool:
    """Whether a paper of the same kind for the same thing is in force in its place."""
    today = now.date()
    return any(
        other.pk != paper.pk
        and (other.kind, other.aircraft_type) == (paper.kind, paper.aircraft_type)
        and other.status == QualificationStatus.VERIFIED
        and other.issued_on <= today
        and (other.expires_on is None or other.expires_on >= today)
        for other in papers
    )


def _color(paper: Qualification, papers: list[Qualification], now: datetime) -> Color:
    """Red is a paper that ended, unless another one has taken its place."""
    today = now.date()
    if paper.expires_on is not None and paper.expires_on < today:
        return Color.GREEN if _is_replaced(paper, papers, now) else Color.RED
    if paper.status != QualificationStatus.VERIFIED:
        return Color.AMBER
    if paper.issued_on > today:
        return Color.AMBER
    is_near = paper.expires_on is not None and paper.expires_on - today <= NEAR
    return Color.AMBER if is_near else Color.GREEN


def _detail(paper: Qualification, now: datetime) -> str:
    words = [paper.number, paper.aircraft_type, paper.classification]
    if paper.expires_on:
        words.append(days_left(paper.expires_on, now.date()))
    if paper.status != QualificationStatus.VERIFIED:
        words.append("not verified")
    return ", ".join(filter(None, words))


def _problem(
    paper: Qualification, papers: list[Qualification], user: User, now: datetime
) -> Problem | None:
    color = _color(paper, papers, now)
    if color == Color.GREEN:
        return None
    kind, ends = paper.get_kind_display(), paper.expires_on
    if color == Color.RED and ends is not None:
        message = f"{kind} ended {day(ends)}, {days_left(ends, now.date())}."
        remedy = "Record the new paper; until then plan no work that needs it."
    elif paper.status != QualificationStatus.VERIFIED:
        message, remedy = f"{kind} is not verified.", "Look at the paper and verify it."
    elif paper.issued_on > now.date():
        message = f"{kind} begins {day(paper.issued_on)}, {days_left(paper.issued_on, now.date())}."
        remedy = "Until then plan no work that needs it."
    else:
        message = f"{kind} ends {day(ends)}, {days_left(ends, now.date()) if ends else ''}."
        remedy = "Have it renewed."
    return Problem(color=color, message=message, remedy=remedy, link=page_of(paper, user))


def _can_close(person: User, at: datetime) -> str | None:
    return "" if person.is_active else None


def _can_open(person: User, at: datetime) -> str | None:
    return None if person.is_active else ""


DESK = Desk(
    standing=standing,
    steps=(
        Step(
            key="reactivate",
            label="Open the account again",
            permission="users.deactivate_user",
            perform=reasoned(accounts.reactivate),
            done="open again",
            when=_can_open,
            asks="Why",
            explained="With the roles that are still valid; sessions and tokens stay ended.",
        ),
        Step(
            key="deactivate",
            label="Close the account",
            permission="users.deactivate_user",
            perform=reasoned(accounts.deactivate),
            done="closed",
            when=_can_close,
            asks="Why",
            is_final=True,
            explained="Sessions and machine tokens end at once.",
        ),
    ),
)
