"""The demo flight, end to end over HTTP: refused for good reasons, put right, flown, logged."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from common.demo_client import Api, CheckFailed
from common.time import day_bounds
from flight_operations.demo import cast, load, papers, site
from flight_operations.demo.scene import OPERATIONS, Walk
from flight_operations.demo.track import RATE_HZ, track

TITLE = "Fence line survey"
# In the title of what other walks plan with the same aircraft.
OTHERS = "(demo)"
WITHIN_2_S = 2.0
STARTS_IN = timedelta(minutes=3)
UNFINISHED = ("draft", "planned", "in_review", "rejected", "authorised", "ready", "active")


def run(walk: Walk) -> None:
    """Walk the demo flight; raises CheckFailed at the first thing that is not as it should be."""
    for step in (
        clear_what_a_broken_run_left,
        let_the_day_begin,
        prepare,
        plan_too_close,
        assess_the_risk,
        wrong_people_and_machines,
        checklist,
        release_and_lose_it,
        release_again_and_start,
        fly,
        land_and_log,
        books_balance,
        papers.make_the_papers,
    ):
        step(walk)


def clear_what_a_broken_run_left(walk: Walk) -> None:
    """Land or cancel demo operations that an earlier run did not finish."""
    chief = walk.person(cast.CHIEF)
    query = "?operator=" + load.OPERATOR.replace(" ", "%20") + "&page_size=200"
    unfinished = "".join(f"&status={status}" for status in UNFINISHED)
    answer = chief.get(OPERATIONS + query + unfinished)
    rows = answer.expect(200, "list unfinished operations").body["results"]
    for row in (row for row in rows if row["title"] == TITLE or OTHERS in row["title"]):
        walk.number = row["number"]
        if row["status"] == "active":
            walk.act(cast.CHIEF, "land", {}, 200)
        else:
            walk.act(cast.CHIEF, "cancel", {"reason": "Left by a broken demo run."}, 200)
        walk.say(f"{row['number']} left {row['status']} by an earlier run: cleared")


def let_the_day_begin(walk: Walk) -> None:
    """Minutes before midnight, wait: today's inspection is not that of a flight of tomorrow."""
    now = walk.clock().astimezone(ZoneInfo(load.ZONE))
    _, midnight = day_bounds(now.date(), ZoneInfo(load.ZONE))
    if now + STARTS_IN >= midnight:
        walk.say(f"waiting for midnight in {load.ZONE}, so that inspection and flight are of a day")
        walk.pause_until(midnight + timedelta(seconds=1))
    walk.pilot = cast.pilot_on(walk.clock().astimezone(ZoneInfo(load.ZONE)).date())


def prepare(walk: Walk) -> None:
    """Weather of the hour, today's inspection, a ground station with a token of its own."""
    enter_the_weather(walk)
    inspect(walk)
    walk.say("weather entered, aircraft inspected")
    ground_station(walk)


def enter_the_weather(walk: Walk) -> None:
    """A calm report of this hour, newer than any before it, and a calm forecast."""
    latest = walk.person(cast.DISPATCHER).get(
        "/api/airports/weather/", station=site.STATION, kind="METAR", page_size=1
    )
    rows = latest.expect(200, "latest weather").body["results"]
    if rows:
        walk.last_report_at = datetime.fromisoformat(rows[0]["issued_at"])
    walk.enter_metar("27006KT")
    walk.enter_report(site.taf(walk.clock().replace(second=0, microsecond=0)))


def inspect(walk: Walk) -> None:
    """Today's inspection of the aircraft, by its pilot."""
    inspection = {
        "aircraft": walk.aircraft,
        "is_satisfactory": True,
        "findings": "",
        "defects_checked": [],
    }
    walk.person(walk.pilot).post("/api/rpas/flight-hours/daily-inspection/", inspection).expect(
        201, "daily inspection"
    )


def plan_too_close(walk: Walk) -> None:
    """Plan beside a controlled aerodrome, read why not, move it."""
    now = walk.clock()
    body = {
        "operator": load.OPERATOR,
        "aircraft": load.GOOD_AIRCRAFT,
        "pilot_in_command": walk.pilot.email,
        "title": TITLE,
        "purpose": "Photograph a fence line for its owner.",
        "category": "reoc",
        "planned_start_at": (now + STARTS_IN).isoformat(),
        "planned_end_at": (now + STARTS_IN + timedelta(minutes=30)).isoformat(),
        **site.place_of_plan(*site.TOO_CLOSE),
    }
    body["plan"] |= site.conditions_of_plan()
    answer = walk.person(walk.pilot).post(OPERATIONS, body)
    walk.number = answer.expect(201, "plan the operation").body["number"]
    walk.say(f"{walk.number} planned beside {site.STATION}")
    walk.expect_red(("MOS-4-CTRL-3NM", "CASR-101.238-CTRL"), "inside 3 NM")
    refused = walk.act(cast.CHIEF, "authorise", None, 409)
    if refused.body["code"] != "operation_not_authorisable":
        raise CheckFailed(f"authorise: {refused.body}")
    walk.amend(site.place_of_plan(*site.ALLOWED), "move the operation")
    walk.say("moved to farm land")


