from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.geo import point
from common.models import AuditEvent
from contacts.models import (
    FBO,
    City,
    Communication,
    Contact,
    ContactMerge,
    ExternalReference,
    FBOFee,
    GroundProvider,
)
from contacts.services.merges import merge_contacts
from tests.airports.factories import AirportFactory
from tests.contacts.factories import (
    CityFactory,
    CommunicationFactory,
    ContactFactory,
    FBOFactory,
    FBOFeeFactory,
    GroundProviderFactory,
)
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
BASE = "/api/contacts"
FACTORIES = {
    "contacts": ContactFactory,
    "fbos": FBOFactory,
    "ground": GroundProviderFactory,
    "cities": CityFactory,
    "communications": CommunicationFactory,
}
DETAIL_POSTS = [
    ("contacts", "deactivate"),
    ("contacts", "reactivate"),
    ("contacts", "merge"),
    ("communications", "correct"),
    ("fbos", "set-fee"),
    ("ground", "set-fee"),
]
DETAIL_GETS = [
    ("contacts", "duplicates"),
    ("contacts", "merge-preview"),
    ("contacts", "merges"),
    ("fbos", "attendance"),
    ("fbos", "fees"),
    ("ground", "attendance"),
    ("ground", "fees"),
]
CHANGES = {
    "contacts": {"job_title": "Manager"},
    "fbos": {"notice_min": 45},
    "ground": {"stretchers": 2},
    "cities": {"region": "Victoria"},
}


def command(kind):
    """A body that is accepted."""
    return {
        "contacts": lambda: {"kind": "person", "name": "Ana Lima"},
        "fbos": lambda: {"airport": AirportFactory().ident, "name": "Harbour Jet"},
        "ground": lambda: {"airport": AirportFactory().ident, "name": "Amb", "kind": "ambulance"},
        "cities": lambda: {
            "name": "Orange",
            "country": "AU",
            "point": {"type": "Point", "coordinates": [149.1, -33.28]},
            "timezone": "Australia/Sydney",
        },
        "communications": lambda: {
            "contact": ContactFactory().pk,
            "channel": "call",
            "direction": "in",
            "subject": "Bed",
        },
    }[kind]()


@pytest.fixture
def callers(api, client_for):
    """Clients of: nobody, an employee without grants, a client of ours with every grant."""
    employee, outsider = UserFactory(), UserFactory()
    grant(employee)
    names = [
        f"contacts.view_{model._meta.model_name}"
        for model in (City, Communication, Contact, FBO, GroundProvider)
    ]
    grant(outsider, *names, is_staff_role=False)
    return SimpleNamespace(nobody=api, idle=client_for(employee), outsider=client_for(outsider))


@pytest.mark.parametrize("kind", FACTORIES)
def test_who_may_read(kind, callers, client):
    row = FACTORIES[kind]()
    address = f"{BASE}/{kind}/{row.pk}/"

    for path in (f"{BASE}/{kind}/", address):
        assert callers.nobody.get(path).status_code == 401
        assert callers.idle.get(path).status_code == 403
    assert callers.outsider.get(address).status_code == 404
    assert callers.outsider.get(f"{BASE}/{kind}/").json()["results"] == []
    answer = client.get(address)
    assert answer.status_code == 200
    if kind != "communications":
        assert answer["ETag"] == f'"{answer.json()["version"]}"'
    listed = client.get(f"{BASE}/{kind}/").json()["results"]
    assert row.pk in [each["id"] for each in listed]


@pytest.mark.parametrize("kind", FACTORIES)
def test_who_may_enter(kind, callers, client):
    model = FACTORIES[kind]._meta.model
    body = command(kind)
    before = model.objects.count()

    assert callers.nobody.post(f"{BASE}/{kind}/", body).status_code == 401
    assert callers.idle.post(f"{BASE}/{kind}/", body).status_code == 403
    assert callers.outsider.post(f"{BASE}/{kind}/", body).status_code == 403
    assert model.objects.count() == before
    answer = client.post(f"{BASE}/{kind}/", body)
    assert answer.status_code == 201, answer.json()
    assert model.objects.filter(pk=answer.json()["id"]).exists()


