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


@pytest.fixture
def made(client_org, actor, now):
    """A confirmed job over a square of 600 m, which takes two batteries."""
    return scene.job(client_org, actor, now, **scene.FINE)


@pytest.fixture
def team(db):
    return scene.fleet()


@pytest.fixture
def that_day(monkeypatch, now):
    """The product's clock stands at the stories' moment."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)


@pytest.fixture
def boss(client_for):
    """A client of the API who may do everything."""
    return client_for(UserFactory(is_superuser=True))
