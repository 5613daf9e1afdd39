from contacts.models.city import City
from contacts.models.communication import Channel, Communication, Direction
from contacts.models.contact import Contact, ContactKind, ContactRole
from contacts.models.details import (
    AddressKind,
    ContactAddress,
    ContactEmail,
    ContactPhone,
    EmailKind,
    ExternalReference,
    PhoneKind,
)
from contacts.models.merge import ContactMerge
from contacts.models.provider import (
    FBO,
    AirportProvider,
    CareLevel,
    FBOFee,
    FBOService,
    FeeKind,
    FeeUnit,
    GroundFee,
    GroundKind,
    GroundProvider,
    GroundService,
    HoursKind,
    ProviderFee,
)

__all__ = [
    "FBO",
    "AddressKind",
    "AirportProvider",
    "CareLevel",
    "Channel",
    "City",
    "Communication",
    "Contact",
    "ContactAddress",
    "ContactEmail",
    "ContactKind",
    "ContactMerge",
    "ContactPhone",
    "ContactRole",
    "Direction",
    "EmailKind",
    "ExternalReference",
    "FBOFee",
    "FBOService",
    "FeeKind",
    "FeeUnit",
    "GroundFee",
    "GroundKind",
    "GroundProvider",
    "GroundService",
    "HoursKind",
    "PhoneKind",
    "ProviderFee",
]
