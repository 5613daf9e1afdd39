"""Agreements at the desk, over HTTP."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from documents.models import Agreement, DocumentAccess
from documents.services import files
from documents.services.signatures import open_agreement
from tests.documents.agreements.conftest import CALLER, DESK, EMAIL, NAME
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
LIST = "/api/documents/agreements/"


def at(agreement, end=""):
    return f"{LIST}{agreement.number}/{end}"


@pytest.fixture
def body(desk):
    return {
        "document": desk.document().number,
        "signer_name": NAME,
        "signer_email": EMAIL,
        "signer_role": "representative",
    }


def test_the_desk_prepares_sends_and_countersigns(client, desk, body, run_tasks):
    made = client.post(LIST, body)
    assert (made.status_code, made.json()["status"]) == (201, "draft")
    assert made["ETag"] == f'"{made.json()["version"]}"'
    agreement = Agreement.objects.get(number=made.json()["number"])

    sent = client.post(at(agreement, "send/"))
    assert (sent.status_code, sent.json()["status"]) == (200, "sent")
    assert "link" not in str(sent.json()["trail"])
    assert client.get(at(agreement, "signed/")).json()["code"] == "agreement_not_signed"

    agreement.refresh_from_db()
    desk.at = timezone.now()
    desk.signed(open_agreement(agreement, caller=CALLER, at=desk.at))
    assert client.post(at(agreement, "countersign/")).json()["code"] == "signature_not_sealed"
    assert client.get(at(agreement, "signed/")).json()["code"] == "signature_not_sealed"
    run_tasks()
    done = client.post(at(agreement, "countersign/"))

    assert (done.status_code, done.json()["status"]) == (200, "countersigned")
    found = client.get(at(agreement, "signed/"))
    agreement.refresh_from_db()
    assert found["Content-Type"] == "application/pdf"
    assert found["Cache-Control"] == "no-store, private"
    assert files.sha256(found.content) == agreement.sha256 == done.json()["sha256"]
    assert DocumentAccess.objects.filter(user=desk.clerk, deed="download").count() == 1
    steps = client.get(at(agreement, "history/")).json()
    assert [step["to_status"] for step in steps] == ["sent", "viewed", "signed", "countersigned"]


def test_the_signatures_are_checked_from_the_file(client, desk, run_tasks):
    agreement = desk.signed()
    run_tasks()
    client.post(at(agreement, "countersign/"))

    checks = client.get(at(agreement, "check/")).json()

    assert [(check["field"], check["holds"]) for check in checks] == [
        ("Signature", True),
        ("Countersignature", True),
    ]


def test_the_same_key_prepares_one_agreement(client, body):
    first, again = (client.post(LIST, body, headers={"Idempotency-Key": "one"}) for _ in range(2))

    assert first.json() == again.json()
    assert again["Idempotent-Replay"] == "true"
    assert Agreement.objects.count() == 1
    other = client.post(LIST, {**body, "signer_role": "payer"}, headers={"Idempotency-Key": "one"})
    assert other.status_code == 422


def test_the_same_key_sends_one_mail(client, desk, scheduled):
    agreement = desk.draft()

    answers = [
        client.post(at(agreement, "send/"), headers={"Idempotency-Key": "send"}) for _ in range(2)
    ]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert client.post(at(agreement, "send/")).status_code == 409
    assert agreement.trail.filter(deed="sent").count() == 1


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"document": "DC-2026-999999"}, 400, "invalid"),
        ({"signer_email": "nobody"}, 400, "invalid"),
        ({"signer_role": "king"}, 400, "invalid"),
        ({"signer_name": ""}, 400, "invalid"),
        ({"signer_name": "x" * 201}, 400, "invalid"),
        ({"valid_days": 0}, 400, "invalid"),
        ({"valid_days": 91}, 400, "invalid"),
        ({"more": 1}, 400, "invalid"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(client, body, change, status, code):
    answer = client.post(LIST, {**body, **change})

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not Agreement.objects.exists()


def test_a_second_open_one_for_the_same_signer_is_a_conflict(client, body):
    assert client.post(LIST, body).status_code == 201

    assert client.post(LIST, body).json()["code"] == "already_exists"


def test_a_document_that_is_not_for_signing_is_refused(client, desk, body):
    answer = client.post(LIST, {**body, "document": desk.document("letter").number})

    assert (answer.status_code, answer.json()["code"]) == (409, "not_for_signing")


def test_withdrawing_takes_a_reason(client, desk):
    agreement = desk.sent()

    assert client.post(at(agreement, "withdraw/"), {}).status_code == 400
    assert client.post(at(agreement, "withdraw/"), {"reason": "Other date"}).status_code == 200
    assert client.post(at(agreement, "remind/")).json()["code"] == "agreement_closed"
    assert client.post(at(agreement, "withdraw/"), {"reason": "again"}).status_code == 409


def test_the_list_is_filtered_and_counted(client, desk, django_assert_num_queries):
    document = desk.document()
    for n in range(3):
        desk.sent(document, signer_email=f"p{n}@family.example")
    desk.draft(document)
    client.get(LIST)

    with django_assert_num_queries(5):
        rows = client.get(LIST, {"status": "sent"}).json()

    assert rows["count"] == 3
    assert "signer_name" not in rows["results"][0]
    assert client.get(LIST, {"document": document.number}).json()["count"] == 4
    assert client.get(LIST, {"signer_email": "P1@family.example"}).json()["count"] == 1
    assert client.get(LIST, {"unknown": "1"}).status_code == 400


def test_a_look_at_who_signs_is_on_record_and_a_list_names_nobody(client, desk, clerk):
    agreement = desk.sent()

    with CaptureQueriesContext(connection) as asked:
        assert NAME not in client.get(LIST).content.decode()
    assert not any('"signer_name"' in each["sql"] or '"snapshot"' in each["sql"] for each in asked)
    assert not DocumentAccess.objects.exists()
    client.get(at(agreement))

    look = DocumentAccess.objects.get()
    assert (look.document, look.deed, look.user) == (agreement.document, "view", clerk)
    assert look.purpose == f"Agreement {agreement.number}"


def test_the_detail_names_who_signed(client, desk):
    agreement = desk.signed()

    shown = client.get(at(agreement)).json()

    assert (shown["signer_name"], shown["signed_name"]) == (NAME, NAME)
    assert [entry["deed"] for entry in shown["trail"]][-1] == "signed"
    assert "link" not in shown
    assert client.get(at(agreement, "check/")).json()["code"] == "agreement_not_signed"


def test_a_medical_file_is_downloaded_for_a_purpose(client, desk, run_tasks):
    agreement = desk.signed(desk.opened(desk.document("consent")))
    run_tasks()

    assert client.get(at(agreement, "signed/")).json()["code"] == "purpose_required"
    found = client.get(at(agreement, "signed/"), {"purpose": "review"})
    told = client.get(at(agreement, "signed/"), {"purpose": "For Jane Example"})

    assert found.content.startswith(b"%PDF")
    assert DocumentAccess.objects.latest("pk").purpose.endswith("review")
    assert (told.status_code, "Jane" in told.content.decode()) == (400, False)


def test_who_may_not_read_the_document_sees_no_agreement(client_for, desk):
    agreement = desk.sent()
    other = UserFactory()
    grant(other, *(name for name in DESK if name.startswith("documents.")))
    client = client_for(other)

    assert client.get(LIST).json()["count"] == 0
    for end in ("", "history/", "signed/", "check/"):
        assert client.get(at(agreement, end)).status_code == 404
    for end in ("send/", "remind/", "countersign/"):
        assert client.post(at(agreement, end)).status_code == 404


def test_every_verb_takes_its_own_grant(client_for, api, desk):
    agreement = desk.draft()
    reader = UserFactory()
    grant(reader, DESK[0], "documents.view_agreement")
    client = client_for(reader)

    assert client.get(at(agreement)).status_code == 200
    for end in ("send/", "remind/", "withdraw/", "countersign/"):
        assert client.post(at(agreement, end), {"reason": "x"}).status_code == 403
    assert client.post(LIST, {}).status_code == 403
    assert client.get(at(agreement, "signed/")).status_code == 403
    assert api.get(LIST).status_code == 401
    agreement.refresh_from_db()
    assert agreement.status == "draft"