@pytest.mark.parametrize(("kind", "verb"), DETAIL_POSTS)
def test_who_may_act(kind, verb, callers, client):
    address = f"{BASE}/{kind}/{FACTORIES[kind]().pk}/{verb}/"

    assert callers.nobody.post(address, {}).status_code == 401
    assert callers.idle.post(address, {}).status_code == 403
    refused = client.post(address, {"surprise": 1})
    assert refused.status_code == 400, refused.json()
    assert client.post(f"{BASE}/{kind}/999999/{verb}/", {}).status_code == 404
    assert not AuditEvent.objects.filter(subject_type__startswith="contacts.").exists()


@pytest.mark.parametrize(("kind", "verb"), DETAIL_GETS)
def test_who_may_look(kind, verb, callers, client):
    row = FACTORIES[kind]()
    address = f"{BASE}/{kind}/{row.pk}/{verb}/"
    query = {"merged": ContactFactory().pk} if verb == "merge-preview" else {}

    assert callers.nobody.get(address).status_code == 401
    assert callers.idle.get(address).status_code == 403
    assert callers.outsider.get(address, query).status_code in (403, 404)
    assert client.get(address, query).status_code == 200
    assert client.get(address, {"surprise": 1}).status_code == 400


@pytest.mark.parametrize("kind", CHANGES)
def test_an_edit_needs_if_match_and_changes_one_version_only(kind, callers, client):
    address = f"{BASE}/{kind}/{FACTORIES[kind]().pk}/"
    etag, change = client.get(address)["ETag"], CHANGES[kind]

    assert callers.nobody.patch(address, change).status_code == 401
    assert callers.idle.patch(address, change).status_code == 403
    assert client.patch(address, change).status_code == 428
    assert client.patch(address, change, HTTP_IF_MATCH='"999"').status_code == 412
    for empty in ({}, {"surprise": 1}):
        assert client.patch(address, empty, HTTP_IF_MATCH=etag).status_code == 400
    answer = client.patch(address, change, HTTP_IF_MATCH=etag)
    assert answer.status_code == 200, answer.json()
    assert change.items() <= answer.json().items()
    assert answer["ETag"] != etag
    assert client.patch(address, change, HTTP_IF_MATCH=etag).status_code == 412


@pytest.mark.parametrize("kind", FACTORIES)
def test_the_same_request_again_has_one_effect(kind, client):
    body, model = command(kind), FACTORIES[kind]._meta.model

    first, again = (
        client.post(f"{BASE}/{kind}/", body, HTTP_IDEMPOTENCY_KEY="k1") for _ in range(2)
    )

    assert first.json() == again.json()
    assert again["Idempotent-Replay"] == "true"
    assert model.objects.count() == 1 or kind == "communications"
    other = {**command(kind), **({"name": "Other"} if kind != "communications" else {"body": "B"})}
    assert client.post(f"{BASE}/{kind}/", other, HTTP_IDEMPOTENCY_KEY="k1").status_code == 422


