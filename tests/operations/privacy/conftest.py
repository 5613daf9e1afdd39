from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from tests.users.factories import UserFactory, grant, hold
from users.models import Role, User
from users.services.seeding import seed_roles

EVERY = (
    "operations.view_patient",
    "operations.view_needs_patient",
    "operations.view_identity_patient",
    "operations.view_medical_patient",
    "operations.add_patient",
    "operations.change_patient",
    "operations.search_patient",
    "operations.view_patientaccess",
    "operations.break_glass_patient",
    "operations.view_medicalrequirement",
    "operations.add_medicalrequirement",
    "operations.change_medicalrequirement",
    "operations.review_medicalrequirement",
    "operations.view_passenger",
    "operations.view_manifest_passenger",
    "operations.add_passenger",
    "operations.change_passenger",
    "operations.view_trip",
)


@pytest.fixture
def physician() -> User:
    """Somebody with every permission there is on patients and passengers."""
    user = UserFactory()
    grant(user, *EVERY)
    return user


@pytest.fixture
def client(client_for: Any, physician: User) -> APIClient:
    return client_for(physician)


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
