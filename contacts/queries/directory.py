"""Who can help near a place: FBOs, ground providers and hospitals, nearest first."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.contrib.gis.db.models.functions import Distance
from django.contrib.gis.geos import Point

from airports.models import AirportKind
from contacts.hours import Attendance, Openness, attendance
from contacts.models import FBO, Contact, ContactKind, ContactPhone, ContactRole, GroundProvider

FARTHEST_KM = 1000.0
MOST = 100
# Read before those that are closed are left out.
_MOST_READ = 500


class DirectoryKind(StrEnum):
    """What the directory lists."""

    FBO = "fbo"
    GROUND = "ground"
    HOSPITAL = "hospital"


@dataclass(frozen=True)
class DirectoryEntry:
    """
    Somebody near a place; `attendance` is at the moment asked for.

    Hospitals say nothing of hours here: what they take in and when is asked by telephone.
    """

    kind: DirectoryKind
    id: int
    name: str
    distance_km: float
    point: Point
    attendance: Attendance
    timezone: str
    airport: str | None = None
    phone: str = ""
    after_hours_phone: str = ""
    email: str = ""
    notice_min: int | None = None
    services: tuple[str, ...] = ()
    ground_kind: str = ""
    care_level: str = ""


def near(
    position: Point,
    *,
    within_km: float,
    open_at: datetime,
    viewer: Any = None,
    kinds: Collection[DirectoryKind] = tuple(DirectoryKind),
    openness: Collection[Openness] = tuple(Openness),
    most: int = MOST,
) -> list[DirectoryEntry]:
    """
    Those in use within a distance of a position, nearest first.

    One statement for each kind (and one for the hospitals' telephones), each on a spatial index;
    at most the 500 nearest of a kind are looked at. Hours are in each airport's local time. With a
    `viewer` only what that person may see.
    """
    found: list[DirectoryEntry] = []
    if DirectoryKind.FBO in kinds:
        found += _providers(DirectoryKind.FBO, _seen(FBO, viewer), position, within_km, open_at)
    if DirectoryKind.GROUND in kinds:
        found += _providers(
            DirectoryKind.GROUND, _seen(GroundProvider, viewer), position, within_km, open_at
        )
    if DirectoryKind.HOSPITAL in kinds:
        found += _hospitals(_seen(Contact, viewer), position, within_km)
    wanted = [entry for entry in found if entry.attendance.openness in openness]
    return sorted(wanted, key=lambda entry: (entry.distance_km, entry.kind, entry.id))[:most]


def _seen(model: Any, viewer: Any) -> Any:
    rows = model.objects.in_use()
    return rows if viewer is None else rows.visible_to(viewer)


def _providers(
    kind: DirectoryKind, seen: Any, position: Point, within_km: float, at: datetime
) -> list[DirectoryEntry]:
    rows = (
        seen.within_km(position, within_km)
        .filter(airport__is_active=True)
        .exclude(airport__kind=AirportKind.CLOSED)
        .select_related("airport")
        .annotate(distance=Distance("airport__point", position))
        .order_by("distance", "pk")[:_MOST_READ]
    )
    return [_entry(kind, row, at) for row in rows]


def _entry(kind: DirectoryKind, row: Any, at: datetime) -> DirectoryEntry:
    airport = row.airport
    return DirectoryEntry(
        kind=kind,
        id=row.pk,
        name=row.name,
        distance_km=round(row.distance.km, 1),
        point=airport.point,
        attendance=attendance(
            row.hours_kind, row.hours, airport.timezone, notice_min=row.notice_min, at=at
        ),
        timezone=airport.timezone,
        airport=airport.ident,
        phone=row.phone_e164 or row.phone,
        after_hours_phone=row.after_hours_phone_e164 or row.after_hours_phone,
        email=row.email,
        notice_min=row.notice_min,
        services=tuple(row.services),
        ground_kind=getattr(row, "kind", ""),
        care_level=getattr(row, "care_level", ""),
    )


def _hospitals(seen: Any, position: Point, within_km: float) -> list[DirectoryEntry]:
    rows: Any = list(
        seen.with_role(ContactRole.HOSPITAL)
        .of_kind(ContactKind.ORGANIZATION)
        .within_km(position, within_km)
        .annotate(distance=Distance("point", position))
        .order_by("distance", "pk")[:_MOST_READ]
    )
    phones = ContactPhone.objects.filter(contact__in=rows, is_primary=True)
    first = {phone.contact_id: str(phone) for phone in phones}
    return [
        DirectoryEntry(
            kind=DirectoryKind.HOSPITAL,
            id=row.pk,
            name=row.name,
            distance_km=round(row.distance.km, 1),
            point=row.point,
            attendance=Attendance(Openness.UNKNOWN),
            timezone=row.timezone,
            phone=first.get(row.pk, ""),
        )
        for row in rows
    ]
