"""The doctor outside of any transaction, as its command runs it."""

import pytest

from common import diagnosis
from common.diagnosis import Trouble, examination, examine
from tests.users.factories import UserFactory
from users.models import User


@pytest.mark.django_db(transaction=True)
def test_by_itself_it_reads_one_moment_and_can_write_nothing(monkeypatch):
    monkeypatch.setattr(diagnosis, "_EXAMINATIONS", {})

    @examination("a.writes", "Writes")
    def writes() -> list[Trouble]:
        UserFactory()
        return []

    (result,) = examine()

    assert "read-only transaction" in result.troubles[0].message
    assert not User.objects.exists()
