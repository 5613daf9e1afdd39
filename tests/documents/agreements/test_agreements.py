"""The life of an agreement: prepared, sent, opened, signed, and every other end."""

import json
from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from common.exceptions import InvalidInput, TransitionNotAllowed
from common.mail.dispatch import suppress
from common.models import AuditEvent, Mail, OutboxEvent, StatusChange
from common.rotation import rotate
from documents.exceptions import (
    AgreementClosed,
    AgreementNotRead,
    AgreementRunOut,
    AgreementStillValid,
    CodeExpired,
    CodeNotSent,
    CodeRefused,
    DocumentOutdated,
    NotForSigning,
    SignatureNotSealed,
    SignaturePending,
    SignedTextDiffers,
    SigningUnavailable,
    TooManyCodes,
)
from documents.kinds import register
from documents.models import Agreement, AgreementCode
from documents.services import agreements, signatures
from documents.services.deletion import delete_document
from documents.services.reissues import mark_for_reissue
from documents.services.sealing import countersign_agreement, seal_agreement
from documents.tasks import expire_agreements
from tests.documents.agreements.conftest import CALLER, EMAIL, NAME, code_in_mail
from tests.documents.factories import letter_kind

pytestmark = pytest.mark.django_db


def deeds(agreement):
    return list(agreement.trail.order_by("pk").values_list("deed", flat=True))


def events():
    names = OutboxEvent.objects.filter(name__startswith="documents.agreement").order_by("pk")
    return [
        name.removeprefix("documents.agreement_") for name in names.values_list("name", flat=True)
    ]


def wrong(code):
    return f"{(int(code) + 1) % 10**6:06d}"


def test_an_agreement_goes_its_way_to_both_signatures(desk, run_tasks):
    agreement = desk.signed()
    run_tasks()
    agreement.refresh_from_db()
    countersign_agreement(agreement, actor=desk.clerk, at=desk.at)

    steps = StatusChange.objects.filter(content_type__model="agreement").order_by("pk")
    assert list(steps.values_list("to_status", flat=True)) == [
        "sent",
        "viewed",
        "signed",
        "countersigned",
    ]
    assert deeds(agreement) == [
        "created",
        "sent",
        "opened",
        "code_sent",
        "signed",
        "sealed",
        "countersigned",
    ]
    assert events() == ["sent", "viewed", "signed", "sealed", "countersigned"]
    agreement.refresh_from_db()
    assert (agreement.signed_name, agreement.signed_from) == (NAME, "203.0.113.7")
    assert agreement.number == f"AG-{desk.at.year}-0001"
    payload = OutboxEvent.objects.get(name="documents.agreement_signed").payload
    assert payload == {
        "agreement_id": agreement.pk,
        "document_id": agreement.document_id,
        "kind": "contract",
        "subject_type": "contacts.contact",
        "subject_id": desk.contact.pk,
    }


def test_nothing_of_the_signer_or_the_patient_is_outside_of_sealed_columns(desk, run_tasks):
    contact = desk.contact
    agreement = desk.signed(desk.opened(desk.document("consent"), signer_role="patient"))
    desk.at += timedelta(minutes=1)
    run_tasks()

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
            " AND (table_name LIKE 'documents_agree%%' OR table_name LIKE 'common_%%')"
            " AND table_type = 'BASE TABLE'"
        )
        tables = [name for (name,) in cursor.fetchall()]
        assert {"documents_agreementevent", "common_mail", "common_auditevent"} <= set(tables)
        for table in tables:
            cursor.execute(f'SELECT t::text FROM "{table}" t')  # noqa: S608 - names of the catalog
            text = " ".join(row for (row,) in cursor.fetchall())
            for word in (NAME, "Ołowski", contact.name, "Ambulance"):
                assert word not in text, table
    assert agreement.signed_name == NAME


