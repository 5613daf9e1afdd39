"""The desk's look at a request, written down. Nothing is found out while rows are locked."""

from datetime import datetime
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import Max

from client_management.events import RequestAssessed
from client_management.exceptions import RequestNotReady
from client_management.models import RequestAssessment, RequestStatus, ServiceRequest
from client_management.queries.assessments import Look, Options, look, request_hash
from common.audit import record
from common.lifecycle import locked, move
from common.outbox import announce
from rpas.models import RPASAircraft, RPASOperator

ASSESSABLE = (
    RequestStatus.SUBMITTED,
    RequestStatus.ASSESSING,
    RequestStatus.QUOTED,
    RequestStatus.EXPIRED,
    RequestStatus.DECLINED,
)


def assess_request(
    request: ServiceRequest,
    *,
    options: Options | None = None,
    aircraft: RPASAircraft | None = None,
    operator: RPASOperator | None = None,
    actor: Any,
    at: datetime,
) -> RequestAssessment:
    """
    Look at a request as it stands: area, permits, flight lines, outlook, price range.

    Raises RequestNotReady, NoContract, PriceNotOnFile, StaleVersion where it was changed meanwhile.
    """
    _require_assessable(request)
    given = options or Options()
    found = look(request, options=given, aircraft=aircraft, operator=operator, at=at)
    inputs = {
        "request_hash": request_hash(request),
        "options": msgspec.to_builtins(given),
        "figures": msgspec.to_builtins(found.figures),
        "aircraft": aircraft.registration if aircraft else "",
        "operator": operator.pk if operator else None,
    }
    return _written(request, found, inputs, actor=actor, at=at)


@transaction.atomic
def _written(
    request: ServiceRequest, found: Look, inputs: dict[str, Any], *, actor: Any, at: datetime
) -> RequestAssessment:
    request = locked(request, version=request.version)
    _require_assessable(request)
    last = request.assessments.aggregate(last=Max("sequence"))["last"] or 0
    assessment = RequestAssessment.objects.create(
        request=request,
        sequence=last + 1,
        area_m2=request.area_m2,
        flight_min=found.flight_min,
        batteries=found.batteries,
        operations=found.operations,
        is_feasible=found.is_feasible,
        earliest_on=found.earliest_on,
        findings=msgspec.to_builtins(found.findings),
        authorities=msgspec.to_builtins(found.needs),
        survey=found.survey,
        outlook=found.outlook,
        price=found.price,
        inputs=inputs,
        assessed_by=actor,
        assessed_at=at,
    )
    if request.status not in (RequestStatus.ASSESSING, RequestStatus.QUOTED):
        request.handled_by = actor
        move(request, RequestStatus.ASSESSING, actor=actor, at=at)
    record("service_request.assessed", request, actor=actor, at=at, sequence=assessment.sequence)
    announce(
        RequestAssessed(
            request_id=request.pk,
            organization_id=request.organization_id,
            assessment_id=assessment.pk,
        )
    )
    return assessment


def _require_assessable(request: ServiceRequest) -> None:
    if request.status not in ASSESSABLE:
        raise RequestNotReady(request=request.number, status=request.get_status_display().lower())
