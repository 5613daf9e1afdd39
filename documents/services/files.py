"""Keeping files: under names of ours, medical ones closed with a key of their own."""

import base64
import hashlib
import logging
import os
import uuid
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.files.base import ContentFile

from common.encryption import SealBroken
from documents.exceptions import FileAltered, FileMissing
from documents.models import Document, DocumentClass

logger = logging.getLogger(__name__)
NONCE = 12


def sha256(content: bytes) -> str:
    """The fingerprint of a file, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def keep(row: Any, content: bytes, *, ending: str, is_sealed: bool) -> None:
    """
    Put a file where `row.file` says, without saving the row; the name tells nothing.

    A sealed file is encrypted (AES-256-GCM) with a key that only the row has, itself sealed: when
    the keys of the installation change, the row is closed anew and the file stays.
    """
    stored = content
    if is_sealed:
        key = os.urandom(32)
        row.file_key = base64.b64encode(key).decode("ascii")
        nonce = os.urandom(NONCE)
        stored = nonce + AESGCM(key).encrypt(nonce, content, _place(row))
    row.file.save(f"{uuid.uuid4().hex}{ending}", ContentFile(stored), save=False)
    row.sha256, row.size_bytes = sha256(content), len(content)


def keep_with_row(document: Document, content: bytes, *, ending: str) -> None:
    """Keep a document's file and save its row; where that fails the file is not left behind."""
    is_sealed = (
        document.classification == DocumentClass.MEDICAL or document.sealed_snapshot is not None
    )
    keep(document, content, ending=ending, is_sealed=is_sealed)
    try:
        document.save()
    except Exception:
        drop(document.file.storage, document.file.name)
        raise


def read(row: Any) -> bytes:
    """The file of a row as it is handed out. Raises FileMissing, FileAltered."""
    try:
        with row.file.open("rb") as kept:
            stored: bytes = kept.read()
    except (OSError, ValueError) as error:
        raise FileMissing(document=str(row)) from error
    try:
        key = row.file_key
    except SealBroken:
        raise _altered(row) from None
    content = stored if key is None else _opened(row, stored, base64.b64decode(key))
    if sha256(content) != row.sha256:
        raise _altered(row)
    return content


def _opened(row: Any, stored: bytes, key: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(stored[:NONCE], stored[NONCE:], _place(row))
    except InvalidTag:
        raise _altered(row) from None


def _altered(row: Any) -> FileAltered:
    """The refusal, told to who looks after the server too: this does not happen by itself."""
    logger.error("The file of %s was altered or moved where it is kept", row)
    return FileAltered(document=str(row))


def _place(row: Any) -> bytes:
    return f"{row._meta.label_lower}:{row.seal_id}".encode()


def drop(storage: Any, name: str | None) -> None:
    """Remove a file; one that is gone already is fine."""
    if name:
        storage.delete(name)
