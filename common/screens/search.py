"""One field that finds records of every kind: numbers, registrations, people, places."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.contrib import admin
from django.db.models import Case, F, IntegerField, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.text import capfirst

LONGEST = 80
# Fewer letters make no trigram, so no index would serve.
SHORTEST_WORD = 3
SHORTEST_START = 2
MOST_WORDS = 6
EACH = 10
EXACT, STARTS, HOLDS = 0, 1, 2


@dataclass(frozen=True)
class Found:
    """
    How the records of a screen are found, and which columns say what was found.

    `numbers` are compared whole and by how they begin, `exact` whole alone, both in capitals;
    `words` are looked for inside. Each needs an index where the table is large.
    """

    label: str
    note: str = ""
    numbers: tuple[str, ...] = ()
    exact: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    as_kept: Callable[[str], str] = str


@dataclass(frozen=True)
class Hit:
    """One record."""

    label: str
    note: str
    address: str
    is_exact: bool


@dataclass
class Group:
    """Records of one kind, and the list that shows all of them."""

    title: str
    more: str
    hits: list[Hit] = field(default_factory=list)
    has_more: bool = False


def cleaned(text: str) -> str:
    """What is looked for. Raises ValueError for what nothing is called."""
    words = " ".join(text.split())
    if len(text) > LONGEST or not words.isprintable():
        raise ValueError("Not something to look for.")
    return words


def find(request: HttpRequest, query: str) -> list[Group]:
    """What the person may see and the query fits, by kind, the exact first; one statement."""
    if len(query) < SHORTEST_START:
        return []
    kinds = [(screen, found) for screen, found in _kinds(request)]
    asked = (
        _matches(screen.get_queryset(request), place, found, query)
        for place, (screen, found) in enumerate(kinds)
    )
    parts = [part for part in asked if part is not None]
    if not parts:
        return []
    together: Any = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    groups: dict[int, Group] = {}
    for place, key, label, note, rank in sorted(together, key=lambda hit: (hit[4], hit[0])):
        screen = kinds[place][0]
        group = groups.setdefault(place, _group(screen, query))
        if len(group.hits) == EACH:
            group.has_more = True
            continue
        address = reverse(_name_of(screen, "change"), args=[key])
        group.hits.append(Hit(label, note if note != label else "", address, rank == EXACT))
    return list(groups.values())


def only_exact(groups: list[Group]) -> Hit | None:
    """The one record that is called exactly so, if there is one."""
    exact = [hit for group in groups for hit in group.hits if hit.is_exact]
    return exact[0] if len(exact) == 1 else None


def _kinds(request: HttpRequest) -> Iterator[tuple[Any, Found]]:
    for screen in admin.site._registry.values():  # noqa: SLF001 - no public list of the screens
        found = getattr(screen, "found_by", None)
        if found is not None and screen.has_view_permission(request):
            yield screen, found


def _group(screen: Any, query: str) -> Group:
    more = f"{reverse(_name_of(screen, 'changelist'))}?{urlencode({'q': query})}"
    return Group(capfirst(str(screen.opts.verbose_name_plural)), more)


def _name_of(screen: Any, page: str) -> str:
    return f"admin:{screen.opts.app_label}_{screen.opts.model_name}_{page}"


def _matches(rows: QuerySet, place: int, found: Found, query: str) -> QuerySet | None:
    capital = query.upper()
    exact, starts, holds = Q(), Q(), Q()
    for name in (*found.numbers, *found.exact):
        exact |= Q(**{name: capital})
    for name in found.numbers:
        starts |= Q(**{f"{name}__startswith": capital})
    words = found.as_kept(query).split()[:MOST_WORDS]
    if words and all(len(word) >= SHORTEST_WORD for word in words) and found.words:
        holds = Q()
        for word in words:
            holds &= _any(found.words, word)
    ranks = [When(q, then=Value(r)) for q, r in ((exact, EXACT), (starts, STARTS)) if q]
    condition = exact | starts | holds
    if not condition:
        return None
    rank: Any = Case(*ranks, default=Value(HOLDS), output_field=IntegerField())
    return (
        rows.filter(condition)
        .order_by()
        .annotate(
            found_place=Value(place, output_field=IntegerField()),
            found_key=Cast("pk", TextField()),
            found_label=Cast(F(found.label), TextField()),
            found_note=Cast(F(found.note or found.label), TextField()),
            found_rank=rank,
        )
        .order_by("found_rank", "-pk")
        .values_list("found_place", "found_key", "found_label", "found_note", "found_rank")[
            : EACH + 1
        ]
    )


def _any(names: tuple[str, ...], word: str) -> Q:
    either = Q()
    for name in names:
        either |= Q(**{f"{name}__icontains": word})
    return either