def test_mails_name_neither_document_nor_person(desk, run_tasks, mailoutbox):
    agreement = desk.signed(desk.opened(desk.document("consent"), signer_role="patient"))
    run_tasks()

    assert [mail.to for mail in mailoutbox] == [[EMAIL]] * 3
    assert [mail.subject.split(":")[0] for mail in mailoutbox] == [
        "A document for you to sign",
        f"Your code for {agreement.number}",
        "Signed",
    ]
    for mail in mailoutbox:
        said = f"{mail.subject} {mail.body} {mail.alternatives[0].content}".lower()
        for word in (
            "ołowski",
            "jürgen",
            "ann example",
            "consent",
            "ambulance",
            "patient",
            "medical",
        ):
            assert word not in said
    assert Mail.objects.filter(context__isnull=False).count() == 0


def test_only_current_documents_that_are_for_signing_are_sent(desk, said):
    document = desk.document()
    with pytest.raises(NotForSigning):
        desk.draft(desk.document("letter"))
    draft = desk.draft(document)

    said.data = {"note": "changed"}
    newer = desk.document()

    assert newer.issue == 2
    with pytest.raises(DocumentOutdated):
        agreements.send_agreement(draft, actor=desk.clerk, at=desk.at)
    with pytest.raises(DocumentOutdated):
        desk.draft(document)


def test_a_document_that_is_due_for_reissue_is_not_signed(desk):
    agreement = desk.opened()
    code = desk.code(agreement)

    mark_for_reissue("contacts.contact", desk.contact.pk, at=desk.at)

    with pytest.raises(DocumentOutdated):
        signatures.sign_agreement(
            agreement, desk.signature(agreement, code), caller=CALLER, at=desk.at
        )


def test_without_a_key_nothing_is_sent(desk, settings):
    settings.SIGNING_DEMO_ALLOWED = False

    with pytest.raises(SigningUnavailable):
        desk.sent()

    assert not Mail.objects.exists()


def test_one_open_agreement_for_a_signer_and_a_document(desk):
    document = desk.document()
    first = desk.sent(document)
    with pytest.raises(IntegrityError), transaction.atomic():
        desk.draft(document)

    agreements.withdraw_agreement(first, reason="Wrong date", actor=desk.clerk, at=desk.at)

    assert desk.draft(document).status == "draft"
    assert desk.draft(document, signer_email="second@family.example").status == "draft"


@pytest.mark.parametrize(
    "change",
    [{"signer_name": "  "}, {"signer_email": "nobody"}, {"signer_email": "a@b.c\nBcc: x@y.z"}],
)
def test_a_signer_without_name_or_address_is_refused(desk, change):
    with pytest.raises(InvalidInput):
        desk.draft(**change)


def test_what_is_signed_is_what_was_shown_and_opened(desk):
    agreement = desk.sent()
    with pytest.raises(AgreementNotRead):
        desk.code(agreement)
    agreement = signatures.open_agreement(agreement, caller=CALLER, at=desk.at)
    code = desk.code(agreement)

    for change in ({"document_sha256": "0" * 64}, {"consent_sha256": "0" * 64}):
        with pytest.raises(SignedTextDiffers):
            signatures.sign_agreement(
                agreement, desk.signature(agreement, code, **change), caller=CALLER, at=desk.at
            )
    with pytest.raises(InvalidInput):
        signatures.sign_agreement(
            agreement, desk.signature(agreement, code, name=" x "), caller=CALLER, at=desk.at
        )

    agreement.refresh_from_db()
    assert (agreement.status, agreement.signed_at) == ("viewed", None)


def test_a_code_is_tried_five_times_and_every_time_counts(desk):
    agreement = desk.opened()
    code = desk.code(agreement)

    for left in (4, 3, 2, 1, 0):
        with pytest.raises(CodeRefused) as refusal:
            signatures.sign_agreement(
                agreement, desk.signature(agreement, wrong(code)), caller=CALLER, at=desk.at
            )
        assert refusal.value.details == {"left": left}
    with pytest.raises(CodeExpired):
        signatures.sign_agreement(
            agreement, desk.signature(agreement, code), caller=CALLER, at=desk.at
        )

    assert deeds(agreement).count("code_refused") == 5
    assert desk.signed(agreement).status == "signed"


