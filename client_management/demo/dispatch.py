"""From the job's area to a crew on site: operations planned, a day optimised and published."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from client_management.demo import place
from client_management.demo.scene import BASE, DISPATCH, TITLE, JobWalk
from common.demo_client import CheckFailed
from common.time import day_bounds
from flight_operations.demo import cast, site
from flight_operations.demo import load as drones
from flight_operations.demo import walk as steps

CENTER = "BRIN"
SEED = 7
TIME_LIMIT_S = 3
OPTIMISED_WITHIN_S = 60
# A crew sets up before it flies; later than this before midnight it would be another day's flight.
AHEAD = timedelta(minutes=15)


def let_the_day_begin(walk: JobWalk) -> None:
    """Minutes before midnight, wait: plan, inspection and flight are of one day."""
    zone = ZoneInfo(drones.ZONE)
    now = walk.clock().astimezone(zone)
    _, midnight = day_bounds(now.date(), zone)
    if now + 2 * AHEAD >= midnight:
        walk.say(f"waiting for midnight in {drones.ZONE}, so that all of the flight is of a day")
        walk.flight.pause_until(midnight + timedelta(seconds=1))
    walk.flight.pilot = cast.pilot_on(walk.clock().astimezone(zone).date())


def plan_it(walk: JobWalk) -> None:
    """Operations are cut from the requested area; the pilot states the site's conditions."""
    wanted = {
        "operator": drones.OPERATOR,
        "aircraft": drones.GOOD_AIRCRAFT,
        "pilot": walk.flight.pilot.email,
        "start_at": (walk.clock() + AHEAD).isoformat(),
    }
    path = f"{BASE}/jobs/{walk.job}/"
    added = walk.post(cast.DISPATCHER, f"{path}plan/", wanted, 201, "plan the job").body
    if [row["status"] for row in added] != ["draft"]:
        raise CheckFailed(f"one draft was to come of the pad: {added}")
    part = added[0]
    walk.flight.number = part["operation"]
    walk.say(
        f"{part['operation']} planned from the area: {part['part_m2']:.0f} m2,"
        f" {part['flight_lines']} lines, {part['planned_min']:.1f} min"
    )
    start = walk.clock() + AHEAD
    conditions = site.conditions_of_plan()
    for name in ("max_height_agl_m", "max_distance_pilot_m"):
        del conditions[name]
    amended = {
        "planned_start_at": start.isoformat(),
        "planned_end_at": (start + timedelta(minutes=5)).isoformat(),
        "plan": {**conditions, **place.ELEVATIONS},
    }
    walk.flight.amend(amended, "state the conditions on site")
    steps.enter_the_weather(walk.flight)
    steps.assess_the_risk(walk.flight, TITLE)
    handed = walk.post(cast.DISPATCHER, f"{path}hand-over/", {}, 200, "hand the job over").body
    walk.say(f"{walk.job} handed over to dispatch: {handed['status']}")


def optimise_it(walk: JobWalk) -> None:
    """The day is planned by the machine: who flies it with what, and when."""
    _center(walk)
    schedule = _day(walk)
    walk.schedule = schedule["id"]
    path = f"{DISPATCH}/schedules/{walk.schedule}/"
    how = {"seed": SEED, "time_limit_s": TIME_LIMIT_S}
    walk.post(cast.DISPATCHER, f"{path}optimise/", how, 202, "optimise the day")

    def proposal() -> Any:
        return walk.get(cast.DISPATCHER, f"{path}proposal/", "the proposal")

    def is_over() -> bool:
        return proposal()["run"]["status"] not in ("queued", "running")

    took = walk.wait_for("the day's plan", is_over, within_s=OPTIMISED_WITHIN_S)
    found = proposal()
    rows = [row for row in found["assignments"] if row["operation"] == walk.flight.number]
    left = [f"{row['operation']}: {_why(row)}" for row in found["unassigned"]]
    if not rows:
        rows = [_given_by_hand(walk, found)]
    walk.say(
        f"day optimised in {took:.1f} s: {rows[0]['operation']} by {rows[0]['pilot_name']} with"
        f" {rows[0]['aircraft']}; left behind: {'; '.join(left) or 'nothing'}"
    )


