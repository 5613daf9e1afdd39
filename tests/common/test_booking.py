from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from psycopg.types.range import TimestamptzRange

from common.booking import Resource, book, conflicts, release, shorten
from common.exceptions import DoubleBooked
from common.models import Heartbeat, NumberSeries, ResourceBooking
from tests.common.concurrency import at_once, kinds

PILOT = Resource("person", 7, "Pilot 7")
AIRCRAFT = Resource("rpas_aircraft", 7)


def source(n):
    """Any two kinds of record will do: the ledger does not know what books."""
    model = NumberSeries if n % 2 else Heartbeat
    return model(pk=n)


def row(n, start, end, resource=PILOT):
    return ResourceBooking(
        resource_kind=resource.kind,
        resource_id=resource.pk,
        period=TimestamptzRange(start, end, "[)"),
        source_type="common.numberseries",
        source_id=n,
    )


@pytest.mark.django_db
def test_one_pilot_cannot_be_promised_to_two_kinds_of_work(now):
    book([PILOT], start=now, end=now + timedelta(hours=1), source=source(1))

    with pytest.raises(DoubleBooked) as refusal:
        book(
            [PILOT],
            start=now + timedelta(minutes=59),
            end=now + timedelta(hours=2),
            source=source(2),
        )

    assert refusal.value.details == {"resource": "Pilot 7", "kind": "person"}


@pytest.mark.django_db
def test_back_to_back_work_is_fine(now):
    hour = timedelta(hours=1)

    book([PILOT], start=now, end=now + hour, source=source(1))
    book([PILOT], start=now + hour, end=now + 2 * hour, source=source(2))

    assert ResourceBooking.objects.filter(is_live=True).count() == 2


@pytest.mark.django_db
def test_a_refused_booking_takes_nothing(now):
    hour = timedelta(hours=1)
    book([PILOT], start=now, end=now + hour, source=source(1))

    with pytest.raises(DoubleBooked):
        book([AIRCRAFT, PILOT], start=now, end=now + hour, source=source(2))

    assert conflicts([AIRCRAFT], start=now, end=now + hour) == []


@pytest.mark.django_db
def test_moving_a_booking_replaces_it(now):
    hour = timedelta(hours=1)
    book([PILOT], start=now, end=now + hour, source=source(1))

    book([PILOT], start=now + hour / 2, end=now + 2 * hour, source=source(1))

    live = ResourceBooking.objects.get(is_live=True)
    assert live.period.lower == now + hour / 2


@pytest.mark.django_db
def test_released_and_shortened_time_is_free_again(now):
    hour = timedelta(hours=1)
    book([PILOT], start=now, end=now + 4 * hour, source=source(1))

    assert shorten(source(1), end=now + hour) == 1
    book([PILOT], start=now + hour, end=now + 2 * hour, source=source(2))
    assert release(source(1)) == 1
    book([PILOT], start=now, end=now + hour, source=source(4))


@pytest.mark.django_db
def test_an_update_past_the_service_is_refused_too(now):
    hour = timedelta(hours=1)
    book([PILOT], start=now, end=now + hour, source=source(1))
    release(source(1))
    book([PILOT], start=now, end=now + hour, source=source(2))

    with pytest.raises(IntegrityError), transaction.atomic():
        ResourceBooking.objects.filter(source_id=1).update(is_live=True)


@pytest.mark.django_db
def test_a_swap_in_one_statement_is_allowed(now):
    hour = timedelta(hours=1)
    first, second = row(1, now, now + hour), row(3, now + hour, now + 2 * hour)
    first.save()
    second.save()
    first.period, second.period = second.period, first.period

    ResourceBooking.objects.bulk_update([first, second], ["period"])

    assert ResourceBooking.objects.get(source_id=1).period.lower == now + hour


@pytest.mark.django_db
@pytest.mark.parametrize("bounds", ["(]", "[]", "()"])
def test_only_half_open_periods_are_stored(now, bounds):
    odd = row(1, now, now + timedelta(hours=1))
    odd.period = TimestamptzRange(now, now + timedelta(hours=1), bounds)

    with pytest.raises(IntegrityError), transaction.atomic():
        odd.save()


@pytest.mark.django_db(transaction=True)
def test_of_eight_at_once_one_gets_the_pilot(now):
    end = now + timedelta(hours=1)

    def attempt(n):
        return lambda: book([AIRCRAFT, PILOT], start=now, end=end, source=source(n))

    results = at_once(*(attempt(n) for n in range(1, 9)))

    assert kinds(results) == ["DoubleBooked"] * 7 + ["NoneType"]


@pytest.mark.django_db(transaction=True)
def test_without_the_constraint_two_get_the_pilot(now, as_superuser):
    """The guard-off control: drop the constraint and the same race has more than one winner."""
    end = now + timedelta(hours=1)
    with as_superuser() as cursor:
        cursor.execute("ALTER TABLE common_resourcebooking DROP CONSTRAINT resource_double_booked")
    try:
        results = at_once(
            *(lambda n=n: book([PILOT], start=now, end=end, source=source(n)) for n in range(1, 5))
        )
        assert kinds(results).count("NoneType") > 1
    finally:
        ResourceBooking.objects.all().delete()
        with as_superuser() as cursor:
            cursor.execute(
                "ALTER TABLE common_resourcebooking ADD CONSTRAINT resource_double_booked"
                " EXCLUDE USING gist (resource_kind WITH =, resource_id WITH =, period WITH &&)"
                " WHERE (is_live) DEFERRABLE INITIALLY IMMEDIATE"
            )
    assert connection.vendor == "postgresql"
