import io
import json
from datetime import date, timedelta

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.db.models import Q
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from common.models import AuditEvent
from config.settings.logs import hide_links
from documents.exceptions import (
    AlreadyDeleted,
    LinkExpired,
    NotYourLink,
    PurposeRequired,
    SignInForMedical,
    UnderRetention,
)
from documents.models import SEARCHED, Document, DocumentAccess
from documents.services import access, files
from documents.services.deletion import delete_document, keep_longer
from documents.services.generation import generate
from tests.documents.conftest import DESK
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
ANYBODY = type("Nobody", (), {"is_authenticated": False, "pk": None})()
BASE = "/api/documents/documents"


@pytest.fixture
def letter(contact, now):
    return generate("letter", contact.pk, actor=None, at=now)


@pytest.fixture
def note(contact, now):
    return generate("medical_note", contact.pk, actor=None, at=now)


def looks(document):
    rows = DocumentAccess.objects.filter(document=document).order_by("pk")
    return [(row.deed, row.user, row.purpose or row.refusal) for row in rows]


def test_a_link_hands_out_the_file_and_each_step_is_on_record(letter, clerk, now):
    link = access.link_to(letter, user=clerk, purpose="Handover", at=now)

    handed = access.follow(link.token, user=ANYBODY, at=now + timedelta(minutes=4))

    assert handed.content == files.read(letter)
    assert (handed.file_name, handed.media_type) == (letter.file_name, "application/pdf")
    assert link.expires_at == now + timedelta(minutes=5)
    assert looks(letter) == [("link", clerk, "Handover"), ("download", clerk, "Handover")]


def test_a_link_says_nothing_but_which_row_and_until_when(letter, clerk, now):
    token = access.link_to(letter, user=clerk, purpose="For Ann Example", at=now).token

    said = json.loads(access.signing.b64_decode(token.split(":")[0].encode()))
    assert set(said) == {"a", "e"}


def test_a_link_ends_and_is_its_owners(letter, clerk, now):
    token = access.link_to(letter, user=clerk, at=now).token
    other = UserFactory()
    grant(other, *DESK)

    with pytest.raises(LinkExpired):
        access.follow(token, user=ANYBODY, at=now + timedelta(minutes=5))
    with pytest.raises(NotYourLink):
        access.follow(token, user=other, at=now)
    assert access.follow(token + "x", user=ANYBODY, at=now) is None
    assert access.follow("nonsense", user=ANYBODY, at=now) is None
    assert looks(letter)[1:] == [("refused", None, "link_expired"), ("refused", other, "not_found")]


def test_a_link_stays_out_of_the_logs(letter, clerk, now):
    token = access.link_to(letter, user=clerk, at=now).token
    line = {"event": f"GET /api/documents/downloads/{token}/ 200"}

    assert hide_links(None, "", line) == {"event": "GET /api/documents/downloads/.../ 200"}


@pytest.mark.parametrize("loss", ["left", "grant"])
def test_who_may_not_any_more_is_refused_whatever_link_they_hold(letter, clerk, now, loss):
    token = access.link_to(letter, user=clerk, at=now).token
    if loss == "left":
        clerk.is_active = False
        clerk.save()
    else:
        clerk.role_assignments.all().delete()

    with pytest.raises(NotYourLink):
        access.follow(token, user=ANYBODY, at=now)


def test_a_medical_document_asks_what_for_and_hands_out_to_nobody_unknown(note, clerk, now):
    with pytest.raises(PurposeRequired):
        access.link_to(note, user=clerk, purpose=" ", at=now)
    token = access.link_to(note, user=clerk, purpose="Handover", at=now).token

    with pytest.raises(SignInForMedical):
        access.follow(token, user=ANYBODY, at=now)
    assert access.follow(token, user=clerk, at=now).content.startswith(b"%PDF")


