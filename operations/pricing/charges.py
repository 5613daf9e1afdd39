"""What a journey costs before tax: one function for each kind of charge, in a fixed order."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from decimal import Decimal
from functools import cached_property

from operations.itinerary import Itinerary, PlannedLeg
from operations.pricing.book import PriceBook, PriceMissing, RateRow
from operations.pricing.facts import PriceFacts
from operations.pricing.lines import FOUR_PLACES, PricedLine, amount, exact
from operations.pricing.stays import Stay, stays_of

SIXTY = Decimal(60)
Units = dict[str, Decimal | int]


class Charges:
    """
    The charges of one itinerary by one book.

    Transportation (26 USC 4261(a)) is flying, positioning, what the aircraft and its crew cost on
    the way, permits and waiting. Care, oxygen and road transport stand on lines of their own and
    are not part of it (26 CFR 49.4261-2(c)). Where the crew sleeps the night stands for the
    waiting, never for less than the longest wait without a night would come to.
    """

    def __init__(self, itinerary: Itinerary, book: PriceBook, facts: PriceFacts) -> None:
        self.plan = itinerary
        self.book = book
        self.facts = facts
        # Every price that was looked at, also where another came to more.
        self.asked: set[int] = set()

    def lines(self) -> list[PricedLine]:
        """Every charge, in the order in which an offer shows them."""
        return [
            *self._flying("live", "live_flight", "live_hour"),
            *self._flying("positioning", "positioning", "positioning_hour"),
            *self._fuel(),
            *self._landing("landing", "Landing"),
            *self._landing("handling", "Handling"),
            *self._nights(),
            *self._crew(),
            *self._medical(),
            *self._ground(),
            *self._permits(),
            *self._waiting(),
        ]

    @property
    def days(self) -> int:
        """Days begun between leaving the base and being back."""
        length = self.plan.end_at - self.plan.start_at
        return max(1, -(-length // timedelta(days=1)))

    def _flying(self, of: str, kind: str, rate_kind: str) -> Iterator[PricedLine]:
        for leg in self.plan.legs:
            if leg.kind == of:
                row = self._rate(rate_kind)
                name = "Flight" if of == "live" else "Positioning flight"
                text = f"{name} {_route(leg)}"
                yield self._line(kind, text, row, *_flown(row, leg), leg=leg.sequence)

    def _fuel(self) -> Iterator[PricedLine]:
        for leg in self.plan.legs:
            row = self._rate("fuel_surcharge")
            text = f"Fuel surcharge {_route(leg)}"
            yield self._line("fuel", text, row, *_flown(row, leg), leg=leg.sequence)

    def _landing(self, kind: str, name: str) -> Iterator[PricedLine]:
        for leg in self.plan.legs:
            row = self._rate(kind, airport_id=leg.destination.airport_id)
            once = _counted(row, {"leg": 1, "each": 1})
            text = f"{name} at {leg.destination.ident}"
            yield self._line(kind, text, row, *once, leg=leg.sequence)

    def _nights(self) -> Iterator[PricedLine]:
        """The nights that the plan has, but for those on which waiting comes to more."""
        nights = self.plan.nights - sum(stay.nights for stay in self._waited_out)
        yield from self._nights_of(nights)

    def _nights_of(self, nights: int) -> Iterator[PricedLine]:
        if nights:
            row = self._rate("overnight")
            yield self._line("overnight", "Aircraft overnight", row, *_counted(row, _n(nights)))
            row = self._rate("crew_overnight")
            people = self.plan.crew_count + self.plan.medical_count
            text = "Crew and medical team overnight"
            yield self._line("overnight", text, row, *_counted(row, _n(nights), people=people))

    def _crew(self) -> Iterator[PricedLine]:
        if self.plan.crew_count:
            row = self._rate("crew_duty")
            days: Units = {"day": self.days, "each": 1}
            counted = _counted(row, days, people=self.plan.crew_count)
            yield self._line("crew", "Flight crew", row, *counted)

    def _medical(self) -> Iterator[PricedLine]:
        if self.plan.medical_count:
            row = self._rate("medical_team")
            on_duty = exact((self.plan.end_at - self.plan.start_at).total_seconds()) / SIXTY / SIXTY
            live = sum(leg.kind == "live" for leg in self.plan.legs)
            units: Units = {"day": self.days, "each": 1, "leg": live, "hour": on_duty}
            counted = _counted(row, units, people=self.plan.medical_count)
            yield self._line("medical", "Medical team", row, *counted, is_taxable=False)
        if self.plan.oxygen_l > 0:
            row = self._rate("oxygen")
            liters = _counted(row, {"liter": exact(self.plan.oxygen_l)})
            yield self._line("oxygen", "Medical oxygen", row, *liters, is_taxable=False)

    def _ground(self) -> Iterator[PricedLine]:
        legs = {leg.sequence: leg for leg in self.plan.legs}
        for journey in self.plan.ground:
            leg = legs[journey.leg]
            place = leg.origin if journey.is_pickup else leg.destination
            row = self._rate("ground_ambulance", airport_id=place.airport_id)
            hours = exact((journey.end_at - journey.start_at).total_seconds()) / SIXTY / SIXTY
            counted = _counted(row, {"each": 1, "hour": hours})
            way = "to" if journey.is_pickup else "from"
            text = f"Ground ambulance {way} {place.ident}"
            yield self._line("ground", text, row, *counted, leg=leg.sequence, is_taxable=False)

    def _permits(self) -> Iterator[PricedLine]:
        crossing = [x for x in self.plan.legs if x.origin.country != x.destination.country]
        if self.facts.permits is not None:
            if self.facts.permits:
                row = self._rate("permit")
                counted = _counted(row, {"each": self.facts.permits})
                yield self._line("permit", "Overflight and landing permits", row, *counted)
            return
        for leg in crossing:
            row = self._rate("permit", airport_id=leg.destination.airport_id)
            text = f"Permit {leg.destination.country} {_route(leg)}"
            yield self._line("permit", text, row, *_counted(row, {"each": 1}), leg=leg.sequence)

    def _waiting(self) -> Iterator[PricedLine]:
        for stay in self._stays:
            if not stay.nights or stay in self._waited_out:
                yield from self._waiting_of(stay)

    def _waiting_of(self, stay: Stay) -> Iterator[PricedLine]:
        waited = stay.waited(timedelta(minutes=self.facts.free_waiting_min))
        if waited:
            row = self._rate("waiting", airport_id=stay.leg.destination.airport_id)
            hours = exact(waited.total_seconds()) / SIXTY / SIXTY
            text = f"Waiting at {stay.leg.destination.ident}"
            counted = _counted(row, {"hour": hours})
            yield self._line("waiting", text, row, *counted, leg=stay.leg.sequence)

    @cached_property
    def _stays(self) -> list[Stay]:
        return stays_of(self.plan)

    @cached_property
    def _waited_out(self) -> list[Stay]:
        """
        The stays with nights on which the waiting of a stay without one comes to more.

        A longer stay never costs less than a shorter one: the larger of the two is charged.
        """
        return [
            stay
            for stay in self._stays
            if stay.nights and _sum(self._waiting_of(stay)) > _sum(self._nights_of(stay.nights))
        ]

    def _rate(self, kind: str, *, airport_id: int | None = None) -> RateRow:
        row = self.book.rate(kind, aircraft_type=self.plan.aircraft_type, airport_id=airport_id)
        self.asked.add(row.id)
        return row

    def _line(
        self,
        kind: str,
        description: str,
        row: RateRow,
        counted: Decimal,
        inputs: dict[str, str],
        *,
        leg: int | None = None,
        is_taxable: bool = True,
    ) -> PricedLine:
        counted = counted.quantize(FOUR_PLACES)
        quantity = max(counted, row.minimum_quantity.quantize(FOUR_PLACES))
        formula = f"{' x '.join(inputs) or 'quantity'} x price per {row.unit}"
        if quantity != counted:
            inputs = {**inputs, "minimum": str(row.minimum_quantity)}
            formula = f"minimum x price per {row.unit}"
        return PricedLine(
            kind=kind,
            code=row.kind,
            description=description[:200],
            formula=formula,
            inputs=inputs,
            quantity=quantity,
            unit=row.unit,
            unit_price=row.amount,
            computed=amount(quantity * row.amount, self.book.currency),
            effective_from=row.effective_from,
            leg=leg,
            rate_id=row.id,
            is_taxable=is_taxable,
        )


def _route(leg: PlannedLeg) -> str:
    return f"{leg.origin.ident}-{leg.destination.ident}"


def _sum(lines: Iterable[PricedLine]) -> Decimal:
    return sum((line.computed for line in lines), Decimal(0))


def _n(nights: int) -> Units:
    return {"night": nights}


def _flown(row: RateRow, leg: PlannedLeg) -> tuple[Decimal, dict[str, str]]:
    """Count a leg by blocks, distance or fuel, as the price asks."""
    units: Units = {
        "hour": exact(leg.block_min) / SIXTY,
        "nm": exact(leg.distance_nm),
        "kg": exact(leg.fuel_kg),
        "leg": 1,
    }
    return _counted(row, units)


def _counted(
    row: RateRow, units: Units, *, people: int | None = None
) -> tuple[Decimal, dict[str, str]]:
    """How many of the price's unit, and the figures that say so."""
    if row.unit not in units:
        raise PriceMissing(f"The price for {row.kind} is per {row.unit}, which cannot be counted")
    number = exact(units[row.unit])
    inputs = {f"{row.unit}s" if row.unit != "each" else "number": str(number)}
    if people is None:
        return number, inputs
    return number * people, {**inputs, "persons": str(people)}
