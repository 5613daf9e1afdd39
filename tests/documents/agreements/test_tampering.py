"""Whatever is done to a signed file afterwards shows, and nobody is handed such a file."""

import io
import random
import re
import shutil
import subprocess

import pytest
from django.core.files.storage import default_storage
from pyhanko.pdf_utils.generic import (
    ArrayObject,
    DictionaryObject,
    NumberObject,
    StreamObject,
    TextStringObject,
)
from pyhanko.pdf_utils.generic import pdf_name as name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pypdf import PdfReader

from documents.models import Document, DocumentAccess
from documents.services import files
from documents.services.generation import generate
from documents.services.sealing import check_agreement, countersign_agreement, seal_agreement
from documents.signing import pdf
from documents.signing.keys import demo_identity, signing_identity
from documents.signing.validation import check_signatures
from tests.documents.agreements.conftest import token_in_mail
from tests.users.factories import grant

pytestmark = pytest.mark.django_db
LIST = "/api/documents/agreements/"
FLIPS = 50


@pytest.fixture
def sealed(desk):
    return seal_agreement(desk.signed(), at=desk.at)


@pytest.fixture
def countersigned(sealed, desk):
    return countersign_agreement(sealed, actor=desk.clerk, at=desk.at)


def checked(content, desk):
    identity = signing_identity(at=desk.at)
    return check_signatures(content, trusted=[identity.certificate_der], at=desk.at)


def both_hold(content, desk):
    checks = checked(content, desk)
    return len(checks) == 2 and all(check.holds for check in checks)


def containers(content):
    """Where the signatures themselves lie: their spelling there is not what they sign."""
    return [m.span(1) for m in re.finditer(rb"/Contents\s*<([0-9A-Fa-f]+)>", content)]


def updated(content, change):
    """A file with a later update that leaves every byte before it."""
    writer = IncrementalPdfFileWriter(io.BytesIO(content), strict=False)
    change(writer)
    output = io.BytesIO()
    writer.write(output)
    assert output.getvalue().startswith(content)
    return output.getvalue()


def page_of(writer, index):
    return writer.root["/Pages"]["/Kids"][index].get_object()


def with_empty_evidence(writer):
    page = page_of(writer, -1)
    page[name("/Contents")] = writer.add_object(StreamObject(stream_data=b""))
    writer.update_container(page)


def with_other_first_page(writer):
    page = page_of(writer, 0)
    page[name("/Contents")] = writer.add_object(StreamObject(stream_data=b""))
    writer.update_container(page)


def with_a_note_over_the_price(writer):
    page = page_of(writer, 0)
    note = {
        name("/Type"): name("/Annot"),
        name("/Subtype"): name("/FreeText"),
        name("/Rect"): ArrayObject(map(NumberObject, (50, 500, 500, 600))),
        name("/Contents"): TextStringObject("AUD 1.00"),
    }
    page[name("/Annots")] = ArrayObject([writer.add_object(DictionaryObject(note))])
    writer.update_container(page)


def with_a_script(writer):
    script = {name("/S"): name("/JavaScript"), name("/JS"): TextStringObject("app.alert(1)")}
    writer.root[name("/OpenAction")] = DictionaryObject(script)
    writer.update_root()


UPDATES = [with_empty_evidence, with_other_first_page, with_a_note_over_the_price, with_a_script]


def test_no_flipped_bit_outside_of_the_signatures_themselves_goes_unseen(countersigned, desk):
    content = files.read(countersigned)
    assert both_hold(content, desk)
    (first, second), pick = containers(content), random.Random(1)  # noqa: S311 - places, the same in every run
    parts = [(0, first[0]), (first[1], second[0]), (second[1], len(content))]

    for start, end in parts:
        for place in pick.sample(range(start, end), FLIPS):
            changed = bytearray(content)
            changed[place] ^= 1 << pick.randrange(8)
            assert not both_hold(bytes(changed), desk), place


def test_a_signature_that_was_taken_out_or_exchanged_does_not_hold(countersigned, sealed, desk):
    content = files.read(countersigned)
    (start, end), (other, _) = containers(content)

    emptied = content[:start] + b"0" * (end - start) + content[end:]
    exchanged = content[:start] + content[other : other + end - start] + content[end:]

    for changed in (emptied, exchanged, content.replace(b"/ByteRange", b"/ByteRangf", 1)):
        assert not both_hold(changed, desk)


@pytest.mark.parametrize("change", UPDATES)
def test_a_later_update_is_seen_before_and_after_the_countersignature(sealed, desk, change):
    before = files.read(sealed)
    after = files.read(countersign_agreement(sealed, actor=desk.clerk, at=desk.at))

    for content in (before, after):
        checks = checked(updated(content, change), desk)
        assert checks
        assert [check.is_last_change_allowed for check in checks] == [False] * len(checks)


