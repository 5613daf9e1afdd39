import io
import zipfile
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from rest_framework.test import APIClient

from common.exceptions import TransitionNotAllowed
from documents import kinds
from documents.exceptions import (
    LinkExpired,
    NothingToPack,
    NotYourLink,
    NotYourPack,
    RenderFailed,
    SubjectNotFound,
)
from documents.models import Document, DocumentAccess, DocumentPack
from documents.services import access, files, packs
from documents.services.generation import generate
from tests.documents.conftest import DESK
from tests.documents.factories import CONTACT, letter_kind
from tests.users.factories import UserFactory, grant
from users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def pack(contact, clerk, now):
    return packs.request_pack(CONTACT, contact.pk, actor=clerk, at=now)


def made(pack, now):
    return packs.make_pack(DocumentPack.objects.get(pk=pack.pk), clock=lambda: now)


def names(pack):
    with zipfile.ZipFile(io.BytesIO(files.read(pack))) as archive:
        assert archive.testzip() is None
        return [entry.split("-", 3)[3] for entry in archive.namelist()]


def test_a_pack_holds_every_document_that_its_asker_may_have(pack, contact, clerk, now):
    done = made(pack, now)

    assert (done.status, done.progress_percent, done.left_out) == ("done", 100, [])
    title = f"Contact-{contact.pk}-1.pdf"
    assert names(done) == [f"letter-{title}", f"medical-note-{title}", f"memo-{title}"]
    assert done.expires_at == now + timedelta(days=3)
    assert b"%PDF" not in default_storage.open(done.file.name).read()
    assert Document.objects.count() == 3


def test_what_cannot_be_made_now_is_left_out_and_named(pack, contact, clerk, now, monkeypatch):
    def fail(*args, **kwargs):
        raise RenderFailed(reason="test")

    generate("memo", contact.pk, actor=clerk, at=now)
    monkeypatch.setattr("documents.services.generation.render_pdf", fail)

    done = made(pack, now)

    assert [row["kind"] for row in done.left_out] == ["letter", "medical_note"]
    assert done.left_out[0]["code"] == "render_failed"
    assert names(done) == [f"memo-Contact-{contact.pk}-1.pdf"]


def test_who_may_not_make_a_kind_gets_the_one_there_is(said, contact, clerk, now):
    kinds.register(letter_kind(said, key="order", make="contacts.merge_contact"))
    generate("order", contact.pk, actor=None, at=now)
    pack = packs.request_pack(CONTACT, contact.pk, actor=clerk, at=now)

    assert f"order-Contact-{contact.pk}-1.pdf" in names(made(pack, now))


def test_a_pack_begun_again_makes_nothing_twice(pack, now, monkeypatch):
    real = packs._moved_on  # noqa: SLF001 - where the worker dies in this story

    def die(row, done, *, at):
        if done == 2:
            raise KeyboardInterrupt
        return real(row, done, at=at)

    monkeypatch.setattr(packs, "_moved_on", die)
    with pytest.raises(KeyboardInterrupt):
        made(pack, now)
    monkeypatch.setattr(packs, "_moved_on", real)
    assert Document.objects.count() == 2

    assert made(pack, now).status == "running"
    later = made(pack, DocumentPack.objects.get(pk=pack.pk).updated_at + timedelta(minutes=3))

    assert later.status == "done"
    assert [d.issue for d in Document.objects.all()] == [1, 1, 1]


def test_a_pack_is_cancelled_between_two_documents(pack, clerk, now, monkeypatch):
    real = packs._one  # noqa: SLF001 - where somebody cancels in this story

    def cancel(*args):
        packs.cancel_pack(pack, actor=clerk, at=now)
        return real(*args)

    monkeypatch.setattr(packs, "_one", cancel)

    done = made(pack, now)

    assert (done.status, Document.objects.count()) == ("cancelled", 1)
    with pytest.raises(TransitionNotAllowed):
        packs.cancel_pack(pack, actor=clerk, at=now)


