"""The papers and the money of the demo trip: documents as PDF, a bill, a payment by its link."""

from collections import Counter
from typing import Any
from uuid import uuid4

from common.demo_client import Answer, Api, CheckFailed
from documents.demo import fetch, fetch_paper
from operations.demo import cast
from operations.demo.scene import TripWalk, cents

FINANCE = "/api/finance"
# What a customer, an authority and the crew of an ambulance flight across a border are given.
PAPERS = (
    "customer_itinerary",
    "internal_itinerary",
    "general_declaration",
    "passenger_manifest",
    "cargo_manifest",
    "crew_list",
    "ambulance_consent",
    "operational_release",
)
PAID_WITHIN_S = 15


def make_the_papers(walk: TripWalk) -> None:
    """Each document of the trip is made from its snapshot and comes back as a PDF."""
    sizes = [len(_paper(walk, kind, walk.trip)) for kind in PAPERS]
    walk.say(f"{len(sizes)} documents made, {min(sizes) // 1000} to {max(sizes) // 1000} kB")


def bill_it(walk: TripWalk) -> None:
    """The accepted offer becomes a bill of the same total, once."""
    body = {"subject": "operations.trip", "subject_number": walk.trip, "basis": "quote"}
    draft = _money(walk, "invoices/", body, 201, "draft the bill").body
    again = _post(walk, "invoices/", body)
    if again.status != 409:
        raise CheckFailed(f"the same work was billed twice: {again.status}")
    issued = _money(walk, f"invoices/{draft['id']}/issue/", {}, 200, "issue the bill").body
    offered = walk.offer["total"]["amount"]
    if cents(issued["total"]["amount"]) != cents(offered):
        raise CheckFailed(f"billed {issued['total']['amount']}, offered {offered}")
    walk.invoice = issued["number"]
    walk.say(f"{walk.invoice}: {offered} {issued['total']['currency']}; billed again: refused")


def pay_it(walk: TripWalk) -> None:
    """The customer pays on the provider's page; its notification settles the bill."""
    link = _money(walk, "payment-links/", {"invoice": walk.invoice}, 201, "make a link to pay")
    token = link.body["address"].rstrip("/").rpartition("/")[2]
    anybody = Api(walk.base_url)
    page = anybody.get(f"{FINANCE}/pay/{token}/").expect(200, "open the link to pay").body
    chosen = {"provider": page["providers"][0]}
    path = f"{FINANCE}/pay/{token}/checkout/"
    opened = anybody.post(path, chosen).expect(200, "go to the provider").body
    same = anybody.post(path, chosen).expect(200, "click again").body
    if not opened["url"] or same["url"] != opened["url"]:
        raise CheckFailed(f"a second click led elsewhere: {opened['url']!r}, {same['url']!r}")
    pay_on(opened["url"])
    walk.wait_for("bill paid", lambda: _invoice(walk)["status"] == "paid", within_s=PAID_WITHIN_S)
    check_books(walk.person(cast.ACCOUNTANT))
    walk.say(f"{walk.invoice} paid by {opened['provider']} through its page and notification")


def check_books(accountant: Api) -> None:
    """Debits are credits in each currency. Raises CheckFailed."""
    trial = accountant.get(f"{FINANCE}/reports/trial-balance/")
    sums: Counter[str] = Counter()
    for row in trial.expect(200, "trial balance").body:
        sums[row["currency"]] += cents(row["debits"]) - cents(row["credits"])
    if not sums or any(sums.values()):
        raise CheckFailed(f"the books are not even: {dict(sums)}")


def hand_out_the_bill(walk: TripWalk) -> None:
    """The bill as a PDF."""
    size = len(_paper(walk, "invoice", walk.invoice))
    walk.say(f"{walk.invoice} as a PDF of {size // 1000} kB")


def _invoice(walk: TripWalk) -> dict[str, Any]:
    rows = walk.person(cast.ACCOUNTANT).get(f"{FINANCE}/invoices/", number=walk.invoice)
    found: dict[str, Any] = rows.expect(200, "read the bill").body["results"][0]
    return found


def _paper(walk: TripWalk, kind: str, subject: str) -> bytes:
    who = walk.person(cast.ACCOUNTANT if kind == "invoice" else cast.COORDINATOR)
    return fetch_paper(who, walk.base_url, kind=kind, subject=subject)


def pay_on(address: str) -> None:
    """What a customer does on a provider's page: here, a stand-in's. Raises CheckFailed."""
    status, _ = fetch("POST", address, address, {"pay": "1"})
    if status not in (200, 302, 303):
        raise CheckFailed(f"the provider's page answered {status}")


def _money(walk: TripWalk, path: str, body: Any, expected: int, what: str) -> Answer:
    return _post(walk, path, body).expect(expected, what)


def _post(walk: TripWalk, path: str, body: Any) -> Answer:
    return walk.person(cast.ACCOUNTANT).post(f"{FINANCE}/{path}", body, **_key())


def _key() -> dict[str, str]:
    return {"Idempotency-Key": uuid4().hex}
