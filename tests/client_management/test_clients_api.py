"""Clients over HTTP: from the contact to the drafted bill, and what is refused on the way."""

import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from client_management.models import ClientOrganization, JobOrder, ServiceRequest
from tests.client_management import scene
from tests.client_management.portal.test_messages import PNG
from tests.contacts.factories import ContactFactory
from tests.rpas.factories import MemberFactory
from tests.users.factories import UserFactory, grant, hold
from users.models import Role
from users.services.seeding import seed_roles

pytestmark = pytest.mark.django_db
BASE = "/api/client-management/"
KEY = {"HTTP_IDEMPOTENCY_KEY": "once"}


@pytest.fixture
def boss(client_for):
    return client_for(UserFactory(is_superuser=True))


def asked(number: str) -> dict[str, object]:
    at = timezone.now()
    body = scene.asked(at)
    return {
        **body,
        "organization": number,
        "area": json.loads(body["area"].geojson),
        "wanted_from": str(body["wanted_from"]),
        "wanted_until": str(body["wanted_until"]),
    }


def ok(answer, status=200):
    assert answer.status_code == status, answer.json()
    return answer.json()


def test_from_the_contact_to_the_drafted_bill(boss):
    scene.gst(timezone.now())
    number = taken_on(boss)
    agreed_on(boss, number)
    sent = offered(boss, number)
    offer = f"{BASE}quotes/{sent['number']}/"
    job = ok(boss.post(f"{offer}accept/", {"content_hash": sent["content_hash"]}), 201)
    assert (job["agreed"]["amount"], job["progress"]["percent"]) == ("500.00", 0.0)
    work = f"{BASE}jobs/{job['number']}/"
    ok(boss.post(f"{work}confirm/"))
    assert planned(boss, work)[0]["part"]["type"] == "Polygon"
    ok(boss.post(f"{work}hand-over/"))
    assert [row["status"] for row in ok(boss.get(f"{work}operations/"))] == ["draft"]
    assert boss.post(f"{work}bill/").json()["code"] == "job_not_accepted"
    ok(boss.post(f"{work}bill-early/", {"reason": "Prepaid"}))
    bill = ok(boss.post(f"{work}bill/", {"reference": "PO 1"}), 201)
    assert bill["total"] == {"amount": "550.00", "currency": "AUD"}
    assert ok(boss.get(f"{work}margin/"))["cost"] == "0.00"


def taken_on(boss):
    """A contact becomes a client, once however often it is asked for."""
    contact = ContactFactory(name="Blue Pit Mining")
    body = {"contact": contact.pk, "tax_code": "GST", "industry": "mining"}
    made = ok(boss.post(f"{BASE}organizations/", body, **KEY), 201)
    again = ok(boss.post(f"{BASE}organizations/", body, **KEY), 201)
    client = f"{BASE}organizations/{made['number']}/"
    assert (again["number"], made["missing_checks"]) == (made["number"], ["identity", "terms"])
    refusal = boss.post(f"{client}activate/")
    assert (refusal.status_code, refusal.json()["code"]) == (409, "client_not_onboarded")
    for kind in ("identity", "terms"):
        ok(boss.post(f"{client}check/", {"kind": kind, "reference": "seen"}))
    assert ok(boss.post(f"{client}activate/"))["status"] == "active"
    return made["number"]


def agreed_on(boss, number):
    """A contract with one price, which is needed before it is in force."""
    terms = {
        "organization": number,
        "title": "Surveys",
        "currency": "AUD",
        "effective_from": "2026-01-01",
    }
    contract = ok(boss.post(f"{BASE}contracts/", terms), 201)
    assert boss.post(f"{BASE}contracts/{contract['number']}/activate/").status_code == 409
    price = {
        "contract": contract["number"],
        "kind": "flight",
        "unit": "hour",
        "amount": "420.00",
        "effective_from": "2026-01-01",
    }
    assert boss.post(f"{BASE}contract-rates/", {**price, "unit": "km"}).status_code == 400
    ok(boss.post(f"{BASE}contract-rates/", price), 201)
    assert boss.post(f"{BASE}contract-rates/", price).status_code == 409
    ok(boss.post(f"{BASE}contracts/{contract['number']}/activate/"))


