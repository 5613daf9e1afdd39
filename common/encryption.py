"""
Columns that the database holds encrypted: AES-256-GCM, a random nonce each, the key named inside.

A value is bound to its model, its field and the row's `seal_id` (as additional authenticated data),
so a ciphertext moved to another column or row does not open. It stays closed until somebody asks
the row for that very field; queries only ever carry `Sealed`. Renaming a model or a field needs a
migration that opens and closes the values again.
"""

import hashlib
import hmac
import os
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pgtrigger
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import models
from django.db.models.query_utils import DeferredAttribute

from common.redaction import withhold

FORMAT = 1
NONCE = 12
TAG = 16
# The length of a ciphertext would tell "f" from "unknown": values are filled up to whole blocks.
BLOCK = 16


class SealBroken(Exception):
    """
    A sealed value cannot be opened: its key is not there, or it was altered or moved.

    A defect or an attack, never an answer to a caller; the message names the place, not the value.
    """


@dataclass(frozen=True)
class Sealed:
    """A value as the database holds it. Shows nothing of itself but under which key it is."""

    data: bytes

    @property
    def key_id(self) -> str:
        """Which key closed it. Raises SealBroken for what is no sealed value."""
        return _parts(self.data)[0]

    def __repr__(self) -> str:
        return "<sealed>"


def key_ring() -> Mapping[str, bytes]:
    """The keys by id, the active one first."""
    return dict(settings.FIELD_ENCRYPTION_KEYS)


def active_key() -> str:
    """The id of the key that new values are closed with."""
    return next(iter(key_ring()))


def prefix_of(key_id: str) -> bytes:
    """How every value under a key begins."""
    name = key_id.encode("ascii")
    return bytes([FORMAT, len(name)]) + name


def seal(plain: bytes, *, place: str) -> Sealed:
    """Close a value for one place: the field of a row."""
    key_id, nonce = active_key(), os.urandom(NONCE)
    head = prefix_of(key_id)
    filled = plain + b"\x80" + bytes(-(len(plain) + 1) % BLOCK)
    closed = AESGCM(key_ring()[key_id]).encrypt(nonce, filled, head + place.encode())
    return Sealed(head + nonce + closed)


def unseal(sealed: Sealed, *, place: str) -> bytes:
    """Open a value of one place. Raises SealBroken."""
    key_id, nonce, closed = _parts(sealed.data)
    key = key_ring().get(key_id)
    if key is None:
        raise SealBroken(f"{place}: key {key_id!r} is not in FIELD_ENCRYPTION_KEYS.")
    try:
        filled = AESGCM(key).decrypt(nonce, closed, prefix_of(key_id) + place.encode())
    except InvalidTag:
        raise SealBroken(f"{place}: altered, moved, or closed with another key.") from None
    return filled[: filled.rindex(b"\x80")]


def _parts(data: bytes) -> tuple[str, bytes, bytes]:
    name_end = 2 + (data[1] if len(data) > 1 else 0)
    if len(data) < name_end + NONCE + BLOCK + TAG or data[0] != FORMAT:
        raise SealBroken("Not a sealed value.")
    key_id = data[2:name_end].decode("ascii", "replace")
    return key_id, data[name_end : name_end + NONCE], data[name_end + NONCE :]


class SealedModel(models.Model):
    """A row with sealed fields; `seal_id` is what they are bound to, and it never changes."""

    seal_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    class Meta:
        abstract = True
        triggers = [pgtrigger.ReadOnly(name="seal_id_stays", fields=["seal_id"])]

    def place_of(self, field: models.Field) -> str:
        """The name of one field of this row, which its value is bound to."""
        return f"{self._meta.label_lower}.{field.name}:{self.seal_id}"


class _SealedAttribute(DeferredAttribute):
    """Opens the value when the row is asked for it; the row itself keeps it closed."""

    field: Any

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        value = super().__get__(instance, cls)
        return self.field.opened(value, instance) if isinstance(value, Sealed) else value

    def __set__(self, instance: Any, value: Any) -> None:
        if value is not None and not isinstance(value, Sealed):
            withhold(value)
        instance.__dict__[self.field.attname] = value


