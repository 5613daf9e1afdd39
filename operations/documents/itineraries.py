"""The journey on paper: for the customer, and for the crew."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from aircraft.models import FLEET_SCOPE
from airports.queries.reports import latest_reports
from documents.kinds import Source
from documents.wording import NONE, figure, fingerprint, joined, local, moment, text, utc
from operations.documents import parts
from operations.models import (
    MEDICAL,
    PILOTS,
    CrewLine,
    DutyPeriod,
    GroundLeg,
    LegKind,
    ServiceItem,
    ServiceKind,
    ServiceStatus,
    Trip,
    TripLeg,
)

# Services that the customer meets, others are the desk's own.
OF_THE_CUSTOMER = (ServiceKind.HANDLING, ServiceKind.GROUND_AMBULANCE, ServiceKind.CATERING)
HIDDEN = (ServiceStatus.NOT_APPLICABLE, ServiceStatus.CANCELLED)


def customer_itinerary(trip_id: int, reader: Any, at: datetime) -> Source:
    """Where the customer's people are to be when, and who looks after them; no patient's data."""
    trip = parts.trip_for(trip_id, reader)
    legs = parts.legs_of(trip)
    live = [leg for leg in legs if leg.kind == LegKind.LIVE]
    crew, services = parts.crew_by_leg(trip), _services(trip)
    roads = [row for row in _ground(trip) if row.leg_id in {leg.pk for leg in live}]
    data = {
        **parts.head_of(trip),
        "desk": _desk(trip),
        "legs": [_customer_leg(leg, crew.get(leg.pk, []), services) for leg in live],
        "roads": [_road(row) for row in roads],
        "is_ambulance": trip.requirement_id is not None,
    }
    return parts.source(trip, data)


def internal_itinerary(trip_id: int, reader: Any, at: datetime) -> Source:
    """The crew brief: legs, times, duties, services, care, fuel, minima, telephone numbers."""
    trip = parts.trip_for(trip_id, reader)
    legs = parts.legs_of(trip)
    crew, services = parts.crew_by_leg(trip), _services(trip)
    roads = [_road(row) for row in _ground(trip)]
    data = {
        **parts.head_of(trip),
        "title": trip.title,
        "desk": _desk(trip),
        "status": trip.get_status_display(),
        "legs": [_crew_leg(leg, crew.get(leg.pk, []), services) for leg in legs],
        "care": _care(trip, reader, at=at),
        "roads": roads,
        "has_roads": bool(roads),
        "duties": _duties(trip),
        "services": [_service(row) for row in services],
        "notes": [{"text": line} for line in trip.notes.splitlines() if line.strip()],
    }
    version = fingerprint(data)
    # The weather is of the moment: newer reports do not make the paper wrong.
    data["weather"] = _weather(legs, reader)
    return Source(title=trip.number, version=version, data=data, scope=FLEET_SCOPE)


def _customer_leg(
    leg: TripLeg, crew: Sequence[CrewLine], services: Sequence[ServiceItem]
) -> dict[str, Any]:
    flying = [line for line in crew if line.role in PILOTS]
    caring = [line for line in crew if line.role in MEDICAL]
    return {
        **parts.leg_times(leg),
        "handler_from": _handler(services, leg.origin_id),
        "handler_to": _handler(services, parts.end_of(leg).pk),
        "pilots": ", ".join(line.person.full_name for line in flying) or NONE,
        "team": [
            {"names": ", ".join(f"{row['name']} ({row['role']})" for row in rows)}
            for rows in [parts.crew_names(caring)]
            if rows
        ],
    }


def _handler(services: Sequence[ServiceItem], airport_id: int) -> str:
    """Who handles the aircraft at a place: where to go to."""
    for row in services:
        if row.kind == ServiceKind.HANDLING and row.airport_id == airport_id and row.fbo:
            return joined(row.fbo.name, row.fbo.phone)
    return NONE


def _crew_leg(
    leg: TripLeg, crew: Sequence[CrewLine], services: Sequence[ServiceItem]
) -> dict[str, Any]:
    return {
        **parts.leg_times(leg),
        "rules": "IFR" if leg.is_ifr else "VFR",
        "off": utc(leg.actual_off_at or leg.planned_off_at),
        "on": utc(leg.actual_on_at or leg.planned_on_at),
        "wind": figure(leg.wind_kt, "kt"),
        "fuel": figure(leg.fuel_kg, "kg"),
        "fuel_on_board": figure(leg.fuel_on_board_kg, "kg"),
        "payload": figure(leg.payload_kg, "kg"),
        "persons": str(parts.persons_on(leg)),
        "runway": text(leg.runway),
        "landing_distance": figure(leg.landing_distance_m, "m"),
        "minima": _minima(leg),
        "alternate": text(leg.alternate),
        "takeoff_alternate": text(leg.takeoff_alternate),
        "handler_from": _handler(services, leg.origin_id),
        "handler_to": _handler(services, parts.end_of(leg).pk),
        "crew": [
            {**row, "phone": parts.phone_of(line.person), "answer": line.get_status_display()}
            for row, line in zip(parts.crew_names(crew), crew, strict=True)
        ],
    }


def _minima(leg: TripLeg) -> str:
    if leg.min_ceiling_ft is None and leg.min_visibility_m is None:
        return NONE
    return f"{figure(leg.min_ceiling_ft, 'ft')} / {figure(leg.min_visibility_m, 'm')}"


def _care(trip: Trip, reader: Any, *, at: datetime) -> list[dict[str, Any]]:
    """What the patient needs, if one is carried; the look is written down."""
    if trip.requirement is None:
        return []
    patient = parts.patient_in_short(trip.requirement, reader, at=at)
    return [{"patient": patient, **parts.care_of(trip.requirement)}]


def _desk(trip: Trip) -> str:
    """Who looks after the trip, and how to reach them."""
    person = trip.coordinator
    if person is None:
        return NONE
    return joined(person.full_name, parts.phone_of(person), person.email)


def _ground(trip: Trip) -> list[GroundLeg]:
    rows = GroundLeg.objects.filter(trip=trip).select_related(
        "leg__origin", "leg__destination", "leg__diverted_to", "place", "provider"
    )
    return list(rows.order_by("leg__sequence", "-is_pickup"))


def _road(row: GroundLeg) -> dict[str, Any]:
    field = row.leg.origin if row.is_pickup else parts.end_of(row.leg)
    where = row.place.name if row.place else text(row.place_name)
    provider = row.provider
    return {
        "leg": str(row.leg.sequence),
        "way": f"{where} to {field}" if row.is_pickup else f"{field} to {where}",
        "distance": figure(row.distance_km, "km", 1),
        "departs": moment(row.expected_start_at, field.timezone),
        "arrives": moment(row.expected_end_at, field.timezone),
        "provider": joined(provider.name, provider.phone) if provider else NONE,
    }


def _services(trip: Trip) -> list[ServiceItem]:
    rows = ServiceItem.objects.filter(trip=trip).exclude(status__in=HIDDEN)
    rows = rows.select_related("leg", "airport", "fbo", "ground_provider", "contact")
    return list(rows.order_by("leg__sequence", "kind", "pk"))


def _service(row: ServiceItem) -> dict[str, str]:
    provider = row.fbo or row.ground_provider
    where = text(row.airport)
    return {
        "leg": str(row.leg.sequence) if row.leg else NONE,
        "what": row.get_kind_display(),
        "where": where,
        "provider": text(provider.name if provider else row.contact),
        "phone": text(provider.phone) if provider else NONE,
        "reference": text(row.reference),
        "status": f"{row.get_status_display()}, check again"
        if row.needs_recheck
        else row.get_status_display(),
    }


def _duties(trip: Trip) -> list[dict[str, str]]:
    rows = DutyPeriod.objects.live().filter(trip=trip).select_related("person")
    zone = trip.aircraft.timezone
    return [
        {
            "name": row.person.full_name,
            "report_utc": utc(row.report_at),
            "report_local": local(row.report_at, zone),
            "end_utc": utc(row.end_at),
            "end_local": local(row.end_at, zone),
        }
        for row in rows.order_by("report_at", "pk")
    ]


def _weather(legs: Sequence[TripLeg], reader: Any) -> list[dict[str, str]]:
    """The newest report and forecast of each place, as they were issued."""
    stations = sorted({str(place) for leg in legs for place in (leg.origin, parts.end_of(leg))})
    rows = latest_reports(stations, user=reader)
    return [{"raw": row.raw} for row in sorted(rows, key=lambda row: (row.station, row.kind))]
