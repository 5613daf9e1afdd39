import io
import sys
import zlib
from datetime import date

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from PIL import Image
from pypdf import PdfWriter
from pypdf.actions import JavaScript
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

import flight_operations.documents
import rpas.documents
from documents import rendering
from documents.content import recognize, scan
from documents.exceptions import (
    DocumentNotPermitted,
    ScannerUnavailable,
    SubjectNotFound,
    UnderRetention,
    UploadRefused,
)
from documents.kinds import register, years_of_uploads
from documents.models import Document
from documents.services import files
from documents.services.deletion import delete_document
from documents.services.uploads import upload_document
from rpas.models import OperatorMember
from tests.contacts.factories import ContactFactory
from tests.documents.conftest import DESK
from tests.documents.factories import letter_kind
from tests.rpas.factories import MemberFactory, OperatorFactory
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
ADDRESS = "/api/documents/documents/upload/"


def picture(kind="PNG", size=(4, 3)):
    kept = io.BytesIO()
    Image.new("RGB", size, "navy").save(kept, kind)
    return kept.getvalue()


def pdf(*, script="", password="", attached=b"", is_typed=True, submits_to=""):
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    writer.add_blank_page(200, 200)
    if script:
        writer.add_open_action(JavaScript(script))
    if attached:
        writer.add_attachment("x.bin", attached)
        for each in writer.attachment_list if not is_typed else ():
            del each.pdf_object["/EF"]["/F"].get_object()["/Type"]
    if submits_to:
        deed = {"/S": NameObject("/SubmitForm"), "/F": TextStringObject(submits_to)}
        writer.root_object[NameObject("/OpenAction")] = DictionaryObject(
            {NameObject(name): value for name, value in deed.items()}
        )
    if password:
        writer.encrypt(password)
    kept = io.BytesIO()
    writer.write(kept)
    return kept.getvalue()


def file(content, name="scan.pdf"):
    return SimpleUploadedFile(name, content, "application/x-whatever")


@pytest.fixture
def clerk():
    user = UserFactory()
    grant(user, *DESK, "documents.add_document")
    return user


@pytest.mark.parametrize(
    ("content", "media_type", "ending", "pages"),
    [
        (pdf(), "application/pdf", ".pdf", 2),
        (picture("PNG"), "image/png", ".png", None),
        (picture("JPEG"), "image/jpeg", ".jpg", None),
        (picture("WEBP"), "image/webp", ".webp", None),
    ],
)
def test_a_file_is_what_its_content_is(content, media_type, ending, pages):
    found = recognize(content)

    assert (found.media_type, found.ending, found.page_count) == (media_type, ending, pages)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"MZ\x90\x00",
        b"\x7fELF",
        b"<html><script>alert(1)</script></html>",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"PK\x03\x04",
        b"GIF89a",
        b" %PDF-1.7",
        b"%PDF-1.7 and then nothing",
        b"\x89PNG\r\n\x1a\nnothing",
        picture("PNG", (400, 300))[:200],
        picture("JPEG")[:100],
        b"RIFF\x00\x00\x00\x00WEBPnothing",
        pdf(script="app.alert(1)"),
        pdf(attached=b"MZ"),
        pdf(attached=b"MZ", is_typed=False),
        pdf(submits_to="https://collect.example/"),
        pdf(password="secret"),
    ],
)
def test_what_is_not_listed_broken_or_acts_is_refused(content):
    with pytest.raises(UploadRefused):
        recognize(content)


def test_a_picture_that_is_huge_once_unpacked_is_refused_by_its_head(settings):
    header = (60_000).to_bytes(4) * 2 + b"\x08\x02\x00\x00\x00"
    chunk = len(header).to_bytes(4) + b"IHDR" + header + zlib.crc32(b"IHDR" + header).to_bytes(4)
    body = zlib.compress(bytes(1000))
    data = len(body).to_bytes(4) + b"IDAT" + body + zlib.crc32(b"IDAT" + body).to_bytes(4)

    with pytest.raises(UploadRefused, match="pixels"):
        recognize(b"\x89PNG\r\n\x1a\n" + chunk + data)
    settings.DOCUMENT_UPLOAD_MAX_PIXELS = 11
    with pytest.raises(UploadRefused, match="pixels"):
        recognize(picture(size=(4, 3)))


