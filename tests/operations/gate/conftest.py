from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction

from operations.models import Trip
from tests.operations.gate.scene import ready_trip


@pytest.fixture(scope="module")
def green_trip(django_db_setup: None, django_db_blocker: Any) -> Iterator[Trip]:
    """One trip that may go, as long as the module's tests last; what they do to it is undone."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield ready_trip()
        transaction.set_rollback(True)


@pytest.fixture
def trip(green_trip: Trip, db: None) -> Trip:
    """A trip of which no rule has anything to say but green."""
    connection.run_on_commit = []
    return Trip.objects.get(pk=green_trip.pk)
