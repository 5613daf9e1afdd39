import hashlib
import io
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.core.files.storage import default_storage
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone
from PIL import Image
from pypdf import PdfReader

from common.models import AuditEvent, OutboxEvent
from documents import kinds
from documents.exceptions import (
    DocumentNotPermitted,
    FileAltered,
    SnapshotRefused,
    SubjectNotFound,
    UnknownKind,
)
from documents.models import Document, DocumentTemplate, Letterhead
from documents.services import files
from documents.services.generation import generate, retention_end
from documents.services.leftovers import drop_leftovers
from documents.services.reissues import mark_for_reissue
from documents.snapshots import digest_of
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db


def pixel():
    kept = io.BytesIO()
    Image.new("RGB", (1, 1), "navy").save(kept, "PNG")
    return kept.getvalue()


PIXEL = pixel()


@pytest.fixture
def make(contact, clerk, now):
    def made(kind="letter", *, actor=clerk, at=now):
        return generate(kind, contact.pk, actor=actor, at=at)

    return made


def text_of(document):
    pages = PdfReader(io.BytesIO(files.read(document))).pages
    return "\n".join(page.extract_text() for page in pages)


def test_a_document_is_made_of_a_snapshot_and_kept_with_what_made_it(
    make, said, contact, clerk, now
):
    said.data = {"lines": [{"text": "Stretcher", "amount": "12.50", "tags": ["new"]}]}

    document = make()

    assert (document.kind, document.issue, document.is_current) == ("letter", 1, True)
    assert (document.subject_type, document.subject_id) == ("contacts.contact", contact.pk)
    assert (document.generated_by, document.generated_at) == (clerk, now)
    assert document.retained_until == date(2033, 3, 14)
    assert document.snapshot["data"] == {"name": "Ann Example", **said.data}
    assert document.snapshot_sha256 == digest_of(document.snapshot)
    assert document.rule_versions == {"DOC-TEST": "1"}
    assert (document.template.kind, document.template.edition) == ("letter", 1)
    assert document.template.is_shipped
    assert (document.media_type, document.page_count) == ("application/pdf", 1)
    content = files.read(document)
    assert document.sha256 == hashlib.sha256(content).hexdigest()
    assert document.size_bytes == len(content)
    deed = AuditEvent.objects.get(action="document.generated")
    assert (deed.subject_label, deed.actor) == (document.number, clerk)
    assert OutboxEvent.objects.get(name="documents.generated").payload == {
        "document_id": document.pk
    }


def test_the_pages_say_what_the_snapshot_says_and_what_the_document_is(make, said):
    said.data = {"note": "Fly & be <well>", "lines": [{"text": "Stretcher", "amount": "12.50"}]}

    document = make()

    text = text_of(document)
    for words in ("Letter to Ann Example", "Fly & be <well>", "Stretcher", "12.50"):
        assert words in text
    assert f"{document.number} · issue 1 · {document.snapshot_sha256[:16]}" in text
    assert "Confidential" in text
    assert "Page 1 of 1" in text


def test_the_same_again_is_the_same_document(make, scheduled):
    first = make()

    assert make() == first
    assert Document.objects.count() == 1
    assert AuditEvent.objects.filter(action="document.generated").count() == 1


def test_other_data_is_a_new_issue_and_the_old_one_stays(make, said):
    first = make()
    before = files.read(first)
    said.data = {"note": "Changed"}

    second = make()

    first.refresh_from_db()
    assert (second.issue, second.is_current) == (2, True)
    assert (first.issue, first.is_current) == (1, False)
    assert files.read(first) == before
    assert first.snapshot["data"] == {"name": "Ann Example"}


def test_a_picture_counts_as_data(make, said):
    first = make()
    said.pictures = {"map": PIXEL}

    second = make()

    assert second.issue == first.issue + 1
    assert second.snapshot["pictures"] == {"map": hashlib.sha256(PIXEL).hexdigest()}
    assert len(PdfReader(io.BytesIO(files.read(second))).pages[0].images) == 1


def test_another_letterhead_is_a_new_issue(make):
    first = make()
    Letterhead.objects.create(name="Southern Air Ambulance", registration="ABN 51 824 753 556")

    second = make()

    assert (first.letterhead_version, second.letterhead_version) == (0, 1)
    assert second.issue == 2
    assert "Southern Air Ambulance" in text_of(second)
    assert make() == second