def test_a_pack_is_asked_for_once_and_is_its_askers(pack, contact, clerk, now):
    assert packs.request_pack(CONTACT, contact.pk, actor=clerk, at=now) == pack
    other = UserFactory()
    grant(other, *DESK)
    assert packs.request_pack(CONTACT, contact.pk, actor=other, at=now) != pack
    with pytest.raises(NotYourPack):
        packs.cancel_pack(pack, actor=other, at=now)


def test_there_is_no_pack_of_nothing(contact, clerk, now, monkeypatch):
    reader = UserFactory()
    with pytest.raises(SubjectNotFound):
        packs.request_pack(CONTACT, contact.pk, actor=reader, at=now)
    with pytest.raises(SubjectNotFound):
        packs.request_pack(CONTACT, 0, actor=clerk, at=now)
    bare = letter_kind(None, key="bare", in_pack=False)
    monkeypatch.setattr("documents.kinds._KINDS", {"bare": bare})
    with pytest.raises(NothingToPack):
        packs.request_pack(CONTACT, contact.pk, actor=clerk, at=now)


def test_the_sweep_begins_lost_packs_again_and_drops_old_files(pack, now, scheduled):
    packs.sweep_packs(at=pack.updated_at + timedelta(minutes=1))
    assert scheduled == []
    packs.sweep_packs(at=pack.updated_at + timedelta(minutes=3))
    assert scheduled == [("documents.tasks.make_pack", {"pack_id": pack.pk})]

    done = made(pack, now)
    packs.sweep_packs(at=now + timedelta(days=4))

    fresh = DocumentPack.objects.get(pk=pack.pk)
    assert (fresh.file.name, fresh.file_key) == ("", None)
    assert not default_storage.exists(done.file.name)


def test_a_file_that_is_gone_or_was_altered_is_left_out_and_the_pack_is_done(
    pack, contact, clerk, now
):
    letter = generate("letter", contact.pk, actor=clerk, at=now)
    memo = generate("memo", contact.pk, actor=clerk, at=now)
    default_storage.delete(letter.file.name)
    with default_storage.open(memo.file.name, "wb") as kept:
        kept.write(b"%PDF-1.7 something else")

    done = made(pack, now)

    assert done.status == "done"
    assert names(done) == [f"medical-note-Contact-{contact.pk}-1.pdf"]
    assert [(row["kind"], row["code"]) for row in done.left_out] == [
        ("letter", "file_missing"),
        ("memo", "file_altered"),
    ]


def test_a_pack_that_fails_every_time_is_given_up(pack, now, scheduled, monkeypatch):
    def break_down(*args):
        raise ZeroDivisionError

    monkeypatch.setattr(packs, "_one", break_down)
    with pytest.raises(ZeroDivisionError):
        made(pack, now)
    begun = DocumentPack.objects.get(pk=pack.pk).created_at

    packs.sweep_packs(at=begun + timedelta(minutes=59))
    assert [name for name, _ in scheduled] == ["documents.tasks.make_pack"]
    packs.sweep_packs(at=begun + timedelta(minutes=61))

    assert len(scheduled) == 1
    assert DocumentPack.objects.get(pk=pack.pk).status == "failed"


def test_a_pack_over_http(client, clerk, contact, run_tasks):
    body = {"pack": CONTACT, "subject": str(contact.pk)}

    asked = client.post("/api/documents/generate/", body)

    assert asked.status_code == 202
    progress = asked["Location"].removeprefix("http://testserver")
    assert client.get(progress).json()["progress_percent"] == 0
    assert client.post(f"{progress}link/").status_code == 404
    run_tasks()
    shown = client.get(progress).json()
    assert (shown["status"], shown["progress_percent"]) == ("done", 100)
    # A medical note is in it.
    refused = client.post(f"{progress}link/")
    assert (refused.status_code, refused.json()["code"]) == (400, "purpose_required")
    purpose = {"purpose": "Handover"}
    url = client.post(f"{progress}link/", purpose).json()["url"].removeprefix("http://testserver")
    links = DocumentAccess.objects.filter(deed="link", user=clerk)
    assert set(links.values_list("purpose", flat=True)) == {"Handover"}
    assert APIClient().get(url).status_code == 401
    file = client.get(url)
    assert (file.status_code, file["Content-Type"]) == (200, "application/zip")
    assert len(zipfile.ZipFile(io.BytesIO(b"".join(file))).namelist()) == 3
    assert DocumentAccess.objects.filter(deed="download", user=clerk).count() == 3
    assert client.post(f"{progress}cancel/").status_code == 409


