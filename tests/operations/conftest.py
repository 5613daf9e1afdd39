from collections.abc import Callable

import pytest

from aircraft.models import Aircraft
from operations.models import Trip
from tests.operations import legal_world
from tests.operations.trip_world import piloted
from tests.users.factories import UserFactory, hold
from users.models import Role, User
from users.services.seeding import seed_roles


@pytest.fixture(scope="module")
def seeded(kept_rows: None) -> None:
    """The standard roles, as long as the module's tests last."""
    seed_roles()


@pytest.fixture
def person_in(seeded: None, db: None) -> Callable[[str], User]:
    """Somebody who holds one of the seeded roles."""

    def build(code: str) -> User:
        person = UserFactory()
        hold(person, Role.objects.get(code=code))
        return person

    return build


@pytest.fixture
def desk(db: None) -> User:
    """Whoever does the coordinators' work; services ask for a name, not for a grant."""
    user: User = UserFactory()
    return user


@pytest.fixture(scope="module")
def kept_crew_trip(kept_rows: None) -> Trip:
    """Built once for a module: making it ready for release is half of such a test's time."""
    return piloted(legal_world.aircraft())


@pytest.fixture
def crew_trip(kept_crew_trip: Trip, db: None) -> Trip:
    """A released charter of three legs with two pilots."""
    return Trip.objects.get(pk=kept_crew_trip.pk)


@pytest.fixture
def tail(request: pytest.FixtureRequest, db: None) -> Aircraft:
    """An aircraft that may fly anything the tests plan; the crew's own, if asked for."""
    if "crew_trip" in request.fixturenames:
        trip: Trip = request.getfixturevalue("crew_trip")
        return trip.aircraft
    return legal_world.aircraft()