BAD = [
    ("contacts", {"kind": "robot"}),
    ("contacts", {"name": ""}),
    ("contacts", {"name": "x" * 201}),
    ("contacts", {"name": None}),
    ("contacts", {"name": "\u202egro.knab"}),
    ("contacts", {"name": "\u200b"}),
    ("fbos", {"name": "Jet\x07"}),
    ("cities", {"name": "\u0301"}),
    ("contacts", {"name": ["Ana"]}),
    ("contacts", {"roles": ["pirate"]}),
    ("contacts", {"roles": "customer"}),
    ("contacts", {"roles": ["customer"] * 100}),
    ("contacts", {"parent": 999999}),
    ("contacts", {"parent": True}),
    ("contacts", {"parent": 2**40}),
    ("contacts", {"country": "Australia"}),
    ("contacts", {"timezone": "Mars/Olympus"}),
    ("contacts", {"timezone": "../../etc/passwd"}),
    ("contacts", {"point": {"type": "Point", "coordinates": [200, 0]}}),
    ("contacts", {"point": "SRID=4326;POINT(1 1)"}),
    ("contacts", {"website": "javascript:alert(1)"}),
    ("contacts", {"notes": "x" * 10_001}),
    ("contacts", {"phones": [{"number": "call me"}]}),
    ("contacts", {"phones": [{"number": "1" * 41}]}),
    ("contacts", {"phones": [{"number": "02 9999 1234", "surprise": 1}]}),
    ("contacts", {"phones": [{"number": f"+6129999{n:04}"} for n in range(21)]}),
    ("contacts", {"phones": {"number": "02"}}),
    ("contacts", {"emails": [{"address": "not one"}]}),
    ("contacts", {"emails": [{"address": "a@b.example"}, {"address": "A@B.example"}]}),
    ("contacts", {"emails": [{"address": '"a@b"@hospital.example'}]}),
    ("contacts", {"emails": [{"address": "a@" + "ü." * 100 + "example"}]}),
    ("contacts", {"addresses": [{"lines": ""}]}),
    ("contacts", {"external_references": [{"system": "xero"}]}),
    ("fbos", {"airport": "ZZZZ"}),
    ("fbos", {"hours_kind": "weekly"}),
    ("fbos", {"hours_kind": "weekly", "hours": {"0": [["25:00", "26:00"]]}}),
    ("fbos", {"hours_kind": "weekly", "hours": [1]}),
    ("fbos", {"hours_kind": "weekly", "hours": {"0": [["06:00", "22:00"]] * 2}}),
    ("fbos", {"frequencies_mhz": ["99.5"]}),
    ("fbos", {"frequencies_mhz": ["131.75000"]}),
    ("fbos", {"services": ["pizza"]}),
    ("fbos", {"notice_min": -1}),
    ("fbos", {"notice_min": 10**9}),
    ("fbos", {"phone": "call me"}),
    ("ground", {"kind": "boat"}),
    ("ground", {"kind": "car", "care_level": "basic"}),
    ("ground", {"stretchers": 1000}),
    ("cities", {"point": {"type": "Polygon", "coordinates": []}}),
    ("cities", {"point": {"type": "Point", "coordinates": [1, "x"]}}),
    ("cities", {"timezone": "Sydney"}),
    ("cities", {"country": "au"}),
    ("communications", {"contact": 999999}),
    ("communications", {"channel": "smoke"}),
    ("communications", {"subject": ""}),
    ("communications", {"subject": "x" * 201}),
    ("communications", {"body": "x" * 20_001}),
    ("communications", {"occurred_at": "2026-03-14T20:00:00"}),
    ("communications", {"occurred_at": "2999-01-01T00:00:00Z"}),
]


@pytest.mark.parametrize(("kind", "wrong"), BAD, ids=lambda value: str(value)[:60])
def test_what_makes_no_sense_is_refused_with_a_pointer_and_nothing_is_written(kind, wrong, client):
    model = FACTORIES[kind]._meta.model

    answer = client.post(f"{BASE}/{kind}/", {**command(kind), **wrong})

    assert answer.status_code == 400, answer.json()
    assert answer["Content-Type"] == "application/problem+json"
    pointers = [error["pointer"] for error in answer.json()["errors"]]
    assert any(pointer.startswith(f"/{next(iter(reversed(wrong)))}") for pointer in pointers) or (
        "hours_kind" in wrong and pointers == ["/hours"]
    )
    assert not model.objects.exists()


@pytest.mark.parametrize("wrong", [{"name": "a\x00b"}, {"parent": 10**30}], ids=str)
def test_what_the_database_could_not_hold_is_refused(wrong, client):
    answer = client.post(f"{BASE}/contacts/", {**command("contacts"), **wrong})

    assert answer.status_code == 400
    assert not Contact.objects.exists()


@pytest.mark.parametrize("kind", FACTORIES)
def test_a_body_that_is_no_object_is_refused(kind, client):
    for body in ("[]", '"x"', "{", "NaN"):
        answer = client.post(f"{BASE}/{kind}/", body, content_type="application/json")
        assert answer.status_code == 400, body


