"""The signed file: accepted by independent validators, and showing every change."""

import io
import shutil
import subprocess
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.db import DatabaseError, transaction
from pypdf import PdfReader

from documents.drawings import drawn_from_strokes
from documents.exceptions import AlreadyDeleted
from documents.kinds import register
from documents.models import Agreement, Document, DocumentPack
from documents.services import files, packs, signatures
from documents.services.deletion import delete_document
from documents.services.sealing import check_agreement, countersign_agreement, seal_agreement
from documents.signing.keys import demo_identity, signing_identity
from documents.signing.pdf import with_pages
from documents.signing.validation import check_signatures
from documents.tasks import seal_agreements
from tests.documents.agreements.conftest import EMAIL, NAME
from tests.documents.factories import letter_kind
from tests.users.factories import grant

pytestmark = pytest.mark.django_db
STROKES = [[[20, 150], [80, 40], [140, 160], [220, 60]], [[240, 120]]]


@pytest.fixture
def sealed(desk):
    agreement = desk.signed(drawing=drawn_from_strokes(STROKES))
    return seal_agreement(agreement, at=desk.at)


@pytest.fixture
def countersigned(sealed, desk):
    return countersign_agreement(sealed, actor=desk.clerk, at=desk.at)


def text_of(content):
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def openssl_verifies(content, index, tmp_path, identity):
    """What openssl says of one signature, from nothing but the bytes of the file."""
    fields = PdfReader(io.BytesIO(content)).get_fields()
    signature = fields[("Signature", "Countersignature")[index]]["/V"]
    first, length, second, rest = signature["/ByteRange"]
    (tmp_path / "content").write_bytes(
        content[first : first + length] + content[second : second + rest]
    )
    (tmp_path / "signature").write_bytes(signature["/Contents"].original_bytes)
    (tmp_path / "trusted.pem").write_bytes(identity.certificate_pem)
    done = subprocess.run(  # noqa: S603 - our own files
        [
            shutil.which("openssl"),
            *("cms", "-verify", "-binary", "-inform", "DER", "-purpose", "any"),
            *("-in", tmp_path / "signature", "-content", tmp_path / "content"),
            *("-CAfile", tmp_path / "trusted.pem", "-out", "/dev/null"),
        ],
        check=False,
        capture_output=True,
    )
    return done.returncode == 0


def test_the_signed_file_is_the_document_with_its_evidence_and_a_seal(sealed, desk):
    content, original = files.read(sealed), files.read(sealed.document)

    assert content.startswith(original)
    assert files.sha256(original) == sealed.document_sha256
    pages = PdfReader(io.BytesIO(content)).pages
    assert len(pages) == sealed.document.page_count + 1
    text = " ".join(text_of(content).split())
    for fact in (
        sealed.number,
        sealed.document.number,
        sealed.document_sha256[:30],
        NAME,
        EMAIL,
        "203.0.113.7",
        "Mozilla/5.0 (Test)",
        "One-time code sent by e-mail",
        "I agree to sign it electronically",
        f"{sealed.signed_at:%Y-%m-%d %H:%M:%S} UTC",
    ):
        assert fact in text


def test_independent_validators_accept_both_signatures(countersigned, desk, tmp_path):
    identity, content = signing_identity(at=desk.at), files.read(countersigned)

    checks = check_signatures(content, trusted=[identity.certificate_der], at=desk.at)
    assert [(c.field, c.holds) for c in checks] == [("Signature", True), ("Countersignature", True)]
    assert [c.name for c in checks] == [NAME, desk.clerk.full_name]
    assert openssl_verifies(content, 0, tmp_path, identity)
    assert openssl_verifies(content, 1, tmp_path, identity)
    fields = PdfReader(io.BytesIO(content)).get_fields()
    assert fields["Signature"]["/V"]["/SubFilter"] == "/ETSI.CAdES.detached"


def test_the_countersignature_leaves_the_first_signature_and_every_byte_before_it(sealed, desk):
    before = files.read(sealed)

    after = files.read(countersign_agreement(sealed, actor=desk.clerk, at=desk.at))

    assert after.startswith(before)
    assert len(after) > len(before)


