from types import SimpleNamespace

import pytest

from rpas.models import KeyPost
from tests.rpas.factories import (
    AircraftFactory,
    KeyPersonnelFactory,
    MemberFactory,
    OperatorFactory,
)


@pytest.fixture
def operator():
    """An operator with its key staff."""
    return OperatorFactory(key_staff=True)


@pytest.fixture
def controller(operator):
    """The maintenance controller, with an ARN, working for the operator."""
    held = operator.key_personnel.get(post=KeyPost.MAINTENANCE_CONTROLLER)
    return MemberFactory(operator=operator, user=held.user).user


@pytest.fixture
def pilot(operator):
    """A remote pilot of the operator with an ARN."""
    return MemberFactory(operator=operator, pilot=True).user


@pytest.fixture
def aircraft(operator):
    """An airworthy aircraft of the operator."""
    return AircraftFactory(operator=operator)


@pytest.fixture
def other():
    """Another operator with a member, a controller and an aircraft."""
    operator = OperatorFactory()
    return SimpleNamespace(
        operator=operator,
        user=MemberFactory(operator=operator).user,
        controller=KeyPersonnelFactory(operator=operator).user,
        aircraft=AircraftFactory(operator=operator),
    )
