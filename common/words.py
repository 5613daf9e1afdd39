"""Looking for words in the columns of large tables, where an index has to do it."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.admin.utils import NotRelationField, get_fields_from_path
from django.core.exceptions import FieldDoesNotExist
from django.db.models import ForeignKey, Model, Q, QuerySet
from django.utils.text import smart_split, unescape_string_literal

ENDS = {"^": "istartswith", "=": "iexact"}
# Each word is a statement for each record named by key: those of a longer text are joined.
MOST_WORDS = 10
# More records of another kind than this are looked for by joining them.
MOST_KEYS = 300


def found_by_words(rows: QuerySet, lookups: Sequence[str], words: Iterable[str]) -> QuerySet:
    """
    The rows that hold every word, each in any of the columns; a statement more for each record
    named by key and word.

    What a record named by key holds is looked for there first: over a join of both tables no index
    of either serves, and every row would be read.
    """
    for number, word in enumerate(dict.fromkeys(words)):
        if number < MOST_WORDS:
            rows = rows.filter(_somewhere(rows.model, lookups, word))
        else:
            rows = rows.filter(Q.create([(each, word) for each in lookups], connector=Q.OR))
    return rows


def _somewhere(model: type[Model], lookups: Sequence[str], word: str) -> Q:
    found = Q(pk__in=())
    elsewhere: dict[str, Q] = {}
    for lookup in lookups:
        name, _, rest = lookup.partition("__")
        if is_named_by_key(model, lookup):
            elsewhere[name] = elsewhere.get(name, Q()) | Q(**{rest: word})
        else:
            found |= Q(**{lookup: word})
    for name, condition in elsewhere.items():
        found |= _by_keys(model, name, condition)
    return found


def is_named_by_key(model: type[Model], lookup: str) -> bool:
    """Whether a lookup is about a record that the row names by a foreign key of its own."""
    name, _, rest = lookup.partition("__")
    names = {field.name for field in model._meta.concrete_fields if isinstance(field, ForeignKey)}
    return name in names and "__" in rest


def plain_lookups(model: type[Model], names: Iterable[str]) -> list[str]:
    """
    The lookups of a screen's search fields; none where one is more than a path of columns that
    names each row once.
    """
    found = []
    for name in names:
        path, ends = (name[1:], ENDS[name[0]]) if name[0] in ENDS else (name, "icontains")
        try:
            fields = get_fields_from_path(model, path)
        except (FieldDoesNotExist, NotRelationField):
            return []
        if any(field.one_to_many or field.many_to_many for field in fields):
            return []
        found.append(f"{path}__{ends}")
    return found


def split_words(text: str) -> list[str]:
    """The words that somebody typed; what stands in quotes is one."""
    return [
        unescape_string_literal(word)
        if len(word) > 1 and word[0] in "\"'" and word[0] == word[-1]
        else word
        for word in smart_split(text)
    ]


def _by_keys(model: type[Model], name: str, condition: Q) -> Q:
    field: Any = model._meta.get_field(name)
    others = field.related_model._default_manager.filter(condition)
    keys = list(others.values_list(field.target_field.attname, flat=True)[: MOST_KEYS + 1])
    if len(keys) > MOST_KEYS:
        joined = others.values(field.target_field.attname)
        return Q(**{f"{name}__in": joined})
    return Q(**{f"{name}__in": keys}) if keys else Q(pk__in=())