def test_a_city_or_a_reference_that_is_there_is_a_conflict(client):
    body = command("cities")
    assert client.post(f"{BASE}/cities/", body).status_code == 201
    assert client.post(f"{BASE}/cities/", {**body, "name": "ORANGE"}).status_code == 409
    reference = [{"system": "xero", "reference": "C-1"}]
    given = {**command("contacts"), "external_references": reference}
    assert client.post(f"{BASE}/contacts/", given).status_code == 201
    assert client.post(f"{BASE}/contacts/", given).status_code == 409
    assert ExternalReference.objects.count() == 1


def test_a_contact_is_entered_whole_and_read_whole(client):
    parent, city = ContactFactory(name="Harbour Hospital"), CityFactory()
    answer = client.post(
        f"{BASE}/contacts/",
        {
            "kind": "person",
            "name": "Dr José García",
            "roles": ["medical"],
            "parent": parent.pk,
            "country": "AU",
            "phones": [{"kind": "mobile", "number": "0412 345 678"}],
            "emails": [{"address": "J.Garcia@Hospital.example"}],
            "addresses": [{"lines": "1 Ward St", "city": city.pk}],
            "external_references": [{"system": "xero", "reference": "C-1042"}],
        },
    )

    assert answer.status_code == 201, answer.json()
    body = answer.json()
    assert body["parent_name"] == "Harbour Hospital"
    (phone,) = body["phones"]
    assert (phone["e164"], phone["is_primary"]) == ("+61412345678", True)
    assert body["addresses"][0]["city"] == city.pk
    assert body["merged_into"] is None


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"kind": "person"}, {"ana"}),
        ({"role": ["hospital", "broker"]}, {"clinic", "ana"}),
        ({"is_active": "false"}, {"gone"}),
        ({"email": "ANA@clinic.example"}, {"ana"}),
        ({"phone": "+61412345678"}, {"ana"}),
        ({"phone": "61 412 345 678"}, {"ana"}),
        ({"phone": "nonsense"}, set()),
        ({"reference": "xero:C-1"}, {"clinic"}),
        ({"near": "-33.9,151.2,20"}, {"clinic"}),
        ({"search": "garcia"}, {"ana"}),
        ({"search": "GARCÍA"}, {"ana"}),
        ({"search": "Clínic"}, {"clinic", "ana"}),
        ({"search": "0412 345"}, {"ana"}),
        ({"search": "clinic C-1"}, {"clinic"}),
        ({"is_merged": "true"}, {"merged"}),
        ({"is_merged": "false"}, {"ana", "clinic", "gone"}),
        ({"country": "NZ"}, {"gone"}),
        ({}, {"ana", "clinic", "gone"}),
    ],
)
def test_contacts_are_found_by(query, expected, client, now):
    clinic = ContactFactory(
        name="Harbour Clinic", roles=["hospital"], point=point(lat=-33.92, lon=151.19)
    )
    rows = {
        "clinic": clinic,
        "ana": ContactFactory(
            person=True,
            name="Ana García",
            roles=["broker"],
            parent=clinic,
            phone="0412 345 678",
            email="ana@clinic.example",
        ),
        "gone": ContactFactory(is_active=False, country="NZ"),
        "merged": ContactFactory(roles=[]),
    }
    ExternalReference.objects.create(contact=clinic, system="xero", reference="C-1")
    clinic.search_words += " c-1"
    clinic.save()
    merge_contacts(clinic, rows["merged"], reason="Same", actor=UserFactory(), at=now)

    answer = client.get(f"{BASE}/contacts/", query)

    assert answer.status_code == 200, answer.json()
    keys = {row.pk: name for name, row in rows.items()}
    assert {keys[row["id"]] for row in answer.json()["results"]} == expected


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("contacts", {"surprise": "1"}),
        ("contacts", {"ordering": "notes"}),
        ("contacts", {"kind": "robot"}),
        ("contacts", {"parent": "x"}),
        ("contacts", {"parent": "1.5"}),
        ("contacts", {"parent": "9" * 30}),
        ("contacts", {"near": "x"}),
        ("contacts", {"near": "91,0,5"}),
        ("contacts", {"near": "0,0,5000"}),
        ("contacts", {"page_size": "1000"}),
        ("contacts", {"is_merged": "maybe"}),
        ("contacts", {"fields": "secrets"}),
        ("fbos", {"service": "pizza"}),
        ("ground", {"kind": "boat"}),
        ("communications", {"contact": "x"}),
        ("communications", {"occurred_from": "yesterday"}),
        ("communications", {"cursor": "x"}),
        ("directory", {}),
        ("directory", {"near": "x"}),
        ("directory", {"near": "0,0,5", "airport": "YSSY"}),
        ("directory", {"near": "0,0,5", "km": "5"}),
        ("directory", {"airport": "ZZZZ"}),
        ("directory", {"near": "0,0,5", "kind": "pub"}),
        ("directory", {"near": "0,0,5", "openness": "ajar"}),
        ("directory", {"near": "0,0,5", "open_at": "now"}),
        ("directory", {"near": "0,0,5", "open_at": "2026-03-15T00:00:00"}),
    ],
)
def test_questions_that_make_no_sense_are_refused(path, query, client):
    answer = client.get(f"{BASE}/{path}/", query)

    assert answer.status_code in ((400, 404) if "cursor" in query else (400,)), answer.json()


