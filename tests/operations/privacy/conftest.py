from typing import Any

import pytest
from rest_framework.test import APIClient

from tests.users.factories import UserFactory, grant
from users.models import User

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
    "operations.approve_medicalrequirement",
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
