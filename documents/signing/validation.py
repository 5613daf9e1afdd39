"""Whether the signatures of a PDF hold, asked without any network."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import CMSStructuralError, SigningError
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko_certvalidator import ValidationContext


@dataclass(frozen=True)
class SignatureCheck:
    """
    What became of one signature.

    `is_intact`: the bytes it covers are those that were signed. `is_trusted`: by a certificate of
    the given ones. `is_last_change_allowed`: what came after it is at most what it allows.
    """

    field: str
    name: str
    is_intact: bool
    is_trusted: bool
    is_last_change_allowed: bool
    fingerprint: str

    @property
    def holds(self) -> bool:
        return self.is_intact and self.is_trusted and self.is_last_change_allowed


def check_signatures(
    document: bytes, *, trusted: Sequence[bytes], at: datetime
) -> list[SignatureCheck]:
    """
    Check every signature of a PDF against certificates (DER); none for a file without, or no PDF.

    A file that is damaged beyond reading counts as one without any signature that holds.
    """
    roots = [asn1_x509.Certificate.load(der) for der in trusted]
    context = ValidationContext(trust_roots=roots, allow_fetching=False, moment=at)
    try:
        reader = PdfFileReader(BytesIO(document), strict=False)
        return [_checked(signature, context) for signature in reader.embedded_signatures]
    except (PdfError, SigningError, CMSStructuralError, ValueError, KeyError, TypeError):
        return []


def _checked(signature: Any, context: ValidationContext) -> SignatureCheck:
    status: PdfSignatureStatus = validate_pdf_signature(signature, context)
    return SignatureCheck(
        field=str(signature.field_name),
        name=str(signature.sig_object.get("/Name", "")),
        is_intact=status.intact and status.valid,
        is_trusted=status.trusted,
        is_last_change_allowed=bool(status.docmdp_ok),
        fingerprint=status.signing_cert.sha256.hex(),
    )
