from typing import Any

from django import forms
from django.db.models import QuerySet
from django_filters import rest_framework as filters
from rest_framework.request import Request

from airports.models import Airport
from airports.views import parameters
from common.api.filters import MomentFilter, StrictFilterSet, WordSearch, YesNoFilter
from contacts.models import (
    FBO,
    Channel,
    City,
    Communication,
    Contact,
    ContactKind,
    ContactRole,
    Direction,
    FBOService,
    GroundKind,
    GroundProvider,
    GroundService,
    HoursKind,
)
from contacts.normalization import email_key, plain, read_phone

MOST_KEY = 2**62


class PlainSearch(WordSearch):
    """Looks for words without accents, which search words hold beside the name as written."""

    def get_search_terms(self, request: Request) -> list[str]:
        return [plain(term) for term in super().get_search_terms(request)]


class KeyFilter(filters.NumberFilter):
    """The number of another record; a fraction or a number out of range is refused."""

    field_class = forms.IntegerField

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=MOST_KEY, **kwargs)


class NearFilterSet(StrictFilterSet):
    """Filters of what is somewhere."""

    near = filters.CharFilter(method="near_to", help_text="lat,lon,km")

    def near_to(self, rows: Any, name: str, value: str) -> QuerySet:
        """Within a distance of a position."""
        position, km = parameters.near(value)
        found: QuerySet = rows.within_km(position, km)
        return found


class ContactFilter(NearFilterSet):
    """Filters of contacts; those that were merged only when asked for."""

    kind = filters.ChoiceFilter(choices=ContactKind.choices)
    role = filters.MultipleChoiceFilter(
        choices=ContactRole.choices, method="with_roles", help_text="Any of these roles."
    )
    is_active = YesNoFilter()
    is_merged = YesNoFilter(field_name="merged_into", lookup_expr="isnull", exclude=True)
    parent = KeyFilter(field_name="parent")
    city = KeyFilter(method="in_city", help_text="City of one of the addresses.")
    country = filters.CharFilter(max_length=2)
    email = filters.CharFilter(method="with_email", max_length=254)
    phone = filters.CharFilter(
        method="with_phone", max_length=40, help_text="With + and country code."
    )
    reference = filters.CharFilter(
        method="with_reference", max_length=141, help_text="system:reference"
    )

    class Meta:
        model = Contact
        fields: list[str] = []

    def with_roles(self, rows: QuerySet, name: str, value: list[str]) -> QuerySet:
        return rows.filter(roles__overlap=value) if value else rows

    def in_city(self, rows: QuerySet, name: str, value: int) -> QuerySet:
        return rows.filter(addresses__city=value).distinct()

    def with_email(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return rows.filter(emails__key=email_key(value))

    def with_phone(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        """By the whole number; a plus sign that was not escaped arrives as a blank, and is gone."""
        try:
            number = read_phone(value)
        except ValueError:
            return rows.none()
        keys = [number.key, f"+{number.digits}"]
        return rows.filter(phones__key__in=keys).distinct()

    def with_reference(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        """By what another system calls it."""
        system, _, reference = value.partition(":")
        return rows.filter(
            external_references__system=system, external_references__reference=reference
        )


class CityFilter(NearFilterSet):
    """Filters of cities."""

    country = filters.CharFilter(max_length=2)
    timezone = filters.CharFilter(max_length=64)

    class Meta:
        model = City
        fields: list[str] = []


class ProviderFilter(NearFilterSet):
    """Filters of what is at an airport."""

    airport = filters.CharFilter(method="at_airport", max_length=16, help_text="Any code of it.")
    contact = KeyFilter(field_name="contact")
    is_active = YesNoFilter()
    hours_kind = filters.ChoiceFilter(choices=HoursKind.choices)

    def at_airport(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return rows.filter(airport__in=Airport.objects.named(value))

    def with_services(self, rows: QuerySet, name: str, value: list[str]) -> QuerySet:
        """Having all the services named."""
        return rows.filter(services__contains=value) if value else rows


class FBOFilter(ProviderFilter):
    """Filters of FBOs."""

    service = filters.MultipleChoiceFilter(
        choices=FBOService.choices, method="with_services", help_text="All of these."
    )

    class Meta:
        model = FBO
        fields: list[str] = []


class GroundFilter(ProviderFilter):
    """Filters of ground providers."""

    kind = filters.MultipleChoiceFilter(choices=GroundKind.choices)
    service = filters.MultipleChoiceFilter(
        choices=GroundService.choices, method="with_services", help_text="All of these."
    )

    class Meta:
        model = GroundProvider
        fields: list[str] = []


class CommunicationFilter(StrictFilterSet):
    """Filters of the history."""

    contact = KeyFilter(
        method="of_contact", help_text="Also of those that were merged into this one."
    )
    channel = filters.MultipleChoiceFilter(choices=Channel.choices)
    direction = filters.ChoiceFilter(choices=Direction.choices)
    author = filters.CharFilter(field_name="author__email", max_length=254)
    occurred_from = MomentFilter(field_name="occurred_at", lookup_expr="gte")
    occurred_until = MomentFilter(field_name="occurred_at", lookup_expr="lt")
    is_corrected = YesNoFilter(field_name="correction", lookup_expr="isnull", exclude=True)

    class Meta:
        model = Communication
        fields: list[str] = []

    def of_contact(self, rows: Any, name: str, value: int) -> QuerySet:
        found: QuerySet = rows.with_contact(value)
        return found