@pytest.mark.parametrize("kind", FACTORIES)
def test_a_list_takes_the_same_statements_for_many(kind, client):
    def count():
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"{BASE}/{kind}/").status_code == 200
        return len(queries)

    FACTORIES[kind]()
    before = count()
    FACTORIES[kind].create_batch(5)
    assert count() == before


def test_a_merge_is_previewed_done_and_told(client, coordinator):
    survivor = ContactFactory(name="Harbour Jet")
    merged = ContactFactory(name="Harbor Jet", phone="0412 345 678")
    said = CommunicationFactory(contact=merged)
    address = f"{BASE}/contacts/{survivor.pk}"

    plan = client.get(f"{address}/merge-preview/", {"merged": merged.pk}).json()
    assert plan["moved"] == {"contacts.contactphone.contact": 1}
    answer = client.post(f"{address}/merge/", {"merged": merged.pk, "reason": "Same mobile"})

    assert answer.status_code == 200, answer.json()
    old = client.get(f"{BASE}/contacts/{merged.pk}/")
    assert old.json()["merged_into"] == survivor.pk
    assert old["Link"] == f'<{address}/>; rel="canonical"'
    (told,) = client.get(f"{address}/merges/").json()
    assert (told["merged"], told["actor"], told["reason"]) == (
        merged.pk,
        coordinator.email,
        "Same mobile",
    )
    history = client.get(f"{BASE}/communications/", {"contact": survivor.pk}).json()["results"]
    assert [row["id"] for row in history] == [said.pk]


def test_a_merge_of_a_merged_contact_is_a_conflict_that_names_which_stands_for_it(client, now):
    survivor, merged, third = (ContactFactory() for _ in range(3))
    merge_contacts(survivor, merged, reason="Same", actor=UserFactory(), at=now)
    calls = [
        (f"contacts/{third.pk}/merge", {"merged": merged.pk, "reason": "X"}),
        (f"contacts/{merged.pk}/merge", {"merged": third.pk, "reason": "X"}),
        (f"contacts/{merged.pk}/deactivate", {"reason": "X"}),
        ("communications", {**command("communications"), "contact": merged.pk}),
    ]

    for path, body in calls:
        answer = client.post(f"{BASE}/{path}/", body)
        assert (answer.status_code, answer.json()["code"]) == (409, "contact_merged")
        assert answer.json()["details"]["merged_into"] == survivor.pk
    assert ContactMerge.objects.count() == 1


def test_a_merge_repeated_with_its_key_is_one_merge(client):
    survivor, merged = ContactFactory(), ContactFactory()
    body = {"merged": merged.pk, "reason": "Same"}

    first, again = (
        client.post(f"{BASE}/contacts/{survivor.pk}/merge/", body, HTTP_IDEMPOTENCY_KEY="m1")
        for _ in range(2)
    )

    assert (first.status_code, again.status_code) == (200, 200)
    assert ContactMerge.objects.count() == 1


