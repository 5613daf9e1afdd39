import io

import pytest
from pypdf import PdfReader

from common.exceptions import StaleVersion, TransitionNotAllowed
from documents.exceptions import DraftExists, LayoutRefused, TemplateNotDraft, UnknownKind
from documents.models import DocumentAccess, DocumentTemplate
from documents.services import files, templates
from documents.services.generation import generate
from tests.documents.conftest import DESK
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
BASE = "/api/documents/templates"
TEXT = "<h1>Dear {{ name }}</h1>"
VERBS = ("view", "add", "change", "publish", "retire", "preview")


@pytest.fixture
def editor():
    user = UserFactory()
    grant(user, *DESK, *(f"documents.{verb}_documenttemplate" for verb in VERBS))
    return user


@pytest.fixture
def desk(client_for, editor):
    return client_for(editor)


def draft(editor, now, text=TEXT):
    return templates.draft_template(kind="letter", text=text, actor=editor, at=now)


def words(document):
    return PdfReader(io.BytesIO(files.read(document))).pages[0].extract_text()


def test_documents_are_made_with_the_edition_in_force(editor, contact, now):
    shipped = generate("letter", contact.pk, actor=editor, at=now)
    template = draft(editor, now)
    assert generate("letter", contact.pk, actor=editor, at=now) == shipped

    templates.publish_template(template, actor=editor, at=now)
    edited = generate("letter", contact.pk, actor=editor, at=now)

    assert (edited.issue, edited.template) == (2, template)
    assert "Dear Ann Example" in words(edited)
    shipped.template.refresh_from_db()
    assert shipped.template.status == "retired"

    templates.retire_template(template, reason="Too familiar", actor=editor, at=now)
    again = generate("letter", contact.pk, actor=editor, at=now)
    assert (again.issue, again.template.edition) == (3, 3)
    assert "Letter to Ann Example" in words(again)


def test_an_edition_is_checked_when_it_is_drafted_changed_and_published(editor, now, monkeypatch):
    with pytest.raises(LayoutRefused):
        draft(editor, now, "{{ secret }}")
    with pytest.raises(UnknownKind):
        templates.draft_template(kind="x", text=TEXT, actor=editor, at=now)
    template = draft(editor, now)
    with pytest.raises(LayoutRefused):
        templates.change_template(template, changes={"text": "<script>"}, actor=editor, at=now)
    template.refresh_from_db()
    assert template.text == TEXT


def test_there_is_one_draft_at_a_time_and_what_was_published_stays(editor, now):
    template = draft(editor, now)
    with pytest.raises(DraftExists):
        draft(editor, now)
    with pytest.raises(StaleVersion):
        templates.change_template(template, changes={"note": "x"}, version=9, actor=editor, at=now)
    templates.publish_template(template, actor=editor, at=now)

    with pytest.raises(TemplateNotDraft):
        templates.change_template(template, changes={"text": "x"}, actor=editor, at=now)
    with pytest.raises(TemplateNotDraft):
        templates.publish_template(template, actor=editor, at=now)
    templates.retire_template(template, reason="x", actor=editor, at=now)
    with pytest.raises(TransitionNotAllowed):
        templates.retire_template(template, reason="x", actor=editor, at=now)
    assert draft(editor, now).edition == 2


def test_a_template_over_http(desk, contact):
    shipped = desk.get(f"{BASE}/shipped/?kind=letter").json()
    assert {"path": "lines[].amount", "meaning": "What it costs"} in shipped["placeholders"]
    assert shipped["text"].startswith("<!--placeholders")

    made = desk.post(f"{BASE}/", {"kind": "letter", "text": TEXT})
    assert made.status_code == 201
    address = f"{BASE}/{made.json()['id']}"
    assert desk.patch(f"{address}/", {"note": "x"}).status_code == 428
    stale = desk.patch(f"{address}/", {"note": "x"}, headers={"if-match": '"9"'})
    assert stale.status_code == 412
    changed = desk.patch(
        f"{address}/", {"text": "<h2>Hi {{ name }}</h2>"}, headers={"if-match": made["ETag"]}
    )
    assert changed.json()["text"] == "<h2>Hi {{ name }}</h2>"
    preview = desk.post(f"{address}/preview/", {"subject": str(contact.pk)})
    assert (preview.status_code, preview["Content-Type"]) == (200, "application/pdf")
    text = PdfReader(io.BytesIO(preview.content)).pages[0].extract_text()
    assert "Hi Ann Example" in text
    assert "Not a document" in text
    assert desk.post(f"{address}/publish/").json()["status"] == "published"
    assert desk.post(f"{address}/publish/").status_code == 409
    assert desk.post(f"{address}/retire/", {"reason": "x"}).json()["status"] == "retired"
    assert [s["to_status"] for s in desk.get(f"{address}/history/").json()] == [
        "published",
        "retired",
    ]
    (row,) = desk.get(f"{BASE}/?kind=letter&status=retired").json()["results"]
    assert "text" not in row


