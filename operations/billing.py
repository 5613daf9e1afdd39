"""How trips are billed; and quotes, whose deposits come before there is a trip."""

from datetime import datetime

from common.models import StatusChange
from finance.billables import Basis, Bill, Billable, Cancelled, register
from operations.exceptions import NotPriced
from operations.models import Quote, Trip, TripStatus
from operations.queries.bills import (
    TRIP,
    as_flown,
    as_offered,
    as_spent,
    trip_of,
    unbilled_trips,
    version_lines,
)
from operations.queries.offers import QUOTE


def draw_up_trip(trip_id: int, basis: Basis, at: datetime) -> Bill:
    """The bill of a trip on one basis; raises DoesNotExist and what `bills` raises."""
    trip = trip_of(trip_id)
    if basis == "quote":
        return as_offered(trip)
    return as_flown(trip, at=at) if basis == "actuals" else as_spent(trip, at=at)


def called_off(trip_id: int) -> Cancelled | None:
    """When a trip was called off; its terms were agreed on when the offer was accepted."""
    trip = trip_of(trip_id)
    if trip.status != TripStatus.CANCELLED:
        return None
    step = (
        StatusChange.objects.filter(
            content_type__app_label="operations",
            content_type__model="trip",
            object_id=trip.pk,
            to_status=TripStatus.CANCELLED,
        )
        .order_by("-pk")
        .first()
    )
    version = trip.quote_version
    accepted_at = version.answered_at or version.sent_at if version else None
    return Cancelled(
        departs_at=trip.start_at,
        cancelled_at=step.changed_at if step else trip.updated_at,
        agreed_at=accepted_at or trip.created_at,
    )


def known_before(trip_id: int) -> list[tuple[str, int]]:
    """The quote a trip was booked from: deposits may have been asked for on it."""
    quote_id = Trip.objects.values_list("quote", flat=True).get(pk=trip_id)
    return [(QUOTE, quote_id)] if quote_id else []


def booked_as(quote_id: int) -> list[tuple[str, int]]:
    """The trip that a quote became: deposits may have been asked for on it."""
    rows = Trip.objects.filter(quote=quote_id).order_by("pk")
    return [(TRIP, pk) for pk in rows.values_list("pk", flat=True)]


def draw_up_quote(quote_id: int, basis: Basis, at: datetime) -> Bill:
    """What a deposit is a part of: the accepted offer. Raises DoesNotExist, NotPriced."""
    quote = Quote.objects.select_related("accepted_version__aircraft").get(pk=quote_id)
    version = quote.accepted_version
    if version is None:
        raise NotPriced(trip=quote.number)
    return Bill(
        subject_number=quote.number,
        currency=version.currency,
        customer_id=quote.customer_id,
        bill_to={},
        lines=tuple(version_lines(version)),
        aircraft=version.aircraft.tail_number,
        service=quote.kind,
        terms=version.terms,
    )


register(
    Billable(
        subject=TRIP,
        title="Trip",
        bases=("quote", "actuals", "expenses"),
        draw_up=draw_up_trip,
        unbilled=unbilled_trips,
        cancelled=called_off,
        known_before=known_before,
        view="operations.view_trip",
        is_air_transport=True,
    )
)
# Only deposits are billed on a quote: its work is the trip's.
register(
    Billable(
        subject=QUOTE,
        title="Quote",
        bases=(),
        draw_up=draw_up_quote,
        unbilled=lambda at: [],
        known_before=booked_as,
        view="operations.view_quote",
    )
)