def test_equal_snapshots_give_equal_bytes(make, monkeypatch):
    number = "DC-2026-000001"
    monkeypatch.setattr("documents.services.generation.next_number", lambda at: number)
    digests = []
    for _ in range(2):
        with transaction.atomic():
            digests.append(make().sha256)
            transaction.set_rollback(True)

    assert digests[0] == digests[1]


def test_a_medical_document_is_encrypted_where_it_is_kept(make, said):
    said.data = {"note": "Polytrauma"}

    document = Document.objects.get(pk=make("medical_note").pk)

    assert document.snapshot is None
    assert '"note":"Polytrauma"' in document.sealed_snapshot
    assert "Polytrauma" in text_of(document)
    with document.file.open("rb") as kept:
        stored = kept.read()
    assert b"%PDF" not in stored
    assert len(stored) == document.size_bytes + 12 + 16
    with connection.cursor() as cursor:
        cursor.execute("SELECT documents_document::text FROM documents_document")
        (row,) = cursor.fetchone()
    assert "Polytrauma" not in row
    assert "Polytrauma" not in str(list(Document.pgh_event_model.objects.values()))


def test_a_file_that_was_altered_or_moved_does_not_open(make):
    sealed = make("medical_note")
    with default_storage.open(sealed.file.name, "r+b") as kept:
        kept.seek(40)
        kept.write(b"\x00\x01")
    plain = make("letter")
    with default_storage.open(plain.file.name, "r+b") as kept:
        kept.seek(40)
        kept.write(b"\x00\x01")

    for document in (sealed, plain):
        with pytest.raises(FileAltered):
            files.read(document)


def test_a_file_whose_key_was_altered_does_not_open(make):
    sealed = make("medical_note")
    with connection.cursor() as cursor:
        # As if it were of another key of the installation, which is how keys are rotated.
        cursor.execute(
            "UPDATE documents_document SET file_key ="
            " set_byte(file_key, 2, get_byte(file_key, 2) # 1) WHERE id = %s",
            [sealed.pk],
        )

    with pytest.raises(FileAltered):
        files.read(Document.objects.get(pk=sealed.pk))


def test_who_may_not_make_it_is_refused(make, now, contact):
    with pytest.raises(DocumentNotPermitted):
        make(actor=UserFactory())
    with pytest.raises(UnknownKind):
        make("nothing")
    assert not Document.objects.exists()
    assert make(actor=None).generated_by is None


def test_a_record_that_is_not_there_is_not_found(clerk, now):
    with pytest.raises(SubjectNotFound):
        generate("letter", 0, actor=clerk, at=now)


@pytest.mark.parametrize("data", [{"note": float("nan")}, {"note": object()}, {"note": "a\x00"}])
def test_data_that_is_not_json_is_refused(make, said, data):
    said.data = data

    with pytest.raises(SnapshotRefused):
        make()
    assert not Document.objects.exists()


def test_nothing_is_left_behind_when_the_row_cannot_be_kept(make, monkeypatch):
    def fail(*args, **kwargs):
        raise IntegrityError

    kept = []
    monkeypatch.setattr(Document, "save", fail)
    monkeypatch.setattr(files, "drop", lambda storage, name: kept.append(name))

    with pytest.raises(IntegrityError):
        make()
    assert len(kept) == 1


def test_a_newer_layout_that_ships_becomes_the_next_edition(make, monkeypatch):
    first = make()
    text = first.template.text
    monkeypatch.setattr(
        "documents.services.templates.shipped_text", lambda kind: text + "<p>Newer</p>"
    )

    second = make()

    first.template.refresh_from_db()
    assert (first.template.status, second.template.edition) == ("retired", 2)
    assert "Newer" in text_of(second)
    assert DocumentTemplate.objects.filter(kind="letter", status="published").count() == 1