def test_the_evidence_of_another_signature_is_refused_in_its_place(sealed, desk):
    document = sealed.document
    other = seal_agreement(
        desk.signed(desk.opened(document, signer_email="b@example.com"), name="Ben Other"),
        at=desk.at,
    )
    page = len(PdfReader(io.BytesIO(files.read(document))).pages)

    def exchange(writer):
        source = IncrementalPdfFileWriter(io.BytesIO(files.read(other)), strict=False)
        evidence = page_of(source, page)
        mine = page_of(writer, page)
        mine[name("/Contents")] = writer.import_object(evidence.raw_get("/Contents"))
        mine[name("/Resources")] = writer.import_object(evidence["/Resources"])
        writer.update_container(mine)

    (check,) = checked(updated(files.read(sealed), exchange), desk)

    assert (check.is_intact, check.holds) == (True, False)


def test_a_stranger_in_the_place_of_the_countersignature_is_not_trusted(sealed, desk):
    picture = files.read(sealed.document)
    statement = pdf.Statement(desk.clerk.full_name, "Countersignature", picture)

    forged = pdf.countersign(files.read(sealed), statement, demo_identity())

    assert [check.is_trusted for check in checked(forged, desk)] == [True, False]


def test_poppler_accepts_both_signatures_and_sees_a_change(countersigned, tmp_path):
    """A validator of other hands; left out where it is not installed."""
    pdfsig = shutil.which("pdfsig")
    if pdfsig is None:
        pytest.skip("pdfsig of poppler-utils is not installed")
    content = files.read(countersigned)
    changed = bytearray(content)
    changed[countersigned.document.size_bytes // 2] ^= 1

    said = []
    for written in (content, bytes(changed)):
        (tmp_path / "signed.pdf").write_bytes(written)
        done = subprocess.run(  # noqa: S603 - our own file
            [pdfsig, tmp_path / "signed.pdf"], check=False, capture_output=True, text=True
        )
        said.append(done.stdout)

    assert said[0].count("Signature is Valid.") == 2
    assert said[0].count("Total document signed") == 1
    assert "Signature is Valid." not in said[1]


def test_the_evidence_names_both_fingerprints_in_full(sealed):
    last = PdfReader(io.BytesIO(files.read(sealed))).pages[-1].extract_text()

    text = "".join(last.split())
    for fingerprint in (
        sealed.document_sha256,
        sealed.consent_sha256,
        sealed.certificate_sha256,
    ):
        assert fingerprint in text


@pytest.mark.parametrize("way", ["earlier", "longer", "other"])
def test_a_file_that_was_exchanged_where_it_is_kept_is_handed_to_nobody(
    client, api, desk, sealed, way
):
    before = files.read(sealed)
    token = token_in_mail()
    countersigned = countersign_agreement(sealed, actor=desk.clerk, at=desk.at)
    # Each of them has signatures that hold: the file as a whole is not the one that was kept.
    kept = files.read(countersigned)
    content = {
        "earlier": before,
        "longer": kept + b"\n% remark\n",
        "other": files.read(sealed.document),
    }[way]
    with default_storage.open(countersigned.file.name, "wb") as file:
        file.write(content)

    answers = [
        client.get(f"{LIST}{countersigned.number}/signed/"),
        client.get(f"{LIST}{countersigned.number}/check/"),
        api.get(f"/api/documents/signing/{token}/document/"),
        api.get(f"/sign/{token}/document.pdf"),
    ]

    assert [answer.status_code for answer in answers] == [409] * 4
    assert [answer.json()["code"] for answer in answers[:3]] == ["file_altered"] * 3
    assert not DocumentAccess.objects.filter(deed="download").exists()


def test_a_link_to_an_altered_file_is_refused_and_the_refusal_is_on_record(client, desk, clerk):
    grant(clerk, "documents.link_document")
    document = desk.document()
    made = client.post(f"/api/documents/documents/{document.number}/link/", {"purpose": "Mail"})
    with default_storage.open(document.file.name, "r+b") as kept:
        kept.seek(100)
        kept.write(b"\x00\x01")

    answer = client.get(made.json()["url"].removeprefix("http://testserver"))

    assert (answer.status_code, answer.json()["code"]) == (409, "file_altered")
    assert DocumentAccess.objects.get(deed="refused").refusal == "file_altered"


def test_checking_names_the_signer_so_the_look_is_on_record(client, desk, sealed):
    client.get(f"{LIST}{sealed.number}/check/")

    look = DocumentAccess.objects.get(document=sealed.document, deed="view")
    assert (look.user, look.purpose) == (desk.clerk, f"Agreement {sealed.number}")


def test_what_was_signed_is_never_made_anew_under_the_same_issue(said, desk, sealed):
    signed, content = sealed.document, files.read(sealed)
    said.data = {"name": "At another price"}

    newer = generate("contract", desk.contact.pk, actor=None, at=desk.at)

    assert (newer.issue, newer.pk != signed.pk) == (signed.issue + 1, True)
    sealed.refresh_from_db()
    assert sealed.document_id == signed.pk
    assert files.read(sealed) == content
    assert [check.holds for check in check_agreement(sealed, at=desk.at)] == [True]
    assert Document.objects.get(pk=signed.pk).sha256 == sealed.document_sha256
