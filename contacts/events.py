from dataclasses import dataclass
from typing import ClassVar

from common.events import Event


@dataclass(frozen=True, kw_only=True)
class ContactsMerged(Event):
    """One contact stands for another from now on; what pointed at the other points at it."""

    name: ClassVar[str] = "contacts.contacts_merged"
    survivor_id: int
    merged_id: int


@dataclass(frozen=True, kw_only=True)
class ContactDeactivated(Event):
    """A contact is not to be used any more."""

    name: ClassVar[str] = "contacts.contact_deactivated"
    contact_id: int


@dataclass(frozen=True, kw_only=True)
class ProviderChanged(Event):
    """An FBO or ground provider was added or changed: its hours, services, prices or use."""

    name: ClassVar[str] = "contacts.provider_changed"
    kind: str
    provider_id: int
    airport_id: int