def test_a_file_is_kept_for_a_record_under_a_name_of_ours(clerk, contact, now):
    content = pdf()

    kept = upload_document(
        file(content, "../../etc/passwd.pdf"),
        title="Signed consent / 1",
        subject_type="contacts.contact",
        subject=contact.pk,
        retention_years=7,
        actor=clerk,
        at=now,
    )

    assert (kept.kind, kept.media_type, kept.page_count) == ("uploaded", "application/pdf", 2)
    assert kept.file_name == "Signed-consent-1.pdf"
    assert (kept.subject_id, kept.subject_title) == (contact.pk, "Ann Example")
    assert kept.retained_until.year == 2033
    assert "passwd" not in kept.file.name
    assert default_storage.open(kept.file.name).read() == content == files.read(kept)


@pytest.mark.parametrize(("given", "year"), [(None, 2033), (0, 2033), (7, 2033), (10, 2036)])
def test_a_file_about_a_record_that_must_be_kept_is_kept_as_long(said, now, given, year):
    clerk, contact = UserFactory(is_superuser=True), ContactFactory()
    register(letter_kind(said, key="flight_log", keeps_uploads=True))

    kept = upload_document(
        file(picture()),
        title="Job safety assessment",
        subject_type="contacts.contact",
        subject=contact.pk,
        retention_years=given,
        actor=clerk,
        at=now,
    )

    assert kept.retained_until.year == year
    with pytest.raises(UnderRetention):
        delete_document(kept, reason="Handed in by mistake", actor=clerk, at=now)
    loose = upload_document(file(picture()), title="About nothing", actor=clerk, at=now)
    assert loose.retained_until is None


@pytest.mark.parametrize(
    ("subject", "years"),
    [
        ("flight_operations.flightoperation", 7),
        ("rpas.f2technicallogparta", 7),
        ("operations.trip", None),
        ("contacts.contact", None),
        ("", None),
    ],
)
def test_which_files_must_be_kept(monkeypatch, subject, years):
    registered = (*flight_operations.documents.KINDS, *rpas.documents.KINDS)
    monkeypatch.setattr("documents.kinds._KINDS", {kind.key: kind for kind in registered})

    assert years_of_uploads(subject) == years


def test_the_same_file_again_is_the_same_document(clerk, now):
    def again(title="Scan"):
        return upload_document(file(picture()), title=title, actor=clerk, at=now)

    assert again() == again()
    assert again("Other") != again()


def test_medical_files_need_a_grant_and_are_encrypted(clerk, client_for, contact, now):
    given = {"title": "ECG", "classification": "medical", "at": now}
    given |= {"subject_type": "contacts.contact", "subject": contact.pk}
    with pytest.raises(DocumentNotPermitted):
        upload_document(file(picture()), **given, actor=clerk)
    nurse = UserFactory()
    grant(nurse, *DESK, "documents.add_document", "documents.view_medical_document")

    kept = upload_document(file(picture()), **given, actor=nurse)

    assert b"PNG" not in default_storage.open(kept.file.name).read()
    assert files.read(kept) == picture()
    assert not Document.objects.visible_to(clerk).exists()
    assert Document.objects.visible_to(nurse).get() == kept


def test_the_same_file_as_a_medical_one_is_another_document_and_encrypted(now):
    nurse = UserFactory()
    grant(nurse, *DESK, "documents.add_document", "documents.view_medical_document")
    given = {"title": "ECG", "actor": nurse, "at": now}
    first = upload_document(file(picture()), **given)

    second = upload_document(file(picture()), **given, classification="medical")
    third = upload_document(file(picture()), **given, retention_years=7)

    assert len({first.pk, second.pk, third.pk}) == 3
    assert (second.classification, second.file_key is None) == ("medical", False)
    assert third.retained_until is not None