def test_looks_are_never_changed_or_removed(letter, clerk, now):
    row = access.look(letter, user=clerk, at=now)

    with pytest.raises(DatabaseError), transaction.atomic():
        DocumentAccess.objects.filter(pk=row.pk).update(purpose="x")
    with pytest.raises(DatabaseError), transaction.atomic():
        DocumentAccess.objects.filter(pk=row.pk).delete()


def test_what_is_under_retention_is_not_deleted(letter, clerk, now):
    with pytest.raises(UnderRetention):
        delete_document(letter, reason="x", actor=clerk, at=now)

    letter.refresh_from_db()
    assert letter.deleted_at is None
    assert default_storage.exists(letter.file.name)


def test_no_way_removes_what_is_under_retention_nor_makes_it_unreadable(letter, note, contact):
    """As the role of the application, in plain SQL, by a parent, and by taking the key away."""
    statements = [
        "DELETE FROM documents_document WHERE id = %s",
        "UPDATE documents_document SET file = '' WHERE id = %s",
        "UPDATE documents_document SET retained_until = current_date - 1 WHERE id = %s",
        "UPDATE documents_document SET deleted_at = now(), deleted_because = 'x' WHERE id = %s",
        "UPDATE documents_document SET file_key = set_byte(file_key, length(file_key) - 1,"
        " get_byte(file_key, length(file_key) - 1) # 1) WHERE id = %s",
        "UPDATE documents_document SET sealed_snapshot = set_byte(sealed_snapshot,"
        " length(sealed_snapshot) - 1, get_byte(sealed_snapshot, length(sealed_snapshot) - 1) # 1)"
        " WHERE id = %s",
        "UPDATE documents_document SET file_key = NULL WHERE id = %s",
    ]
    for statement in statements:
        with (
            pytest.raises(DatabaseError),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement, [note.pk])
    with (
        pytest.raises(DatabaseError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("windsock_app",)
        cursor.execute("TRUNCATE documents_document CASCADE")

    contact.delete()

    note.refresh_from_db()
    assert files.read(note).startswith(b"%PDF")
    assert Document.objects.filter(pk__in=[letter.pk, note.pk], deleted_at=None).count() == 2


def test_what_nothing_keeps_is_deleted_and_says_so(
    contact, clerk, now, django_capture_on_commit_callbacks
):
    memo = generate("memo", contact.pk, actor=clerk, at=now)
    name = memo.file.name

    with django_capture_on_commit_callbacks(execute=True):
        delete_document(memo, reason="Sent twice", actor=clerk, at=now)

    memo = Document.objects.get(pk=memo.pk)
    assert (memo.deleted_by, memo.deleted_because) == (clerk, "Sent twice")
    assert (memo.snapshot, memo.file.name) == (None, "")
    assert not default_storage.exists(name)
    assert AuditEvent.objects.filter(action="document.deleted", reason="Sent twice").exists()
    with pytest.raises(AlreadyDeleted):
        delete_document(memo, reason="x", actor=clerk, at=now)
    with pytest.raises(AlreadyDeleted):
        access.link_to(memo, user=clerk, at=now)
    assert generate("memo", contact.pk, actor=clerk, at=now).issue == 2


def test_a_document_is_kept_longer_and_never_shorter(letter, clerk, now):
    kept = keep_longer(letter, until=date(2040, 1, 1), actor=clerk, at=now)

    assert kept.retained_until == date(2040, 1, 1)
    with pytest.raises(UnderRetention):
        keep_longer(letter, until=date(2039, 1, 1), actor=clerk, at=now)
    gone = delete_document(
        generate("memo", letter.subject_id, actor=None, at=now), reason="x", actor=clerk, at=now
    )
    with pytest.raises(AlreadyDeleted):
        keep_longer(gone, until=date(2040, 1, 1), actor=clerk, at=now)


def test_the_library_lists_what_one_may_read_in_a_fixed_number_of_statements(
    client, letter, note, django_assert_num_queries, now
):
    with django_assert_num_queries(5):
        answer = client.get(f"{BASE}/")

    rows = answer.json()["results"]
    assert [row["number"] for row in rows] == [note.number, letter.number]
    assert rows[1]["template_edition"] == 1
    assert "snapshot" not in rows[1]
    generate("memo", letter.subject_id, actor=None, at=now)
    with django_assert_num_queries(5):
        assert client.get(f"{BASE}/").json()["count"] == 3


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("kind=letter", 1),
        ("kind=memo", 0),
        ("classification=medical", 1),
        ("search=Letter", 1),
        ("is_current=false", 0),
        ("is_reissue_due=false", 2),
        ("is_deleted=false", 2),
        ("subject_type=contacts.contact", 2),
        ("generated_from=2027-01-01T00:00:00Z", 0),
        ("generated_until=2027-01-01T00:00:00Z&ordering=title", 2),
    ],
)
def test_the_library_is_searched(client, letter, note, query, found):
    assert client.get(f"{BASE}/?{query}").json()["count"] == found


