from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from common.exceptions import InvalidInput, StaleVersion
from common.geo import point
from common.models import OutboxEvent
from contacts.exceptions import ContactMerged, FeeNotLater
from contacts.hours import Openness
from contacts.models import FBO, City, FBOFee, GroundProvider
from contacts.models.constraints import validate_zone
from contacts.queries.directory import DirectoryKind, near
from contacts.services.cities import seed_cities
from contacts.services.merges import merge_contacts
from contacts.services.providers import amend_provider, create_provider, set_fee
from tests.airports.factories import AirportFactory
from tests.contacts.factories import (
    ContactFactory,
    FBOFactory,
    FBOFeeFactory,
    GroundProviderFactory,
)
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db
CANBERRA = point(lat=-35.3069, lon=149.195)
SYDNEY = point(lat=-33.9461, lon=151.1772)
# 01:30 on a Sunday in Sydney.
NIGHT = datetime(2026, 3, 14, 14, 30, tzinfo=UTC)


@pytest.fixture
def actor():
    return UserFactory()


def create(model, actor, now, **values):
    values = {"airport": AirportFactory(), "name": "Harbour", **values}
    return create_provider(model, **values, actor=actor, at=now)


def price(fbo, actor, now, **values):
    values = {
        "kind": "handling",
        "unit": "visit",
        "amount": Decimal("400.00"),
        "currency": "AUD",
        "valid_from": date(2026, 7, 1),
        **values,
    }
    return set_fee(fbo, **values, actor=actor, at=now)


def test_an_fbo_is_dialed_from_anywhere(actor, now):
    fbo = create(
        FBO, actor, now, phone="02 9999 1234", after_hours_phone="0412 345 678", hours_kind="h24"
    )

    assert (fbo.phone_e164, fbo.after_hours_phone_e164) == ("+61299991234", "+61412345678")
    assert OutboxEvent.objects.get(name="contacts.provider_changed").payload["kind"] == "fbo"


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"hours_kind": "weekly"}, "/hours"),
        ({"hours_kind": "h24", "hours": {"0": [["06:00", "22:00"]]}}, "/hours"),
        ({"hours_kind": "weekly", "hours": {"8": []}}, "/hours"),
        ({"phone": "call me"}, "/phone"),
    ],
)
def test_what_cannot_be_is_refused(actor, now, values, pointer):
    with pytest.raises(InvalidInput) as refusal:
        create(FBO, actor, now, **values)

    assert refusal.value.details["pointer"] == pointer
    assert not FBO.objects.exists()


def test_a_provider_is_of_an_organization_in_use(actor, now):
    survivor, merged = ContactFactory(), ContactFactory()
    merge_contacts(survivor, merged, reason="Same", actor=actor, at=now)

    with pytest.raises(InvalidInput):
        create(FBO, actor, now, contact=ContactFactory(person=True))
    with pytest.raises(ContactMerged):
        create(FBO, actor, now, contact=merged)
    assert create(FBO, actor, now, contact=survivor).contact == survivor


def test_only_an_ambulance_gives_care(actor, now):
    with pytest.raises(InvalidInput):
        create(GroundProvider, actor, now, kind="car", care_level="basic")
    assert create(GroundProvider, actor, now, kind="ambulance", care_level="basic")


def test_hours_go_when_they_are_no_longer_weekly_and_an_old_version_is_refused(actor, now):
    fbo = FBOFactory()

    def amend(version, **changes):
        return amend_provider(fbo, changes=changes, version=version, actor=actor, at=now)

    amended = amend(fbo.version, hours_kind="h24")
    assert amended.hours is None
    with pytest.raises(StaleVersion):
        amend(fbo.version, name="Other")


@pytest.mark.parametrize(
    "values",
    [
        {"hours_kind": "h24"},
        {"hours": None},
        {"services": ["pizza"]},
        {"frequencies_mhz": [Decimal("117.975")]},
        {"frequencies_mhz": [Decimal("131.750"), Decimal("137.000")]},
        {"notice_min": 20_000},
        {"name": ""},
    ],
)
def test_the_database_has_the_last_word(values):
    fbo = FBOFactory()

    with pytest.raises(IntegrityError), transaction.atomic():
        FBO.objects.filter(pk=fbo.pk).update(**values)


def test_a_new_price_ends_the_one_before_and_keeps_it(actor, now):
    old = FBOFeeFactory()

    new = price(old.provider, actor, now)

    old.refresh_from_db()
    assert old.valid_until == date(2026, 7, 1)
    fees = old.provider.fees
    assert fees.on(date(2026, 6, 30)).get() == old
    assert fees.on(date(2026, 7, 1)).get() == new


def test_prices_of_other_masses_units_and_kinds_stand_beside(actor, now):
    light = FBOFeeFactory(mtow_until_kg=5700)
    fbo = light.provider

    price(fbo, actor, now, mtow_from_kg=5700)
    price(fbo, actor, now, unit="tonne")
    price(fbo, actor, now, kind="landing")

    light.refresh_from_db()
    assert light.valid_until is None
    assert fbo.fees.on(date(2026, 8, 1)).count() == 4