def assess_the_risk(walk: Walk, title: str = TITLE) -> None:
    """Assess the risk by day and by night: without the second, an hour of darkness is red."""
    chief = walk.person(cast.CHIEF)
    for kind in ("normal", "night"):
        body = {
            "operator": load.OPERATOR,
            "operation": walk.number,
            "kind": kind,
            "title": f"{title}, {kind}",
            "context": "Open farm land, one pilot.",
            "items": [
                {
                    "hazard": "Loss of control link",
                    "cause": "Interference",
                    "consequence": "Aircraft lands outside the area",
                    "likelihood": "D",
                    "severity": 3,
                    "controls": "Fail-safe set to return home",
                    "residual_likelihood": "E",
                    "residual_severity": 3,
                }
            ],
        }
        path = "/api/flight-operations/risk-assessments/"
        made = chief.post(path, body).expect(201, "risk assessment").body
        chief.post(f"{path}{made['number']}/submit/").expect(200, "submit risk assessment")
    walk.say("risk assessed for day and night")


def wrong_people_and_machines(walk: Walk) -> None:
    """The wrong pilot, the aircraft with a defect, the one due for maintenance; then the right."""
    walk.amend({"pilot_in_command": cast.TRAINEE.email}, "wrong pilot")
    walk.expect_red(("CASR-101.252-REPL",), "trainee in command")
    walk.amend({"pilot_in_command": walk.pilot.email}, "right pilot")
    walk.amend({"aircraft": load.DEFECT_AIRCRAFT}, "defect aircraft")
    walk.expect_red(("F2-MAJOR",), "aircraft with a major defect")
    walk.amend({"aircraft": load.DUE_AIRCRAFT}, "due aircraft")
    walk.expect_red(("F2-MAINT",), "maintenance due inside the flight")
    walk.amend({"aircraft": load.GOOD_AIRCRAFT}, "good aircraft")
    red = [f for f in walk.findings() if f["color"] == "red"]
    if red:
        told = "; ".join(f"{f['rule']}: {f['message']}" for f in red)
        raise CheckFailed(f"put right, but still red: {told}")
    walk.act(walk.pilot, "submit", None, 200)
    walk.act(cast.CHIEF, "authorise", None, 200)
    walk.say("all put right; authorised")


def checklist(walk: Walk) -> None:
    """Open the checklist and answer what the system cannot see."""
    pilot = walk.person(walk.pilot)
    opened = pilot.post("/api/flight-operations/checklists/", {"operation": walk.number})
    items = opened.expect(201, "open the checklist").body["items"]
    path = f"/api/flight-operations/checklists/{walk.number}/answer/"
    for item in items:
        if item["answer"] == "":
            body = {"item": item["code"], "answer": "done", "evidence": "Looked at, in order."}
            pilot.post(path, body).expect(200, f"answer {item['code']}")
    filled = [item["code"] for item in items if item["source"] == "system" and item["answer"]]
    walk.say(f"checklist done; filled by the system: {', '.join(filled)}")


def release_and_lose_it(walk: Walk) -> None:
    """Release; the wind rises; the release is gone within two seconds."""
    release(walk)
    walk.enter_metar("27032G45KT")
    took = walk.wait_for("release revoked", lambda: _status(walk) == "authorised", within_s=10)
    limit = WITHIN_2_S * walk.slack
    if took > limit:
        raise CheckFailed(f"the release was revoked after {took:.1f} s, not within {limit:.0f} s")
    walk.say(f"wind 32 gusting 45 kt: release revoked after {took:.1f} s")
    walk.expect_red(("WXD-WIND",), "too much wind")
    walk.act(walk.pilot, "start", None, 409)


def release_again_and_start(walk: Walk) -> None:
    """The weather passes; release again and take off."""
    walk.enter_metar("26007KT")
    release(walk)
    walk.act(walk.pilot, "start", None, 200)
    walk.say("weather passed; released again and started")


def fly(walk: Walk) -> None:
    """Send the track as it is flown and expect one alert for height and one for the fence."""
    if walk.station is None:
        raise CheckFailed("no ground station")
    started = walk.clock()
    lat, lon = site.ALLOWED
    points = list(track(lat=lat, lon=lon, ground_m=site.GROUND_M, start=started))
    batch = RATE_HZ * 2
    for first in range(0, len(points), batch):
        part = points[first : first + batch]
        body = {"device": walk.device, "points": part}
        walk.station.post(f"{walk.path}telemetry/", body).expect(200, "telemetry")
        walk.pause_until(started + walk.pace * timedelta(seconds=(first + batch) / RATE_HZ))
    walk.wait_for("two alerts", lambda: len(_alerts(walk)) >= 2, within_s=WITHIN_2_S + 3)
    alerts = _alerts(walk)
    kinds = sorted(alert["kind"] for alert in alerts)
    if len(alerts) != 2:
        raise CheckFailed(f"expected a height and a fence alert, got {kinds}")
    walk.say(f"{len(points)} positions flown; alerts: {', '.join(kinds)}")


