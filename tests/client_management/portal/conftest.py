from types import SimpleNamespace

import pytest

from tests.client_management.portal.people import key, peer
from tests.conftest import NOW
from tests.users.factories import UserFactory


@pytest.fixture(scope="module")
def peers(kept_rows):
    """Two clients as peers, each with one record of everything; read by tests, never written."""
    actor = UserFactory()
    return SimpleNamespace(ours=peer(actor, NOW), theirs=peer(actor, NOW), actor=actor)


@pytest.fixture
def owner(client_org, actor, now):
    """Who runs the client's account in the portal."""
    return key(client_org, actor, now).user