class SealedField(models.Field):
    """
    Base of encrypted columns. NULL stays NULL; an empty text is a value like any other.

    Only rows write it (`save`, `bulk_create`): `update()` and filters other than `isnull` are
    refused, because a value cannot be closed without knowing its row.
    """

    descriptor_class = _SealedAttribute

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Never in a form: the admin shows and takes none of it.
        kwargs["editable"] = False
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("editable", None)
        return name, path, args, kwargs

    def get_internal_type(self) -> str:
        return "BinaryField"

    def get_lookup(self, lookup_name: str) -> Any:
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Sealed | None:
        return None if value is None else Sealed(bytes(value))

    def pre_save(self, model_instance: Any, add: bool) -> Sealed | None:
        value = model_instance.__dict__.get(self.attname)
        if isinstance(value, Sealed):
            if value.key_id == active_key():
                return value
            value = self.opened(value, model_instance)
        if value is None:
            return None
        return seal(self.encoded(value), place=model_instance.place_of(self))

    def get_prep_value(self, value: Any) -> bytes | None:
        if value is None:
            return None
        if not isinstance(value, Sealed):
            raise TypeError(f"{self} is written by saving its row, and cannot be looked for.")
        return value.data

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        data = value if prepared else self.get_prep_value(value)
        return None if data is None else connection.Database.Binary(data)

    def value_from_object(self, obj: models.Model) -> Any:
        raise TypeError(f"{self} is not exported.")

    def opened(self, value: Sealed, instance: Any) -> Any:
        """The value of a row's field. Raises SealBroken."""
        plain = self.decoded(unseal(value, place=instance.place_of(self)))
        withhold(plain)
        return plain

    def encoded(self, value: Any) -> bytes:
        """The bytes to close. Raises TypeError or ValueError, without the value."""
        raise NotImplementedError

    def decoded(self, data: bytes) -> Any:
        """The value that `encoded` made these bytes of."""
        raise NotImplementedError


class SealedTextField(SealedField):
    """A text of at most `max_length` characters, encrypted."""

    def encoded(self, value: Any) -> bytes:
        if not isinstance(value, str):
            raise TypeError(f"{self} takes text.")
        if self.max_length is not None and len(value) > self.max_length:
            raise ValueError(f"{self} takes {self.max_length} characters at most.")
        return value.encode()

    def decoded(self, data: bytes) -> str:
        return data.decode()


class SealedDateField(SealedField):
    """A calendar date, encrypted."""

    def encoded(self, value: Any) -> bytes:
        if type(value) is not date:
            raise TypeError(f"{self} takes a date.")
        return value.isoformat().encode()

    def decoded(self, data: bytes) -> date:
        return date.fromisoformat(data.decode())


def blind_index(text: str, *, about: str, key_id: str) -> str:
    """
    A keyed fingerprint of a text: finds equal ones, and says nothing without the key.

    HMAC-SHA-256 under a key derived (HKDF) from the sealing key for this use alone.
    """
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"windsock blind index 1")
    message = f"{about}\x1f{text}".encode()
    digest = hmac.new(derive.derive(key_ring()[key_id]), message, hashlib.sha256)
    return f"{key_id}.{digest.hexdigest()}"


class BlindIndexField(models.CharField):
    """
    The fingerprint of what a method of the row (`of`) makes of sealed fields; None is NULL.

    Follows the row at every full save. Look for `candidates`: rows under an older key are found.
    """

    def __init__(self, of: str = "", **kwargs: Any) -> None:
        self.of = of
        kwargs |= {"max_length": 96, "null": True, "editable": False, "db_index": True}
        super().__init__(**kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        for fixed in ("max_length", "null", "editable", "db_index"):
            kwargs.pop(fixed, None)
        return name, path, args, kwargs | {"of": self.of}

    def pre_save(self, model_instance: Any, add: bool) -> str | None:
        read: Callable[[], str | None] = getattr(model_instance, self.of)
        text = read()
        index = None if text is None else self._index(text, active_key())
        setattr(model_instance, self.attname, index)
        return index

    def candidates(self, text: str) -> list[str]:
        """What equal texts are stored as, under any key of the ring."""
        return [self._index(text, key_id) for key_id in key_ring()]

    def _index(self, text: str, key_id: str) -> str:
        about = f"{self.model._meta.label_lower}.{self.name}"
        return blind_index(text, about=about, key_id=key_id)


def sealed_fields(model: type[models.Model]) -> list[SealedField]:
    """The encrypted columns of a model."""
    return [f for f in model._meta.concrete_fields if isinstance(f, SealedField)]


def blind_indexes(model: type[models.Model]) -> list[BlindIndexField]:
    """The fingerprint columns of a model."""
    return [f for f in model._meta.concrete_fields if isinstance(f, BlindIndexField)]


def sealed_models(models_: Iterable[type[models.Model]]) -> list[type[SealedModel]]:
    """Those of the models that hold sealed fields, by name."""
    found = [m for m in models_ if issubclass(m, SealedModel)]
    return sorted(found, key=lambda model: model._meta.label)