def land_and_log(walk: Walk) -> None:
    """Land, complete the log, close; the technical log and the maintenance forecast follow."""
    before = _aircraft(walk)["time_in_service_min"]
    walk.act(walk.pilot, "land", {}, 200)
    after = _aircraft(walk)["time_in_service_min"]
    if after != before + 1:
        raise CheckFailed(f"time in service went from {before} to {after} min, not one more")
    log = {"is_as_released": False, "changes": "Climbed above 120 m and left the fence."}
    walk.act(walk.pilot, "complete-log", log, 201)
    walk.act(cast.CHIEF, "finalise", None, 200)
    entries = walk.person(cast.CHIEF).get("/api/rpas/flight-hours/", operation_number=walk.number)
    rows = entries.expect(200, "Part B").body["results"]
    if [row["progressive_total_min"] for row in rows] != [after]:
        raise CheckFailed(f"Part B does not carry the flight: {rows}")
    walk.say(f"landed; Part B total {after} min")
    _maintenance_is_amber(walk)


def books_balance(walk: Walk) -> None:
    """The verdict replays equal, and the operation's history is whole."""
    chief = walk.person(cast.CHIEF)
    verdicts = chief.get("/api/compliance/verdicts/", subject_label=walk.number).body["results"]
    for row in verdicts:
        again = chief.get(f"/api/compliance/verdicts/{row['id']}/replay/").expect(200, "replay")
        if not again.body["is_equal"]:
            raise CheckFailed(f"verdict {row['id']} does not replay equal")
    steps = chief.get(f"{walk.path}history/").expect(200, "history").body
    if steps[-1]["to_status"] != "finalised":
        raise CheckFailed(f"history ends with {steps[-1]}")
    walk.say(f"{len(verdicts)} verdicts replayed equal; {len(steps)} steps on record")


def ground_station(walk: Walk) -> None:
    """A ground station of the aircraft, with a token of its own."""
    chief = walk.person(cast.CHIEF)
    now = walk.clock()
    token = {
        "owner": chief.get("/api/me/").expect(200, "who am I").body["id"],
        "name": "demo ground station",
        "scopes": ["flight_operations.ingest_flightoperation"],
        "expires_at": (now + timedelta(days=1)).isoformat(),
    }
    issued = chief.post("/api/users/api-tokens/", token).expect(201, "token")
    walk.device = f"demo-{now:%Y%m%d%H%M%S}"
    station = {
        "operator": load.OPERATOR,
        "aircraft": walk.aircraft,
        "name": "Demo ground station",
        "device_id": walk.device,
        "api_token": issued.body["prefix"],
    }
    chief.post("/api/rpas/ground-stations/", station).expect(201, "ground station")
    walk.station = Api(walk.base_url, {"X-Api-Token": issued.body["key"]})


def release(walk: Walk) -> None:
    """Release, acknowledging by name each amber finding that the refusal lists."""
    answer = walk.person(cast.CHIEF).post(f"{walk.path}release/", {})
    if answer.status == 409 and answer.body["code"] == "acknowledgement_missing":
        ambers = answer.body["details"]["findings"]
        for finding in ambers:
            walk.say(f"amber: {finding['rule']} - {finding['message']}")
        notes = [{"rule": f["rule"], "note": "Known and accepted."} for f in ambers]
        answer = walk.person(cast.CHIEF).post(f"{walk.path}release/", {"acknowledgements": notes})
    answer.expect(201, "release")
    if _status(walk) != "ready":
        raise CheckFailed(f"released, but {_status(walk)}")
    walk.say(f"released on verdict {answer.body['verdict']}")


def _maintenance_is_amber(walk: Walk) -> None:
    def state() -> list[Any]:
        rows = walk.person(cast.CHIEF).get(
            "/api/compliance/verdicts/", subject_label=load.GOOD_AIRCRAFT, page_size=1
        )
        newest = rows.expect(200, "aircraft verdict").body["results"]
        if not newest:
            return []
        verdict = walk.person(cast.CHIEF).get(f"/api/compliance/verdicts/{newest[0]['id']}/")
        return [f for f in verdict.body["findings"] if f["rule"] == "F2-MAINT"]

    walk.wait_for(
        "maintenance amber",
        lambda: any(f["color"] == "amber" for f in state()),
        within_s=10,
    )
    walk.say(f"maintenance amber: {state()[0]['message']}")


def _aircraft(walk: Walk) -> dict[str, Any]:
    answer = walk.person(cast.CHIEF).get(f"/api/rpas/aircraft/{load.GOOD_AIRCRAFT}/")
    found: dict[str, Any] = answer.expect(200, "read the aircraft").body
    return found


def _alerts(walk: Walk) -> list[dict[str, Any]]:
    answer = walk.person(cast.CHIEF).get(
        "/api/flight-operations/conformance-alerts/", operation__number=walk.number
    )
    found: list[dict[str, Any]] = answer.expect(200, "alerts").body["results"]
    return found


def _status(walk: Walk) -> str:
    return str(walk.operation().body["status"])
