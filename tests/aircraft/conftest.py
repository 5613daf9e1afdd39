from datetime import date

import pytest

from tests.aircraft.factories import AircraftFactory, TypeFactory
from tests.users.factories import UserFactory


@pytest.fixture
def tail():
    """An airworthy ambulance with two stretchers, based at Boise."""
    return AircraftFactory()


@pytest.fixture
def controller():
    """Somebody who keeps aircraft."""
    return UserFactory()


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "casa.txt"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.fixture
def australian(db):
    return AircraftFactory(
        tail_number="VH-ZQA",
        serial_number="FL-512",
        aircraft_type=TypeFactory(designator="B350", directive_series=["GEN"]),
        registration_expires_on=date(2027, 6, 30),
    )
