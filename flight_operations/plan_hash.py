"""The fingerprint of a plan: what a release binds, and whose change makes it void."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from django.contrib.gis.geos import GEOSGeometry
from django.db.models import Model

OPERATION_FIELDS = (
    "aircraft_id",
    "pilot_in_command_id",
    "purpose",
    "category",
    "sight_mode",
    "is_paid",
    "is_over_own_land",
    "planned_start_at",
    "planned_end_at",
)
# Bookkeeping and evidence, not content.
OMITTED = frozenset(
    (
        "id",
        "plan",
        "operation",
        "revision",
        "content_hash",
        "local_weather_observation",
        "created_at",
        "updated_at",
        "version",
    )
)


def content_hash(operation: Any, plan: Any) -> str:
    """SHA-256 over the operation's and the plan's content, volumes, fences and crew."""
    content = {
        "operation": {name: _plain(getattr(operation, name)) for name in OPERATION_FIELDS},
        "plan": _fields(plan),
        "volumes": _rows(plan.volumes.order_by("sequence")),
        "fences": _rows(plan.fences.order_by("name")),
        "crew": _rows(operation.crew.order_by("user_id", "role")),
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _rows(rows: Iterable[Model]) -> list[dict[str, Any]]:
    return [_fields(row) for row in rows]


def _fields(row: Model) -> dict[str, Any]:
    return {
        field.attname: _plain(getattr(row, field.attname))
        for field in row._meta.concrete_fields
        if field.name not in OMITTED
    }


def _plain(value: Any) -> Any:
    if isinstance(value, GEOSGeometry):
        # Seven decimals are a centimetre: what a client sends comes back the same.
        return _rounded(json.loads(value.geojson)["coordinates"])
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return repr(value)
    return str(value)


def _rounded(coordinates: Any) -> Any:
    if isinstance(coordinates, float):
        return round(coordinates, 7)
    return [_rounded(inner) for inner in coordinates]
