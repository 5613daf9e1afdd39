"""Whether a plan, however it was made, brings the customer what was asked for."""

from collections.abc import Iterator, Sequence

from operations.itinerary import Finding, Itinerary
from operations.planning.journey import AskedLeg
from operations.pricing.journeys import Journey, journeys


def unserved(asked: Sequence[AskedLeg], plan: Itinerary) -> tuple[Finding, ...]:
    """
    What a plan leaves open of the journeys asked for; the `leg` of a finding is the leg asked for.

    A journey is flown by the next live legs on end, joined by technical stops only, that begin and
    end where it does.
    """
    flown, found = journeys(plan), []
    for leg in asked:
        number = next((n for n, journey in enumerate(flown) if _goes(journey, leg)), None)
        if number is None:
            text = f"Nothing is flown for leg {leg.sequence} of the request from where it begins"
            found.append(_open(leg, "request_not_flown", f"{text} to where it ends."))
            continue
        found += _lacking(leg, flown[number])
        flown = flown[number + 1 :]
    return tuple(found)


def _goes(journey: Journey, leg: AskedLeg) -> bool:
    ends = (journey.origin.airport_id, journey.destination.airport_id)
    return ends == (leg.origin_id, leg.destination_id)


def _lacking(leg: AskedLeg, journey: Journey) -> Iterator[Finding]:
    out_at, in_at = journey.legs[0].out_at, journey.legs[-1].in_at
    words = f"Leg {leg.sequence} of the request"
    if out_at < leg.earliest_departure_at:
        text = f"{words} would leave at {out_at:%Y-%m-%d %H:%M} UTC, sooner than asked for."
        yield _open(leg, "request_too_early", text)
    if leg.latest_arrival_at is not None and in_at > leg.latest_arrival_at:
        text = f"{words} would arrive at {in_at:%Y-%m-%d %H:%M} UTC, later than asked for."
        yield _open(leg, "request_too_late", text)
    if leg.has_patient and not all(flight.has_patient for flight in journey.legs):
        yield _open(leg, "request_without_patient", f"{words} would go without the patient.")
    if leg.passengers > min(flight.passengers for flight in journey.legs):
        text = f"{words} has room planned for fewer than {leg.passengers} passengers."
        yield _open(leg, "request_without_passengers", text)


def _open(leg: AskedLeg, code: str, message: str) -> Finding:
    return Finding(code=code, message=message, leg=leg.sequence, is_blocking=True)
