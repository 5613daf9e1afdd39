"""What is arranged on the ground for a trip: listed from the plan, then requested and confirmed."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from common import audit
from common.compliance.service import touch
from common.exceptions import InvalidInput
from common.lifecycle import locked, move
from common.outbox import announce
from operations.events import ServiceChanged
from operations.exceptions import NothingToRecheck, ReferenceMissing, TripNotAmendable
from operations.models import (
    GroundLeg,
    LegStatus,
    ServiceItem,
    ServiceKind,
    ServiceStatus,
    Trip,
    TripLeg,
    TripStatus,
)
from operations.schedule import MIN_REST
from operations.services.access import refuse_patient_of
from operations.services.ledger import lock_trip

# Belongs to where an aircraft is; care for the patient goes on by road after a diversion.
OF_PLACE = (
    ServiceKind.HANDLING,
    ServiceKind.FUEL,
    ServiceKind.PERMIT,
    ServiceKind.CUSTOMS,
    ServiceKind.HOTEL,
)
OVER = (TripStatus.CLOSED, TripStatus.CANCELLED)


def services_of(trip: Trip) -> list[ServiceItem]:
    """Everything that the plan of a trip asks for on the ground, not yet saved."""
    legs = list(
        trip.legs.exclude(status=LegStatus.CANCELLED)
        .select_related("origin", "destination", "diverted_to")
        .prefetch_related("ground_legs")
        .order_by("sequence")
    )
    items = [item for leg in legs for item in _of_leg(leg, is_first=leg is legs[0])]
    for before, after in pairwise(legs):
        if after.planned_out_at - before.planned_in_at >= MIN_REST:
            needed = before.estimated_in_at
            place = before.diverted_to or before.destination
            items.append(_item(before, ServiceKind.HOTEL, place.pk, needed))
    if trip.requirement_id is not None:
        items += _medical(trip, [leg for leg in legs if leg.has_patient])
    return items


def list_services(trip: Trip) -> list[ServiceItem]:
    """Write down what the plan of a locked trip asks for and is not on its list yet."""
    known = {
        (item.kind, item.leg_id, item.airport_id) for item in ServiceItem.objects.filter(trip=trip)
    }
    missing = [
        item for item in services_of(trip) if (item.kind, item.leg_id, item.airport_id) not in known
    ]
    return ServiceItem.objects.bulk_create(missing)


def drop_services_at(leg: TripLeg, *airport_ids: int) -> None:
    """Take off the list of a locked trip what nobody was asked for yet where a leg goes no more."""
    rows = ServiceItem.objects.filter(leg=leg, airport__in=airport_ids, kind__in=OF_PLACE)
    rows.filter(status=ServiceStatus.TO_DO).delete()


def move_services(leg: TripLeg, *, out: timedelta, in_: timedelta) -> None:
    """
    What a leg of a locked trip needs to leave, or at its arrival, is needed as much later.

    What is named for no place, and permits, belong to the departure.
    """
    rows = ServiceItem.objects.filter(leg=leg).exclude(needed_at=None)
    leaving = Q(airport=leg.origin_id) | Q(airport=None) | Q(kind=ServiceKind.PERMIT)
    if out:
        rows.filter(leaving).update(needed_at=F("needed_at") + out)
    if in_:
        rows.exclude(leaving).update(needed_at=F("needed_at") + in_)


@transaction.atomic
def add_service(
    trip: Trip, *, kind: str, leg: int | None = None, actor: Any, at: datetime, **fields: Any
) -> ServiceItem:
    """Ask for something more. Raises InvalidInput for a leg the trip does not have."""
    trip = _locked_open(trip)
    refuse_patient_of(trip.requirement, remarks=fields.get("remarks"))
    item = ServiceItem(trip=trip, kind=kind, leg=_leg_of(trip, leg), **fields)
    item.save()
    _changed(item, "added", actor=actor, at=at)
    return item


@transaction.atomic
def update_service(
    item: ServiceItem, *, changes: Mapping[str, Any], version: int | None, actor: Any, at: datetime
) -> ServiceItem:
    """Change who provides a service, when and at what cost. Raises StaleVersion."""
    trip = _locked_open(item.trip)
    refuse_patient_of(trip.requirement, remarks=changes.get("remarks"))
    item = locked(item, version=version)
    for name, value in changes.items():
        setattr(item, name, value)
    item.save()
    _changed(item, "updated", actor=actor, at=at)
    return item


@transaction.atomic
def request_service(item: ServiceItem, *, actor: Any, at: datetime) -> ServiceItem:
    """Somebody was asked to provide it."""
    return _moved(item, ServiceStatus.REQUESTED, actor=actor, at=at, requested_at=at)


@transaction.atomic
def put_service_on_hold(item: ServiceItem, *, reason: str, actor: Any, at: datetime) -> ServiceItem:
    """The provider cannot say yet."""
    return _moved(item, ServiceStatus.ON_HOLD, actor=actor, at=at, reason=reason)


@transaction.atomic
def confirm_service(item: ServiceItem, *, reference: str, actor: Any, at: datetime) -> ServiceItem:
    """The provider confirmed it, under a reference. Raises ReferenceMissing."""
    if not reference.strip():
        raise ReferenceMissing
    return _moved(
        item,
        ServiceStatus.CONFIRMED,
        actor=actor,
        at=at,
        reference=reference.strip(),
        confirmed_at=at,
        needs_recheck=False,
        recheck_because="",
    )


@transaction.atomic
def cancel_service(item: ServiceItem, *, reason: str, actor: Any, at: datetime) -> ServiceItem:
    """It was called off."""
    return _moved(item, ServiceStatus.CANCELLED, actor=actor, at=at, reason=reason)


@transaction.atomic
def mark_service_not_needed(
    item: ServiceItem, *, reason: str, actor: Any, at: datetime
) -> ServiceItem:
    """The trip does without it."""
    return _moved(item, ServiceStatus.NOT_APPLICABLE, actor=actor, at=at, reason=reason)


@transaction.atomic
def reopen_service(item: ServiceItem, *, reason: str, actor: Any, at: datetime) -> ServiceItem:
    """It is to be done after all."""
    return _moved(item, ServiceStatus.TO_DO, actor=actor, at=at, reason=reason)


@transaction.atomic
def recheck_service(
    item: ServiceItem, *, remarks: str = "", actor: Any, at: datetime
) -> ServiceItem:
    """Somebody looked: it still fits the changed trip. Raises NothingToRecheck."""
    trip = _locked_open(item.trip)
    refuse_patient_of(trip.requirement, remarks=remarks)
    item = locked(item)
    if not item.needs_recheck:
        raise NothingToRecheck
    item.needs_recheck, item.recheck_because = False, ""
    item.remarks = remarks or item.remarks
    item.save()
    _changed(item, "rechecked", actor=actor, at=at)
    return item


def call_off_services(
    trip: Trip, *, because: str, actor: Any, at: datetime, legs: list[TripLeg] | None = None
) -> None:
    """Cancel what is still to come for a locked trip, or for some of its legs."""
    rows = ServiceItem.objects.filter(trip=trip).exclude(
        status__in=[ServiceStatus.CANCELLED, ServiceStatus.NOT_APPLICABLE]
    )
    if legs is not None:
        rows = rows.filter(leg__in=legs)
    for item in rows.order_by("pk"):
        item.needs_recheck, item.recheck_because = False, ""
        move(item, ServiceStatus.CANCELLED, actor=actor, at=at, reason=because)


def _moved(
    item: ServiceItem, to: str, *, actor: Any, at: datetime, reason: str = "", **fields: Any
) -> ServiceItem:
    trip = _locked_open(item.trip)
    refuse_patient_of(trip.requirement, reason=reason, reference=fields.get("reference"))
    item = locked(item)
    for name, value in fields.items():
        setattr(item, name, value)
    move(item, to, actor=actor, at=at, reason=reason)
    _changed(item, to, actor=actor, at=at, reason=reason)
    return item


def _locked_open(trip: Trip) -> Trip:
    trip = lock_trip(trip)
    if trip.status in OVER:
        raise TripNotAmendable(status=str(trip.status))
    return trip


def _changed(item: ServiceItem, deed: str, *, actor: Any, at: datetime, reason: str = "") -> None:
    audit.record(f"service.{deed}", item, actor=actor, at=at, reason=reason)
    touch(f"trip:{item.trip_id}", because=f"{item.get_kind_display()} {deed}")
    announce(ServiceChanged(service_id=item.pk))


def _leg_of(trip: Trip, sequence: int | None) -> TripLeg | None:
    if sequence is None:
        return None
    leg = trip.legs.filter(sequence=sequence).first()
    if leg is None:
        raise InvalidInput("/leg", "The trip has no such leg.")
    return leg


def _of_leg(leg: TripLeg, *, is_first: bool) -> Iterator[ServiceItem]:
    if is_first:
        yield _item(leg, ServiceKind.HANDLING, leg.origin_id, leg.estimated_out_at)
    yield _item(leg, ServiceKind.FUEL, leg.origin_id, leg.estimated_out_at)
    end = leg.diverted_to or leg.destination
    yield _item(leg, ServiceKind.HANDLING, end.pk, leg.estimated_in_at)
    if leg.origin.country != end.country:
        yield _item(leg, ServiceKind.PERMIT, end.pk, leg.estimated_out_at)
        yield _item(leg, ServiceKind.CUSTOMS, end.pk, leg.estimated_in_at)
    for ground in leg.ground_legs.all():
        yield _ambulance(leg, ground)


def _ambulance(leg: TripLeg, ground: GroundLeg) -> ServiceItem:
    place = leg.origin_id if ground.is_pickup else leg.destination_id
    item = _item(leg, ServiceKind.GROUND_AMBULANCE, place, ground.expected_start_at)
    item.ground_provider_id = ground.provider_id
    return item


def _medical(trip: Trip, carrying: list[TripLeg]) -> Iterator[ServiceItem]:
    """A bed where the patient goes, and oxygen aboard before the patient is."""
    if not carrying:
        return
    last = carrying[-1]
    bed = _item(last, ServiceKind.BED, last.destination_id, last.estimated_in_at)
    delivery = next((g for g in last.ground_legs.all() if not g.is_pickup), None)
    bed.contact_id = delivery.place_id if delivery else None
    yield bed
    requirement = trip.requirement
    if requirement is not None and requirement.oxygen_flow_lpm > 0:
        first = carrying[0]
        yield _item(first, ServiceKind.OXYGEN, first.origin_id, first.estimated_out_at)


def _item(leg: TripLeg, kind: str, airport_id: int, needed_at: datetime) -> ServiceItem:
    return ServiceItem(
        trip_id=leg.trip_id, leg=leg, kind=kind, airport_id=airport_id, needed_at=needed_at
    )
