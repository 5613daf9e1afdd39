"""What an offer that was sent says on paper, and the contract that is made of it."""

from datetime import datetime
from typing import Any

from aircraft.models import FLEET_SCOPE
from documents.exceptions import NothingToShow
from documents.kinds import Source, rows_for
from documents.queries.letterheads import letterhead
from documents.wording import NONE, amount, counted, day, duration, figure, local, moment, text, utc
from operations.documents.parts import numbered
from operations.itinerary import Itinerary, Place, PlannedGround, PlannedLeg
from operations.models import LineKind, QuoteLine, QuoteVersion
from operations.pricing.storage import itinerary_of

AGREED = "Agreed amount"


def quote(version_id: int, reader: Any, at: datetime) -> Source:
    """An offer as it was sent. Raises NothingToShow for one that was not."""
    version = _sent_version(version_id, reader)
    return Source(
        title=f"{version.quote.number} v{version.sequence}",
        version=version.content_hash,
        data=_offer(version),
        scope=FLEET_SCOPE,
    )


def charter_contract(version_id: int, reader: Any, at: datetime) -> Source:
    """The contract on an offer that was sent: parties, journey, price, terms, signatures."""
    version = _sent_version(version_id, reader)
    return Source(
        title=f"{version.quote.number} v{version.sequence}",
        version=f"{version.content_hash}:{version.answered_at and version.answered_at.isoformat()}",
        data={**_offer(version), "carrier": letterhead().name, "accepted": _accepted(version)},
        scope=FLEET_SCOPE,
    )


def _sent_version(version_id: int, reader: Any) -> QuoteVersion:
    rows = rows_for(QuoteVersion.objects, reader).select_related(
        "quote__customer", "quote__requirement", "aircraft__aircraft_type", "sent_by"
    )
    version: QuoteVersion = rows.get(pk=version_id)
    if version.sent_at is None:
        raise NothingToShow(kind="quote", subject=str(version), because="it was not sent")
    return version


def _offer(version: QuoteVersion) -> dict[str, Any]:
    quote, plan = version.quote, itinerary_of(version.itinerary)
    zone = plan.legs[0].origin.timezone
    lines = list(version.lines.order_by("sequence"))
    charges = [line for line in lines if line.kind != LineKind.TAX]
    taxes = [line for line in lines if line.kind == LineKind.TAX]
    return {
        "number": quote.number,
        "version": str(version.sequence),
        "kind": quote.get_kind_display(),
        "title": quote.title,
        "customer": {
            "name": quote.customer.name,
            "attention": text(quote.requester_name),
            "email": text(version.sent_to or quote.requester_email),
            "phone": text(quote.requester_phone),
        },
        "sent": moment(version.sent_at, zone),
        "sent_by": version.sent_by.full_name if version.sent_by else NONE,
        "valid_until": moment(version.valid_until, zone),
        "aircraft": version.aircraft.tail_number,
        "aircraft_type": version.aircraft.aircraft_type.name,
        "legs": [_leg(leg) for leg in plan.legs],
        "roads": _roads(plan),
        "currency": version.currency,
        "charges": numbered([_line(line, version.currency) for line in charges]),
        "taxes": [_line(line, version.currency) for line in taxes],
        "subtotal": amount(version.subtotal, version.currency),
        "tax_total": amount(version.tax_total, version.currency),
        "total": amount(version.total, version.currency),
        "terms": [{"text": line} for line in version.terms.splitlines() if line.strip()],
        "content_hash": version.content_hash,
    }


def _accepted(version: QuoteVersion) -> list[dict[str, str]]:
    """Who accepted the offer and when, if anybody has."""
    if version.answered_at is None or version.quote.accepted_version_id != version.pk:
        return []
    return [{"by": text(version.answered_by), "at": utc(version.answered_at)}]


def _leg(leg: PlannedLeg) -> dict[str, Any]:
    return {
        "leg": str(leg.sequence),
        "origin": _place(leg.origin),
        "destination": _place(leg.destination),
        "departs": moment(leg.out_at, leg.origin.timezone),
        "arrives": moment(leg.in_at, leg.destination.timezone),
        "distance": figure(leg.distance_nm, "NM"),
        "block": duration(leg.block_min),
        "what": _what(leg),
    }


def _place(where: Place) -> dict[str, str]:
    return {"code": where.ident, "name": where.name, "country": where.country}


def _what(leg: PlannedLeg) -> str:
    if leg.kind == "positioning":
        words = "Positioning"
    else:
        people = f"{leg.passengers} passenger{'s' if leg.passengers != 1 else ''}"
        on_board = (["patient"] if leg.has_patient else []) + ([people] if leg.passengers else [])
        words = f"With {' and '.join(on_board)}" if on_board else "Live"
    return f"{words}; fuel stop" if leg.is_technical_stop else words


def _roads(plan: Itinerary) -> list[dict[str, str]]:
    legs = {leg.sequence: leg for leg in plan.legs}
    return [_road(journey, legs[journey.leg]) for journey in plan.ground]


def _road(journey: PlannedGround, leg: PlannedLeg) -> dict[str, str]:
    field = leg.origin if journey.is_pickup else leg.destination
    ends = (journey.place_name, field.ident)
    start, end = ends if journey.is_pickup else reversed(ends)
    return {
        "way": f"{start} to {end}",
        "distance": figure(journey.distance_km, "km"),
        "departs": local(journey.start_at, field.timezone),
        "arrives": local(journey.end_at, field.timezone),
    }


def _line(line: QuoteLine, currency: str) -> dict[str, str]:
    """One line; where another amount was agreed the formula does not explain it."""
    is_agreed = line.amount != line.computed
    return {
        "description": line.description,
        "formula": AGREED if is_agreed else line.formula,
        "basis": _basis(line),
        "quantity": NONE if is_agreed else counted(line.quantity, line.unit),
        "unit_price": NONE if is_agreed else figure(line.unit_price, places=2),
        "amount": amount(line.amount, currency),
    }


def _basis(line: QuoteLine) -> str:
    """The dated row that the price or tax comes from."""
    named = line.code.replace("_", " ")
    return f"{named}, from {day(line.effective_from)}" if line.effective_from else named or NONE
