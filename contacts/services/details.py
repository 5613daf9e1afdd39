"""The rows that a contact consists of: telephones, addresses, what other systems call it."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Model

from common.exceptions import InvalidInput
from contacts.models import (
    AddressKind,
    Contact,
    ContactAddress,
    ContactEmail,
    ContactPhone,
    ExternalReference,
)
from contacts.normalization import email_key, name_key, plain, read_phone

DETAILS: dict[str, type[Model]] = {
    "phones": ContactPhone,
    "emails": ContactEmail,
    "addresses": ContactAddress,
    "external_references": ExternalReference,
}
# What tells two rows of one contact apart; a row that stays keeps its identity and its history.
_IDENTITY = {
    "phones": ("key", "extension"),
    "emails": ("key",),
    "addresses": ("kind", "lines", "postal_code", "locality"),
    "external_references": ("system", "reference"),
}
Row = Mapping[str, Any]
# RFC 5321: a path of 256 octets with its angle brackets.
_MOST_EMAIL = 254


def replace_details(contact: Contact, name: str, given: Sequence[Row]) -> None:
    """
    Make the rows of one kind those given, in the transaction that holds the contact's lock.

    Rows that stay keep their identity. Raises InvalidInput for a number that is none, two equal
    rows, two primary ones.
    """
    wanted = [_completed(contact, name, row, index) for index, row in enumerate(given)]
    identities = [_identity(name, row) for row in wanted]
    if len(set(identities)) < len(identities):
        raise InvalidInput(f"/{name}", "The same one twice.")
    _settle_primary(name, wanted)
    held = {_identity(name, vars(row)): row for row in _rows(contact, name)}
    for identity in held.keys() - set(identities):
        held.pop(identity).delete()
    _demote(held, wanted, identities)
    for row, identity in zip(wanted, identities, strict=True):
        _write(contact, name, held.get(identity), row)


def reread_phones(contact: Contact) -> None:
    """Complete the numbers whose country was not known, now that the contact's is."""
    rows = _rows(contact, "phones")
    taken = {_identity("phones", vars(row)) for row in rows}
    for index, row in enumerate(rows):
        if row.country:
            continue
        values = _completed(contact, "phones", {"number": row.number}, index)
        identity = _identity("phones", values)
        if identity not in taken:
            taken.add(identity)
            _write(contact, "phones", row, values)


def refresh_words(contact: Contact) -> None:
    """Make the contact's name key and search words of what is stored of it; saves nothing."""
    key = name_key(contact.name, is_person=contact.is_person)
    words = [contact.name.casefold(), plain(contact.name), key]
    if contact.pk:
        for phone in ContactPhone.objects.of(contact):
            words += [phone.number, phone.key.removeprefix("+"), _dialed(phone.number)]
        words += [email.key for email in ContactEmail.objects.of(contact)]
        words += [plain(row.locality) for row in ContactAddress.objects.of(contact)]
        words += [row.reference.casefold() for row in ExternalReference.objects.of(contact)]
    contact.name_key = key[:200]
    contact.search_words = " ".join(dict.fromkeys(word for word in words if word))


def _completed(contact: Contact, name: str, row: Row, index: int) -> dict[str, Any]:
    values = dict(row)
    if name == "phones":
        country = values.get("country") or contact.country
        try:
            number = read_phone(values["number"], country=country)
        except ValueError as fault:
            raise InvalidInput(f"/phones/{index}/number", str(fault)) from fault
        values |= {"country": country, "key": number.key, "e164": number.e164}
        values |= {"tail": number.tail, "extension": number.extension}
    elif name == "emails":
        values["key"] = email_key(values["address"])
        # A domain of other letters is longer in the DNS; a quoted part may hold an at sign.
        if len(values["key"]) > _MOST_EMAIL or values["key"].count("@") != 1:
            raise InvalidInput(f"/emails/{index}/address", "No address that mail is sent to.")
    elif name == "addresses":
        values.setdefault("kind", AddressKind.VISITING)
    return values


def _settle_primary(name: str, rows: list[dict[str, Any]]) -> None:
    """Exactly one telephone and one e-mail address comes first; unless said, the first given."""
    if name not in ("phones", "emails") or not rows:
        return
    first = [row for row in rows if row.get("is_primary")]
    if len(first) > 1:
        raise InvalidInput(f"/{name}", "More than one is primary.")
    for row in rows:
        row["is_primary"] = row is (first[0] if first else rows[0])


def _demote(held: Mapping[Any, Any], wanted: Sequence[Row], identities: Sequence[Any]) -> None:
    """Take the first place from the row that had it, before another row is given it."""
    first = [i for row, i in zip(wanted, identities, strict=True) if row.get("is_primary")]
    for identity, row in held.items():
        if getattr(row, "is_primary", False) and identity not in first:
            row.is_primary = False
            row.save(update_fields=["is_primary", "updated_at"])


def _identity(name: str, row: Row) -> tuple[Any, ...]:
    return tuple(row.get(field, "") for field in _IDENTITY[name])


def _rows(contact: Contact, name: str) -> list[Any]:
    return list(DETAILS[name]._default_manager.filter(contact=contact).order_by("pk"))


def _write(contact: Contact, name: str, held: Any, values: dict[str, Any]) -> None:
    if held is None:
        DETAILS[name]._default_manager.create(contact=contact, **values)
        return
    changed = [field for field, value in values.items() if getattr(held, field) != value]
    if changed:
        for field in changed:
            setattr(held, field, values[field])
        held.save(update_fields=[*changed, "updated_at"])


def _dialed(number: str) -> str:
    return "".join(letter for letter in number if letter.isdigit())