def publish_it(walk: JobWalk) -> None:
    """Published: aircraft and pilot are held; the crew is there early, so the desk moves it up."""
    path = f"{DISPATCH}/schedules/{walk.schedule}/"
    seen = walk.get(cast.DISPATCHER, path, "read the day")
    body = {"revision": seen["revision"]}
    done = walk.post(cast.DISPATCHER, f"{path}publish/", body, 200, "publish the day").body
    row = _assignment(walk)
    walk.say(f"day {seen['day']} published, revision {done['schedule']['revision']}")
    wish = {
        "aircraft": row["aircraft"],
        # Whoever has rested for the whole day, not only for the planned hour.
        "pilot": _on_duty(walk),
        "start_at": (walk.clock() + timedelta(seconds=2)).isoformat(),
    }
    address = f"{DISPATCH}/assignments/{row['id']}/"
    desk = walk.person(cast.DISPATCHER)
    etag = desk.get(address).expect(200, "read the assignment").headers["etag"]
    moved = desk.post(f"{address}move/", wish, **{"If-Match": etag}).expect(200, "move it up")
    row = moved.body
    people = {person.email: person for person in cast.PEOPLE}
    email = walk.flight.operation().body["pilot_in_command"]
    walk.flight.pilot, walk.flight.aircraft = people[email], row["aircraft"]
    told = walk.portal(f"jobs/{walk.job}/")
    if told["status"] != "scheduled" or not told["flights"]:
        raise CheckFailed(f"the client does not see the plan: {told}")
    walk.say(f"crew on site early: moved by hand to {_clock(row['start_at'])}; the client sees it")


def _on_duty(walk: JobWalk) -> int:
    """The account of the pilot whose day it is."""
    key: int = walk.get(walk.flight.pilot, "/api/me/", "who am I")["id"]
    return key


def _given_by_hand(walk: JobWalk, found: dict[str, Any]) -> dict[str, Any]:
    """Where the crew has flown before today and the plan leaves it behind, the desk assigns it."""
    reasons = [_why(row) for row in found["unassigned"] if row["operation"] == walk.flight.number]
    if found["run"]["status"] != "succeeded" or reasons != ["no_common_hours"]:
        raise CheckFailed(f"{walk.flight.number} has nobody: {found['run']}, {found['unassigned']}")
    wish = {
        "schedule": walk.schedule,
        "operation": walk.flight.number,
        "aircraft": drones.GOOD_AIRCRAFT,
        "pilot": _on_duty(walk),
        "start_at": (walk.clock() + AHEAD).isoformat(),
    }
    made = walk.post(cast.DISPATCHER, f"{DISPATCH}/assignments/", wish, 201, "assign by hand")
    walk.say(f"{walk.flight.number} left behind ({reasons[0]}): assigned by hand")
    row: dict[str, Any] = made.body
    return row


def _center(walk: JobWalk) -> None:
    if walk.person(cast.CHIEF).get(f"{DISPATCH}/centers/{CENTER}/").status == 200:
        return
    center = {
        "operator": drones.OPERATOR,
        "code": CENTER,
        "name": "Brindabella field desk",
        "point": place.base(),
        "timezone": drones.ZONE,
        # The same hour twice: around the clock, as the demo is walked at any hour.
        "opens_at": "00:00",
        "closes_at": "00:00",
    }
    walk.post(cast.CHIEF, f"{DISPATCH}/centers/", center, 201, "set up the center")


def _day(walk: JobWalk) -> dict[str, Any]:
    """Today's plan of the center, opened where there is none."""
    day = walk.clock().astimezone(ZoneInfo(drones.ZONE)).date().isoformat()
    path = f"{DISPATCH}/schedules/"
    rows = walk.get(cast.DISPATCHER, path, "schedules", center=CENTER, day=day)["results"]
    if rows:
        found: dict[str, Any] = rows[0]
        return found
    body = {"center": CENTER, "day": day}
    opened: dict[str, Any] = walk.post(cast.DISPATCHER, path, body, 201, "open the day").body
    return opened


def _assignment(walk: JobWalk) -> dict[str, Any]:
    query = {"operation": walk.flight.number, "status": "published"}
    rows = walk.get(cast.DISPATCHER, f"{DISPATCH}/assignments/", "assignments", **query)
    if len(rows["results"]) != 1:
        raise CheckFailed(f"one assignment was to be published: {rows['results']}")
    found: dict[str, Any] = rows["results"][0]
    return found


def _why(row: dict[str, Any]) -> str:
    return ", ".join(reason["code"] for reason in row["reasons"]) or "no reason"


def _clock(moment: str) -> str:
    return f"{datetime.fromisoformat(moment).astimezone(ZoneInfo(drones.ZONE)):%H:%M:%S}"