@pytest.mark.parametrize(
    ("other", "status"), [("", 400), ("x", 400), ("9" * 40, 400), ("-1", 400), ("999999", 404)]
)
def test_a_preview_with_nobody_finds_nothing(other, status, client):
    address = f"{BASE}/contacts/{ContactFactory().pk}/merge-preview/"

    assert client.get(address, {"merged": other}).status_code == status


def test_duplicates_are_told_with_score_and_reason(client):
    contact = ContactFactory(person=True, name="José García", phone="0412 345 678")
    body = {"name": "Garcia, Jose", "kind": "person", "country": "AU", "phones": ["0412345678"]}

    (one,) = client.post(f"{BASE}/contacts/find-duplicates/", body).json()

    assert (one["id"], one["score"]) == (contact.pk, 0.94)
    assert [reason["kind"] for reason in one["reasons"]] == ["name", "phone"]
    assert client.get(f"{BASE}/contacts/{contact.pk}/duplicates/").json() == []
    for wrong in ({}, {"name": ""}, {"phones": ["1"] * 21}, {"emails": ["x"]}):
        assert client.post(f"{BASE}/contacts/find-duplicates/", wrong).status_code == 400


def test_looking_for_duplicates_is_closed_without_the_grant(callers):
    body = {"name": "Ana"}

    assert callers.nobody.post(f"{BASE}/contacts/find-duplicates/", body).status_code == 401
    assert callers.idle.post(f"{BASE}/contacts/find-duplicates/", body).status_code == 403
    assert callers.outsider.post(f"{BASE}/contacts/find-duplicates/", body).json() == []


def test_an_entry_is_corrected_and_both_are_read(client):
    wrong = CommunicationFactory(body="From 18:00")
    address = f"{BASE}/communications/{wrong.pk}/correct/"

    answer = client.post(address, {"reason": "Misheard", "body": "From 19:00"})

    assert answer.status_code == 201, answer.json()
    assert answer.json()["corrects"] == wrong.pk
    assert (
        client.get(f"{BASE}/communications/{wrong.pk}/").json()["corrected_by"]
        == (answer.json()["id"])
    )
    again = client.post(address, {"reason": "Misheard", "body": "From 20:00"})
    assert (again.status_code, again.json()["code"]) == (409, "already_corrected")
    standing = client.get(f"{BASE}/communications/", {"is_corrected": "false"}).json()["results"]
    assert [row["id"] for row in standing] == [answer.json()["id"]]
    assert client.patch(f"{BASE}/communications/{wrong.pk}/", {}).status_code == 405
    assert client.post(address, {"reason": "Nothing else"}).status_code == 400


def test_a_price_is_set_and_read_by_day(client):
    fee = FBOFeeFactory()
    address = f"{BASE}/fbos/{fee.provider.pk}"
    body = {
        "kind": "handling",
        "unit": "visit",
        "price": {"amount": "400.00", "currency": "AUD"},
        "valid_from": "2026-07-01",
    }

    answer = client.post(f"{address}/set-fee/", body)

    assert answer.status_code == 201, answer.json()
    assert answer.json()["price"] == {"amount": "400.00", "currency": "AUD"}
    (before,) = client.get(f"{address}/fees/", {"on": "2026-06-30"}).json()
    assert before["price"] == {"amount": "385.00", "currency": "AUD"}
    assert len(client.get(f"{address}/fees/").json()) == 2
    assert client.post(f"{address}/set-fee/", body).status_code == 409


@pytest.mark.parametrize(
    "wrong",
    [
        {"price": {"amount": "-1", "currency": "AUD"}},
        {"price": {"amount": "1.001", "currency": "AUD"}},
        {"price": {"amount": "1.50", "currency": "JPY"}},
        {"price": {"amount": "1", "currency": "XXX"}},
        {"price": "1 AUD"},
        {"price": {"amount": "NaN", "currency": "AUD"}},
        {"valid_from": "soon"},
        {"valid_until": "2026-07-01"},
        {"mtow_from_kg": 5, "mtow_until_kg": 5},
        {"kind": "bribe"},
    ],
    ids=str,
)
def test_a_price_that_makes_no_sense_is_refused(wrong, client):
    fbo = FBOFactory()
    body = {
        "kind": "handling",
        "unit": "visit",
        "price": {"amount": "400.00", "currency": "AUD"},
        "valid_from": "2026-07-01",
    }

    answer = client.post(f"{BASE}/fbos/{fbo.pk}/set-fee/", {**body, **wrong})

    assert answer.status_code == 400, answer.json()
    assert not FBOFee.objects.exists()


