"""Where the operations on a board are flown: areas, fences and launch sites, for its map."""

import json
from datetime import datetime
from typing import Any

from django.contrib.gis.db.models.functions import AsGeoJSON
from django.db.models import Q

from dispatcher.models import DispatchCenter
from flight_operations.models import FlightPlan, OperationStatus, PlanFence, PlanVolume

# Of each kind of row, as the board's other rows.
MOST = 5000
DIGITS = 5
Row = dict[str, Any]


def areas_of(center: DispatchCenter, *, since: datetime, until: datetime) -> dict[str, Any]:
    """Plans of the operations that the overview shows of a range, in three statements."""
    shown = Q(operation__planned_start_at__lt=until, operation__planned_end_at__gt=since) | Q(
        operation__status=OperationStatus.ACTIVE
    )
    plans = FlightPlan.objects.filter(shown, operation__operator=center.operator_id)
    sites = plans.order_by("pk").values_list("pk", "operation_id", "launch_site")[:MOST]
    found: dict[int, Row] = {
        pk: {
            "operation_id": operation,
            "launch_site": [round(site.x, DIGITS), round(site.y, DIGITS)],
            "volumes": [],
            "fences": [],
        }
        for pk, operation, site in sites
    }
    volumes, fences = list(_volumes(found)), list(_fences(found))
    for plan, sequence, floor, ceiling, datum, area in volumes:
        height = {"floor_m": floor, "ceiling_m": ceiling, "datum": datum}
        found[plan]["volumes"].append({"sequence": sequence, **height, "area": json.loads(area)})
    for plan, name, kind, area in fences:
        found[plan]["fences"].append({"name": name, "kind": kind, "area": json.loads(area)})
    is_cut_off = len(found) >= MOST or max(len(volumes), len(fences)) >= 2 * MOST
    return {"areas": list(found.values()), "is_cut_off": is_cut_off}


def _volumes(plans: dict[int, Row]) -> Any:
    rows = PlanVolume.objects.filter(plan__in=list(plans)).order_by("plan", "sequence")
    shaped = rows.annotate(shape=AsGeoJSON("area", precision=DIGITS))
    columns = ("plan_id", "sequence", "floor_m", "ceiling_m", "datum", "shape")
    return shaped.values_list(*columns)[: 2 * MOST]


def _fences(plans: dict[int, Row]) -> Any:
    rows = PlanFence.objects.filter(plan__in=list(plans)).order_by("plan", "name")
    shaped = rows.annotate(shape=AsGeoJSON("area", precision=DIGITS))
    return shaped.values_list("plan_id", "name", "kind", "shape")[: 2 * MOST]
