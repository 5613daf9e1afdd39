"""The demo trip from its crew to its closed log."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from common.demo_client import CheckFailed
from operations.demo import cast
from operations.demo.scene import (
    BASE,
    FAMILY_NAME,
    MOVEMENTS,
    TripWalk,
    tail,
)

_FETCHING = ("bedside", "departed", "arrived")
_DELIVERING = ("departed", "arrived", "bedside")


def crew_it(walk: TripWalk) -> None:
    """Places offered, and accepted by each person for themselves."""
    for who, role in walk.crew:
        body = {"trip": walk.trip, "person": who.email, "role": role}
        walk.post(cast.COORDINATOR, "crew/", body, 201, f"offer {who.key} a place")
        rows = walk.get(who, "crew/", "my places", trip=walk.trip, page_size=100)["results"]
        mine = [row for row in rows if row["person"] == who.email]
        for row in mine:
            walk.post(who, f"crew/{row['id']}/accept/", None, 200, f"{who.key} accepts")
    walk.say("captain, first officer and nurse accepted their places")


def arrange_it(walk: TripWalk) -> None:
    """Every service that the trip needs is confirmed with a reference."""
    rows = walk.get(cast.COORDINATOR, "services/", "services", trip=walk.trip, page_size=200)
    for row in rows["results"]:
        if row["status"] in ("na", "confirmed"):
            continue
        path = f"services/{row['id']}/confirm/"
        walk.post(cast.COORDINATOR, path, {"reference": f"REF-{row['id']}"}, 200, "confirm")
    walk.say(f"{len(rows['results'])} services arranged")


def name_who_travels(walk: TripWalk) -> None:
    """The patient's escort, with a travel document, on the legs that the patient flies."""
    legs = [leg["sequence"] for leg in walk.record["legs"] if leg["has_patient"]]
    escort = {
        "trip": walk.trip,
        "legs": legs,
        "role": "escort",
        "mass_kg": 70,
        "family_name": FAMILY_NAME,
        "given_names": "Rui",
        "date_of_birth": "1959-11-30",
        "sex": "male",
        "nationality": "US",
        "residence": "US",
        "document_kind": "passport",
        "document_number": "X1234567",
        "document_country": "US",
        "document_expires_on": "2035-05-31",
    }
    walk.post(cast.COORDINATOR, "passengers/", escort, 201, "name the escort")
    walk.say(f"the escort named for legs {', '.join(map(str, legs))}")


def brief_it(walk: TripWalk) -> None:
    """What the rules ask of dispatch: minima, fuel, landing distances, papers."""
    rows = walk.get(cast.DISPATCHER, "leg-briefs/", "briefs", trip=walk.trip, page_size=100)
    for row in sorted(rows["results"], key=lambda row: row["sequence"]):
        brief = {
            "min_ceiling_ft": 250,
            "min_visibility_m": 1200,
            "circling_ceiling_ft": 600,
            "landing_distance_m": 850,
            "fuel_on_board_kg": 1600,
        }
        path = f"{BASE}/leg-briefs/{row['id']}/"
        etag = walk.person(cast.DISPATCHER).get(path).expect(200, "brief").headers["etag"]
        walk.person(cast.DISPATCHER).patch(path, brief, etag=etag).expect(200, "brief a leg")
    for kind, leg, details in _papers(walk.record):
        body: dict[str, Any] = {
            "trip": walk.trip,
            "leg": leg,
            "kind": kind,
            "reference": f"demo {kind}",
            "details": details,
        }
        walk.post(cast.COORDINATOR, "evidence/", body, 201, f"record {kind}")
    walk.say("legs briefed and papers recorded")


def sign_the_risk(walk: TripWalk) -> None:
    """The captain fills in the worksheet and signs it before the first leg (135.617)."""
    template = walk.get(walk.captain, "risk-worksheets/template/", "worksheet")
    answers = {factor["code"]: factor["answers"][0]["code"] for factor in template["factors"]}
    body = {"trip": walk.trip, "answers": answers}
    sheet = walk.post(walk.captain, "risk-worksheets/", body, 201, "fill in the worksheet").body
    walk.post(walk.captain, f"risk-worksheets/{sheet['id']}/sign/", None, 200, "sign")
    walk.say("risk worksheet signed by the pilot in command")


def release_it_and_lose_it(walk: TripWalk) -> None:
    """Released by the chief pilot; a delay takes the release back."""
    _release(walk)
    trip = walk.record
    body = {"leg": 1, "minutes": 20, "code": "handling", "remarks": "Fuel truck late."}
    shown = walk.post(
        cast.COORDINATOR,
        f"trips/{walk.trip}/delay-preview/",
        {"leg": 1, "minutes": 20},
        200,
        "preview a delay",
    ).body
    if len(shown["shifts"]) < len(trip["legs"]):
        raise CheckFailed(f"a delay of leg 1 moves only {shown['shifts']}")
    walk.post(cast.COORDINATOR, f"trips/{walk.trip}/delay/", body, 200, "delay")
    if walk.record["status"] != "planning":
        raise CheckFailed(f"delayed, but {walk.record['status']}")
    walk.say(f"20 minutes late: {len(shown['shifts'])} times move, the release is taken back")