def offered(boss, number):
    """A request is taken down, handed in, assessed, priced, and its offer sent."""
    request = ok(boss.post(f"{BASE}service-requests/", asked(number)), 201)
    one = f"{BASE}service-requests/{request['number']}/"
    ok(boss.post(f"{one}submit/"))
    found = ok(boss.post(f"{one}assess/", {"travel_km": 40}), 201)
    assert (found["is_feasible"], found["operations"]) == (True, 1)
    quote = ok(boss.post(f"{BASE}quotes/", {"request": request["number"]}), 201)
    offer = f"{BASE}quotes/{quote['number']}/"
    changed = {"sequence": 1, "amount": "500.00", "reason": "Agreed"}
    assert ok(boss.post(f"{offer}override/", changed))["total"]["amount"] == "550.00"
    sent = boss.post(f"{offer}send/")
    assert (sent["Cache-Control"], "/portal/quotes/" in ok(sent)["link"]) == ("no-store", True)
    return sent.json()


def planned(boss, work):
    team = scene.fleet()
    body = {
        "operator": team.operator.name,
        "aircraft": team.aircraft.registration,
        "pilot": team.pilot.email,
        "start_at": (timezone.now() + timedelta(days=8)).isoformat(),
        "conditions": {"is_over_populous_area": False},
    }
    for wrong in ({"launch_site": {}}, {"is_behind_obstacles": "maybe"}):
        assert boss.post(f"{work}plan/", {**body, "conditions": wrong}).status_code == 400
    assert (
        boss.post(f"{work}plan/", {**body, "start_at": "2020-01-01T00:00:00Z"}).status_code == 400
    )
    return ok(boss.post(f"{work}plan/", body), 201)


@pytest.fixture
def made(boss, now):
    actor, at = UserFactory(), timezone.now()
    organization = scene.client(actor, at)
    scene.contract(actor, at, organization)
    return scene.request(organization, actor, at)


def test_edits_name_the_version_they_read(boss, made):
    one = f"{BASE}service-requests/{made.number}/"
    tag = boss.get(one)["ETag"]
    change = {"title": "Northern block"}

    assert boss.patch(one, change).status_code == 428
    assert boss.patch(one, change, HTTP_IF_MATCH='"999"').status_code == 412
    assert ok(boss.patch(one, change, HTTP_IF_MATCH=tag))["title"] == "Northern block"
    assert boss.patch(one, change, HTTP_IF_MATCH=tag).status_code == 412


def test_bodies_that_say_something_else_are_refused_and_nothing_is_written(boss, made):
    body = asked(made.organization.number)
    crossed = [[[149, -35], [149.1, -35.1], [149.1, -35], [149, -35.1], [149, -35]]]
    wrong = (
        ({"status": "approved"}, "/status"),
        ({"area": {"type": "Point", "coordinates": [149, -35]}}, "/area"),
        ({"area": {"type": "Polygon", "coordinates": crossed}}, "/area"),
        ({"wanted_until": body["wanted_from"]}, "/wanted_until"),
        ({"specifications": {"gsd_cm": -1}}, "/specifications"),
        ({"organization": "CLI-1999-0001"}, "/organization"),
        ({"priority": 9}, "/priority"),
        ({"title": "x" * 201}, "/title"),
        ({"budget": "1e99"}, "/budget"),
    )
    for change, pointer in wrong:
        answer = boss.post(f"{BASE}service-requests/", {**body, **change})
        assert answer.status_code == 400, (change, answer.json())
        assert pointer in str(answer.json()), (change, answer.json())

    assert ServiceRequest.objects.count() == 1
    assert boss.post(f"{BASE}service-requests/{made.number}/submit/", {"x": 1}).status_code == 400


