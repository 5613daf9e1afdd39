from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from flight_operations.models import AuthorizationKind
from flight_operations.services import (
    authorizations,
    checklists,
    hazards,
    incidents,
    risk_assessments,
)
from flight_operations.services.authorizations import Terms
from flight_operations.services.risk_assessments import RiskLine
from rpas.models import RPASOperator
from tests.flight_operations.factories import OperationFactory
from tests.flight_operations.people import member


@pytest.fixture(name="desk")
def fresh_desk(db):
    """One record of each kind at one operator, made a minute ago by the same person."""
    return make_desk()


def make_desk() -> SimpleNamespace:
    operation = OperationFactory(planned_start_at=timezone.now() + timedelta(hours=2))
    return records_of(operation.operator, operation)


def records_of(operator: RPASOperator, operation) -> SimpleNamespace:
    actor, at = member(operator), timezone.now() - timedelta(minutes=1)
    made = {"operator": operator, "actor": actor, "at": at}
    line = RiskLine(
        hazard="Link",
        likelihood="A",
        severity=5,
        controls="Mast",
        residual_likelihood="B",
        residual_severity=3,
    )
    return SimpleNamespace(
        operator=operator,
        operation=operation,
        actor=actor,
        authorization=authorizations.request_authorization(
            terms=Terms(
                kind=AuthorizationKind.HEIGHT,
                number="APP-1",
                valid_from=at,
                valid_until=at + timedelta(days=90),
            ),
            **made,
        ),
        checklist=checklists.open_checklist(operation, actor=actor, at=at),
        assessment=risk_assessments.create_assessment(
            title="Roof", context="Roof", kind="normal", lines=[line], **made
        ),
        hazard=hazards.report_hazard(
            description="Tower", category="other", likelihood="B", severity=4, **made
        ),
        incident=incidents.report_incident(
            classification="flyaway", occurred_at=at, place="Depot", narrative="Gone", **made
        ),
    )
