"""Every address of drone operations: what it needs, what it takes, where it may be called."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from common.models import (
    AuditEvent,
    IdempotencyKey,
    OutboxEvent,
    ResourceBooking,
    StatusChange,
    Verdict,
)
from flight_operations.models import (
    FlightOperation,
    FlightPlan,
    OperationalLog,
    OperationalRelease,
    OperationStatus,
    PilotLogEntry,
    PlanFence,
    PlanVolume,
)
from tests.flight_operations.factories import LAT, LON

BASE = "/api/flight-operations"
MATCH = {"HTTP_IF_MATCH": "*"}
REASON = {"reason": "Because."}
S = OperationStatus


@dataclass(frozen=True)
class Route:
    """One address: its method, path, grant and body, and the statuses it is good for."""

    method: str
    path: str
    permission: str
    body: dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    good_from: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def address(self, operation: FlightOperation | None = None) -> str:
        return f"{BASE}/{self.path.format(number=operation and operation.number)}"

    def send(self, client: Any, operation: FlightOperation | None, **more: Any) -> Any:
        """Send the route's own body, or `body`, with further headers as given."""
        body = more.pop("body", self.body)
        send = getattr(client, self.method)
        return send(self.address(operation), body, **{**self.headers, **more})


def verb(name: str, permission: str, *good_from: str, body: Any = None) -> Route:
    return Route(
        "post",
        f"operations/{{number}}/{name}/",
        f"{permission}_flightoperation",
        body,
        good_from=frozenset(good_from),
    )


def read(name: str) -> Route:
    return Route("get", f"operations/{{number}}/{name}", "view_flightoperation")


OBSERVATION = {"observed_at": "2026-03-14T22:29:00Z", "wind_speed_ms": 3.0}
LOG = {"is_as_released": True}
UPCOMING = (S.DRAFT, S.PLANNED, S.IN_REVIEW, S.AUTHORISED, S.READY)
VERBS = [
    verb("plan", "plan", S.DRAFT, S.IN_REVIEW, S.REJECTED),
    verb("submit", "submit", S.PLANNED),
    verb("authorise", "review", S.PLANNED, S.IN_REVIEW),
    verb("reject", "review", S.IN_REVIEW, body=REASON),
    verb("release", "release", S.AUTHORISED, body={"acknowledgements": []}),
    verb("revoke", "release", S.READY, body=REASON),
    verb("start", "start", S.READY),
    verb("land", "land", S.ACTIVE, body={"cycles": 1}),
    verb("abort", "land", S.ACTIVE, body=REASON),
    verb("complete-log", "log", S.LANDED, S.ABORTED, body=LOG),
    verb("finalise", "finalise", S.LOGGED),
    verb("cancel", "cancel", *UPCOMING, S.REJECTED, body=REASON),
    Route(
        "post",
        "operations/{number}/observe/",
        "tick_preflightchecklist",
        OBSERVATION,
        good_from=frozenset(UPCOMING),
    ),
]
PATCH = Route(
    "patch",
    "operations/{number}/",
    "plan_flightoperation",
    {"title": "Another title"},
    headers=MATCH,
    good_from=frozenset((*UPCOMING, S.REJECTED)),
)
CREATE = Route("post", "operations/", "add_flightoperation")
READS = [read(""), read("assessment/"), read("releases/"), read("history/")]
LOG_READ = read("log/")
LISTS = [
    Route("get", "operations/", "view_flightoperation"),
    Route("get", "pilot-logs/", "view_pilotlogentry"),
    Route("get", "dashboard/", "view_flightoperation"),
]
DETAIL = [*VERBS, PATCH, *READS]
WITH_BODY = [route for route in (*VERBS, PATCH) if route.body]
WITHOUT_BODY = [route for route in VERBS if not route.body]


def square(lat: float = LAT, lon: float = LON, half: float = 0.002) -> dict[str, Any]:
    west, east, south, north = lon - half, lon + half, lat - half, lat + half
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def plan_body(scene: Any, now: Any, **changes: Any) -> dict[str, Any]:
    """An operation that can be planned, an hour from now over the desert."""
    start = now + timedelta(hours=1)
    place = {"type": "Point", "coordinates": [LON, LAT]}
    return {
        "operator": scene.operator.name,
        "aircraft": scene.aircraft.registration,
        "pilot_in_command": scene.pilot.email,
        "title": "Water line",
        "purpose": "Photographs of a water line.",
        "category": "reoc",
        "planned_start_at": start.isoformat(),
        "planned_end_at": (start + timedelta(minutes=30)).isoformat(),
        "plan": {
            "launch_site": place,
            "recovery_site": place,
            "control_station": "Beside the launch site",
            "take_off_elevation_m": 430.0,
            "terrain_lowest_m": 428.0,
            "terrain_highest_m": 432.0,
            "max_height_agl_m": 90.0,
            "take_off_mass_kg": 7.5,
            "max_distance_pilot_m": 250.0,
            "min_distance_people_m": 100.0,
            "is_over_populous_area": False,
            "is_near_emergency_operation": False,
            "is_crewed_traffic_known": False,
            "is_behind_obstacles": False,
        },
        "volumes": [{"area": square(), "ceiling_m": 100.0}],
    } | changes


def everything() -> dict[str, Any]:
    """What a refused call must leave as it was: row versions, and the length of every record."""
    rows = (
        AuditEvent,
        IdempotencyKey,
        OutboxEvent,
        ResourceBooking,
        StatusChange,
        Verdict,
        OperationalLog,
        OperationalRelease,
        PilotLogEntry,
        PlanFence,
        PlanVolume,
    )
    counts: dict[str, Any] = {model.__name__: model.objects.count() for model in rows}
    for model in (FlightOperation, FlightPlan):
        counts[model.__name__] = sorted(model.objects.values_list("pk", "version"))
    counts["live bookings"] = ResourceBooking.objects.filter(is_live=True).count()
    return counts


def pointers(answer: Any) -> list[str]:
    return [error["pointer"] for error in answer.json().get("errors", ())]
