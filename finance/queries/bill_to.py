"""Whom an invoice is addressed to, copied from the contact as it is today."""

from contacts.models import AddressKind, Contact, EmailKind

FIELDS = ("name", "attention", "address", "email", "tax_number")
_ORDER = (AddressKind.BILLING, AddressKind.POSTAL, AddressKind.VISITING)


def bill_to(contact: Contact) -> dict[str, str]:
    """Name, postal address and e-mail for bills; 2 queries."""
    return {
        "name": contact.name,
        "attention": "",
        "address": _address(contact),
        "email": _email(contact),
        "tax_number": "",
    }


def _address(contact: Contact) -> str:
    rows = sorted(
        contact.addresses.all(), key=lambda row: (_ORDER.index(AddressKind(row.kind)), row.pk)
    )
    if not rows:
        return ""
    row = rows[0]
    town = " ".join(part for part in (row.locality, row.region, row.postal_code) if part)
    return "\n".join(part for part in (row.lines, town, row.country) if part)


def _email(contact: Contact) -> str:
    rows = sorted(
        contact.emails.all(),
        key=lambda row: (row.kind != EmailKind.BILLING, not row.is_primary, row.pk),
    )
    return rows[0].address if rows else ""
