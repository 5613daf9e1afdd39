import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from documents.models import Document, DocumentAccess, DocumentTemplate, Letterhead
from documents.services import files
from documents.services.generation import generate
from documents.services.templates import draft_template
from tests.browser import enter
from tests.documents.conftest import DESK
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
BASE = "/admin/documents"
TEXT = "<h1>Dear {{ name }}</h1>"
VERBS = ("view", "add", "change", "publish", "retire", "preview")


def signed_in(user):
    client = Client()
    enter(client, user)
    return client


def somebody(*grants):
    user = UserFactory()
    grant(user, *DESK, *grants)
    return signed_in(user)


@pytest.fixture
def letter(contact, now):
    return generate("letter", contact.pk, actor=None, at=now)


@pytest.mark.parametrize(
    "page", ["document", "documentaccess", "documentpack", "documenttemplate", "letterhead"]
)
def test_every_screen_opens(letter, page):
    Letterhead.objects.create(name="Southern")
    desk = signed_in(UserFactory(is_superuser=True))

    assert desk.get(f"{BASE}/{page}/").status_code == 200


def test_opening_a_document_is_on_record(letter):
    desk = somebody()

    answer = desk.get(f"{BASE}/document/{letter.pk}/change/")

    assert letter.sha256 in answer.content.decode()
    assert DocumentAccess.objects.get(document=letter).deed == "view"
    outsider = UserFactory()
    grant(outsider, "documents.view_document")
    assert signed_in(outsider).get(f"{BASE}/document/{letter.pk}/change/").status_code == 302


def test_a_document_is_downloaded_from_its_page(contact, now, letter):
    desk = somebody()
    note = generate("medical_note", contact.pk, actor=None, at=now)

    assert b"Download" in desk.get(f"{BASE}/document/{letter.pk}/download/").content
    answer = desk.post(f"{BASE}/document/{letter.pk}/download/", {"purpose": ""}, follow=True)
    assert answer.content == files.read(letter)
    refused = desk.post(f"{BASE}/document/{note.pk}/download/", {"purpose": ""})
    assert b"what you need this medical document for" in refused.content
    given = desk.post(f"{BASE}/document/{note.pk}/download/", {"purpose": "Care"}, follow=True)
    assert given.content == files.read(note)
    assert desk.get(f"{BASE}/document/0/download/").status_code == 404


def test_what_has_changed_is_made_anew(letter, said):
    desk = somebody()
    said.data = {"note": "Changed"}

    body = {"action": "make_anew", "sure": "1", "_selected_action": [letter.pk]}
    answer = desk.post(f"{BASE}/document/", body, follow=True)

    assert b"says what is so" in answer.content
    assert Document.objects.get(is_current=True).issue == 2


def test_a_template_is_drafted_with_the_list_of_what_it_may_show(letter):
    desk = somebody(*(f"documents.{verb}_documenttemplate" for verb in VERBS))

    begin = desk.get(f"{BASE}/documenttemplate/add/?kind=letter").content.decode()
    assert "Letter to {{ name }}" in begin
    refused = desk.post(
        f"{BASE}/documenttemplate/add/", {"kind": "letter", "text": "{{ secret }}"}, follow=True
    )
    assert b"not among the placeholders" in refused.content
    desk.post(f"{BASE}/documenttemplate/add/", {"kind": "letter", "text": TEXT})
    draft = DocumentTemplate.objects.get(status="draft")
    page = desk.get(f"{BASE}/documenttemplate/{draft.pk}/change/").content.decode()
    assert "{{ lines[].amount }}" in page
    assert "What it costs" in page
    desk.post(
        f"{BASE}/documenttemplate/{draft.pk}/change/", {"text": TEXT + "<p>x</p>", "note": ""}
    )
    draft.refresh_from_db()
    assert draft.text.endswith("<p>x</p>")


def test_a_template_is_tried_published_and_retired(letter, contact, now):
    desk = somebody(*(f"documents.{verb}_documenttemplate" for verb in VERBS))
    draft = draft_template(kind="letter", text=TEXT, actor=UserFactory(), at=now)

    preview = f"{BASE}/documenttemplate/{draft.pk}/preview/"
    assert desk.get(preview).status_code == 200
    assert desk.post(preview, {"subject": contact.pk}).content.startswith(b"%PDF")
    assert b"There is no such" in desk.post(preview, {"subject": "0"}).content
    body = {"action": "publish", "sure": "1", "_selected_action": [draft.pk]}
    desk.post(f"{BASE}/documenttemplate/", body)
    draft.refresh_from_db()
    assert draft.status == "published"
    page = desk.get(f"{BASE}/documenttemplate/{draft.pk}/change/").content.decode()
    assert 'name="text"' not in page
    desk.post(f"{BASE}/documenttemplate/", {**body, "action": "retire"})
    draft.refresh_from_db()
    assert draft.status == "retired"


def test_a_template_is_not_touched_without_the_grant(letter):
    desk = somebody("documents.view_documenttemplate")
    template = letter.template

    assert desk.get(f"{BASE}/documenttemplate/{template.pk}/preview/").status_code == 403
    body = {"action": "publish", "sure": "1", "_selected_action": [template.pk]}
    desk.post(f"{BASE}/documenttemplate/", body)
    template.refresh_from_db()
    assert template.status == "published"


def test_the_letterhead_is_entered_once_with_a_logo():
    desk = somebody(*(f"documents.{verb}_letterhead" for verb in ("view", "add", "change")))
    logo = io.BytesIO()
    Image.new("RGB", (40, 20), "navy").save(logo, "PNG")
    body = {"name": "Southern Air Ambulance", "color": "#123456", "registration": "ABN 1"}

    desk.post(
        f"{BASE}/letterhead/add/",
        {**body, "logo_file": SimpleUploadedFile("l.png", logo.getvalue())},
    )

    row = Letterhead.objects.get()
    assert (row.name, row.color, row.registration) == ("Southern Air Ambulance", "#123456", "ABN 1")
    assert bytes(row.logo) == logo.getvalue()
    assert desk.get(f"{BASE}/letterhead/add/").status_code == 403
    page = f"{BASE}/letterhead/{row.pk}/change/"
    assert b"data:image/png" in desk.get(page).content
    bad = desk.post(page, {**body, "logo_file": SimpleUploadedFile("l.png", b"MZ")}, follow=True)
    assert b"Only PDF, PNG" in bad.content
    desk.post(page, {**body, "remove_logo": "on"})
    row.refresh_from_db()
    assert row.logo is None
