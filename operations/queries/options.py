"""Which aircraft can fly a journey, at what price, and why each other cannot."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from msgspec.structs import replace

from aircraft.exceptions import AircraftRetired
from aircraft.models import Aircraft, EngineKind
from aircraft.performance import range_nm_with
from aircraft.queries.suitability import fleet_tails, in_periods
from aircraft.suitability import Reason, Tail, standing
from common.exceptions import DomainError, InvalidInput
from common.money import Money
from operations.itinerary import Itinerary, Place
from operations.planning.builder import Plan, build, need_of
from operations.planning.fields import Craft, Field
from operations.planning.journey import Journey
from operations.planning.runs import runs_of
from operations.planning.stops import Candidates
from operations.planning.tracks import exact
from operations.queries.airfields import Pair, StopAirports, fields_of

# A wind can take so much of the range that legs shorter than it need a stop.
LEAST_PART_OF_RANGE = 0.4
OLDEST, FARTHEST = timedelta(days=1), timedelta(days=3 * 366)
Price = Callable[[Itinerary], Money]


@dataclass(frozen=True)
class Option:
    """
    The answer for one aircraft: its plan and price, or the reasons why not.

    A reason names the leg asked for that it is about (`leg`, by its sequence). The itinerary is
    there whenever the journey can be flown at all, also when something else is in the way.
    """

    aircraft_id: int
    tail_number: str
    aircraft_type: str
    base: str
    reasons: tuple[Reason, ...]
    itinerary: Itinerary | None = None
    price: Money | None = None

    @property
    def is_able(self) -> bool:
        return not self.reasons

    @property
    def block_min(self) -> float | None:
        """Minutes from blocks to blocks, positioning included."""
        return sum(leg.block_min for leg in self.itinerary.legs) if self.itinerary else None

    @property
    def live_block_min(self) -> float | None:
        """The same of the flights that somebody asked for."""
        if self.itinerary is None:
            return None
        return sum(leg.block_min for leg in self.itinerary.legs if leg.kind == "live")

    @property
    def arrives_at(self) -> datetime | None:
        """When the last flight that was asked for is on blocks."""
        live = (
            [leg.in_at for leg in self.itinerary.legs if leg.kind == "live"]
            if (self.itinerary)
            else []
        )
        return max(live, default=None)


def search_options(
    journey: Journey,
    *,
    rows: QuerySet[Aircraft],
    now: datetime,
    price: Price | None = None,
    exclude_source: str = "",
) -> list[Option]:
    """
    Plan the journey with every aircraft that is not retired: able ones first, cheapest first.

    Without prices, quickest first. Bookings and maintenance are judged over each aircraft's own
    period, from leaving its base until it is back. `exclude_source` leaves a booking out, such as
    that of the trip being changed. Thirteen statements at most, whatever the size of the fleet,
    and one for each kind of record that knows its flight time.
    """
    fleet = fleet_tails(rows, now)
    _check_dates(journey, now)
    journey = _from_now(journey, now)
    fields = fields_of([*_asked(journey), *(row.base_id for row, _ in fleet)])
    crafts = [craft_of(row, tail, fields[row.base_id]) for row, tail in fleet]
    plans = _plans(journey, crafts, fields)
    periods = {
        craft.tail.aircraft_id: _period(journey, plan)
        for craft, plan in zip(crafts, plans, strict=True)
    }
    tails = in_periods(fleet, periods, now=now, exclude_source=exclude_source)
    found = [_option(journey, tail, plan, price) for tail, plan in zip(tails, plans, strict=True)]
    return in_order(found)


def in_order(options: Sequence[Option]) -> list[Option]:
    """Able ones first, cheapest first, then quickest; others by how little is in the way."""
    return sorted(options, key=_order)


def plan_with(
    aircraft: Aircraft, journey: Journey, *, now: datetime, exclude_source: str = ""
) -> Option:
    """Plan the journey with one aircraft. Raises AircraftRetired."""
    rows = Aircraft.objects.filter(pk=aircraft.pk)
    found = search_options(journey, rows=rows, now=now, exclude_source=exclude_source)
    if not found:
        raise AircraftRetired(aircraft=aircraft.tail_number)
    return found[0]


def craft_of(row: Aircraft, tail: Tail, base: Field) -> Craft:
    """An aircraft of the fleet as a plan needs it; piston engines burn avgas."""
    is_piston = row.aircraft_type.engine_kind == EngineKind.PISTON
    return Craft(tail=tail, base=base, crew=row.min_crew, fuel="avgas" if is_piston else "jet_a1")


def _check_dates(journey: Journey, now: datetime) -> None:
    """Raises InvalidInput for what can only be a slip of the pen."""
    for number, leg in enumerate(journey.legs):
        if not -OLDEST <= leg.earliest_departure_at - now <= FARTHEST:
            raise InvalidInput(
                f"/legs/{number}/earliest_departure_at",
                f"Not more than {OLDEST.days} day ago and {FARTHEST.days} days ahead.",
            )


def _from_now(journey: Journey, now: datetime) -> Journey:
    """No crew reports before now, so no aircraft leaves earlier than a report later."""
    soonest = now + timedelta(minutes=journey.parameters.report_min)
    asked = journey.not_before
    return replace(journey, not_before=soonest if asked is None else max(asked, soonest))


def _asked(journey: Journey) -> list[int]:
    return [key for leg in journey.legs for key in (leg.origin_id, leg.destination_id)]


def _plans(journey: Journey, crafts: Sequence[Craft], fields: dict[int, Field]) -> list[Plan]:
    """A plan for each aircraft; fuel stops are looked for where any of them may need one."""
    ways = [_long_ways(journey, craft, fields) for craft in crafts]
    chosen: dict[tuple[int, int, float], tuple[int, ...]] = {}
    if any(ways):
        airports = StopAirports()
        for craft, long_ways in zip(crafts, ways, strict=True):
            least_m = craft.tail.min_runway_m
            for pair in long_ways:
                key = _way_key(*pair, least_m)
                if key not in chosen:
                    chosen[key] = airports.along(pair, min_runway_m=least_m)
    stops = fields_of({key for keys in chosen.values() for key in keys} - set(fields))
    known = {**stops, **fields}

    def candidates_of(craft: Craft) -> Candidates:
        least_m = craft.tail.min_runway_m
        return lambda start, end: [
            known[key] for key in chosen.get(_way_key(start.place, end.place, least_m), ())
        ]

    return [
        build(journey, craft, fields=known, candidates=candidates_of(craft)) for craft in crafts
    ]


def _way_key(start: Place, end: Place, least_m: float) -> tuple[int, int, float]:
    return start.airport_id, end.airport_id, least_m


def _long_ways(journey: Journey, craft: Craft, fields: dict[int, Field]) -> list[Pair]:
    """The ways of one aircraft that may be too long for it without a stop."""
    heaviest_kg = max(journey.payload_kg(leg) for leg in journey.legs)
    reach_nm = range_nm_with(craft.tail.ranges, heaviest_kg) or 0.0
    fuel_h = min(
        (craft.tail.usable_fuel_kg / band.burn_kg_h for band in craft.tail.bands), default=0.0
    )
    slowest_kt = min((band.cruise_ktas for band in craft.tail.bands), default=0.0)
    least_nm = min(reach_nm, craft.tail.max_range_nm, fuel_h * slowest_kt) * LEAST_PART_OF_RANGE
    stages = runs_of(journey, craft, fields)
    return [
        (stage.origin.place, stage.destination.place)
        for stage in stages
        if exact(stage.origin.place, stage.destination.place).distance_nm > least_nm
    ]


def _period(journey: Journey, plan: Plan) -> tuple[datetime, datetime]:
    need = need_of(journey, plan)
    return need.start_at, max(need.end_at, need.start_at + timedelta(minutes=1))


def _option(journey: Journey, tail: Tail, plan: Plan, price: Price | None) -> Option:
    reasons = [*plan.reasons, *standing(tail, need_of(journey, plan), plan.flown)]
    amount = None
    if not reasons and price is not None and plan.itinerary is not None:
        try:
            amount = price(plan.itinerary)
        except DomainError as refusal:
            # An aircraft without rates is no offer; the others still are.
            reasons.append(Reason(code=refusal.code, message=str(refusal)))
    return Option(
        aircraft_id=tail.aircraft_id,
        tail_number=tail.tail_number,
        aircraft_type=tail.designator,
        base=tail.base,
        reasons=tuple(reasons),
        itinerary=plan.itinerary,
        price=amount,
    )


def _order(option: Option) -> tuple[Any, ...]:
    price = option.price
    return (
        not option.is_able,
        len(option.reasons),
        # Prices in two currencies cannot be compared: they stand in two groups.
        price.currency if price else "",
        price.amount if price else Decimal(0),
        option.block_min is None,
        option.block_min or 0.0,
        option.tail_number,
    )
