import threading

import pytest
from django.db import IntegrityError, connection, transaction

from common.models import Heartbeat
from common.numbering import next_number


@pytest.mark.django_db(transaction=True)
def test_concurrent_callers_get_consecutive_numbers():
    seen: list[str] = []

    def work() -> None:
        try:
            for _ in range(20):
                with transaction.atomic():
                    number = next_number("FO", year=2026)
                seen.append(number)
        finally:
            connection.close()

    _all(work, 12)

    assert sorted(seen) == [f"FO-2026-{n:04d}" for n in range(1, 241)]


@pytest.mark.django_db(transaction=True)
def test_counting_rows_instead_collides():
    """The guard-off control: what happens with count() + 1."""
    refused: list[int] = []

    def work() -> None:
        try:
            for _ in range(20):
                try:
                    with transaction.atomic():
                        name = f"n{Heartbeat.objects.count() + 1}"
                        Heartbeat(name=name, beat_at="2026-01-01T00:00:00Z").save(force_insert=True)
                except IntegrityError:
                    refused.append(1)
        finally:
            connection.close()

    _all(work, 12)

    assert refused


@pytest.mark.django_db
def test_a_rollback_returns_the_number():
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        next_number("FO", year=2026)
        raise ZeroDivisionError

    assert next_number("FO", year=2026) == "FO-2026-0001"


@pytest.mark.django_db
def test_the_width_grows_past_9999():
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO common_numberseries (prefix, year, last_value) VALUES ('FO', 2026, 9999)"
        )

    assert next_number("FO", year=2026) == "FO-2026-10000"


@pytest.mark.django_db(transaction=True)
def test_a_number_outside_a_transaction_is_refused():
    with pytest.raises(RuntimeError):
        next_number("FO", year=2026)


def _all(work, count):
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