def test_a_link_to_a_pack_is_its_askers_and_what_was_refused_is_on_record(pack, clerk, now):
    token = access.link_to_pack(made(pack, now), user=clerk, purpose="Handover", at=now).token
    other = UserFactory()
    grant(other, *DESK)

    with pytest.raises(NotYourLink):
        access.follow(token, user=other, at=now)
    with pytest.raises(LinkExpired):
        access.follow(token, user=clerk, at=now + timedelta(minutes=5))

    found = DocumentAccess.objects.filter(deed="refused").values_list("user", "refusal")
    assert sorted(found) == sorted(
        [*[(other.pk, "not_found")] * 3, *[(clerk.pk, "link_expired")] * 3]
    )
    assert access.follow(token, user=clerk, at=now).file_name == "Ann-Example.zip"


def test_a_pack_shows_to_who_may_read_everything_in_it(said, client_for, contact, clerk, now):
    kinds.register(letter_kind(said, key="order", read="contacts.merge_contact"))
    grant(clerk, "contacts.merge_contact")
    equal, lesser = UserFactory(), UserFactory()
    grant(equal, *DESK, "contacts.merge_contact")
    grant(lesser, *DESK)
    pack = packs.request_pack(CONTACT, contact.pk, actor=clerk, at=now)

    def shown():
        address = "/api/documents/packs/"
        return [
            (
                client_for(each).get(f"{address}{pack.pk}/").status_code,
                client_for(each).post(f"{address}{pack.pk}/cancel/").status_code,
                client_for(each).get(address).json()["count"],
            )
            for each in (equal, lesser)
        ]

    assert shown() == [(200, 403, 1), (404, 404, 0)]
    made(pack, now)
    assert shown() == [(200, 403, 1), (404, 404, 0)]


def test_a_pack_with_a_file_that_one_may_not_read_does_not_show(contact, clerk, now):
    grant(clerk, "documents.view_medical_document")
    equal, lesser = UserFactory(), UserFactory()
    grant(equal, *DESK, "documents.view_medical_document")
    grant(lesser, *DESK)
    scan = Document.objects.create(
        number="DC-2020-000009", kind="uploaded", title="ECG", classification="medical",
        subject_type=CONTACT, subject_id=contact.pk, file_name="ecg.png", media_type="image/png",
        size_bytes=1, sha256="0" * 64, generated_at=now, file_key="x", file="x",
    )  # fmt: skip
    pack = packs.request_pack(CONTACT, contact.pk, actor=clerk, at=now)
    pack.documents.set([scan])

    def seeing(person):
        # Grants are remembered by the object of a person.
        fresh = User.objects.get(pk=person.pk)
        return DocumentPack.objects.visible_to(fresh).filter(pk=pack.pk).exists()

    assert [seeing(each) for each in (clerk, equal, lesser)] == [True, True, False]
    pack.documents.clear()
    DocumentPack.objects.filter(pk=pack.pk).update(kinds=[])
    assert [seeing(each) for each in (clerk, equal, lesser)] == [True, False, False]


def test_somebody_elses_pack_is_not_handed_out(client_for, pack, now):
    made(pack, now)
    other = UserFactory()
    grant(other, *DESK)

    answer = client_for(other).post(f"/api/documents/packs/{pack.pk}/link/")

    assert (answer.status_code, answer.json()["code"]) == (403, "not_your_pack")
