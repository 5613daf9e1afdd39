from datetime import UTC, date, datetime

import factory
from factory.django import DjangoModelFactory

from common.geo import point
from contacts.models import (
    FBO,
    City,
    Communication,
    Contact,
    ContactEmail,
    ContactPhone,
    FBOFee,
    GroundProvider,
)
from contacts.normalization import email_key, plain, read_phone
from contacts.services.details import refresh_words
from tests.airports.factories import AirportFactory
from tests.users.factories import UserFactory

BEFORE = datetime(2026, 3, 14, 20, 0, tzinfo=UTC)
DAY_HOURS = {str(day): [["06:00", "22:00"]] for day in range(7)}


class CityFactory(DjangoModelFactory):
    """A town in New South Wales."""

    name = factory.Sequence(lambda n: f"Town {n}")
    name_key = factory.LazyAttribute(lambda row: plain(row.name))
    search_words = factory.LazyAttribute(lambda row: plain(row.name))
    region = "New South Wales"
    country = "AU"
    point = point(lat=-33.28, lon=149.1)
    timezone = "Australia/Sydney"

    class Meta:
        model = City


class ContactFactory(DjangoModelFactory):
    """An organization in Australia; `person=True` for somebody, `phone` and `email` to have one."""

    class Params:
        person = factory.Trait(kind="person", name=factory.Sequence(lambda n: f"Ana Tester {n}"))

    kind = "organization"
    name = factory.Sequence(lambda n: f"Company {n}")
    name_key = factory.LazyAttribute(lambda row: plain(row.name))
    search_words = factory.LazyAttribute(lambda row: plain(row.name))
    roles = factory.LazyFunction(lambda: ["customer"])
    country = "AU"

    class Meta:
        model = Contact
        skip_postgeneration_save = True

    @factory.post_generation
    def phone(self, create, number, **kwargs):
        if number:
            read = read_phone(number, country=self.country)
            ContactPhone.objects.create(
                contact=self,
                number=number,
                country=self.country,
                key=read.key,
                e164=read.e164,
                tail=read.tail,
                is_primary=True,
            )

    @factory.post_generation
    def email(self, create, address, **kwargs):
        if address:
            ContactEmail.objects.create(
                contact=self, address=address, key=email_key(address), is_primary=True
            )

    @factory.post_generation
    def words(self, create, given, **kwargs):
        refresh_words(self)
        self.save()
        self.refresh_from_db()


class CommunicationFactory(DjangoModelFactory):
    """A call that came in."""

    contact = factory.SubFactory(ContactFactory)
    channel = "call"
    direction = "in"
    subject = "Bed confirmed"
    occurred_at = BEFORE
    recorded_at = BEFORE
    author = factory.SubFactory(UserFactory)

    class Meta:
        model = Communication


class FBOFactory(DjangoModelFactory):
    """An FBO open from six to ten at night."""

    airport = factory.SubFactory(AirportFactory)
    name = factory.Sequence(lambda n: f"Jet Base {n}")
    hours_kind = "weekly"
    hours = factory.LazyFunction(lambda: dict(DAY_HOURS))

    class Meta:
        model = FBO


class GroundProviderFactory(DjangoModelFactory):
    """An ambulance that comes day and night."""

    airport = factory.SubFactory(AirportFactory)
    name = factory.Sequence(lambda n: f"Ambulance {n}")
    kind = "ambulance"
    care_level = "intensive"
    hours_kind = "h24"

    class Meta:
        model = GroundProvider


class FBOFeeFactory(DjangoModelFactory):
    """A handling fee since the new year."""

    provider = factory.SubFactory(FBOFactory)
    kind = "handling"
    unit = "visit"
    amount = "385.00"
    currency = "AUD"
    valid_from = date(2026, 1, 1)

    class Meta:
        model = FBOFee
