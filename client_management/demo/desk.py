"""The desk's part of the demo job before anything flies: assessed, priced, sent, confirmed."""

from typing import Any

from client_management.demo import load
from client_management.demo.scene import BASE, TITLE, JobWalk, cents
from common.demo_client import CheckFailed
from flight_operations.demo import cast as crew
from flight_operations.demo import load as drones
from operations.demo import cast

# How far a job may be called off; what is beyond waits for the client or for money.
UNFINISHED = ("draft", "confirmed", "scheduled", "in_progress", "delivered", "on_hold")


def clear_what_a_broken_run_left(walk: JobWalk) -> None:
    """Land what is in the air and call off jobs that an earlier run did not finish."""
    path = f"{BASE}/jobs/"
    for status in UNFINISHED:
        query = {"search": load.CLIENT, "status": status, "page_size": 200}
        for row in walk.get(cast.COORDINATOR, path, "jobs", **query)["results"]:
            if row["title"] != TITLE:
                continue
            _land_what_flies(walk, row["number"])
            reason = {"reason": "Left by a broken demo run."}
            address = f"{path}{row['number']}/cancel/"
            walk.post(cast.COORDINATOR, address, reason, 200, "call off what was left")
            walk.say(f"{row['number']} left {status} by an earlier run: called off")


def _land_what_flies(walk: JobWalk, job: str) -> None:
    rows = walk.get(cast.COORDINATOR, f"{BASE}/jobs/{job}/operations/", "operations of a job")
    for row in rows:
        if row["status"] == "active":
            walk.flight.number = row["operation"]
            walk.flight.act(crew.CHIEF, "land", {}, 200)


def assess_it(walk: JobWalk) -> None:
    """What the area comes to: permits, lines, minutes, batteries, operations, a price range."""
    how = {
        "operator": drones.OPERATOR,
        "aircraft": drones.GOOD_AIRCRAFT,
        "travel_km": 18.0,
        "has_weather_contingency": True,
    }
    path = f"{BASE}/service-requests/{walk.request}/assess/"
    found = walk.post(crew.DISPATCHER, path, how, 201, "assess").body
    walk.assessment = found
    survey = found["survey"]
    if not found["is_feasible"] or found["operations"] != 1 or not survey.get("flight_lines"):
        raise CheckFailed(f"the pad should be one flight: {found}")
    price = found["price"]
    walk.say(
        f"assessed: {found['area_m2']:.0f} m2, {survey['flight_lines']} lines at"
        f" {survey['height_m']:.0f} m, {found['flight_min']:.1f} min, {found['batteries']} battery,"
        f" {found['operations']} operation; {_permits(found)};"
        f" {price['low']} to {price['high']} {price['currency']}"
    )


def _permits(found: dict[str, Any]) -> str:
    needs = [need["kind"] for need in found["authorities"] if not need["held"]]
    notes = [finding["code"] for finding in found["findings"]]
    return f"permits {', '.join(needs) or 'none'}, findings {', '.join(notes) or 'none'}"


def offer_it(walk: JobWalk) -> None:
    """Priced line by line from the contract and sent; the lines come to the total."""
    body = {"request": walk.request, "adjustments": {"products": "1"}}
    quote = walk.post(cast.COORDINATOR, f"{BASE}/quotes/", body, 201, "price").body
    sent = walk.post(cast.COORDINATOR, f"{BASE}/quotes/{quote['number']}/send/", {}, 200, "send")
    walk.quote = sent.body
    lines = sum(cents(line["amount"]) for line in walk.quote["lines"])
    total = walk.quote["total"]
    if lines != cents(total["amount"]):
        raise CheckFailed(f"lines come to {lines} cents, the total is {total}")
    walk.say(
        f"{quote['number']} sent: {len(walk.quote['lines'])} lines come to"
        f" {total['amount']} {total['currency']} to the cent"
    )


def confirm_it(walk: JobWalk) -> None:
    """The desk commits to the job."""
    walk.post(cast.COORDINATOR, f"{BASE}/jobs/{walk.job}/confirm/", {}, 200, "confirm the job")
    walk.say(f"{walk.job} confirmed")