def test_a_search_of_many_documents_uses_an_index_of_each_column(letter):
    rows = Q()
    for field in SEARCHED:
        rows |= Q(**{f"{field}__icontains": "TR-2026-0012"})

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = Document.objects.filter(rows).order_by().explain()

    assert "BitmapOr" in plan
    assert all(f"document_{field}_words" in plan for field in SEARCHED)


@pytest.mark.parametrize("query", ["secret=1", "is_current=maybe", "ordering=sha256", "kind=\x00"])
def test_a_search_that_means_nothing_is_refused(client, query):
    assert client.get(f"{BASE}/?{query}").status_code == 400


def test_a_look_and_a_refusal_are_on_record(client, clerk, client_for, letter):
    outsider = UserFactory()
    grant(outsider, "documents.view_document")

    answer = client.get(f"{BASE}/{letter.number}/")
    refused = client_for(outsider).get(f"{BASE}/{letter.number}/")

    assert answer.status_code == 200
    assert answer["ETag"] == '"1"'
    assert answer["Cache-Control"] == "no-store, private"
    assert refused.status_code == 404
    assert looks(letter) == [("view", clerk, ""), ("refused", outsider, "not_found")]
    assert client.get(f"{BASE}/DC-2026-999999/").status_code == 404


def test_a_link_over_http(client, client_for, letter, clerk):
    answer = client.post(f"{BASE}/{letter.number}/link/", {"purpose": "Mail"})

    assert answer.status_code == 200
    path = answer.json()["url"].removeprefix("http://testserver")
    file = APIClient().get(path)
    assert file.status_code == 200
    assert b"".join(file) == files.read(letter)
    assert file["Content-Disposition"] == f'attachment; filename="{letter.file_name}"'
    assert file["X-Content-Type-Options"] == "nosniff"
    assert file["Cache-Control"] == "no-store, private"
    assert "sandbox" in file["Content-Security-Policy"]
    other = UserFactory()
    grant(other, *DESK)
    assert client_for(other).get(path).status_code == 404
    assert client.get(path).status_code == 200


def test_an_old_link_is_gone(client, letter, settings):
    settings.DOCUMENT_LINK_SECONDS = 0
    path = client.post(f"{BASE}/{letter.number}/link/").json()["url"]

    answer = client.get(path.removeprefix("http://testserver"))

    assert (answer.status_code, answer.json()["code"]) == (410, "link_expired")
    assert client.get("/api/documents/downloads/x/").status_code == 404


def test_what_a_document_was_made_from_is_read_for_a_purpose(client, letter, note, said):
    answer = client.get(f"{BASE}/{letter.number}/snapshot/")
    assert answer.json()["snapshot"]["data"] == {"name": "Ann Example"}
    assert answer.json()["is_intact"] is True

    refused = client.get(f"{BASE}/{note.number}/snapshot/")
    assert (refused.status_code, refused.json()["code"]) == (400, "purpose_required")
    assert client.get(f"{BASE}/{note.number}/snapshot/?purpose=care").json()["snapshot"]
    assert looks(note)[-1][2] == "care"