def test_a_preview_of_a_medical_kind_asks_what_for_and_is_on_record(
    desk, client_for, editor, contact, now
):
    template = templates.draft_template(kind="medical_note", text=TEXT, actor=editor, at=now)
    address, body = f"{BASE}/{template.pk}/preview/", {"subject": str(contact.pk)}

    refused = desk.post(address, body)
    assert (refused.status_code, refused.json()["code"]) == (400, "purpose_required")
    assert not DocumentAccess.objects.exists()
    shown = desk.post(address, {**body, "purpose": "New layout"})

    assert shown["Content-Type"] == "application/pdf"
    look = DocumentAccess.objects.get()
    assert (look.deed, look.user, look.purpose) == ("preview", editor, "New layout")
    assert (look.template, look.subject_type, look.subject_id) == (
        template,
        "contacts.contact",
        contact.pk,
    )
    reader, outsider = UserFactory(), UserFactory()
    grant(reader, *DESK, "documents.view_documentaccess")
    grant(outsider, "documents.view_documentaccess")
    (row,) = client_for(reader).get("/api/documents/accesses/").json()["results"]
    assert (row["document"], row["template"], row["deed"]) == (
        None,
        "medical_note edition 1",
        "preview",
    )
    assert client_for(outsider).get("/api/documents/accesses/").json()["results"] == []


def test_what_is_refused_names_the_line(desk):
    answer = desk.post(f"{BASE}/", {"kind": "letter", "text": "<p>a</p>\n<p>{{ secret }}</p>"})

    assert (answer.status_code, answer.json()["code"]) == (400, "layout_refused")
    assert answer.json()["errors"][0]["pointer"] == "/text"
    assert answer.json()["detail"].startswith("Line 2:")


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/", {"kind": "letter"}, 400),
        ("/", {"kind": "letter", "text": TEXT, "status": "published"}, 400),
        ("/", {"kind": "x", "text": TEXT}, 404),
        ("/", {"kind": "letter", "text": "x" * 200_001}, 400),
        ("/0/publish/", None, 404),
        ("/0/preview/", {"subject": "1"}, 404),
    ],
)
def test_what_is_malformed_is_refused(desk, path, body, status):
    assert desk.post(f"{BASE}{path}", body).status_code == status
    assert not DocumentTemplate.objects.exists()


def test_the_kinds_say_what_the_caller_may(client, said):
    rows = {row["key"]: row for row in client.get("/api/documents/kinds/").json()}

    assert set(rows) == {"letter", "medical_note", "memo"}
    assert rows["letter"]["may_make"] is True
    assert rows["letter"]["retention_years"] == 7
    assert client.get("/api/documents/kinds/?subject=nothing.x").json() == []


def test_a_document_is_made_over_http(client, contact, said):
    body = {"kind": "letter", "subject": str(contact.pk)}

    first = client.post("/api/documents/generate/", body)
    second = client.post("/api/documents/generate/", body)

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["number"] == second.json()["number"]
    said.data = {"note": "Changed"}
    for _ in range(2):
        third = client.post("/api/documents/generate/", body, headers={"idempotency-key": "k"})
        assert (third.status_code, third.json()["issue"]) == (201, 2)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"kind": "letter"}, 400),
        ({"kind": "letter", "pack": "contacts.contact", "subject": "1"}, 400),
        ({"kind": "x", "subject": "1"}, 404),
        ({"kind": "letter", "subject": "0"}, 404),
        ({"kind": "letter", "subject": "9" * 40}, 404),
        ({"kind": "letter", "subject": "TR-1"}, 404),
        ({"kind": "letter", "subject": "1", "actor": "x"}, 400),
        ({"pack": "users.user", "subject": "1"}, 404),
    ],
)
def test_what_cannot_be_made_is_refused(client, body, status):
    assert client.post("/api/documents/generate/", body).status_code == status


def test_who_lacks_the_grant_of_the_kind_makes_none(client_for, contact):
    user = UserFactory()
    grant(user, "documents.generate_document", "documents.view_document")

    answer = client_for(user).post(
        "/api/documents/generate/", {"kind": "letter", "subject": str(contact.pk)}
    )

    assert answer.status_code == 403
