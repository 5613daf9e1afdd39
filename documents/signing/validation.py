"""Whether the signatures of a PDF hold, asked without any network."""

import zlib
from collections.abc import Collection, Mapping, Sequence
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

# What reading a damaged file ends in: the reader asserts what a sound file has, and leaves to
# Python what a wrong byte makes of a number, a name or a packed stream.
_DAMAGED = (
    PdfError,
    SigningError,
    CMSStructuralError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    NotImplementedError,
    RecursionError,
    TypeError,
    ValueError,
    zlib.error,
)


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
    document: bytes,
    *,
    trusted: Sequence[bytes],
    at: datetime,
    recorded: Collection[str] = (),
    made_at: Mapping[str, datetime] | None = None,
) -> list[SignatureCheck]:
    """
    Check every signature of a PDF against certificates (DER); none for a file without, or no PDF.

    A certificate that the file brings along is trusted if its fingerprint was `recorded` when the
    file was signed: keys are replaced. Certificates must be valid when a field was signed
    (`made_at`), or `at` where nobody knows. A file that is damaged beyond reading counts as one
    without any signature that holds.
    """
    roots = [asn1_x509.Certificate.load(der) for der in trusted]
    try:
        reader = PdfFileReader(BytesIO(document), strict=False)
        found = []
        for signature in reader.embedded_signatures:
            own = signature.signer_cert
            known = [own] if own.sha256.hex() in recorded else []
            context = ValidationContext(
                trust_roots=[*roots, *known],
                allow_fetching=False,
                moment=(made_at or {}).get(str(signature.field_name), at),
            )
            found.append(_checked(signature, context))
        return found
    except _DAMAGED:
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
