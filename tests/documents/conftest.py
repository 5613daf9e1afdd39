import pytest

from documents.kinds import register
from tests.contacts.factories import ContactFactory
from tests.documents.factories import GRANT, Said, letter_kind
from tests.users.factories import UserFactory, grant

DESK = (
    GRANT,
    "documents.view_document",
    "documents.generate_document",
    "documents.link_document",
)


@pytest.fixture(autouse=True)
def said(monkeypatch):
    """What letters say; only the kinds of these tests are known."""
    monkeypatch.setattr("documents.kinds._KINDS", {})
    found = Said()
    register(letter_kind(found))
    register(letter_kind(found, key="medical_note", title="Medical note", classification="medical"))
    register(letter_kind(found, key="memo", title="Memo", retention_years=None))
    return found


@pytest.fixture
def contact():
    return ContactFactory(name="Ann Example")


@pytest.fixture
def clerk():
    """Somebody at the desk who may have letters made, read and downloaded."""
    user = UserFactory()
    grant(user, *DESK)
    return user


@pytest.fixture
def client(client_for, clerk):
    return client_for(clerk)
