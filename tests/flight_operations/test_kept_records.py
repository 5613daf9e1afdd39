"""What CASA wants kept for seven years is removed by nobody: not by the ORM, not by plain SQL."""

import pytest
from django.db import DatabaseError, connection, transaction

from flight_operations.models import (
    ChecklistItem,
    FlightOperation,
    FlightPlan,
    OperationalAuthorization,
    OperationalLog,
    OperationalRelease,
    PreFlightChecklist,
    RiskApproval,
    SMSHazardRegister,
    SMSIncidentReport,
    SMSRiskAssessment,
)
from tests.flight_operations.factories import OperationFactory

pytestmark = pytest.mark.django_db
KEPT = [
    ChecklistItem,
    FlightOperation,
    FlightPlan,
    OperationalAuthorization,
    OperationalLog,
    OperationalRelease,
    PreFlightChecklist,
    RiskApproval,
    SMSHazardRegister,
    SMSIncidentReport,
    SMSRiskAssessment,
]


def delete_by_sql(table, pk):
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("windsock_app",)
        cursor.execute(f"DELETE FROM {table} WHERE id = %s", [pk])  # noqa: S608 - ours


def test_an_operation_and_what_hangs_on_it_are_not_removed():
    operation = OperationFactory()
    ways = [
        operation.delete,
        FlightOperation.objects.filter(pk=operation.pk).delete,
        operation.plan.delete,
        lambda: delete_by_sql("flight_operations_flightoperation", operation.pk),
        lambda: delete_by_sql("flight_operations_flightplan", operation.plan.pk),
    ]

    for way in ways:
        with pytest.raises(DatabaseError), transaction.atomic():
            way()

    assert FlightOperation.objects.filter(pk=operation.pk).exists()


@pytest.mark.parametrize("model", KEPT, ids=lambda model: model.__name__)
def test_every_kept_record_has_the_guard_that_the_role_of_the_application_cannot_lift(model):
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgenabled::text FROM pg_trigger"
            " WHERE tgrelid = %s::regclass AND tgname = 'keep_record'",
            [table],
        )
        assert cursor.fetchone() == ("O",)
        cursor.execute("SELECT has_table_privilege('windsock_app', %s, 'TRUNCATE')", [table])
        assert cursor.fetchone() == (False,)
        cursor.execute(
            "SELECT pg_has_role('windsock_app', relowner, 'MEMBER') FROM pg_class WHERE oid ="
            " %s::regclass",
            [table],
        )
        assert cursor.fetchone() == (False,)
