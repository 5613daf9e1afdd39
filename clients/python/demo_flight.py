"""
The demo flight through the generated Python client: `python demo_flight.py SCENE.json`.

Planned too close, refused with reasons, moved, assessed, released, flown with telemetry, landed and
in the technical log. Prints one JSON object; exit 1 at the first answer that is not as it should
be. Made and run by `python -m benchmarks.api_clients`.
"""

import base64
import hashlib
import hmac
import json
import struct
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

from windsock_client import AuthenticatedClient, Client, models
from windsock_client.api.airports import airports_weather_create, airports_weather_list
from windsock_client.api.auth import me_retrieve, token_create
from windsock_client.api.flight_operations import (
    flight_operations_checklists_answer_create as answer_item,
)
from windsock_client.api.flight_operations import (
    flight_operations_checklists_create as open_checklist,
)
from windsock_client.api.flight_operations import (
    flight_operations_conformance_alerts_list as list_alerts,
)
from windsock_client.api.flight_operations import (
    flight_operations_operations_authorise_create as authorise,
)
from windsock_client.api.flight_operations import (
    flight_operations_operations_cancel_create as cancel,
)
from windsock_client.api.flight_operations import (
    flight_operations_operations_complete_log_create as complete_log,
)
from windsock_client.api.flight_operations import flight_operations_operations_create as plan
from windsock_client.api.flight_operations import (
    flight_operations_operations_finalise_create as finalise,
)
from windsock_client.api.flight_operations import flight_operations_operations_land_create as land
from windsock_client.api.flight_operations import flight_operations_operations_list as list_flights
from windsock_client.api.flight_operations import (
    flight_operations_operations_partial_update as amend,
)
from windsock_client.api.flight_operations import (
    flight_operations_operations_release_create as release,
)
from windsock_client.api.flight_operations import (
    flight_operations_operations_retrieve as read_flight,
)
from windsock_client.api.flight_operations import (
    flight_operations_operations_start_create as start,
)
from windsock_client.api.flight_operations import (
    flight_operations_operations_submit_create as submit,
)
from windsock_client.api.flight_operations import (
    flight_operations_operations_telemetry_create as send_positions,
)
from windsock_client.api.flight_operations import (
    flight_operations_risk_assessments_create as assess_risk,
)
from windsock_client.api.flight_operations import (
    flight_operations_risk_assessments_submit_create as submit_risk,
)
from windsock_client.api.rpas import (
    rpas_flight_hours_daily_inspection_create as inspect_aircraft,
)
from windsock_client.api.rpas import rpas_flight_hours_list as read_part_b
from windsock_client.api.rpas import rpas_ground_stations_create as register_station
from windsock_client.api.users import users_api_tokens_create as issue_token

METAR = [models.AirportsWeatherListKindItem.METAR]
PERIOD_S = 30
BATCH_S = 2
RATE_HZ = 10
SCENE: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text())


class Unexpected(Exception):
    """The server answered otherwise than it should."""


def call(operation: ModuleType, client: Any, expected: int, **arguments: Any) -> Any:
    """Run one operation of the generated client; the parsed answer, if its status is right."""
    answer = operation.sync_detailed(client=client, **arguments)
    if answer.status_code != expected:
        name = operation.__name__.rsplit(".", 1)[-1]
        raise Unexpected(f"{name}: {answer.status_code}, not {expected}: {answer.content[:900]!r}")
    if answer.parsed is None:
        raise Unexpected(f"{operation.__name__}: the answer was not understood")
    return answer.parsed


def sign_in(who: str) -> AuthenticatedClient:
    """Sign in with the second factor; a code serves once, so the next one may be waited for."""
    person = SCENE["people"][who]
    for _ in range(3):
        body = models.ObtainTokenRequest.from_dict(
            {"email": person["email"], "password": SCENE["password"], "otp": code(person["key"])}
        )
        answer = token_create.sync_detailed(client=Client(base_url=SCENE["url"]), body=body)
        if answer.status_code == 200 and isinstance(answer.parsed, models.TokenPair):
            return AuthenticatedClient(base_url=SCENE["url"], token=answer.parsed.access)
        time.sleep(PERIOD_S - time.time() % PERIOD_S + 0.2)
    raise Unexpected(f"sign in as {who}: {answer.content!r}")