def test_somebody_is_there_by_the_airports_own_clock(client):
    fbo = FBOFactory()

    def ask(at):
        return client.get(f"{BASE}/fbos/{fbo.pk}/attendance/", {"at": at}).json()

    assert ask("2026-03-15T02:00:00Z") == {
        "openness": "open",
        "until": "2026-03-15T11:00:00Z",
        "until_local": "2026-03-15T22:00+11:00",
    }
    assert ask("2026-03-15T12:00:00Z")["openness"] == "closed"
    for wrong in ("x", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"):
        query = {"at": wrong}
        assert client.get(f"{BASE}/fbos/{fbo.pk}/attendance/", query).status_code == 400


def test_the_directory_answers_near_an_airport(client, callers):
    airport = AirportFactory(icao="YQQQ")
    fbo = FBOFactory(airport=airport)
    GroundProviderFactory(airport=airport)
    query = {"airport": "YQQQ", "kind": "fbo", "open_at": "2026-03-15T02:00:00Z"}

    (entry,) = client.get(f"{BASE}/directory/", query).json()

    assert (entry["id"], entry["distance_km"], entry["openness"]) == (fbo.pk, 0.0, "open")
    assert entry["until_local"] == "2026-03-15T22:00+11:00"
    assert callers.nobody.get(f"{BASE}/directory/", query).status_code == 401
    assert callers.idle.get(f"{BASE}/directory/", query).status_code == 403


def test_the_directory_shows_nothing_to_a_client_of_ours(callers):
    airport = AirportFactory(icao="YQQQ")
    FBOFactory(airport=airport)

    answer = callers.outsider.get(f"{BASE}/directory/", {"near": "-35.3,149.2,50"})

    assert answer.json() == []


def test_a_contact_names_all_it_stands_for(client, now):
    first, second, third = (ContactFactory() for _ in range(3))
    merge_contacts(second, first, reason="Same", actor=UserFactory(), at=now)
    merge_contacts(third, second, reason="Same", actor=UserFactory(), at=now)

    answer = client.get(f"{BASE}/contacts/{third.pk}/merges/").json()

    told = [(row["survivor"], row["merged"]) for row in answer]
    assert told == [(third.pk, second.pk), (second.pk, first.pk)]
    (kept,) = client.get(f"{BASE}/contacts/{second.pk}/merges/").json()
    assert (kept["survivor"], kept["merged"]) == (second.pk, first.pk)


@pytest.mark.parametrize("typed", ["Jose", "José", "JOSE\u0301", "O'Sullivan", "O\u2019SULLIVAN"])
@pytest.mark.parametrize(
    "name", ["Jose O'Sullivan", "José O\u2019Sullivan", "Jose\u0301 O'Sullivan"]
)
def test_a_name_is_found_however_it_is_typed(name, typed, client):
    contact = ContactFactory(person=True, name=name)

    rows = client.get(f"{BASE}/contacts/", {"search": typed}).json()["results"]

    assert [row["id"] for row in rows] == [contact.pk]


def test_what_was_read_of_numbers_and_addresses_may_be_given_back(client):
    given = {"phones": [{"number": "555 0147"}], "addresses": [{"lines": "1 Ward St"}]}
    made = client.post(f"{BASE}/contacts/", {**command("contacts"), **given})
    read = made.json()
    back = {
        "phones": [
            {name: row[name] for name in ("kind", "number", "country")} for row in read["phones"]
        ],
        "addresses": [
            {name: value for name, value in row.items() if name != "id"}
            for row in read["addresses"]
        ],
    }

    answer = client.patch(f"{BASE}/contacts/{read['id']}/", back, HTTP_IF_MATCH=made["ETag"])

    assert answer.status_code == 200, answer.json()
    assert (answer.json()["phones"], answer.json()["addresses"]) == (
        read["phones"],
        read["addresses"],
    )