def test_what_a_change_makes_untrue_is_marked_and_made_anew(make, said, contact, now):
    letter, memo = make("letter"), make("memo")

    assert mark_for_reissue("contacts.contact", contact.pk, at=now, kinds=["letter"]) == 1
    assert mark_for_reissue("contacts.contact", contact.pk, at=now, kinds=["letter"]) == 0

    assert [d.is_reissue_due for d in Document.objects.order_by("pk")] == [True, False]
    assert OutboxEvent.objects.get(name="documents.due_for_reissue").payload == {
        "document_ids": [letter.pk]
    }
    said.data = {"note": "Changed"}
    assert make("letter").is_reissue_due is False
    letter.refresh_from_db()
    assert (letter.is_reissue_due, letter.is_current) == (False, False)
    memo.refresh_from_db()
    assert memo.is_current


def test_a_mark_goes_when_the_document_still_says_what_is_so(make, contact, now):
    document = make()
    mark_for_reissue("contacts.contact", contact.pk, at=now)

    assert make().is_reissue_due is False
    assert make() == document
    # Once: the second time there was nothing to say.
    assert OutboxEvent.objects.get(name="documents.stands").payload == {"document_id": document.pk}


@pytest.mark.parametrize(
    ("day", "years", "last"),
    [
        (date(2026, 3, 14), 7, date(2033, 3, 14)),
        (date(2028, 2, 29), 7, date(2035, 3, 1)),
        (date(2028, 2, 29), 4, date(2032, 2, 29)),
        (date(2026, 3, 14), None, None),
    ],
)
def test_the_end_of_retention(day, years, last):
    assert retention_end(years, day) == last


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "memo"},
        {"sha256": "0" * 64},
        {"file": "elsewhere"},
        {"snapshot": {}},
        {"issue": 3},
        {"classification": "public"},
        {"retained_until": None},
        {"retained_until": date(2030, 1, 1)},
        {"generated_by": None},
        {"template": None},
        {"subject_id": 1},
    ],
)
def test_the_database_refuses_to_change_what_a_document_is(make, change):
    document = make()

    with pytest.raises(DatabaseError), transaction.atomic():
        Document.objects.filter(pk=document.pk).update(**change)


def test_the_database_keeps_what_is_under_retention(make, now):
    document = make()
    deed = {"deleted_at": now, "deleted_because": "x"}

    with pytest.raises(DatabaseError, match="retention"), transaction.atomic():
        Document.objects.filter(pk=document.pk).update(**deed)
    with pytest.raises(DatabaseError), transaction.atomic():
        Document.objects.filter(pk=document.pk).delete()
    longer = document.retained_until + timedelta(days=1)
    assert Document.objects.filter(pk=document.pk).update(retained_until=longer) == 1


def test_the_database_refuses_to_change_a_template_that_was_published(make):
    template = make().template

    for change in ({"text": "x"}, {"edition": 9}, {"note": "x"}, {"status": "draft"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            DocumentTemplate.objects.filter(pk=template.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        DocumentTemplate.objects.filter(pk=template.pk).delete()


def test_a_kind_may_have_the_page_to_itself(said, contact, now, monkeypatch):
    bare = replace(kinds.kind_of("letter"), key="bare", has_letterhead=False, is_landscape=True)
    kinds.register(bare)
    Letterhead.objects.create(name="Southern Air Ambulance")

    document = generate("bare", contact.pk, actor=None, at=now)

    page = PdfReader(io.BytesIO(files.read(document))).pages[0]
    assert "Southern Air Ambulance" not in page.extract_text()
    assert page.mediabox.width > page.mediabox.height


def test_a_grant_for_one_kind_is_none_for_another(said, contact, now):
    reader = UserFactory()
    grant(reader, "contacts.view_contact")

    assert generate("letter", contact.pk, actor=reader, at=now).issue == 1


def test_files_that_no_row_names_are_removed_after_a_day(make, clerk, contact):
    kept = make()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        generate("memo", contact.pk, actor=clerk, at=timezone.now())
        lost = Document.objects.latest("pk").file.name
        raise ZeroDivisionError
    assert default_storage.exists(lost)

    drop_leftovers(at=timezone.now() + timedelta(hours=23))
    assert default_storage.exists(lost)
    drop_leftovers(at=timezone.now() + timedelta(hours=25))

    assert not default_storage.exists(lost)
    assert default_storage.exists(kept.file.name)
