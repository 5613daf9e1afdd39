"""Any sequence of bills, payments, refunds, credits and disputes leaves books that hold."""

from datetime import UTC, datetime

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contacts.factories import ContactFactory
from tests.finance.books import at_commit
from tests.finance.money_walk import Walk

NUMBER = st.integers(min_value=0, max_value=60)
DEEDS = st.lists(st.tuples(NUMBER, NUMBER, NUMBER, NUMBER), min_size=4, max_size=14)
AT = datetime(2026, 3, 14, 22, 30, tzinfo=UTC)


@pytest.mark.django_db
@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(deeds=DEEDS)
def test_the_books_hold_after_every_deed(deeds):
    with transaction.atomic():
        walk = Walk([ContactFactory(), ContactFactory()], at=AT)
        for deed in deeds:
            walk.step(deed)
            at_commit()
        walk.check()
        transaction.set_rollback(True)
