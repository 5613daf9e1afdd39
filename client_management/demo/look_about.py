"""Where the demo's client goes besides: what is refused, shared, shut, not there or too much."""

import http.client
import time
from datetime import timedelta
from urllib.parse import urlsplit

from client_management.demo.client import PASSWORD
from client_management.demo.place import corners
from client_management.demo.scene import BASE, JobWalk
from common.demo_client import TIMEOUT_S, CheckFailed
from operations.demo import cast

NEIGHBOR = "Ridge Sands (demo)"
DRAFT = "Haul road (demo)"
# More than a minute lets through from one address.
MOST_TRIES = 400
MINUTE_S, GUESSED_WITHIN_S = 60.0, 15.0


def fill_in_wrongly(walk: JobWalk) -> None:
    """A request that cannot be is refused in words, and what was typed stays."""
    hands = walk.hands
    (lat, lon), second, third, _ = corners()
    hands.open(walk.page("requests/new/"))
    hands.fill(
        {
            "title": DRAFT,
            "service_type": "mapping",
            "gsd_cm": "2",
            "area": f"{lat}, {lon}\n{second[0]}, {second[1]}",
            "budget": "a lot",
            "wanted_from": f"{walk.clock() + timedelta(days=9):%Y-%m-%d}",
            "wanted_until": f"{walk.clock() + timedelta(days=5):%Y-%m-%d}",
        }
    )
    hands.press("Hand in", status=400)
    hands.look("request-refused")
    hands.fill(
        {
            "area": "\n".join(f"{y}, {x}" for y, x in ((lat, lon), second, third)),
            "budget": "1500",
            "wanted_until": f"{walk.clock() + timedelta(days=19):%Y-%m-%d}",
        }
    )
    hands.press("Keep as a draft")
    walk.see(DRAFT)
    hands.look("request-draft")


def change_the_draft(walk: JobWalk) -> None:
    """A draft is opened again, changed, and called off."""
    hands = walk.hands
    hands.follow("Change")
    hands.look("request-edit")
    hands.fill({"description": "The road from the pit to the pad."})
    hands.press("Keep as a draft")
    walk.see("The road from the pit to the pad.")
    hands.press("Call it off")
    walk.see("Called off")


def come_to_nothing(walk: JobWalk) -> None:
    """What is not there, or another client's, is one page."""
    walk.hands.open(walk.page("requests/SR-2000-0001/"), status=404)
    walk.see("There is nothing here")
    walk.hands.look("missing")


def look_at_lists(walk: JobWalk) -> None:
    """The lists as they are while something is under way."""
    for name in ("requests", "jobs", "messages", "wishes"):
        walk.hands.open(walk.page(f"{name}/"))
        walk.hands.look(f"list-{name}")


WHILE_IT_FLIES = (fill_in_wrongly, change_the_draft, come_to_nothing, look_at_lists)


def follow_a_link(walk: JobWalk) -> None:
    """A deliverable shared with somebody without an account, until the link is taken back."""
    address = f"{BASE}/deliverables/{walk.deliverable}/share/"
    given = {"days": 14, "label": "The earthworks contractor"}
    link = walk.post(cast.COORDINATOR, address, given, 201, "share the deliverable").body
    walk.hands.open(link["address"])
    walk.see("pad-ortho.tif")
    walk.hands.look("shared")
    over = f"{BASE}/share-links/{link['id']}/revoke/"
    walk.post(cast.COORDINATOR, over, None, 200, "take the link back")
    walk.hands.open(link["address"], status=410)
    walk.see("This link is over")
    walk.hands.look("shared-over")
    walk.say(f"{walk.deliverable} shared by a link; taken back, it opens nothing")


