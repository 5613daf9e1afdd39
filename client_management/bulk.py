"""Clients from a sheet: organizations of the directory that are taken down as clients."""

from typing import Any

from rest_framework.exceptions import ValidationError

from client_management.models import ClientOrganization, Industry
from client_management.serializers.organizations import (
    AmendClientSerializer,
    CreateClientSerializer,
)
from client_management.services import organizations
from common.imports.kinds import Column, ImportKind, Values, import_kind
from contacts.models import Contact, ContactKind

_TERMS = (
    "name", "industry", "timezone", "tax_number", "tax_code", "payment_days", "credit_limit",
    "is_purchase_order_required", "insurer", "insurance_policy", "insurance_required",
    "insurance_amount", "insurance_expires_on", "notes", "currency",
)  # fmt: skip


def _shape(row: dict[str, Any], held: ClientOrganization | None) -> dict[str, Any]:
    """The contact by its name, as the directory has it."""
    name = str(row.get("contact", ""))
    rows = Contact.objects.filter(merged_into=None, kind=ContactKind.ORGANIZATION)
    found = list(rows.filter(name=name).order_by("pk").values_list("pk", flat=True)[:2])
    if len(found) > 1:
        raise ValidationError({"contact": "More than one organization is called so."})
    if name and not found:
        raise ValidationError({"contact": "No organization of the directory is called so."})
    return row | ({"contact": found[0]} if found else {})


def _find(user: Any, values: Values) -> ClientOrganization | None:
    rows = ClientOrganization.objects.visible_to(user)
    return rows.filter(contact=values["contact"]).first()


import_kind(
    ImportKind(
        code="clients",
        title="Clients",
        named_by=("contact",),
        about=(
            "Organizations of the directory that become clients, with their terms. A row means the"
            " client of its contact; a new one is a prospect until it was onboarded."
        ),
        model=ClientOrganization,
        columns=(
            Column("contact", "Name in the directory.", "Harbour Hospital", is_required=True),
            Column("name", "Name as a client, where it is another.", ""),
            Column("industry", ", ".join(Industry.values), Industry.values[0]),
            Column("timezone", "IANA zone.", "Australia/Sydney"),
            Column("currency", "Three letters; stays once it is set.", "AUD"),
            Column("tax_number", "ABN, VAT number or alike.", ""),
            Column("tax_code", "Of the rules of taxes.", ""),
            Column("payment_days", "Days to pay.", "14"),
            Column("credit_limit", "In the client's currency.", "5000.00"),
            Column("is_purchase_order_required", "true or false.", "false"),
            Column("insurer", "Who insures the client.", ""),
            Column("insurance_policy", "Number of the policy.", ""),
            Column("insurance_required", "Cover the client asks of us.", ""),
            Column("insurance_amount", "Cover there is.", ""),
            Column("insurance_expires_on", "Such as 2027-06-30.", ""),
            Column("notes", "Anything else.", ""),
        ),
        create_serializer=CreateClientSerializer,
        amend_serializer=AmendClientSerializer,
        create=organizations.create_organization,
        amend=organizations.amend_organization,
        find=_find,
        now=lambda row: {name: getattr(row, name) for name in _TERMS},
        shape=_shape,
        fixed=("contact",),
    )
)
