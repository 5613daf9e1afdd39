"""The demo trip up to its booking: request, review, options, price, offer, acceptance."""

from datetime import timedelta

from common.demo_client import Api, CheckFailed
from operations.demo import cast, company, fleet, load, places
from operations.demo.scene import (
    BASE,
    FAMILY_NAME,
    MOVEMENTS,
    TITLE,
    UNFINISHED,
    TripWalk,
    cents,
    contact,
    user,
)


def clear_what_a_broken_run_left(walk: TripWalk) -> None:
    """End demo trips that an earlier run did not finish, so that the aircraft is free."""
    for status, verb in UNFINISHED.items():
        rows = walk.get(cast.COORDINATOR, "trips/", "list trips", status=status, page_size=200)
        for row in (row for row in rows["results"] if row["title"] == TITLE):
            if verb == "abort":
                _bring_down(walk, row["number"])
            reason = {"reason": "Left by a broken demo run."}
            path = f"trips/{row['number']}/{verb}/"
            walk.post(cast.COORDINATOR, path, reason, 200, f"{verb} what was left")
            walk.say(f"{row['number']} left {status} by an earlier run: {verb}")


def _bring_down(walk: TripWalk, trip: str) -> None:
    """The movements that are left of a leg under way, a little ahead of the last one."""
    moment = walk.clock() + timedelta(minutes=1)
    for leg in walk.get(cast.COORDINATOR, f"trips/{trip}/", "read what was left")["legs"]:
        done = MOVEMENTS.index(leg["status"]) + 1 if leg["status"] in MOVEMENTS else len(MOVEMENTS)
        for movement in MOVEMENTS[done:]:
            moment += timedelta(seconds=2)
            body = {"movement": movement, "moved_at": moment.isoformat()}
            walk.post(cast.DISPATCHER, f"legs/{leg['id']}/move/", body, 200, f"leg {movement}")


def weather_of_the_hour(walk: TripWalk) -> None:
    """Reports and forecasts of all stations, as the dispatcher would type them in."""
    minute = walk.clock().replace(second=0, microsecond=0)
    for station in places.STATIONS:
        for text in (load.metar(station, minute), load.taf(station, minute)):
            answer = walk.person(cast.DISPATCHER).post("/api/airports/weather/", {"raw": text})
            if answer.status not in (200, 201):
                answer.expect(201, f"enter {text}")
    walk.say(f"weather entered for {', '.join(places.STATIONS)}")


def take_the_request(walk: TripWalk) -> None:
    """The patient, sealed, and what is needed."""
    patient = {
        "family_name": FAMILY_NAME,
        "given_names": "Orla",
        "date_of_birth": "1961-04-12",
        "diagnosis": "Fracture of the hip, stable.",
        "mass_kg": 82,
        "is_another_person": True,
    }
    made = walk.post(cast.COORDINATOR, "patients/", patient, 201, "register the patient").body
    walk.patient = made["number"]
    needs = {
        "patient": walk.patient,
        "acuity": "advanced",
        "team": ["flight_nurse"],
        "equipment_mass_kg": 45,
        "oxygen_flow_lpm": "4.0",
        "escorts": 1,
        "is_acute_care": True,
    }
    made = walk.post(cast.COORDINATOR, "requirements/", needs, 201, "say what is needed").body
    walk.requirement = made["id"]
    seen = walk.get(cast.DISPATCHER, f"patients/{walk.patient}/", "a dispatcher's view")
    if "family_name" in seen or seen["mass_kg"] != 82:
        raise CheckFailed(f"a dispatcher sees {sorted(seen)}")
    walk.say(f"{walk.patient} registered; a dispatcher sees 82 kg, stretcher, and no name")


def ask_for_a_flight(walk: TripWalk) -> None:
    """Where from, where to and when, for that patient."""
    hospitals = {place: contact(walk, name) for place, name in company.HOSPITALS.items()}
    earliest = walk.clock() + timedelta(hours=3, minutes=15)
    request = {
        "customer": contact(walk, company.CUSTOMER),
        "title": TITLE,
        "currency": "USD",
        "requester_name": "Duty desk",
        "requester_email": "desk@customer.example",
        "requirement": walk.requirement,
        "legs": [
            {
                "origin": places.PICKUP,
                "destination": places.DELIVERY,
                "earliest_departure_at": earliest.isoformat(),
                "has_patient": True,
                "pickup": hospitals[places.PICKUP],
                "dropoff": hospitals[places.DELIVERY],
            }
        ],
    }
    made = walk.post(cast.COORDINATOR, "quotes/", request, 201, "take the request").body
    walk.quote = made["number"]
    walk.say(f"{walk.quote} taken down: {places.PICKUP} to {places.DELIVERY}")