def test_a_code_ends_after_ten_minutes_and_with_the_next_one(desk):
    agreement = desk.opened()
    with pytest.raises(CodeNotSent):
        signatures.sign_agreement(
            agreement, desk.signature(agreement, "000000"), caller=CALLER, at=desk.at
        )
    first = desk.code(agreement)
    second = desk.code(agreement)
    if first != second:
        with pytest.raises(CodeRefused):
            signatures.sign_agreement(
                agreement, desk.signature(agreement, first), caller=CALLER, at=desk.at
            )
    with pytest.raises(CodeExpired):
        signatures.sign_agreement(
            agreement,
            desk.signature(agreement, second),
            caller=CALLER,
            at=desk.at + timedelta(minutes=10),
        )


def test_codes_are_limited_by_the_hour_and_in_all(desk):
    agreement = desk.opened()
    at = desk.at
    for _ in range(5):
        desk.code(agreement, at=at)
    with pytest.raises(TooManyCodes):
        desk.code(agreement, at=at)

    for hour in (1, 2, 3):
        for _ in range(5):
            desk.code(agreement, at=at + timedelta(hours=hour, seconds=1))
    with pytest.raises(TooManyCodes) as refusal:
        desk.code(agreement, at=at + timedelta(hours=9))
    assert "new link" in str(refusal.value)


def test_a_code_is_stored_as_a_keyed_digest(desk):
    agreement = desk.opened()
    code = desk.code(agreement)

    row = AgreementCode.objects.get()
    assert code not in f"{row.digest} {row.salt}"
    assert len(row.digest) == 64


def test_a_signature_counts_once(desk):
    agreement = desk.signed()
    with pytest.raises(AgreementClosed):
        signatures.sign_agreement(
            agreement, desk.signature(agreement, code_in_mail()), caller=CALLER, at=desk.at
        )
    with pytest.raises(TransitionNotAllowed):
        agreements.withdraw_agreement(agreement, reason="x", actor=desk.clerk, at=desk.at)
    with pytest.raises(AgreementClosed):
        signatures.decline_agreement(agreement, reason="x", caller=CALLER, at=desk.at)


def test_a_signer_declines_with_a_reason_that_stays_sealed(desk):
    agreement = desk.opened()
    with pytest.raises(InvalidInput):
        signatures.decline_agreement(agreement, reason=" ", caller=CALLER, at=desk.at)

    declined = signatures.decline_agreement(
        agreement, reason="She is too ill", caller=CALLER, at=desk.at
    )

    assert (declined.status, declined.declined_because) == ("declined", "She is too ill")
    assert StatusChange.objects.latest("pk").reason == ""
    assert not AuditEvent.objects.filter(details__icontains="ill").exists()
    assert events()[-1] == "declined"


def test_an_agreement_runs_out_by_the_clock_and_the_task(desk):
    agreement = desk.opened(valid_days=1)
    with pytest.raises(AgreementStillValid):
        agreements.expire_agreement(agreement, at=desk.at)
    code = desk.code(agreement)
    late = desk.at + timedelta(days=1)

    with pytest.raises(AgreementRunOut):
        signatures.sign_agreement(
            agreement, desk.signature(agreement, code), caller=CALLER, at=late
        )
    agreements.expire_agreement(agreement, at=late)

    agreement.refresh_from_db()
    assert agreement.status == "expired"
    assert events()[-1] == "expired"
    expire_agreements.run()


def test_the_task_closes_only_what_ran_out(desk):
    desk.at -= timedelta(days=3)
    old = desk.sent(valid_days=1)
    new = desk.sent(old.document, valid_days=30, signer_email="b@family.example")

    expire_agreements.run()

    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.status, new.status) == ("expired", "sent")