def test_a_file_about_no_record_is_for_who_works_where_its_uploader_does(client_for, now):
    operator = OperatorFactory()
    uploader, colleague = (MemberFactory(operator=operator).user for _ in range(2))
    stranger = MemberFactory().user
    for person in (uploader, colleague, stranger):
        grant(person, *DESK, "documents.add_document")
    kept = upload_document(file(picture()), title="Lease", actor=uploader, at=now)
    address = f"/api/documents/documents/{kept.number}/"

    found = {
        person.pk: (
            client_for(person).get(address).status_code,
            client_for(person).post(f"{address}link/").status_code,
            client_for(person).get("/api/documents/documents/").json()["count"],
        )
        for person in (uploader, colleague, stranger)
    }

    assert kept.scopes == [f"rpas_operator:{operator.pk}"]
    assert found == {
        uploader.pk: (200, 200, 1),
        colleague.pk: (200, 200, 1),
        stranger.pk: (404, 404, 0),
    }
    OperatorMember.objects.filter(user=colleague).update(valid_until=date(2021, 1, 1))
    assert client_for(colleague).get(address).status_code == 404
    with pytest.raises(DatabaseError), transaction.atomic():
        Document.objects.filter(pk=kept.pk).update(scopes=[])


@pytest.mark.parametrize(
    ("subject_type", "subject"),
    [("contacts.contact", 0), ("contacts.contact", "x"), ("users.user", 1), ("nothing", 1)],
)
def test_a_record_that_is_not_there_is_not_found(clerk, now, subject_type, subject):
    with pytest.raises(SubjectNotFound):
        upload_document(
            file(picture()),
            title="Scan",
            subject_type=subject_type,
            subject=subject,
            actor=clerk,
            at=now,
        )


def scanner(settings, code):
    settings.DOCUMENT_SCAN_COMMAND = [
        sys.executable,
        "-c",
        f"import sys; sys.exit({code} if sys.stdin.buffer.read() else 9)",
    ]


def test_the_scanner_says_what_is_clean_and_nothing_is_taken_without_its_word(settings, tmp_path):
    scanner(settings, 0)
    scan(b"x")
    scanner(settings, 1)
    with pytest.raises(UploadRefused, match="malware"):
        scan(b"x")
    scanner(settings, 2)
    with pytest.raises(ScannerUnavailable):
        scan(b"x")
    settings.DOCUMENT_SCAN_COMMAND = [str(tmp_path / "none")]
    with pytest.raises(ScannerUnavailable):
        scan(b"x")


def test_files_are_handed_in_over_http(client, contact):
    body = {
        "file": file(picture(), "scan.exe"),
        "title": "Scan",
        "subject_type": "contacts.contact",
        "subject": str(contact.pk),
    }

    answer = client.post(ADDRESS, body, format="multipart")

    assert answer.status_code == 201
    assert (answer.json()["media_type"], answer.json()["file_name"]) == ("image/png", "Scan.png")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"title": "Scan"}, 400),
        ({"file": file(b"MZ"), "title": "Scan"}, 400),
        ({"file": file(picture())}, 400),
        ({"file": file(picture()), "title": "Scan", "secret": "x"}, 400),
        ({"file": file(picture()), "title": "Scan", "subject": "1"}, 400),
        ({"file": file(picture()), "title": "Scan", "retention_years": "900"}, 400),
        ({"file": file(picture()), "title": "S", "subject_type": "users.user", "subject": 1}, 404),
        ({"file": file(picture()), "title": "Scan", "classification": "medical"}, 403),
    ],
)
def test_what_is_handed_in_wrongly_is_refused_and_nothing_kept(client, body, status):
    for value in body.values():
        if hasattr(value, "seek"):
            value.seek(0)

    assert client.post(ADDRESS, body, format="multipart").status_code == status
    assert not Document.objects.exists()


def test_a_card_number_in_a_title_is_refused_and_not_quoted(client):
    body = {"file": file(picture()), "title": "Card 4242 4242 4242 4242"}

    answer = client.post(ADDRESS, body, format="multipart")

    assert (answer.status_code, answer.json()["code"]) == (400, "card_number_refused")
    assert "4242" not in answer.content.decode()
    assert not Document.objects.exists()


def test_a_file_over_the_limit_is_refused(client, settings):
    settings.DOCUMENT_UPLOAD_MAX_BYTES = 10

    answer = client.post(ADDRESS, {"file": file(picture()), "title": "Scan"}, format="multipart")

    assert answer.status_code == 413


def test_files_are_opened_in_another_process(monkeypatch):
    asked = []
    real = rendering._ask  # noqa: SLF001 - the border between the processes
    monkeypatch.setattr(rendering, "_ask", lambda *a: asked.append(a[0]["do"]) or real(*a))

    recognize(picture())

    assert asked == ["inspect"]