def review_it(walk: TripWalk) -> None:
    """The medical director decides; nobody at the desk may."""
    path = f"requirements/{walk.requirement}/review/"
    fit = {"decision": "fit"}
    walk.post(cast.COORDINATOR, path, fit, 403, "a coordinator decides")
    physician, address = walk.person(cast.PHYSICIAN), f"{BASE}/requirements/{walk.requirement}/"
    read = physician.get(address).expect(200, "read what is needed")
    decided = physician.post(f"{BASE}/{path}", fit, **{"If-Match": read.headers["etag"]})
    decided.expect(200, "medical review")
    walk.say("medical review: fit to fly; the coordinator was refused to decide")


def find_the_aircraft(walk: TripWalk) -> None:
    """Options over all tails, cheapest first, each excluded one with its reasons."""
    path = f"quotes/{walk.quote}/options/"
    found = walk.post(cast.COORDINATOR, path, {"rate_card": company.CARD}, 200, "options").body
    tails = {option["tail_number"]: option for option in found}
    for tail in (fleet.AMBULANCE, fleet.JET):
        if not tails[tail]["is_able"]:
            raise CheckFailed(f"{tail} cannot: {tails[tail]['reasons']}")
    out = tails[fleet.SMALL]
    if out["is_able"] or not out["reasons"]:
        raise CheckFailed(f"{fleet.SMALL} should be out with reasons: {out}")
    if found[0]["tail_number"] != fleet.AMBULANCE:
        raise CheckFailed(f"the cheapest is {found[0]['tail_number']}")
    legs = found[0]["itinerary"]["legs"]
    stops = [leg["destination"]["ident"] for leg in legs if leg["is_technical_stop"]]
    if not stops:
        raise CheckFailed(f"no technical stop in {[leg['destination'] for leg in legs]}")
    price = found[0]["price"]
    walk.say(f"{fleet.AMBULANCE} via {', '.join(stops)}: {price['amount']} {price['currency']}")
    walk.say(f"{fleet.SMALL} is out: {out['reasons'][0]['message']}")


def price_it(walk: TripWalk) -> None:
    """The price with its lines, judged with the crew that is proposed."""
    body = {
        "aircraft": fleet.AMBULANCE,
        "rate_card": company.CARD,
        "proposed_crew": [{"person": user(walk, who), "role": role} for who, role in walk.crew],
    }
    made = walk.post(cast.COORDINATOR, f"quotes/{walk.quote}/price/", body, 201, "price").body
    walk.offer = made
    lines = sum(cents(line["amount"]["amount"]) for line in made["lines"])
    if lines != cents(made["total"]["amount"]):
        raise CheckFailed(f"lines sum to {lines} cents, the total is {made['total']}")
    walk.say(f"{len(made['lines'])} lines sum to {made['total']['amount']} USD to the cent")


def let_the_customer_accept(walk: TripWalk) -> None:
    """Sent, opened and accepted by a link, without an account; another hash is refused."""
    body = {"sequence": walk.offer["sequence"], "acknowledged_declines": []}
    sent = walk.post(cast.COORDINATOR, f"quotes/{walk.quote}/send/", body, 200, "send").body
    path = "/api/" + sent["link"].split("/api/", 1)[1]
    customer = Api(walk.base_url)
    seen = customer.get(path).expect(200, "open the link").body
    customer.post(path, {}).expect(200, "note that it was opened")
    wrong = {"content_hash": "0" * 64, "name": "R. Castell"}
    customer.post(f"{path}accept/", wrong).expect(409, "accept something else")
    right = {"content_hash": seen["content_hash"], "name": "R. Castell"}
    customer.post(f"{path}accept/", right).expect(200, "accept")
    walk.say("sent, opened and accepted by its link; another content was refused")


def book_it(walk: TripWalk) -> None:
    """Trip, legs and aircraft in one transaction; the aircraft is taken from now on."""
    made = walk.post(cast.COORDINATOR, "trips/book/", {"quote": walk.quote}, 201, "book").body
    walk.trip = made["number"]
    walk.post(cast.COORDINATOR, f"trips/{walk.trip}/plan/", None, 200, "begin planning")
    route = [leg["origin"] for leg in made["legs"]] + [made["legs"][-1]["destination"]]
    walk.say(f"{walk.trip} booked: {' '.join(route)}")
