"""The money of the demo job: billed on acceptance, paid in the portal, the account even."""

from typing import Any
from urllib.parse import urlsplit

from client_management.demo.scene import BASE, FINANCE, JobWalk, cents
from common.demo_client import CheckFailed
from operations.demo import cast
from operations.demo.money import check_books, pay_on

PAID_WITHIN_S = 15
PROVIDER = "PayPal"


def bill_it(walk: JobWalk) -> None:
    """The accepted job becomes a bill of the offer's total, once."""
    path = f"{BASE}/jobs/{walk.job}/bill/"
    draft = walk.post(cast.ACCOUNTANT, path, {}, 201, "draft the bill").body
    walk.post(cast.ACCOUNTANT, path, {}, 409, "bill it twice")
    address = f"{FINANCE}/invoices/{draft['id']}/issue/"
    issued = walk.post(cast.ACCOUNTANT, address, {}, 200, "issue the bill").body
    offered = walk.quote["total"]["amount"]
    if cents(issued["total"]["amount"]) != cents(offered):
        raise CheckFailed(f"billed {issued['total']}, offered {offered}")
    walk.invoice = issued["number"]
    walk.say(f"{walk.invoice}: {offered} {issued['total']['currency']}; billed again: refused")


def pay_it(walk: JobWalk) -> None:
    """The client finds the bill in the portal and pays it on the provider's page."""
    hands = walk.hands
    hands.open(walk.page())
    walk.see("Pay an invoice")
    hands.look("home-to-pay")
    hands.open(walk.page(f"invoices/{walk.invoice}/"))
    hands.look("pay")
    hands.press(f"Pay with {PROVIDER}")
    walk.see("Everything is ready")
    address = hands.link("Go on to pay")
    hands.look("pay-on")
    if urlsplit(address).hostname not in ("127.0.0.1", "localhost"):
        raise CheckFailed(f"not a stand-in: {address}")
    pay_on(address)
    took = walk.wait_for(
        "bill paid", lambda: _bill(walk)["status"] == "paid", within_s=PAID_WITHIN_S
    )
    walk.say(
        f"{walk.invoice} paid through {PROVIDER}'s stand-in; its notification took {took:.1f} s"
    )


def settle_it(walk: JobWalk) -> None:
    """The job is completed, the client's account even, and so are the books."""
    walk.wait_for(
        "the job completed",
        lambda: walk.portal(f"jobs/{walk.job}/")["status"] == "completed",
        within_s=PAID_WITHIN_S,
    )
    account = walk.portal("statement/")
    charged = [line for line in account["lines"] if line["invoice"] == walk.invoice]
    others = sum(cents(row["amount"]) for row in walk.portal("dashboard/")["owed"])
    if not charged or cents(account["closing"]) != others:
        raise CheckFailed(f"the account is not even: {charged}, closing {account['closing']}")
    check_books(walk.person(cast.ACCOUNTANT))
    margin = walk.get(cast.ACCOUNTANT, f"{BASE}/jobs/{walk.job}/margin/", "margin")
    walk.say(
        f"{walk.job} completed; the client's account closes at {account['closing']}"
        f" {account['currency']}; books even; margin {margin['margin']} {margin['currency']}"
    )


def look_round(walk: JobWalk) -> None:
    """Every other page of the portal opens."""
    for end, words in (
        ("", "What you need to do"),
        ("requests/", walk.request),
        ("jobs/", walk.job),
        ("deliverables/", "Orthophoto of the pad"),
        ("documents/", "Documents"),
        ("invoices/", walk.invoice),
        ("messages/", walk.job),
        ("wishes/", "Mail me about"),
    ):
        walk.hands.open(walk.page(end))
        walk.see(words)
        # The others were looked at while the aircraft flew.
        if end in ("", "deliverables/", "documents/", "invoices/"):
            walk.hands.look(f"list-{end.strip('/') or 'home'}")
    walk.hands.open(walk.page(f"jobs/{walk.job}/"))
    walk.hands.look("job-completed")
    walk.say("every page of the portal opens and shows the job's end")


def _bill(walk: JobWalk) -> dict[str, Any]:
    found: dict[str, Any] = walk.portal(f"invoices/{walk.invoice}/")
    return found
