"""The client's part of the demo job, on the portal's pages: invited, asked, accepted."""

import email
import email.policy
import re
from datetime import timedelta
from pathlib import Path
from secrets import token_hex

from django.conf import settings

from client_management.demo import load, place
from client_management.demo.scene import BASE, TITLE, JobWalk, cents
from common.demo_client import Api, CheckFailed
from operations.demo import cast

PASSWORD = token_hex(12)
NAMES = {"first_name": "Alex", "last_name": "Nguyen", "password": PASSWORD}
MAIL_WITHIN_S = 15
BETWEEN_MAILS = b"-" * 79
LINK = re.compile(r"https?://\S+/portal/invitations/[\w-]+/")
FOR_DAYS = 14


def invite_them(walk: JobWalk) -> None:
    """The desk invites somebody of the client; the link is in the mail alone."""
    rows = walk.get(cast.COORDINATOR, f"{BASE}/organizations/", "clients", search=load.CLIENT)
    found = [row["number"] for row in rows["results"] if row["name"] == load.CLIENT]
    if not found:
        raise CheckFailed("no demo client: script/manage load_demo_clients")
    walk.organization = found[0]
    walk.email = f"planner-{walk.clock():%Y%m%d%H%M%S}-{token_hex(2)}@ridge.example"
    invited = {
        "organization": walk.organization,
        "email": walk.email,
        "full_name": "Alex Nguyen",
        "level": "owner",
        "message": "Welcome to your portal.",
    }
    made = walk.post(cast.COORDINATOR, f"{BASE}/invitations/", invited, 201, "invite").body
    if "/portal/invitations/" in str(made):
        raise CheckFailed(f"the invitation's link is in the answer: {made}")
    walk.say(f"{walk.organization} {load.CLIENT}: {walk.email} invited by mail")


def come_in(walk: JobWalk) -> None:
    """The client follows the mail's link, chooses a password and is in; the link is over."""
    found: list[str] = []

    def has_come() -> bool:
        found.extend(_links_to(walk.email))
        return bool(found)

    took = walk.wait_for("the mail of the invitation", has_come, within_s=MAIL_WITHIN_S)
    walk.hands.open(found[0])
    walk.hands.look("invitation")
    walk.hands.fill(NAMES)
    walk.hands.press("Open the portal")
    walk.see("What you need to do")
    walk.hands.press("Sign out")
    walk.hands.open(f"{walk.base_url}/portal/sign-in/")
    walk.hands.look("sign-in")
    walk.hands.fill({"email": walk.email, "password": PASSWORD})
    walk.hands.press("Sign in")
    walk.see("What you need to do")
    walk.hands.look("home-first")
    body = {"email": walk.email, "password": PASSWORD}
    token = Api(walk.base_url).post("/api/token/", body).expect(200, "sign in at the API")
    walk.api = Api(walk.base_url, {"Authorization": f"Bearer {token.body['access']}"})
    desk = walk.api.get(f"{BASE}/organizations/")
    if desk.status != 403:
        raise CheckFailed(f"a client at the desk's endpoints: {desk.status}")
    walk.say(f"mail after {took:.1f} s; first login; the desk's endpoints are shut (403)")


def ask_for_a_survey(walk: JobWalk) -> None:
    """A request with an area drawn on the map, handed in."""
    hands = walk.hands
    hands.open(walk.page("requests/new/"))
    hands.fill(
        {
            "title": TITLE,
            "service_type": "mapping",
            "gsd_cm": str(place.GROUND_SAMPLING_CM),
            "products": "orthophoto",
            "description": "Volumes of the stockpiles at the end of the month.",
            "wanted_from": f"{walk.clock():%Y-%m-%d}",
            "wanted_until": f"{walk.clock() + timedelta(days=FOR_DAYS):%Y-%m-%d}",
            "site_contact_name": "Toni Marchetti",
            "purchase_order": "PO 4711",
        }
    )
    hands.draw(place.corners())
    hands.look("request-form")
    hands.press("Hand in")
    walk.see("Handed in")
    hands.look("request")
    walk.request = hands.path.rstrip("/").rpartition("/")[2]
    seen = walk.portal(f"requests/{walk.request}/")
    wanted = place.EAST_M * place.NORTH_M
    if seen["status"] != "submitted" or abs(seen["area_m2"] - wanted) > wanted * 0.05:
        raise CheckFailed(f"drawn {wanted:.0f} m2, asked for {seen['area_m2']}: {seen['status']}")
    walk.say(f"{walk.request} handed in, drawn on the map: {seen['area_m2']:.0f} m2")


def accept_the_offer(walk: JobWalk) -> None:
    """The offer waits on the first page, is read line by line and accepted; the job is there."""
    hands, quote = walk.hands, walk.quote
    hands.open(walk.page())
    walk.see("Answer our offer")
    hands.look("home")
    hands.follow("Answer our offer")
    walk.see(f"{quote['total']['currency']} {_grouped(quote['total']['amount'])}")
    hands.look("quote")
    hands.fill({"purchase_order": "PO 4711"})
    hands.press("Accept for")
    walk.job = hands.path.rstrip("/").rpartition("/")[2]
    if not walk.job.startswith("JOB-"):
        raise CheckFailed(f"accepted, but on {hands.path}")
    job = walk.portal(f"jobs/{walk.job}/")
    if cents(job["agreed"]["amount"]) != cents(quote["subtotal"]["amount"]):
        raise CheckFailed(f"agreed on {job['agreed']}, offered {quote['subtotal']}")
    walk.say(f"{quote['number']} accepted in the portal: {walk.job}")


def write_to_us(walk: JobWalk) -> None:
    """A message about the job, which the desk reads and answers."""
    walk.hands.open(walk.page(f"messages/{walk.job}/"))
    walk.hands.fill({"body": "The gate is open from seven."})
    walk.hands.press("Send")
    walk.see("The gate is open from seven.")
    rows = walk.get(cast.COORDINATOR, f"{BASE}/threads/", "threads", job__number=walk.job)
    thread = rows["results"][0]
    path = f"{BASE}/threads/{thread['id']}/messages/"
    walk.post(cast.COORDINATOR, path, {"body": "Thank you. We are there at eight."}, 201, "answer")
    walk.hands.open(walk.page(f"messages/{walk.job}/"))
    walk.see("We are there at eight.")
    walk.hands.look("messages")
    walk.say(f"messages about {walk.job}: one each way")


def _links_to(address: str) -> list[str]:
    """Links of invitations in the mails to an address, from where a demo keeps its mails."""
    folder = Path(settings.EMAIL_FILE_PATH)
    if "filebased" not in settings.EMAIL_BACKEND:
        raise CheckFailed("mails go to a server; the demo reads them from MAIL_FOLDER")
    found = []
    for file in sorted(folder.glob("*.log")) if folder.is_dir() else ():
        # Several mails of one second may share a file.
        for content in file.read_bytes().split(BETWEEN_MAILS):
            mail = email.message_from_bytes(content.lstrip(), policy=email.policy.default)
            body = mail.get_body(("plain",))
            if address in str(mail["To"]) and body is not None:
                found += LINK.findall(str(body.get_content()))
    return found


def _grouped(amount: str) -> str:
    return f"{float(amount):,.2f}"