@pytest.mark.parametrize("place", ["document", "evidence", "second"])
def test_one_flipped_byte_is_seen(countersigned, desk, tmp_path, place):
    identity, content = signing_identity(at=desk.at), bytearray(files.read(countersigned))
    first = countersigned.document.size_bytes
    where = {"document": first // 2, "evidence": first + 200, "second": len(content) - 300}[place]
    content[where] ^= 1

    checks = check_signatures(bytes(content), trusted=[identity.certificate_der], at=desk.at)

    assert len(checks) < 2 or not all(check.holds for check in checks)


def test_openssl_sees_a_flipped_byte_too(sealed, desk, tmp_path):
    identity, content = signing_identity(at=desk.at), bytearray(files.read(sealed))
    assert openssl_verifies(bytes(content), 0, tmp_path, identity)

    content[sealed.document.size_bytes // 2] ^= 1

    assert not openssl_verifies(bytes(content), 0, tmp_path, identity)


def test_something_added_after_the_seal_is_refused(sealed, desk):
    identity = signing_identity(at=desk.at)
    content = files.read(sealed)
    # A page more, as a later update that leaves every signed byte.
    longer = with_pages(content, files.read(sealed.document))

    (check,) = check_signatures(longer, trusted=[identity.certificate_der], at=desk.at)
    assert (check.is_intact, check.holds) == (True, False)


def test_a_certificate_of_somebody_else_is_not_trusted(sealed, desk):
    stranger = demo_identity()

    (check,) = check_signatures(files.read(sealed), trusted=[stranger.certificate_der], at=desk.at)
    assert (check.is_intact, check.is_trusted, check.holds) == (True, False, False)


def test_a_newer_key_does_not_make_an_older_signature_wrong(sealed, desk, settings, tmp_path):
    settings.SIGNING_DEMO_PATH = str(tmp_path / "newer.pem")
    countersigned = countersign_agreement(sealed, actor=desk.clerk, at=desk.at)

    checks = check_agreement(countersigned, at=desk.at)

    assert [check.holds for check in checks] == [True, True]
    assert checks[0].fingerprint == sealed.certificate_sha256 != checks[1].fingerprint
    settings.SIGNING_DEMO_ALLOWED = False
    assert [check.holds for check in check_agreement(sealed, at=desk.at)] == [True]


def test_what_is_no_pdf_has_no_signature(desk):
    identity = signing_identity(at=desk.at)
    for content in (b"", b"%PDF-1.7", b"hello", b"%PDF-1.7\n%%EOF"):
        assert check_signatures(content, trusted=[identity.certificate_der], at=desk.at) == []


def test_a_consent_is_kept_encrypted_and_its_signed_file_too(desk):
    agreement = desk.signed(desk.opened(desk.document("consent"), signer_role="patient"))

    sealed = seal_agreement(agreement, at=desk.at)

    with sealed.file.open("rb") as kept:
        stored = kept.read()
    assert b"%PDF" not in stored
    assert files.read(sealed).startswith(b"%PDF")
    assert [check.holds for check in check_agreement(sealed, at=desk.at)] == [True]


def test_sealing_twice_is_sealing_once(sealed, desk):
    again = seal_agreement(sealed, at=desk.at)

    assert (again.file.name, again.sha256) == (sealed.file.name, sealed.sha256)
    assert sealed.trail.filter(deed="sealed").count() == 1


def test_a_document_whose_file_was_changed_is_not_sealed(desk):
    agreement = desk.signed()
    document = Document.objects.get(pk=agreement.document_id)
    with document.file.open("wb") as kept:
        kept.write(b"%PDF-1.7 something else")

    with pytest.raises(Exception, match="altered"):
        seal_agreement(agreement, at=desk.at)


def test_what_was_signed_while_nothing_could_be_sealed_is_sealed_later(desk, settings):
    desk.at -= timedelta(minutes=20)
    waiting = desk.signed()
    key, settings.SIGNING_DEMO_PATH = settings.SIGNING_DEMO_PATH, ""

    seal_agreements()
    waiting.refresh_from_db()
    assert waiting.sealed_at is None
    settings.SIGNING_DEMO_PATH = key
    seal_agreements()

    waiting.refresh_from_db()
    assert waiting.sealed_at is not None
    assert files.read(waiting).startswith(b"%PDF")


def test_those_that_cannot_be_sealed_keep_no_later_one_waiting(desk, monkeypatch):
    desk.at -= timedelta(minutes=30)
    broken = [desk.signed() for _ in range(2)]
    desk.at += timedelta(minutes=1)
    whole = desk.signed()

    def sealed(agreement, *, at):
        if agreement in broken:
            raise OSError("The store does not answer.")
        return seal_agreement(agreement, at=at)

    monkeypatch.setattr("documents.tasks.seal_agreement", sealed)
    monkeypatch.setattr("documents.queries.agreements.AT_ONCE", 1)

    seal_agreements()

    rows = [Agreement.objects.get(pk=each.pk) for each in (*broken, whole)]
    assert [row.sealed_at is not None for row in rows] == [False, False, True]


def test_deleting_a_document_deletes_its_signed_file_and_the_packs_it_is_in(
    said, desk, django_capture_on_commit_callbacks
):
    register(
        letter_kind(
            said, key="waiver", classification="medical", retention_years=None, is_signable=True
        )
    )
    sealed = seal_agreement(desk.signed(desk.opened(desk.document("waiver"))), at=desk.at)
    grant(desk.clerk, "documents.generate_document", "documents.delete_document")
    pack = packs.request_pack("contacts.contact", desk.contact.pk, actor=desk.clerk, at=desk.at)
    pack = packs.make_pack(pack, clock=lambda: desk.at)
    kept = [sealed.document.file.name, sealed.file.name, pack.file.name]
    assert sealed.document in pack.documents.all()
    with pytest.raises(DatabaseError, match="fixed"), transaction.atomic():
        Agreement.objects.filter(pk=sealed.pk).update(file="", file_key=None)

    with django_capture_on_commit_callbacks(execute=True):
        delete_document(sealed.document, reason="Kept long enough", actor=desk.clerk, at=desk.at)

    assert [default_storage.exists(name) for name in kept] == [False, False, False]
    sealed, pack = Agreement.objects.get(pk=sealed.pk), DocumentPack.objects.get(pk=pack.pk)
    assert [(row.file.name, row.file_key) for row in (sealed, pack)] == [("", None), ("", None)]
    assert sealed.signed_name == NAME
    with pytest.raises(AlreadyDeleted):
        check_agreement(sealed, at=desk.at)
    with pytest.raises(AlreadyDeleted):
        countersign_agreement(sealed, actor=desk.clerk, at=desk.at)
    with pytest.raises(AlreadyDeleted):
        signatures.download_signed(
            sealed, purpose="review", actor=desk.clerk, address=None, at=desk.at
        )


def test_a_document_that_is_deleted_while_its_pack_is_made_is_left_out(said, desk, monkeypatch):
    register(letter_kind(said, key="memo_b", retention_years=None))
    grant(desk.clerk, "documents.generate_document")
    pack = packs.request_pack("contacts.contact", desk.contact.pk, actor=desk.clerk, at=desk.at)
    real = packs._finish  # noqa: SLF001 - when somebody deletes in this story

    def delete_first(pack, documents, left_out, *, at):
        memo = next(document for document in documents if document.kind == "memo_b")
        delete_document(memo, reason="x", actor=desk.clerk, at=at)
        return real(pack, documents, left_out, at=at)

    monkeypatch.setattr(packs, "_finish", delete_first)

    done = packs.make_pack(pack, clock=lambda: desk.at)

    assert done.status == "done"
    assert {"memo_b": "already_deleted"}.items() <= {
        row["kind"]: row["code"] for row in done.left_out
    }.items()
    assert not done.documents.filter(kind="memo_b").exists()
