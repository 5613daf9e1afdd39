"""A person's duties or an aircraft's legs as iCalendar (RFC 5545); nothing of patients."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from icalendar import Calendar, Event

from operations.models import (
    CalendarFeed,
    CrewLine,
    CrewStatus,
    DutyPeriod,
    DutyStatus,
    LegStatus,
    Trip,
    TripLeg,
    TripStatus,
)

PAST = timedelta(days=60)
MOST_EVENTS = 1000
REFRESH = timedelta(minutes=15)
DOMAIN = "windsock"
GONE = (CrewStatus.DECLINED, CrewStatus.RELEASED)


def calendar_of(feed: CalendarFeed, *, now: datetime) -> bytes:
    """The document of a feed: what ended up to sixty days ago and what is to come, times in UTC."""
    calendar = Calendar()
    calendar.add("prodid", "-//Windsock//Crewed flying//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", _name(feed))
    calendar.add("x-published-ttl", "PT15M")
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    since = now - PAST
    for event in _of_aircraft(feed, since) if feed.aircraft_id else _of_person(feed, since):
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _name(feed: CalendarFeed) -> str:
    return str(feed.aircraft) if feed.aircraft_id else feed.owner.full_name


def _of_aircraft(feed: CalendarFeed, since: datetime) -> Iterable[Event]:
    legs = (
        TripLeg.objects.filter(trip__aircraft=feed.aircraft_id, estimated_in_at__gte=since)
        .select_related("trip__aircraft", "origin", "destination", "diverted_to")
        .order_by("estimated_out_at", "pk")
    )
    for leg in legs[:MOST_EVENTS]:
        yield _event(
            f"leg-{leg.pk}",
            sequence=leg.version + leg.trip.version,
            changed_at=max(leg.updated_at, leg.trip.updated_at),
            start=leg.estimated_out_at,
            end=leg.estimated_in_at,
            summary=f"{leg.trip.aircraft} {_way(leg)}",
            description=_about(leg.trip, leg),
            status=_status_of(leg.trip, is_off=leg.status == LegStatus.CANCELLED),
        )


def _of_person(feed: CalendarFeed, since: datetime) -> Iterable[Event]:
    duties = (
        DutyPeriod.objects.filter(person=feed.owner_id, end_at__gte=since)
        .select_related("trip")
        .order_by("report_at", "pk")
    )
    for duty in duties[:MOST_EVENTS]:
        yield _event(
            f"duty-{duty.pk}",
            sequence=duty.version,
            changed_at=duty.updated_at,
            start=duty.report_at,
            end=duty.end_at,
            summary=f"Duty {duty.trip.number}",
            description=f"{duty.get_status_display()}.",
            status="CANCELLED" if duty.status == DutyStatus.CANCELLED else "CONFIRMED",
        )
    lines = (
        CrewLine.objects.filter(person=feed.owner_id, leg__estimated_in_at__gte=since)
        .select_related("leg__trip__aircraft", "leg__origin", "leg__destination")
        .select_related("leg__diverted_to")
        .order_by("leg__estimated_out_at", "pk")
    )
    for line in lines[:MOST_EVENTS]:
        yield _place(line)


def _place(line: CrewLine) -> Event:
    leg, trip = line.leg, line.leg.trip
    is_off = line.status in GONE or leg.status == LegStatus.CANCELLED
    status = _status_of(trip, is_off=is_off)
    if status == "CONFIRMED" and line.status == CrewStatus.OFFERED:
        status = "TENTATIVE"
    return _event(
        f"place-{line.pk}",
        sequence=line.version + leg.version + trip.version,
        changed_at=max(line.updated_at, leg.updated_at, trip.updated_at),
        start=leg.estimated_out_at,
        end=leg.estimated_in_at,
        summary=f"{trip.aircraft} {_way(leg)} ({line.get_role_display()})",
        description=_about(trip, leg),
        status=status,
    )


def _event(
    uid: str, *, sequence: int, changed_at: datetime, start: datetime, end: datetime, **texts: str
) -> Event:
    event = Event()
    event.add("uid", f"{uid}@{DOMAIN}")
    event.add("sequence", sequence)
    moments: dict[str, Any] = {
        # When the row last changed: the same document again has the same tag.
        "dtstamp": changed_at,
        "last-modified": changed_at,
        "dtstart": start,
        "dtend": end,
    }
    for name, moment in moments.items():
        event.add(name, moment.astimezone(UTC).replace(microsecond=0))
    for name, text in texts.items():
        event.add(name, text)
    return event


def _status_of(trip: Trip, *, is_off: bool) -> str:
    if is_off or trip.status == TripStatus.CANCELLED:
        return "CANCELLED"
    return "TENTATIVE" if trip.status == TripStatus.TENTATIVE else "CONFIRMED"


def _way(leg: TripLeg) -> str:
    return f"{leg.origin}-{leg.diverted_to or leg.destination}"


def _about(trip: Trip, leg: TripLeg) -> str:
    """Number, kind of leg and state: never the title, which somebody typed."""
    return (
        f"{trip.number} leg {leg.sequence}, {leg.get_kind_display()}. {leg.get_status_display()}."
    )
