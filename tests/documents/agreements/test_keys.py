"""Where the key of signatures comes from, and what is refused."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    load_der_private_key,
    pkcs12,
)

from documents.exceptions import SigningUnavailable
from documents.signing import keys
from documents.signing.keys import demo_identity, signing_identity

NOW = datetime(2026, 3, 14, tzinfo=UTC)
PASSWORD = "correct horse"


@pytest.fixture(scope="module")
def own():
    """A key whose certificate is no demo's, and one of somebody else."""
    before, keys.DEMO_ORGANIZATION = keys.DEMO_ORGANIZATION, "Bluewater Air"
    try:
        return demo_identity(), demo_identity()
    finally:
        keys.DEMO_ORGANIZATION = before


@pytest.fixture(autouse=True)
def no_key(settings):
    settings.SIGNING_KEYSTORE_PATH = settings.SIGNING_KEYSTORE_PASSWORD = ""
    settings.SIGNING_KEY_PEM = settings.SIGNING_CERTIFICATE_PEM = ""
    settings.SIGNING_DEMO_ALLOWED = False


def keystore(identity, path):
    content = pkcs12.serialize_key_and_certificates(
        b"seal",
        load_der_private_key(identity.key_der, None),
        identity.certificate,
        None,
        BestAvailableEncryption(PASSWORD.encode()),
    )
    path.write_bytes(content)
    return str(path)


def reason(at=NOW):
    with pytest.raises(SigningUnavailable) as refusal:
        signing_identity(at=at)
    return refusal.value.details["reason"]


def test_without_a_key_nothing_is_sealed():
    assert reason() == "no signing key is set"


def test_a_keystore_with_its_password(settings, own, tmp_path):
    settings.SIGNING_KEYSTORE_PATH = keystore(own[0], tmp_path / "seal.p12")
    settings.SIGNING_KEYSTORE_PASSWORD = PASSWORD

    assert signing_identity(at=NOW).fingerprint == own[0].fingerprint


@pytest.mark.parametrize("password", ["", "wrong"])
def test_a_keystore_that_does_not_open_names_no_secret(settings, own, tmp_path, password):
    settings.SIGNING_KEYSTORE_PATH = keystore(own[0], tmp_path / "seal.p12")
    settings.SIGNING_KEYSTORE_PASSWORD = password

    assert reason() == "SIGNING_KEYSTORE_PATH cannot be read (ValueError)"


def test_a_keystore_that_is_not_there(settings, tmp_path):
    settings.SIGNING_KEYSTORE_PATH = str(tmp_path / "none.p12")

    assert "FileNotFoundError" in reason()


def test_a_key_in_the_environment_on_one_line(settings, own):
    settings.SIGNING_KEY_PEM = own[0].key_pem.decode().replace("\n", "\\n")
    settings.SIGNING_CERTIFICATE_PEM = own[0].certificate_pem.decode()

    identity = signing_identity(at=NOW)

    assert (identity.holder, identity.is_demo) == ("Windsock demo signature", False)


def test_a_certificate_of_another_key_is_refused(settings, own):
    settings.SIGNING_KEY_PEM = own[0].key_pem.decode()
    settings.SIGNING_CERTIFICATE_PEM = own[1].certificate_pem.decode()

    assert reason() == "the certificate belongs to another key"


def test_what_is_no_pem_is_refused(settings):
    settings.SIGNING_KEY_PEM = settings.SIGNING_CERTIFICATE_PEM = "x"

    assert "is not PEM" in reason()


def test_a_certificate_that_ran_out_is_refused(settings, own):
    settings.SIGNING_KEY_PEM = own[0].key_pem.decode()
    settings.SIGNING_CERTIFICATE_PEM = own[0].certificate_pem.decode()

    assert "is valid until" in reason(NOW + timedelta(days=365 * 40))
    assert "is valid until" in reason(NOW - timedelta(days=365 * 40))


def test_a_demo_makes_one_key_for_all_its_processes(settings, tmp_path):
    settings.SIGNING_DEMO_ALLOWED = True
    settings.SIGNING_DEMO_PATH = str(tmp_path / "kept" / "demo.pem")

    first = signing_identity(at=NOW)
    keys._identity.cache_clear()  # noqa: SLF001 - as another process would begin

    assert signing_identity(at=NOW).fingerprint == first.fingerprint
    assert first.is_demo
    assert (tmp_path / "kept" / "demo.pem").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["demo.pem"]


def test_a_demo_certificate_is_refused_elsewhere(settings):
    demo = demo_identity()
    settings.SIGNING_KEY_PEM = demo.key_pem.decode()
    settings.SIGNING_CERTIFICATE_PEM = demo.certificate_pem.decode()

    assert reason() == "the certificate is a demo's"
