"""FBOs and ground providers: both are entered, changed and priced in the same way."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Q

from common.audit import record
from common.exceptions import InvalidInput
from common.lifecycle import locked
from common.outbox import announce
from contacts.events import ProviderChanged
from contacts.exceptions import FeeNotLater
from contacts.hours import fault_in_week
from contacts.models import (
    FBO,
    AirportProvider,
    FBOFee,
    GroundFee,
    GroundKind,
    GroundProvider,
    HoursKind,
)
from contacts.normalization import fault_in_name, read_phone
from contacts.services.contacts import usable

P = TypeVar("P", FBO, GroundProvider)
FEES: dict[type[AirportProvider], Any] = {FBO: FBOFee, GroundProvider: GroundFee}
PHONES = ("phone", "after_hours_phone")


@transaction.atomic
def create_provider(model: type[P], *, actor: Any, at: datetime, **values: Any) -> P:
    """Enter an FBO or a ground provider at an airport. Raises InvalidInput, ContactMerged."""
    provider = model(**values)
    if provider.contact is not None:
        provider.contact = usable(provider.contact)
    _check(provider)
    provider.save()
    _changed(provider, "created", actor=actor, at=at)
    return provider


@transaction.atomic
def amend_provider(
    provider: P, *, changes: Mapping[str, Any], version: int | None, actor: Any, at: datetime
) -> P:
    """
    Change what is known of a provider, or whether it is in use.

    Raises StaleVersion, InvalidInput, ContactMerged.
    """
    # The contact first: a merge locks contacts before it moves the providers that name them.
    contact = changes.get("contact")
    contact = usable(contact) if contact is not None else None
    provider = locked(provider, version=version)
    for name, value in changes.items():
        setattr(provider, name, value)
    if contact is not None:
        provider.contact = contact
    if changes.get("hours_kind", HoursKind.WEEKLY) != HoursKind.WEEKLY and "hours" not in changes:
        provider.hours = None
    _check(provider)
    provider.save()
    _changed(provider, "amended", actor=actor, at=at, fields=sorted(changes))
    return provider


@transaction.atomic
def set_fee(provider: Any, *, valid_from: date, actor: Any, at: datetime, **values: Any) -> Any:
    """
    Put a price in force from a day on; it ends those it replaces, of overlapping masses, that day.

    Raises FeeNotLater when one that it would replace begins on that day or after.
    """
    provider = locked(provider)
    fee = FEES[type(provider)](provider=provider, valid_from=valid_from, **values)
    if fee.mtow_until_kg is not None and fee.mtow_until_kg <= fee.mtow_from_kg:
        raise InvalidInput("/mtow_until_kg", "Not above the mass from which it applies.")
    overlap = Q(mtow_until_kg=None) | Q(mtow_until_kg__gt=fee.mtow_from_kg)
    if fee.mtow_until_kg is not None:
        overlap &= Q(mtow_from_kg__lt=fee.mtow_until_kg)
    overlap &= Q(valid_until=None) | Q(valid_until__gt=valid_from)
    if fee.valid_until is not None:
        overlap &= Q(valid_from__lt=fee.valid_until)
    for held in provider.fees.filter(overlap, kind=fee.kind, unit=fee.unit):
        if held.valid_from >= valid_from:
            raise FeeNotLater(begins=held.valid_from)
        held.valid_until = valid_from
        held.save(update_fields=["valid_until", "updated_at"])
    fee.save()
    _changed(provider, "priced", actor=actor, at=at, fee=fee.pk)
    return fee


def _check(provider: Any) -> None:
    if fault := fault_in_name(provider.name):
        raise InvalidInput("/name", fault)
    is_weekly = provider.hours_kind == HoursKind.WEEKLY
    if is_weekly != (provider.hours is not None):
        said = "Needed for weekly hours." if is_weekly else "Only for weekly hours."
        raise InvalidInput("/hours", said)
    if is_weekly and (fault := fault_in_week(provider.hours)):
        raise InvalidInput("/hours", fault)
    if provider.contact is not None and provider.contact.is_person:
        raise InvalidInput("/contact", "Not an organization.")
    is_ambulance = getattr(provider, "kind", GroundKind.AMBULANCE) == GroundKind.AMBULANCE
    if getattr(provider, "care_level", "") and not is_ambulance:
        raise InvalidInput("/care_level", "Only for an ambulance.")
    for name in PHONES:
        _read_phone(provider, name)


def _read_phone(provider: Any, name: str) -> None:
    number = getattr(provider, name)
    try:
        e164 = read_phone(number, country=provider.airport.country).e164 if number else ""
    except ValueError as fault:
        raise InvalidInput(f"/{name}", str(fault)) from fault
    setattr(provider, f"{name}_e164", e164)


def _changed(provider: Any, deed: str, *, actor: Any, at: datetime, **details: Any) -> None:
    kind = provider._meta.model_name
    record(f"{kind}.{deed}", provider, actor=actor, at=at, **details)
    announce(ProviderChanged(kind=kind, provider_id=provider.pk, airport_id=provider.airport_id))
