"""Operations over the gaps of a job, flown by who flew it last."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib.gis.geos import MultiPolygon, Polygon

from client_management.models import JobOrder
from client_management.portal_exceptions import NothingFlown, NotOfTheirOperator
from client_management.queries.tracks import flown_operations
from client_management.services.planning import Team, plan_job_operations
from flight_operations.models import FlightOperation
from rpas.models import RPASOperator

# Drafts: dispatch finds the day.
AHEAD = timedelta(days=1)


def plan_refly(
    job: JobOrder, areas: Sequence[Polygon], *, actor: Any, at: datetime
) -> list[FlightOperation]:
    """
    Draft operations for areas of a job, with the operator, aircraft and pilot of its last flight.

    Raises NothingFlown, NotOfTheirOperator, and what planning raises.
    """
    flown = flown_operations(job)
    if not flown:
        raise NothingFlown(job=job.number)
    last = flown[-1]
    if not RPASOperator.objects.visible_to(actor).filter(pk=last.operator_id).exists():
        raise NotOfTheirOperator(operator=last.operator.name)
    whole = MultiPolygon(*areas, srid=4326).unary_union
    planned = plan_job_operations(
        job,
        team=Team(
            operator=last.operator,
            aircraft=last.aircraft,
            pilot=last.pilot_in_command,
            category=last.category,
        ),
        start_at=at + AHEAD,
        area=whole,
        actor=actor,
        at=at,
    )
    return [each.operation for each in planned]
