"""Earlier refusals that the desk must know of before it takes a flight (14 CFR 135.617)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.contrib.gis.geos import Point
from django.db.models import Q, QuerySet

from common.models import AuditEvent
from operations.models import (
    BEFORE_FLIGHT,
    Decline,
    DeclineBy,
    GroundLeg,
    LegKind,
    LegStatus,
    Quote,
    QuoteVersion,
    Trip,
    TripLeg,
)

WITHIN = timedelta(hours=6)
WITHIN_M = 5 * 1852


def earlier_declines(
    *, points: Sequence[Point], patient_id: int | None, at: datetime
) -> QuerySet[Decline]:
    """
    Refusals by us or other operators in the six hours before `at`, within 5 NM or of the patient.

    A customer who turned an offer down refused no flight. Newest first.
    """
    alike = Q(pk__in=[])
    for place in points:
        alike |= Q(point__dwithin=(place, WITHIN_M))
    if patient_id is not None:
        alike |= Q(patient_id=patient_id)
    recent = Q(declined_at__gte=at - WITHIN, declined_at__lte=at)
    rows = Decline.objects.filter(recent & alike).exclude(by=DeclineBy.CUSTOMER)
    return rows.select_related("patient", "quote").order_by("-declined_at", "-pk")


def declines_before(quote: Quote, *, at: datetime) -> QuerySet[Decline]:
    """
    The refusals that matter to one quote: where it begins or the patient is, or of the patient.

    Of both airport and hospital, as others may have written theirs down at either.
    """
    legs = quote.requested_legs.order_by("sequence").select_related("origin", "pickup")
    places = [
        place
        for number, leg in enumerate(legs)
        if number == 0 or leg.has_patient
        for place in (leg.origin, leg.pickup)
    ]
    points = [place.point for place in places if place is not None and place.point is not None]
    requirement = quote.requirement
    patient_id = None if requirement is None else requirement.patient_id
    return earlier_declines(points=points, patient_id=patient_id, at=at)


def declines_before_trip(trip: Trip, *, at: datetime) -> QuerySet[Decline]:
    """
    The refusals that matter to a trip which is to be booked: those of its quote, else of its
    flights with patient or passengers, as the rules count them. A ferry flight has none.
    """
    if trip.quote is not None:
        return declines_before(trip.quote, at=at)
    live = trip.legs.filter(kind=LegKind.LIVE).exclude(status=LegStatus.CANCELLED)
    legs = live.select_related("origin").order_by("sequence")
    fetching = [leg for number, leg in enumerate(legs) if number == 0 or leg.has_patient]
    roads = GroundLeg.objects.filter(leg__in=fetching, is_pickup=True).select_related("place")
    wards = [road.place.point for road in roads if road.place is not None]
    requirement = trip.requirement
    return earlier_declines(
        points=[*(leg.origin.point for leg in fetching), *(ward for ward in wards if ward)],
        patient_id=None if requirement is None else requirement.patient_id,
        at=at,
    )


def declines_seen_of(version: QuoteVersion) -> list[int]:
    """
    The refusals that the desk has seen of an offer: when it was sent, and when it wrote down the
    customer's yes. An offer that was sent never changes, so the trail alone names the latter.
    """
    accepted = AuditEvent.objects.filter(
        subject_type=version._meta.label_lower, subject_id=str(version.pk), action="quote.accepted"
    )
    late = accepted.values_list("details__declines", flat=True)
    return sorted({*version.acknowledged_declines, *(pk for keys in late for pk in keys or ())})


def trips_refused_by(decline: Decline) -> list[int]:
    """
    Trips still to begin that a refusal by another operator may be about, by their key.

    More than the rules will count: they look at the hours and at which flights fetch somebody.
    """
    if decline.by != DeclineBy.OTHER_OPERATOR:
        return []
    near = (decline.point, WITHIN_M)
    fields = TripLeg.objects.filter(origin__point__dwithin=near)
    roads = GroundLeg.objects.filter(is_pickup=True, place__point__dwithin=near)
    alike = Q(pk__in=fields.values("trip")) | Q(pk__in=roads.values("trip"))
    if decline.patient_id is not None:
        alike |= Q(requirement__patient=decline.patient_id)
    ahead = Trip.objects.filter(status__in=BEFORE_FLIGHT, end_at__gte=decline.declined_at)
    return list(ahead.filter(alike).order_by("pk").values_list("pk", flat=True))
