"""The flight of the demo job: checked, released, flown over the pad while the client watches."""

from datetime import datetime
from typing import Any

from client_management.demo import look_about
from client_management.demo.flying import InTheAir
from client_management.demo.scene import BASE, JobWalk
from client_management.demo.track import RATE_HZ, survey_track
from common.demo_client import CheckFailed
from flight_operations.demo import cast
from flight_operations.demo import walk as steps

# The estimate takes no wind, and the time near the ground as a flat sum.
ESTIMATE_WITHIN = 0.15
# What the operator's aircraft carries; a picture every so many meters on the lines.
CAMERA = {"sensor_width_mm": 13.2, "sensor_height_mm": 8.8, "focal_mm": 8.8, "every_m": 14.0}
COVERED_PERCENT = 99.9
TOLD_WITHIN_S = 15


def release_it(walk: JobWalk) -> None:
    """Inspected, reviewed, authorised, checked and released, as any flight."""
    flight = walk.flight
    steps.inspect(flight)
    steps.ground_station(flight)
    flight.act(flight.pilot, "submit", None, 200)
    flight.act(cast.CHIEF, "authorise", None, 200)
    steps.checklist(flight)
    steps.release(flight)


def fly_it(walk: JobWalk) -> None:
    """Flown line by line; the client sees where it is and looks about, and the job is under way."""
    flight = walk.flight
    before = walk.portal(f"jobs/{walk.job}/")["progress_percent"]
    flight.pause_until(datetime.fromisoformat(flight.operation().body["planned_start_at"]))
    flight.act(flight.pilot, "start", None, 200)
    air = InTheAir(flight, _points(walk, walk.clock()))
    steps = list(look_about.WHILE_IT_FLIES)
    with air:
        walk.hands.open(walk.page(f"jobs/{walk.job}/"))
        while not air.is_over_the_pad and steps:
            steps.pop(0)(walk)
        air.wait_for_the_pad()
        _watch(walk)
        for step in steps:
            step(walk)
    alerts = walk.get(
        cast.CHIEF,
        "/api/flight-operations/conformance-alerts/",
        "alerts",
        operation__number=flight.number,
    )
    if alerts["results"]:
        raise CheckFailed(f"the survey left its plan: {alerts['results']}")
    walk.say(
        f"{len(air.points)} positions of {len(air.points) / RATE_HZ:.0f} s flown, no alert;"
        f" progress before {before} %"
    )


def _points(walk: JobWalk, started: datetime) -> list[dict[str, Any]]:
    """The survey as the crew loads it into the autopilot: height, lines and speed of the plan."""
    survey = walk.assessment["survey"]
    return list(
        survey_track(
            ceiling_m=survey["height_m"],
            lines=survey["flight_lines"],
            run_m=survey["how"]["base_m"],
            speed_ms=survey["how"]["speed_ms"],
            start=started,
        )
    )


def _watch(walk: JobWalk) -> None:
    """Where the client sees the aircraft now: over the pad."""
    seen = walk.portal(f"jobs/{walk.job}/positions/")
    if len(seen) != 1 or seen[0]["operation"] != walk.flight.number:
        raise CheckFailed(f"the client sees {seen}")
    walk.hands.open(walk.page(f"jobs/{walk.job}/"))
    walk.hands.look("job-live")
    home = walk.portal("dashboard/")
    if [row["number"] for row in home["flying"]] != [walk.flight.number]:
        raise CheckFailed(f"the client's first page shows in the air: {home['flying']}")
    walk.say(f"the client watches: {seen[0]['lat']:.5f}, {seen[0]['lon']:.5f} over the pad")


def log_it(walk: JobWalk) -> None:
    """Landed and logged; progress follows from the flight alone."""
    flight = walk.flight
    flight.act(flight.pilot, "complete-log", {"is_as_released": True}, 201)
    flight.act(cast.CHIEF, "finalise", None, 200)

    def job() -> Any:
        return walk.portal(f"jobs/{walk.job}/")

    walk.wait_for(
        "the job under way", lambda: job()["status"] == "in_progress", within_s=TOLD_WITHIN_S
    )
    seen = job()
    if seen["progress_percent"] != 100.0 or seen["flown_count"] != 1:
        raise CheckFailed(f"flown, but the client sees {seen}")
    walk.say(f"landed, logged, closed: progress {seen['progress_percent']:.0f} %")


def hold_the_estimate_against_it(walk: JobWalk) -> None:
    """What the estimate said before anybody flew, and how long it was in the air."""
    ended = walk.flight.operation().body
    took = _moment(ended["actual_end_at"]) - _moment(ended["actual_start_at"])
    flown_min = took.total_seconds() / 60
    estimated_min = walk.assessment["flight_min"]
    off = estimated_min / flown_min - 1
    told = f"estimated {estimated_min:.2f} min, flown {flown_min:.2f} min: {off:+.1%}"
    if abs(off) > ESTIMATE_WITHIN:
        raise CheckFailed(f"{told}, not within {ESTIMATE_WITHIN:.0%}")
    walk.say(f"{told}, within {ESTIMATE_WITHIN:.0%}")


def measure_it(walk: JobWalk) -> None:
    """The flight held against the area that was ordered; the client sees the same figures."""
    body = {"job": walk.job, "camera": CAMERA}
    found = walk.post(cast.DISPATCHER, f"{BASE}/coverage-reports/", body, 201, "coverage").body
    if found["covered_percent"] < COVERED_PERCENT or found["gap_count"]:
        raise CheckFailed(f"covered {found['covered_percent']} %, {found['gap_count']} gaps")
    seen = walk.portal(f"jobs/{walk.job}/coverage/")
    if seen["covered_percent"] != found["covered_percent"]:
        raise CheckFailed(f"the client sees {seen}")
    walk.hands.open(walk.page(f"jobs/{walk.job}/"))
    walk.see("of the area was photographed")
    walk.hands.look("job-flown")
    walk.say(
        f"{found['number']}: {found['picture_count']} pictures, {found['covered_percent']:.2f} % of"
        f" {found['area_m2']:.0f} m2, {found['gap_count']} gaps"
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
