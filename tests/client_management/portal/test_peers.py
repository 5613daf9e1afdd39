"""A short run of `python -m benchmarks.schemathesis --peers`: one of two clients asks all."""

import pytest

from benchmarks.fuzzing import fuzz_portal
from client_management import client_scope
from client_management.models.scoping import ClientQuerySet
from tests.client_management.portal.people import two_clients

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
EXAMPLES = 4


@pytest.fixture(autouse=True)
def any_host(settings):
    settings.ALLOWED_HOSTS = ["*"]


def test_no_answer_to_one_client_holds_anything_of_the_other():
    with two_clients() as peers:
        tally = fuzz_portal(peers, examples=EXAMPLES)

    assert tally.is_clean, tally.text()
    assert tally.operations > 30
    assert tally.statuses[200] > 20


def test_without_the_scope_the_same_questions_find_the_other(monkeypatch):
    """The control: neither door is there."""
    monkeypatch.setattr(ClientQuerySet, "for_client", lambda rows, organization: rows.all())
    monkeypatch.setattr(client_scope, "_set", lambda value: None)
    with two_clients() as peers:
        tally = fuzz_portal(peers, examples=EXAMPLES)

    assert sum(tally.leaks.values()) > 5