def with_less_of_a_key(walk: JobWalk) -> None:
    """A key that opens less shuts the page, in words and without a trace in the navigation."""
    path = f"{BASE}/portal-accesses/"
    found = walk.get(cast.COORDINATOR, path, "keys", search=walk.email)["results"]
    (key,) = (row for row in found if row["email"] == walk.email)
    _amend(walk, f"{path}{key['id']}/", can_view_invoices=False)
    walk.hands.open(walk.page("invoices/"), status=403)
    walk.see("Your access does not include this")
    walk.hands.look("closed")
    _amend(walk, f"{path}{key['id']}/", can_view_invoices=True)
    walk.hands.open(walk.page("invoices/"))
    walk.say("without the right to see bills their page is shut (403)")


def _amend(walk: JobWalk, path: str, **changes: bool) -> None:
    desk = walk.person(cast.COORDINATOR)
    etag = desk.get(path).expect(200, "read the key").headers["etag"]
    desk.patch(path, changes, etag=etag).expect(200, "change the key")


def with_two_keys(walk: JobWalk) -> None:
    """Whoever serves two clients is asked whose portal it shall be."""
    body = {"organization": _neighbor(walk), "user": walk.email, "level": "viewer"}
    # Who sees accounts of clients, unlike the desk, which invites them.
    made = walk.post(cast.ADMIN, f"{BASE}/portal-accesses/", body, 201, "a second key").body
    walk.hands.open(f"{walk.base_url}/portal/")
    walk.see("Whose portal?")
    walk.see(NEIGHBOR)
    walk.hands.look("entrance")
    over = f"{BASE}/portal-accesses/{made['id']}/revoke/"
    walk.post(cast.ADMIN, over, {"reason": "Demo"}, 200, "take the second key away")
    walk.hands.open(f"{walk.base_url}/portal/")
    walk.see("What you need to do")
    walk.say("with keys to two clients the entrance asks; with one it goes on")


def _neighbor(walk: JobWalk) -> str:
    """Another client of the desk, made where there is none."""
    path = f"{BASE}/organizations/"
    rows = walk.get(cast.COORDINATOR, path, "clients", search=NEIGHBOR)["results"]
    found = [row["number"] for row in rows if row["name"] == NEIGHBOR]
    if found:
        return str(found[0])
    contact = {"kind": "organization", "name": NEIGHBOR, "roles": ["customer"]}
    made = walk.post(cast.COORDINATOR, "/api/contacts/contacts/", contact, 201, "a contact").body
    client = {"contact": made["id"], "industry": "mining"}
    return str(walk.post(cast.COORDINATOR, path, client, 201, "a client").body["number"])


def from_outside(walk: JobWalk) -> None:
    """Signed out: a wrong password is refused, and guessing at links ends with too many."""
    hands = walk.hands
    hands.press("Sign out")
    hands.fill({"email": walk.email, "password": f"{PASSWORD}x"})
    hands.press("Sign in", status=401)
    walk.see("The address or the password is wrong.")
    hands.look("sign-in-refused")
    tries = _guess(walk)
    hands.open(f"{walk.base_url}/portal/shared/a-guess/", status=429)
    walk.see("Too many requests")
    hands.look("limited")
    walk.say(f"a wrong password is refused; guessing at links ends after {tries} tries")


def _guess(walk: JobWalk) -> int:
    # The page that is looked at afterwards is to be of the same minute.
    left_s = MINUTE_S - time.time() % MINUTE_S
    if left_s < GUESSED_WITHIN_S:
        time.sleep(left_s)
    place = urlsplit(walk.base_url)
    secure = place.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    for tries in range(MOST_TRIES):
        connection = kind(place.hostname or "", place.port, timeout=TIMEOUT_S)
        try:
            connection.request("GET", "/portal/shared/a-guess/")
            status = connection.getresponse().status
        finally:
            connection.close()
        if status == http.client.TOO_MANY_REQUESTS:
            return tries
        if status != http.client.NOT_FOUND:
            raise CheckFailed(f"a link that was guessed: {status}")
    raise CheckFailed(f"{MOST_TRIES} guesses at links and no end")
