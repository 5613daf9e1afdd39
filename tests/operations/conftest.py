from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import transaction

from tests.users.factories import UserFactory, hold
from users.models import Role, User
from users.services.seeding import seed_roles


@pytest.fixture(scope="module")
def seeded(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The standard roles, as long as the module's tests last."""
    with django_db_blocker.unblock(), transaction.atomic():
        seed_roles()
        yield
        transaction.set_rollback(True)


@pytest.fixture
def person_in(seeded: None, db: None) -> Callable[[str], User]:
    """Somebody who holds one of the seeded roles."""

    def build(code: str) -> User:
        person = UserFactory()
        hold(person, Role.objects.get(code=code))
        return person

    return build
