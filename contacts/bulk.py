"""Contacts from a sheet."""

from typing import Any

from rest_framework.exceptions import ValidationError

from common.imports.kinds import Column, ImportKind, Values, import_kind
from contacts.models import Contact, ContactKind, ContactRole
from contacts.serializers.contacts import AmendContactSerializer, CreateContactSerializer
from contacts.services import contacts

_PLAIN = ("kind", "name", "roles", "job_title", "country", "timezone", "website", "notes")
# Columns of one value each, and the list of the service that it is added to.
_LISTED = {"phone": ("phones", "number"), "email": ("emails", "address")}


def _shape(row: dict[str, Any], held: Contact | None) -> dict[str, Any]:
    """One telephone, one address and one reference a row, beside those that are on file."""
    if "roles" in row:
        row["roles"] = sorted(set(row["roles"]))
    for column, (name, part) in _LISTED.items():
        if text := row.pop(column, None):
            row |= _with(name, {part: text}, _on_file(held, name, part))
    system, reference = row.pop("system", None), row.pop("reference", None)
    if bool(system) != bool(reference):
        raise ValidationError({"reference": "A system and what it calls the contact, or neither."})
    if system:
        given = {"system": system, "reference": reference}
        held_ones = held.external_references.order_by("pk") if held else []
        row |= _with(
            "external_references", given, [_kept(r, ("system", "reference")) for r in held_ones]
        )
    return row


def _with(name: str, given: dict[str, Any], on_file: list[dict[str, Any]]) -> dict[str, Any]:
    is_there = any(given.items() <= entry.items() for entry in on_file)
    return {} if is_there else {name: [*on_file, given]}


def _on_file(held: Contact | None, name: str, part: str) -> list[dict[str, Any]]:
    if held is None:
        return []
    fields = ("kind", part, "is_primary", *(("country",) if name == "phones" else ()))
    return [_kept(row, fields) for row in getattr(held, name).order_by("pk")]


def _kept(row: Any, fields: tuple[str, ...]) -> dict[str, Any]:
    return {field: getattr(row, field) for field in fields}


def _find(user: Any, values: Values) -> Contact | None:
    rows = Contact.objects.visible_to(user).filter(merged_into=None)
    for reference in values.get("external_references", []):
        found = rows.filter(
            external_references__system=reference["system"],
            external_references__reference=reference["reference"],
        ).first()
        if found is not None:
            return found
    named = list(rows.filter(kind=values["kind"], name=values["name"]).order_by("pk")[:2])
    if len(named) > 1:
        said = "More than one contact is called so: give system and reference of the one you mean."
        raise ValidationError({"name": said})
    return named[0] if named else None


import_kind(
    ImportKind(
        code="contacts",
        title="Contacts",
        named_by=("name",),
        about=(
            "People and organizations of the directory. A row means the contact of its reference,"
            " or else the one of the same kind and name."
        ),
        model=Contact,
        columns=(
            Column("kind", " or ".join(ContactKind.values), "organization", is_required=True),
            Column("name", "As it is to be shown.", "Harbour Hospital", is_required=True),
            Column("roles", f"{', '.join(ContactRole.values)}; several with ;", is_list=True),
            Column("job_title", "Of a person.", ""),
            Column("country", "Two letters, ISO 3166.", "AU"),
            Column("timezone", "IANA zone.", "Australia/Sydney"),
            Column("website", "With https://.", "https://harbour.example"),
            Column("phone", "Added to those on file.", "+61 2 5550 0100"),
            Column("email", "Added to those on file.", "desk@harbour.example"),
            Column("system", "Another system that knows the contact.", "crm"),
            Column("reference", "What that system calls it.", "A-1001"),
            Column("notes", "Anything else.", ""),
        ),
        create_serializer=CreateContactSerializer,
        amend_serializer=AmendContactSerializer,
        create=contacts.create_contact,
        amend=contacts.amend_contact,
        find=_find,
        now=lambda contact: {name: getattr(contact, name) for name in _PLAIN},
        shape=_shape,
    )
)
