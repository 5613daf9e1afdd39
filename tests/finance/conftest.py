import pytest

from finance import billables
from tests.finance.billing import SUBJECT, Job
from tests.users.factories import UserFactory


@pytest.fixture
def actor(db):
    return UserFactory()


@pytest.fixture
def job(db, monkeypatch):
    """A job that can be billed, registered for one test."""
    made = Job()
    monkeypatch.setattr(billables, "_BILLABLES", {SUBJECT: made.billable()})
    return made