def test_an_address_takes_no_purpose_of_ones_own_words(client, note):
    answer = client.get(f"{BASE}/{note.number}/snapshot/?purpose=For+Ann+Example")

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/purpose")
    assert "Ann" not in answer.content.decode()
    assert looks(note) == []


def test_the_issues_of_a_document(client, letter, said, contact, now):
    said.data = {"note": "Changed"}
    second = generate("letter", contact.pk, actor=None, at=now)

    rows = client.get(f"{BASE}/{letter.number}/issues/").json()["results"]

    assert [row["number"] for row in rows] == [second.number, letter.number]


def test_the_log_is_read_by_who_may(client_for, clerk, letter, now):
    access.look(letter, user=clerk, at=now)
    reader = UserFactory()
    grant(reader, *DESK, "documents.view_documentaccess")
    desk = client_for(reader)

    (row,) = desk.get(f"{BASE}/{letter.number}/accesses/").json()["results"]

    assert (row["deed"], row["user"], row["document"]) == ("view", clerk.email, letter.number)
    assert len(desk.get("/api/documents/accesses/?deed=view").json()["results"]) == 1
    assert client_for(clerk).get("/api/documents/accesses/").status_code == 403


def test_lists_do_not_carry_what_documents_were_made_from(client_for, letter, note, clerk, now):
    access.look(letter, user=clerk, at=now)
    reader = UserFactory()
    grant(reader, *DESK, "documents.view_documentaccess")
    desk = client_for(reader)

    for path in (f"{BASE}/{letter.number}/issues/", f"{BASE}/{letter.number}/accesses/",
                 "/api/documents/accesses/"):  # fmt: skip
        with CaptureQueriesContext(connection) as asked:
            assert desk.get(path).json()["results"]
        # The document itself is read whole; the page of rows is the last statement.
        rows = [each["sql"] for each in asked if " LIMIT " in each["sql"]][-1]
        assert "documents_document" in rows
        assert '"snapshot"' not in rows
        assert '"sealed_snapshot"' not in rows


def test_deleting_and_keeping_over_http(client_for, contact, now, letter):
    keeper = UserFactory()
    grant(keeper, *DESK, "documents.delete_document", "documents.change_document")
    desk = client_for(keeper)
    memo = generate("memo", contact.pk, actor=None, at=now)

    refused = desk.post(f"{BASE}/{letter.number}/delete/", {"reason": "x"})
    assert (refused.status_code, refused.json()["code"]) == (409, "under_retention")
    kept = desk.post(f"{BASE}/{memo.number}/keep-longer/", {"until": "2020-01-01"})
    assert kept.json()["retained_until"] == "2020-01-01"
    for _ in range(2):
        done = desk.post(
            f"{BASE}/{memo.number}/delete/", {"reason": "x"}, headers={"idempotency-key": "k"}
        )
        assert (done.status_code, done.json()["is_deleted"]) == (200, True)
    assert desk.post(f"{BASE}/{memo.number}/delete/", {}).status_code == 400


def test_the_keys_of_sealed_documents_are_changed_without_touching_the_file(note, settings):
    settings.FIELD_ENCRYPTION_KEYS = (("k9", bytes(range(32))), *settings.FIELD_ENCRYPTION_KEYS)
    before = default_storage.open(note.file.name).read()

    call_command("rotate_keys", stdout=io.StringIO())

    fresh = Document.objects.get(pk=note.pk)
    assert fresh.__dict__["file_key"].key_id == "k9"
    assert default_storage.open(note.file.name).read() == before
    assert files.read(fresh).startswith(b"%PDF")
    assert "Ann Example" in fresh.sealed_snapshot
