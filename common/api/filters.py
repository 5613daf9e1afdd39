from dataclasses import dataclass
from datetime import datetime
from typing import Any

import django_filters
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import BooleanField, DateTimeField, QuerySet
from django.utils.dateparse import parse_datetime
from django_filters.fields import IsoDateTimeField
from django_filters.rest_framework import DjangoFilterBackend, FilterSet
from django_filters.utils import get_model_field
from rest_framework.exceptions import ValidationError
from rest_framework.filters import SearchFilter
from rest_framework.request import Request

from common.api.serializers import NO_OFFSET
from common.api.texts import filter_text
from common.words import found_by_words

# Most special first: a date filter is also a character filter to django-filter's inheritance.
KINDS: tuple[tuple[type, str, str], ...] = (
    (django_filters.BooleanFilter, "boolean", ""),
    (django_filters.NumberFilter, "number", ""),
    (django_filters.IsoDateTimeFilter, "string", "date-time"),
    (django_filters.DateTimeFilter, "string", "date-time"),
    (django_filters.DateFilter, "string", "date"),
)
YES_OR_NO = (("true", "true"), ("false", "false"))
ALWAYS = {"page", "page_size", "cursor", "search", "ordering"}


class YesNoFilter(django_filters.TypedChoiceFilter):
    """`true` or `false`; django-filter's own boolean takes any other word for no filter at all."""

    def __init__(self, **kwargs: Any) -> None:
        # Its own way of making a filter of a field passes none of these.
        kwargs["choices"] = YES_OR_NO
        kwargs["coerce"] = _is_true
        super().__init__(**kwargs)


class _MomentField(IsoDateTimeField):
    """ISO 8601 with its offset from UTC: 09:00 alone is another moment in every office."""

    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values:
            return None
        try:
            moment = parse_datetime(str(value))
        except ValueError:
            moment = None
        if moment is None:
            raise DjangoValidationError(self.error_messages["invalid"], code="invalid")
        if moment.tzinfo is None:
            raise DjangoValidationError(NO_OFFSET, code="no_offset")
        return moment


class MomentFilter(django_filters.IsoDateTimeFilter):
    """A moment with its offset from UTC."""

    field_class = _MomentField


class StrictFilterSet(FilterSet):
    """
    A filter set that takes nothing for something else.

    Yes-or-no parameters, `isnull` too, are `true` or `false`; moments name their offset.

    A choice of several words for a column of the row's own leaves out DISTINCT: no row comes twice,
    and PostgreSQL would have to compare every column, the annotated ones too, of every row.
    """

    FILTER_DEFAULTS = {
        **FilterSet.FILTER_DEFAULTS,
        BooleanField: {"filter_class": YesNoFilter},
        DateTimeField: {"filter_class": MomentFilter},
    }

    @classmethod
    def get_filters(cls) -> Any:
        found = super().get_filters()
        for each in found.values():
            if isinstance(each, django_filters.MultipleChoiceFilter) and _is_own(cls, each):
                each.distinct = False
        return found


def _is_own(filterset: Any, each: django_filters.MultipleChoiceFilter) -> bool:
    model = filterset._meta.model
    field = get_model_field(model, each.field_name) if model else None
    return bool(field and field.concrete and not field.many_to_many and "__" not in each.field_name)


class WordSearch(SearchFilter):
    """Every word somewhere in the columns that a view names; rows come once."""

    def filter_queryset(self, request: Request, queryset: QuerySet, view: Any) -> QuerySet:
        fields = self.get_search_fields(view, request)
        words = self.get_search_terms(request)
        if not fields or not words or self.must_call_distinct(queryset, fields):
            return super().filter_queryset(request, queryset, view)
        lookups = [self.construct_search(str(name), queryset) for name in fields]
        return found_by_words(queryset, lookups, words)


class DocumentedFilterBackend(DjangoFilterBackend):
    """
    Filters by documented query parameters only; an unknown one is a 400, never silently ignored.

    A view names `filterset_class` or `filterset_fields`, `search_fields`, `ordering_fields` (an
    allow-list) and `extra_query` for parameters it reads itself; `search_filter` where words are
    not looked for as they are typed.
    """

    filterset_base = StrictFilterSet

    def filter_queryset(self, request: Request, queryset: QuerySet, view: Any) -> QuerySet:
        rows = super().filter_queryset(request, queryset, view)
        search = getattr(view, "search_filter", WordSearch)()
        rows = search.filter_queryset(request, rows, view)
        return _ordered(request, rows, view)


@dataclass(frozen=True)
class QueryParameter:
    """One documented query parameter of a list."""

    name: str
    kind: str = "string"
    format: str = ""
    text: str = ""
    choices: tuple[str, ...] = ()
    is_repeated: bool = False


def query_parameters(view: Any) -> list[QueryParameter]:
    """The filters, search and ordering that a list view documents."""
    filterset = DocumentedFilterBackend().get_filterset_class(view, view.queryset)
    filters = filterset.base_filters if filterset else {}
    found = [_parameter(name, each, filterset, view) for name, each in filters.items()]
    if getattr(view, "search_fields", None):
        found.append(QueryParameter("search", text="Words to look for."))
    if getattr(view, "ordering_fields", None):
        allowed = ", ".join(view.ordering_fields)
        text = f"Order by up to three of: {allowed}; a minus reverses."
        found.append(QueryParameter("ordering", text=text))
    found.append(QueryParameter("fields", text="Answer with these fields only; commas between."))
    return found


def _parameter(name: str, each: Any, filterset: Any, view: Any) -> QueryParameter:
    choices = tuple(str(value) for value, _ in each.extra.get("choices") or ())
    kind, form = next(((k, f) for cls, k, f in KINDS if isinstance(each, cls)), ("string", ""))
    many = isinstance(each, django_filters.MultipleChoiceFilter)
    text = filter_text(name, each, filterset, view.queryset.model)
    return QueryParameter(name, kind, form, text, choices, many)


def refuse_unknown_parameters(request: Request, view: Any, queryset: QuerySet | None) -> None:
    """Raise ValidationError naming query parameters that the view does not document."""
    known = set(ALWAYS) | set(getattr(view, "extra_query", ()))
    if queryset is not None:
        filterset = DocumentedFilterBackend().get_filterset_class(view, queryset)
        known |= {"fields", *(filterset.base_filters if filterset else ())}
    unknown = sorted(set(request.query_params) - known)
    if unknown:
        raise ValidationError(dict.fromkeys(unknown, "Unknown query parameter."))
    for name, value in request.query_params.items():
        if "\x00" in value:
            raise ValidationError({name: "Contains the NUL character."})


def _is_true(word: str) -> bool:
    return word == "true"


def _ordered(request: Request, rows: QuerySet, view: Any) -> QuerySet:
    wanted = request.query_params.get("ordering")
    if not wanted:
        return rows
    allowed = set(getattr(view, "ordering_fields", ()))
    terms = wanted.split(",")
    bad = [term for term in terms if term.removeprefix("-") not in allowed]
    if bad or len(terms) > 3:
        choices = ", ".join(sorted(allowed)) or "none"
        raise ValidationError({"ordering": f"Up to three of: {choices}."})
    return rows.order_by(*terms, "pk")
