"""What other systems may hear of trips and offers; nothing of who is on board, or why."""

from aircraft.models.scoping import FLEET_SCOPE
from common.webhooks.offers import Record, offer
from operations import events
from operations.models import Quote, Trip, TripLeg

TRIP = Record(
    kind="trip",
    model=Trip,
    number="number",
    path="/api/operations/trips/{number}/",
    permission="operations.view_trip",
    scope_prefix=FLEET_SCOPE,
)
LEG = Record(
    kind="leg",
    model=TripLeg,
    number="trip__number",
    path="/api/operations/legs/{id}/",
    permission="operations.view_tripleg",
    scope_prefix=FLEET_SCOPE,
)
QUOTE = Record(
    kind="quote",
    model=Quote,
    number="number",
    path="/api/operations/quotes/{number}/",
    permission="operations.view_quote",
    scope_prefix=FLEET_SCOPE,
)

offer(
    TRIP,
    "trip_id",
    [
        ("held", events.TripHeld, "An aircraft is kept for an offer."),
        ("booked", events.TripBooked, "A trip was booked."),
        ("changed", events.TripChanged, "Something that a release of the trip binds changed."),
        ("released", events.TripReleased, "A trip may go, as planned and as judged."),
        ("release_revoked", events.TripReleaseRevoked, "A release was taken back."),
        ("overruns", events.TripOverruns, "A trip lasts longer than its resources are free."),
        ("ended", events.TripEnded, "A trip was completed, cancelled or aborted."),
        ("closed", events.TripClosed, "The log of a trip was closed."),
    ],
)
offer(
    LEG,
    "leg_id",
    [
        ("moved", events.LegMoved, "A leg left, took off, landed, arrived or was diverted."),
        ("delayed", events.TripDelayed, "A leg was delayed; later legs have new estimates."),
    ],
)
offer(
    QUOTE,
    "quote_id",
    [
        ("requested", events.QuoteRequested, "A customer asked for a flight."),
        ("priced", events.QuotePriced, "A version of an offer was priced."),
        ("sent", events.QuoteSent, "An offer went to the customer."),
        ("accepted", events.QuoteAccepted, "A customer accepted an offer."),
        ("closed", events.QuoteClosed, "A quote was declined, withdrawn or ran out."),
    ],
)