def test_a_price_from_a_day_on_which_or_after_which_one_begins_is_refused(actor, now):
    old = FBOFeeFactory()

    for day in (date(2026, 1, 1), date(2025, 7, 1)):
        with pytest.raises(FeeNotLater):
            price(old.provider, actor, now, valid_from=day)
    with pytest.raises(InvalidInput):
        price(old.provider, actor, now, mtow_from_kg=9, mtow_until_kg=9)


@pytest.mark.parametrize(
    "values",
    [
        {"valid_from": date(2026, 2, 1)},
        {"amount": "-1"},
        {"currency": "XXX"},
        {"valid_until": date(2026, 1, 1)},
        {"mtow_from_kg": 10, "mtow_until_kg": 10},
    ],
)
def test_the_database_refuses_prices_that_overlap_or_make_no_sense(values):
    held = FBOFeeFactory()

    with pytest.raises(IntegrityError), transaction.atomic():
        FBOFee.objects.create(
            **{
                "provider": held.provider,
                "kind": "handling" if "valid_from" in values else "landing",
                "unit": "visit",
                "amount": 1,
                "currency": "AUD",
                "valid_from": date(2026, 1, 1),
                **values,
            }
        )


@pytest.fixture
def places():
    """FBOs, an ambulance and a hospital around Sydney, and an FBO in Canberra."""
    sydney = AirportFactory(point=SYDNEY)
    bankstown = AirportFactory(point=point(lat=-33.9244, lon=150.9883))
    hospital = ContactFactory(
        name="Harbour Hospital",
        roles=["hospital"],
        point=point(lat=-33.92, lon=151.19),
        phone="02 9999 0000",
    )
    ContactFactory(person=True, roles=["hospital"], point=SYDNEY)
    return {
        "day": FBOFactory(airport=sydney, name="Day", phone="02 9999 1111"),
        "night": FBOFactory(airport=bankstown, name="Night", hours={"5": [["18:00", "02:00"]]}),
        "called": FBOFactory(airport=bankstown, name="Called", notice_min=60),
        "ambulance": GroundProviderFactory(airport=sydney),
        "hospital": hospital,
        "far": FBOFactory(airport=AirportFactory(point=CANBERRA), name="Far"),
        "closed": FBOFactory(airport=AirportFactory(point=SYDNEY, kind="closed")),
        "gone": FBOFactory(airport=sydney, name="Gone", is_active=False),
    }


def test_the_directory_lists_who_is_near_the_nearest_first(places):
    entries = near(SYDNEY, within_km=60, open_at=NIGHT)

    assert [entry.id for entry in entries if entry.kind == DirectoryKind.HOSPITAL] == [
        places["hospital"].pk
    ]
    names = [entry.name for entry in entries]
    assert set(names) == {"Day", "Night", "Called", places["ambulance"].name, "Harbour Hospital"}
    assert [entry.distance_km for entry in entries] == sorted(e.distance_km for e in entries)
    assert {e.phone for e in entries} >= {"+61299990000", "02 9999 1111"}


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (NIGHT, {"Day": "closed", "Night": "open", "Called": "on_request"}),
        # 13:00 on that Sunday.
        (
            datetime(2026, 3, 15, 2, 0, tzinfo=UTC),
            {"Day": "open", "Night": "closed", "Called": "open"},
        ),
    ],
)
def test_the_directory_knows_who_is_there_by_their_own_clock(places, moment, expected):
    entries = near(SYDNEY, within_km=60, open_at=moment, kinds=[DirectoryKind.FBO])

    assert {e.name: e.attendance.openness.value for e in entries} == expected


def test_only_those_that_are_there_when_asked(places):
    entries = near(SYDNEY, within_km=60, open_at=NIGHT, openness=[Openness.OPEN])

    assert {e.name for e in entries} == {"Night", places["ambulance"].name}


def test_the_directory_takes_the_same_statements_for_many(places):
    def count():
        with CaptureQueriesContext(connection) as queries:
            near(SYDNEY, within_km=60, open_at=NIGHT)
        return len(queries)

    before = count()
    FBOFactory.create_batch(5, airport=places["day"].airport)
    assert (before, count()) == (4, 4)


def test_the_cities_that_come_along_are_loaded_once_and_keep_real_time(actor, now):
    first, again = seed_cities(), seed_cities()

    assert first.added == again.kept == City.objects.count() > 60
    assert (first.kept, again.added) == (0, 0)
    for city in City.objects.all():
        validate_zone(city.timezone)
    assert City.objects.get(search_words__icontains="noumea").name == "Nouméa"


def test_the_command_says_how_many(capsys):
    call_command("seed_cities")

    assert "cities added, 0 were there." in capsys.readouterr().out


def test_a_price_for_the_time_before_another_stands_before_it(actor, now):
    later = FBOFeeFactory(valid_from=date(2026, 7, 1))

    before = price(
        later.provider, actor, now, valid_from=date(2026, 1, 1), valid_until=date(2026, 7, 1)
    )

    fees = later.provider.fees
    assert fees.on(date(2026, 6, 30)).get() == before
    assert fees.on(date(2026, 7, 1)).get() == later
    with pytest.raises(FeeNotLater):
        price(later.provider, actor, now, valid_from=date(2025, 7, 1), valid_until=date(2026, 7, 2))
