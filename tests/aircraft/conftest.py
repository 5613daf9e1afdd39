import pytest

from tests.aircraft.factories import AircraftFactory
from tests.users.factories import UserFactory


@pytest.fixture
def tail():
    """An airworthy ambulance with two stretchers, based at Boise."""
    return AircraftFactory()


@pytest.fixture
def controller():
    """Somebody who keeps aircraft."""
    return UserFactory()
