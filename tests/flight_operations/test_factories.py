import pytest

from flight_operations.plan_hash import content_hash
from tests.flight_operations.factories import OperationFactory

pytestmark = pytest.mark.django_db


def test_the_factory_makes_an_operation_with_a_sealed_plan_and_one_volume():
    operation = OperationFactory()

    assert operation.plan.volumes.count() == 1
    assert operation.plan.content_hash == content_hash(operation, operation.plan)
    assert operation.aircraft.operator == operation.operator