def test_a_reminder_sends_the_same_link_again(desk):
    agreement = desk.sent()

    agreements.remind_signer(agreement, actor=desk.clerk, at=desk.at + timedelta(days=1))

    first, second = Mail.objects.filter(kind="agreement_link").order_by("pk")
    assert json.loads(first.context)["link"] == json.loads(second.context)["link"]
    agreements.withdraw_agreement(agreement, reason="x", actor=desk.clerk, at=desk.at)
    with pytest.raises(AgreementClosed):
        agreements.remind_signer(agreement, actor=desk.clerk, at=desk.at)
    assert Mail.objects.latest("pk").kind == "agreement_withdrawn"


def test_a_mail_that_does_not_arrive_is_on_the_trail(desk, run_tasks, monkeypatch):
    agreement = desk.sent()
    monkeypatch.setattr("common.mail.dispatch._is_suppressed", lambda address: True)

    run_tasks()

    assert deeds(agreement) == ["created", "sent", "mail_failed"]


def test_a_link_to_an_address_that_takes_no_mail_is_on_the_trail_as_lost(desk, run_tasks):
    suppress(EMAIL, reason="550 5.1.1", at=desk.at)

    agreement = desk.sent()
    run_tasks()

    assert deeds(agreement) == ["created", "sent", "mail_failed"]


def test_a_document_that_is_out_or_not_sealed_yet_is_not_deleted(desk, said, clerk):
    register(letter_kind(said, key="waiver", retention_years=None, is_signable=True))
    agreement = desk.opened(desk.document("waiver"))
    given = {"reason": "x", "actor": clerk, "at": desk.at}
    with pytest.raises(SignaturePending):
        delete_document(agreement.document, **given)

    signed = desk.signed(agreement)
    with pytest.raises(SignaturePending):
        delete_document(agreement.document, **given)
    seal_agreement(signed, at=desk.at)

    assert delete_document(agreement.document, **given).is_deleted


def test_nobody_countersigns_before_the_seal(desk):
    with pytest.raises(TransitionNotAllowed):
        countersign_agreement(desk.opened(), actor=desk.clerk, at=desk.at)
    other = desk.opened(desk.document(), signer_email="b@family.example")
    with pytest.raises(SignatureNotSealed):
        countersign_agreement(desk.signed(other), actor=desk.clerk, at=desk.at)


@pytest.mark.parametrize(
    "change",
    [
        "signed_at = now()",
        "document_sha256 = 'x'",
        "signer_email = 'x@y.z'",
        "consent_text = 'x'",
        "signed_name = NULL",
        "link_digest = 'x'",
        "viewed_at = NULL",
        "sha256 = 'x'",
    ],
)
def test_the_database_keeps_what_was_signed(desk, run_tasks, change):
    desk.signed()
    run_tasks()

    with (
        pytest.raises(DatabaseError, match="fixed"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE documents_agreement SET {change}")  # noqa: S608
    assert Agreement.objects.get().signed_name == NAME


def test_the_database_keeps_the_row_and_its_trail(desk):
    agreement = desk.sent()

    for table in ("documents_agreement", "documents_agreemententry"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table}")  # noqa: S608 - two tables of ours
    assert Agreement.objects.get().pk == agreement.pk


def test_keys_change_and_what_is_sealed_stays_what_it_is(desk, settings):
    agreement = desk.signed()
    ring = dict(settings.FIELD_ENCRYPTION_KEYS)
    settings.FIELD_ENCRYPTION_KEYS = (("new", b"n" * 32), *ring.items())

    progress = list(rotate(Agreement, batch_size=10))[-1]

    assert (progress.rotated, progress.failed, progress.left) == (1, 0, 0)
    agreement = Agreement.objects.get(pk=agreement.pk)
    assert agreement.signed_name == NAME
    agreement.signed_name = "Somebody else"
    with pytest.raises(DatabaseError, match="fixed"), transaction.atomic():
        agreement.save()