def test_clients_and_strangers_get_nothing_and_absent_rows_are_not_there(
    client_for, api, boss, made
):
    person, reader = UserFactory(), UserFactory()
    grant(person, "client_management.view_servicerequest", is_staff_role=False)
    grant(reader, "client_management.view_clientorganization")
    one = f"{BASE}service-requests/{made.number}/"

    assert api.get(one).status_code == 401
    assert client_for(reader).get(one).status_code == 403
    assert client_for(person).get(one).status_code == 404
    assert client_for(person).get(f"{BASE}service-requests/").json()["count"] == 0
    for kind, number in (("jobs", "JOB"), ("quotes", "SQ"), ("organizations", "CLI")):
        assert boss.get(f"{BASE}{kind}/{number}-1999-0001/").status_code == 404


def test_files_of_a_request_are_kept_listed_and_had_by_whoever_reads_it(client_for, boss, made):
    files = f"{BASE}service-requests/{made.number}/files/"
    given = {"body": "Site plan", "files": [SimpleUploadedFile("plan.png", PNG)]}
    wrong = {"files": [SimpleUploadedFile("plan.exe", b"MZ")]}

    assert ok(boss.get(files)) == []
    assert boss.post(files, wrong, format="multipart").status_code == 400
    message = ok(boss.post(files, given, format="multipart", **KEY), 201)
    (kept,) = ok(boss.get(files))
    assert (kept["file_name"], message["files"]) == ("plan.png", [kept])
    reader, writer = UserFactory(), UserFactory()
    grant(reader, "client_management.view_servicerequest")
    grant(writer, "client_management.view_clientorganization")
    one = f"{BASE}request-files/{kept['id']}/"
    had = client_for(reader).get(one)
    assert had["Content-Type"] == "image/png"
    assert client_for(reader).get(f"{BASE}request-files/{kept['id'] + 1}/").status_code == 404
    assert client_for(writer).get(one).status_code == 403
    assert client_for(reader).post(files, {"body": "x"}).status_code == 403
    assert client_for(writer).get(files).status_code == 403


def test_lists_take_a_fixed_number_of_queries(boss, made, now):
    actor, at = UserFactory(), timezone.now()
    counts = {}
    paths = ("organizations", "service-requests", "service-requests/pipeline", "quotes", "jobs")
    paths = (*paths, "organizations/dashboard", "contracts", "contract-rates")
    for rows in (1, 3):
        for path in paths:
            with CaptureQueriesContext(connection) as queries:
                ok(boss.get(f"{BASE}{path}/"))
            counts.setdefault(path, []).append(len(queries))
        if rows == 1:
            # The first list of each kind may fill caches; the second is counted against a third.
            counts.clear()
        for _ in range(2):
            organization = scene.client(actor, at)
            scene.contract(actor, at, organization)
            scene.job(organization, actor, at)
    for path in paths:
        with CaptureQueriesContext(connection) as queries:
            ok(boss.get(f"{BASE}{path}/"))
        counts[path].append(len(queries))

    assert all(len(set(found)) == 1 for found in counts.values()), counts
    assert max(found[0] for found in counts.values()) <= 12, counts


def test_roles_do_what_they_are_for(client_for, made):
    seed_roles()
    coordinator, accountant = MemberFactory().user, UserFactory()
    hold(coordinator, Role.objects.get(code="flight_coordinator"))
    hold(accountant, Role.objects.get(code="accountant"))
    one = f"{BASE}organizations/{made.organization.number}/"

    assert client_for(coordinator).post(f"{one}suspend/", {"reason": "x"}).status_code == 403
    assert client_for(accountant).post(f"{one}suspend/", {"reason": "x"}).status_code == 200
    assert ClientOrganization.objects.get().status == "suspended"
    assert JobOrder.objects.count() == 0