def code(key: str) -> str:
    """The six digits of this half minute (RFC 6238)."""
    counter = struct.pack(">Q", int(time.time()) // PERIOD_S)
    digest = hmac.new(base64.b16decode(key), counter, hashlib.sha1).digest()
    place = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[place : place + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"


def clear(chief: Any) -> None:
    """Land or cancel what a run before did not finish."""
    page = call(list_flights, chief, 200, search=SCENE["title"], page_size=200)
    for row in page.results:
        if row.status == "active":
            call(land, chief, 200, number=row.number, body=models.LandOperationRequest())
        elif row.status in SCENE["unfinished"]:
            body = models.ReasonRequest(reason="Left by a run before.")
            call(cancel, chief, 200, number=row.number, body=body)


def prepare(dispatcher: Any, pilot: Any) -> None:
    """Calm weather of this hour, and today's inspection."""
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    page = call(
        airports_weather_list, dispatcher, 200, station=SCENE["station"], kind=METAR, page_size=1
    )
    last = max((row.issued_at for row in page.results), default=now - timedelta(hours=1))
    issued = max(now - timedelta(minutes=3), last) + timedelta(minutes=1)
    for text in SCENE["reports"]:
        raw = text.replace("DDHHMM", f"{issued:%d%H%M}")
        body = models.EnterReportsRequest(raw=raw)
        answer = airports_weather_create.sync_detailed(client=dispatcher, body=body)
        if answer.status_code not in (200, 201):
            raise Unexpected(f"weather: {answer.content!r}")
    inspection = models.DailyInspectionRequest.from_dict(SCENE["inspection"])
    call(inspect_aircraft, pilot, 201, body=inspection)


def plan_and_be_refused(pilot: Any, chief: Any) -> tuple[str, int]:
    """Plan inside a controlled aerodrome's 3 NM, read why not, move it by its version."""
    operation = call(plan, pilot, 201, body=models.PlanOperationRequest.from_dict(SCENE["plan"]))
    refused = call(authorise, chief, 409, number=operation.number)
    if refused.code != "operation_not_authorisable" or not refused.details:
        raise Unexpected(f"refused without reasons: {refused.to_dict()}")
    body = models.PatchedAmendOperationRequest.from_dict(SCENE["moved"])
    number = operation.number
    call(amend, pilot, 412, number=number, if_match='"999"', body=body)
    current = read_flight.sync_detailed(number=number, client=chief)
    call(amend, pilot, 200, number=number, if_match=current.headers["etag"], body=body)
    return number, len(refused.details.to_dict())


def make_ready(pilot: Any, chief: Any, number: str) -> int:
    """Risk by day and night, review, checklist, release with what is amber acknowledged."""
    for risk in SCENE["risks"]:
        body = models.CreateRiskAssessmentRequest.from_dict({**risk, "operation": number})
        made = call(assess_risk, chief, 201, body=body)
        call(submit_risk, chief, 200, number=made.number)
    call(submit, pilot, 200, number=number)
    call(authorise, chief, 200, number=number)
    opened = call(open_checklist, pilot, 201, body=models.OpenChecklistRequest(operation=number))
    for item in opened.items:
        if item.answer == "":
            answer = {"item": item.code, "answer": "done", "evidence": "Looked at, in order."}
            body = models.AnswerItemRequest.from_dict(answer)
            call(answer_item, pilot, 200, number=number, body=body)
    refused = call(release, chief, 409, number=number, body=models.ReleaseOperationRequest())
    if refused.code != "acknowledgement_missing":
        raise Unexpected(f"release: {refused.to_dict()}")
    ambers = refused.details.to_dict()["findings"]
    notes = [{"rule": each["rule"], "note": "Known and accepted."} for each in ambers]
    body = models.ReleaseOperationRequest.from_dict({"acknowledgements": notes})
    call(release, chief, 201, number=number, body=body)
    return len(notes)


def ground_station(chief: Any) -> tuple[Client, str]:
    """A station of the aircraft with a machine token of its own."""
    now = datetime.now(UTC)
    token = {
        "owner": call(me_retrieve, chief, 200).id,
        "name": "generated client",
        "scopes": ["flight_operations.ingest_flightoperation"],
        "expires_at": (now + timedelta(days=1)).isoformat(),
    }
    issued = call(issue_token, chief, 201, body=models.IssueApiTokenRequest.from_dict(token))
    device = f"client-{now:%Y%m%d%H%M%S}"
    station = {**SCENE["ground_station"], "device_id": device, "api_token": issued.prefix}
    body = models.RegisterGroundStationRequest.from_dict(station)
    call(register_station, chief, 201, body=body)
    return Client(base_url=SCENE["url"], headers={"X-Api-Token": issued.key}), device


def fly(station: Client, device: str, chief: Any, number: str) -> list[str]:
    """Send the track as it is flown; the alerts it raises."""
    begun = datetime.now(UTC)
    size = BATCH_S * RATE_HZ
    points = SCENE["track"]
    for first in range(0, len(points), size):
        part = [
            {**each, "recorded_at": (begun + timedelta(seconds=each["second"])).isoformat()}
            for each in points[first : first + size]
        ]
        for each in part:
            del each["second"]
        body = models.TelemetryBatchRequest.from_dict({"device": device, "points": part})
        call(send_positions, station, 200, number=number, body=body)
        passed = (datetime.now(UTC) - begun).total_seconds()
        time.sleep(max(0.0, first / RATE_HZ + BATCH_S - passed))
    for _ in range(50):
        alerts = call(list_alerts, chief, 200, operation_number=number).results
        if len(alerts) >= 2:
            break
        time.sleep(0.2)
    return sorted(alert.kind for alert in alerts)


def main() -> dict[str, Any]:
    chief, pilot, dispatcher = (sign_in(who) for who in ("chief", "pilot", "dispatcher"))
    clear(chief)
    prepare(dispatcher, pilot)
    station, device = ground_station(chief)
    number, reasons = plan_and_be_refused(pilot, chief)
    acknowledged = make_ready(pilot, chief, number)
    call(start, pilot, 200, number=number)
    alerts = fly(station, device, chief, number)
    if alerts != SCENE["alerts"]:
        raise Unexpected(f"alerts: {alerts}")
    call(land, pilot, 200, number=number, body=models.LandOperationRequest())
    log = models.CompleteLogRequest.from_dict(SCENE["log"])
    call(complete_log, pilot, 201, number=number, body=log)
    if call(finalise, chief, 200, number=number).status != "finalised":
        raise Unexpected("not finalised")
    rows = call(read_part_b, chief, 200, operation_number=number).results
    if len(rows) != 1:
        raise Unexpected(f"the technical log has {len(rows)} entries of the flight")
    return {
        "number": number,
        "refused_with": reasons,
        "acknowledged": acknowledged,
        "positions": len(SCENE["track"]),
        "alerts": alerts,
        "time_in_service_min": rows[0].progressive_total_min,
    }


if __name__ == "__main__":
    try:
        print(json.dumps({"ok": True, **main()}))
    except Unexpected as fault:
        print(json.dumps({"ok": False, "fault": str(fault)}))
        sys.exit(1)
