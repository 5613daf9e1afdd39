import pytest

from tests.client_management import scene
from tests.users.factories import UserFactory


@pytest.fixture
def actor(db):
    return UserFactory()


@pytest.fixture
def client_org(actor, now):
    """A client that is active, with a contract of its own."""
    organization = scene.client(actor, now)
    scene.contract(actor, now, organization)
    return organization
