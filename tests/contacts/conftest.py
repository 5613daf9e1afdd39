import pytest

from contacts.models import FBO, City, Communication, Contact, GroundProvider
from tests.users.factories import UserFactory, grant

MODELS = (City, Communication, Contact, FBO, GroundProvider)
EVERY = [
    f"contacts.{action}_{model._meta.model_name}"
    for model in MODELS
    for action in (
        "view",
        "add",
        "change",
        *(n.rsplit("_", 1)[0] for n, _ in model._meta.permissions),
    )
]


@pytest.fixture
def coordinator():
    """Somebody at the desk with every permission of the app."""
    user = UserFactory()
    grant(user, *EVERY, "airports.view_airport")
    return user


@pytest.fixture
def client(client_for, coordinator):
    return client_for(coordinator)