def release_it_again(walk: TripWalk) -> None:
    """What was arranged is looked at again, the worksheet signed anew, the trip released."""
    rows = walk.get(cast.COORDINATOR, "services/", "services", trip=walk.trip, page_size=200)
    for row in (row for row in rows["results"] if row["needs_recheck"]):
        walk.post(cast.COORDINATOR, f"services/{row['id']}/recheck/", {}, 200, "recheck")
    sheets = walk.get(walk.captain, "risk-worksheets/", "worksheets", trip=walk.trip)["results"]
    walk.post(walk.captain, f"risk-worksheets/{sheets[0]['id']}/sign/", None, 200, "sign again")
    _release(walk)


def fly_it(walk: TripWalk) -> None:
    """Out, off, on, in of every leg, and the bedside clocks; seconds stand for minutes."""
    moment = walk.clock()
    for leg in walk.record["legs"]:
        roads = leg["ground_legs"]
        steps = [
            *_clocks((road for road in roads if road["is_pickup"]), _FETCHING),
            *((f"legs/{leg['id']}/move/", "movement", name) for name in MOVEMENTS),
            *_clocks((road for road in roads if not road["is_pickup"]), _DELIVERING),
        ]
        for path, field, name in steps:
            moment += timedelta(seconds=2)
            _record(walk, path, {field: name, "moved_at": moment.isoformat()}, leg["sequence"])
    if walk.record["status"] != "completed":
        raise CheckFailed(f"flown, but {walk.record['status']}")
    walk.say("every leg out, off, on, in, the clocks at both bedsides; the trip is completed")


def close_it(walk: TripWalk) -> None:
    """Hours and cycles to maintenance, duties ended, pilots' logs written."""
    before = tail(walk)
    walk.post(cast.COORDINATOR, f"trips/{walk.trip}/close/", {}, 200, "close")
    after = tail(walk)
    legs = len([leg for leg in walk.record["legs"] if leg["status"] == "in"])
    if after["cycles"] - before["cycles"] != legs:
        raise CheckFailed(f"cycles went from {before['cycles']} to {after['cycles']}")
    log = walk.get(cast.CHIEF_PILOT, "crew-log/", "crew log", trip=walk.trip, page_size=100)
    if len(log["results"]) != 2 * legs:
        raise CheckFailed(f"{len(log['results'])} log entries for {legs} legs of two pilots")
    walk.say(f"closed: {legs} cycles to maintenance, {2 * legs} entries in the pilots' logs")


def keep_the_secret(walk: TripWalk) -> None:
    """The patient's name is nowhere in what the desk reads of the trip."""
    for path in (f"trips/{walk.trip}/", f"quotes/{walk.quote}/", f"trips/{walk.trip}/history/"):
        text = str(walk.get(cast.COORDINATOR, path, "read"))
        if FAMILY_NAME in text:
            raise CheckFailed(f"the patient's name is in {path}")
    walk.say("the patient's name is in none of the trip's and the quote's answers")


def _clocks(
    roads: Iterable[dict[str, Any]], names: Iterable[str]
) -> Iterator[tuple[str, str, str]]:
    for road in roads:
        yield from ((f"ground-legs/{road['id']}/clock/", "clock", name) for name in names)


def _record(walk: TripWalk, path: str, body: dict[str, Any], leg: int) -> None:
    """Record a clock; what turned amber since the release is acknowledged at off blocks."""
    answer = walk.person(walk.captain).post(f"{BASE}/{path}", body)
    if answer.status == 409 and answer.body["code"] == "acknowledgement_missing":
        rules = sorted({finding["rule"] for finding in answer.body["details"]["findings"]})
        walk.say(f"amber since the release, acknowledged: {', '.join(rules)}")
        notes = [{"rule": rule, "note": "Known and accepted."} for rule in rules]
        answer = walk.person(walk.captain).post(
            f"{BASE}/{path}", {**body, "acknowledgements": notes}
        )
    answer.expect(200, f"{' '.join(str(part) for part in body.values())} of leg {leg}")


def _release(walk: TripWalk) -> None:
    """Release, acknowledging by name each amber finding that the refusal lists."""
    path = f"{BASE}/trips/{walk.trip}/release/"
    answer = walk.person(cast.CHIEF_PILOT).post(path, {})
    if answer.status == 409 and answer.body["code"] == "acknowledgement_missing":
        ambers = answer.body["details"]["findings"]
        rules = sorted({finding["rule"] for finding in ambers})
        walk.say(f"amber, acknowledged: {', '.join(rules)}")
        notes = [{"rule": rule, "note": "Known and accepted."} for rule in rules]
        answer = walk.person(cast.CHIEF_PILOT).post(path, {"acknowledgements": notes})
    answer.expect(201, "release")
    walk.say(f"released on verdict {answer.body['verdict']}")


def _papers(trip: dict[str, Any]) -> list[tuple[str, int | None, dict[str, Any]]]:
    found: list[tuple[str, int | None, dict[str, Any]]] = [("airport_hours", None, {})]
    load_sheet = {
        "take_off_weight_kg": 6500.0,
        "max_take_off_weight_kg": 6804.0,
        "cg": 5.1,
        "cg_forward": 4.6,
        "cg_aft": 5.5,
    }
    health = {"health": "One patient, not infectious.", "signatory": "S. Brook"}
    for leg in trip["legs"]:
        number = leg["sequence"]
        found.append(("load_manifest", number, load_sheet | {"passengers": leg["passengers"]}))
        found += [("gendec", number, health), ("cargo_manifest", number, {})]
        found.append(("passenger_manifest", number, {"passengers": leg["passengers"]}))
        if leg["has_patient"]:
            found += [(kind, number, {}) for kind in ("consent", "oxygen", "briefing")]
    return found
