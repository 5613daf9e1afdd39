"""The key that seals signed documents: PKCS#12 or PEM by settings, a made one in a demo."""

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import NameOID
from django.conf import settings

from documents.exceptions import SigningUnavailable

DEMO_ORGANIZATION = "Demo only, not for use"
DEMO_YEARS = 30
_SINCE = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class SigningIdentity:
    """A private key with its certificate and the certificates above it."""

    key_der: bytes
    certificate_der: bytes
    chain_der: tuple[bytes, ...]

    @property
    def certificate(self) -> x509.Certificate:
        return x509.load_der_x509_certificate(self.certificate_der)

    @property
    def certificate_pem(self) -> bytes:
        """For who checks a signature with a tool of their own."""
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """The private key as a text: for the demo's file alone."""
        key = load_der_private_key(self.key_der, None)
        return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, as hexadecimal digits."""
        return self.certificate.fingerprint(SHA256()).hex()

    @property
    def holder(self) -> str:
        """Who the certificate says signs."""
        names = self.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return str(names[0].value) if names else self.certificate.subject.rfc4514_string()

    @property
    def is_demo(self) -> bool:
        names = self.certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
        return any(name.value == DEMO_ORGANIZATION for name in names)


def signing_identity(*, at: datetime) -> SigningIdentity:
    """
    The key that the settings name, checked.

    Raises SigningUnavailable when there is none, it cannot be read, its certificate is of another
    key, not valid at `at`, or a demo's in an installation that is none.
    """
    identity = _identity(
        settings.SIGNING_KEYSTORE_PATH,
        settings.SIGNING_KEYSTORE_PASSWORD,
        settings.SIGNING_KEY_PEM,
        settings.SIGNING_CERTIFICATE_PEM,
        settings.SIGNING_DEMO_PATH if settings.SIGNING_DEMO_ALLOWED else "",
    )
    if identity.is_demo and not settings.SIGNING_DEMO_ALLOWED:
        raise SigningUnavailable(reason="the certificate is a demo's")
    certificate = identity.certificate
    if not certificate.not_valid_before_utc <= at < certificate.not_valid_after_utc:
        raise SigningUnavailable(
            reason=f"the certificate is valid until {certificate.not_valid_after_utc:%Y-%m-%d}"
        )
    return identity


def demo_identity() -> SigningIdentity:
    """A new key with a certificate of its own that says what it is."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, DEMO_ORGANIZATION),
            x509.NameAttribute(NameOID.COMMON_NAME, "Windsock demo signature"),
        ]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_SINCE)
        .not_valid_after(_SINCE + timedelta(days=365 * DEMO_YEARS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_for_signatures(), critical=True)
        .sign(key, SHA256())
    )
    return _checked(key, certificate, ())


@lru_cache(maxsize=4)
def _identity(
    path: str, password: str, key_pem: str, certificate_pem: str, demo_path: str
) -> SigningIdentity:
    """Read the key once in the life of a process: opening a PKCS#12 takes a second or more."""
    if path:
        return _from_pkcs12(path, password)
    if key_pem or certificate_pem:
        return _from_pem(key_pem, certificate_pem)
    if demo_path:
        return _kept_demo(Path(demo_path))
    raise SigningUnavailable(reason="no signing key is set")


def _from_pkcs12(path: str, password: str) -> SigningIdentity:
    try:
        content = Path(path).read_bytes()
        loaded = pkcs12.load_key_and_certificates(content, password.encode() or None)
    except (OSError, ValueError) as error:
        # The message of the library may name what is inside: the kind of failure is enough.
        raise SigningUnavailable(
            reason=f"SIGNING_KEYSTORE_PATH cannot be read ({type(error).__name__})"
        ) from None
    key, certificate, chain = loaded
    if key is None or certificate is None:
        raise SigningUnavailable(reason="SIGNING_KEYSTORE_PATH holds no key with a certificate")
    return _checked(key, certificate, chain)


def _from_pem(key_pem: str, certificate_pem: str) -> SigningIdentity:
    try:
        key = load_pem_private_key(_lines(key_pem), None)
        first, *chain = x509.load_pem_x509_certificates(_lines(certificate_pem))
    except (ValueError, TypeError) as error:
        raise SigningUnavailable(
            reason=f"SIGNING_KEY_PEM or SIGNING_CERTIFICATE_PEM is not PEM ({type(error).__name__})"
        ) from None
    return _checked(key, first, chain)


def _lines(pem: str) -> bytes:
    r"""An environment file keeps a text on one line: its `\n` are line breaks."""
    return pem.replace("\\n", "\n").encode()


def _checked(
    key: PrivateKeyTypes, certificate: x509.Certificate, chain: Iterable[Any]
) -> SigningIdentity:
    if not isinstance(key, (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey)):
        raise SigningUnavailable(reason="the signing key is neither RSA nor on an elliptic curve")
    if key.public_key() != certificate.public_key():
        raise SigningUnavailable(reason="the certificate belongs to another key")
    above = tuple(c.public_bytes(Encoding.DER) for c in chain)
    return SigningIdentity(
        key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        certificate.public_bytes(Encoding.DER),
        above,
    )


def _kept_demo(path: Path) -> SigningIdentity:
    """The demo's key, made once for all processes of an installation."""
    if not path.exists():
        made = demo_identity()
        content = made.key_pem + made.certificate_pem
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f"{path.name}.{os.getpid()}")
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
        # Of two processes that make one the first to link it has it.
        with suppress(FileExistsError):
            os.link(new, path)
        new.unlink()
    text = path.read_text()
    return _from_pem(text, text[text.index("-----BEGIN CERTIFICATE") :])


def _for_signatures() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
