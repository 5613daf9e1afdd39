"""
Pages added to a PDF, and signatures on it, each as an incremental update.

Every step leaves the bytes before it as they were: the file that was read is the beginning of the
file that was signed, and a second signature leaves the first one valid.
"""

from dataclasses import dataclass
from io import BytesIO

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.content import PdfContent
from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject, FloatObject, StreamObject
from pyhanko.pdf_utils.generic import pdf_name as name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import BoxConstraints
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter, append_signature_field
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore

from documents.signing.keys import SigningIdentity

SIGNED = "Signature"
COUNTERSIGNED = "Countersignature"
# In points (1/72 inch) from the lower left corner of A4: beneath the text of the evidence page.
BOXES = {SIGNED: (50, 34, 283, 124), COUNTERSIGNED: (312, 34, 545, 124)}


@dataclass(frozen=True)
class Statement:
    """What a signature says of itself: who for, why, and the picture of it as a one-page PDF."""

    name: str
    reason: str
    picture: bytes
    location: str = ""


def with_pages(document: bytes, pages: bytes) -> bytes:
    """A document with the pages of another after its own. The first bytes are the document's."""
    writer = IncrementalPdfFileWriter(BytesIO(document), strict=False)
    source = PdfFileReader(BytesIO(pages))
    for index in range(int(source.root["/Pages"]["/Count"])):
        writer.insert_page(_page(writer, source, index))
    return _written(writer)


def sign(document: bytes, statement: Statement, identity: SigningIdentity) -> bytes:
    """
    Sign a document and leave a place for a countersignature; nothing else may change from then on.

    The picture goes to the last page. Certifies (DocMDP 2): a validator refuses any later change
    but filling in that place.
    """
    writer = IncrementalPdfFileWriter(BytesIO(document), strict=False)
    last = int(writer.root["/Pages"]["/Count"]) - 1
    for field, box in BOXES.items():
        append_signature_field(writer, SigFieldSpec(field, on_page=last, box=box))
    return _signed(writer, SIGNED, statement, identity, is_first=True)


def countersign(document: bytes, statement: Statement, identity: SigningIdentity) -> bytes:
    """Fill in the second signature of a signed document."""
    writer = IncrementalPdfFileWriter(BytesIO(document), strict=False)
    return _signed(writer, COUNTERSIGNED, statement, identity, is_first=False)


class _PageContent(PdfContent):
    """The first page of a PDF, as the picture of a signature."""

    def __init__(self, pdf: bytes) -> None:
        self._pdf = pdf
        super().__init__()

    def render(self) -> bytes:
        page = self._ensure_writer.import_page_as_xobject(PdfFileReader(BytesIO(self._pdf)))
        self.resources.xobject["/Picture"] = page
        x1, y1, x2, y2 = page.get_object()["/BBox"]
        self.box = BoxConstraints(width=abs(x1 - x2), height=abs(y1 - y2))
        return b"/Picture Do"


def _signed(
    writer: IncrementalPdfFileWriter,
    field: str,
    statement: Statement,
    identity: SigningIdentity,
    *,
    is_first: bool,
) -> bytes:
    metadata = PdfSignatureMetadata(
        field_name=field,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        name=statement.name,
        reason=statement.reason,
        location=statement.location or None,
        certify=is_first,
        docmdp_permissions=MDPPerm.FILL_FORMS,
    )
    picture = StaticStampStyle(border_width=0, background=_PageContent(statement.picture))
    signer = PdfSigner(metadata, _signer(identity), stamp_style=picture)
    output = signer.sign_pdf(writer, existing_fields_only=True)
    return bytes(output.getbuffer())


def _signer(identity: SigningIdentity) -> SimpleSigner:
    certificates = [identity.certificate_der, *identity.chain_der]
    loaded = [asn1_x509.Certificate.load(der) for der in certificates]
    return SimpleSigner(
        signing_cert=loaded[0],
        signing_key=asn1_keys.PrivateKeyInfo.load(identity.key_der),
        cert_registry=SimpleCertificateStore.from_certs(loaded),
    )


def _page(writer: IncrementalPdfFileWriter, source: PdfFileReader, index: int) -> DictionaryObject:
    """A page that shows a page of another file, with everything it needs."""
    picture = writer.import_page_as_xobject(source, page_ix=index)
    box = picture.get_object()["/BBox"]
    content = writer.add_object(StreamObject(stream_data=b"/Page Do"))
    resources = DictionaryObject({name("/XObject"): DictionaryObject({name("/Page"): picture})})
    return DictionaryObject(
        {
            name("/Type"): name("/Page"),
            name("/MediaBox"): ArrayObject(FloatObject(side) for side in box),
            name("/Resources"): resources,
            name("/Contents"): content,
        }
    )


def _written(writer: IncrementalPdfFileWriter) -> bytes:
    output = BytesIO()
    writer.write(output)
    return output.getvalue()
