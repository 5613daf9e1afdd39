"""What can be found out about a request: place, permits, flight lines, light, weather, price."""

import hashlib
import json
import math
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import shapely
from django.db.models import Q
from msgspec import Struct

from airports.heights import HeightBand
from airports.queries.aerodromes import AreaWindow, near
from airports.queries.airspace import Volume, intersecting
from airports.queries.conditions import Place, conditions_for
from airports.queries.sun import day_of_light
from client_management.authorities import Answer, Found, Need, authorities
from client_management.models import Contract, ServiceRequest
from client_management.pricing import Figures, PriceMissing, exact, price
from client_management.queries.areas import M2_PER_HA
from client_management.queries.prices import contract_of, price_book
from client_management.queries.wishes import Wishes, wishes_of
from client_management.specifications import MappingSpecification, Specification, specification_of
from client_management.survey.equipment import MULTIROTOR, Aircraft
from client_management.survey.estimate import SIGHT_M, Estimate, estimate
from client_management.survey.parts import CannotBeFlown, TooManyOperations
from common.time import day_bounds
from flight_operations.models import AuthorizationKind, OperationalAuthorization
from rpas.models import RPASAircraft, RPASOperator

# On the ground beside the flying: setting up for each operation, and the hours of a field day.
SET_UP_MIN = 15.0
FIELD_DAY_MIN = 8 * 60.0
# A forecast for an aerodrome reaches about this far.
FORECAST = timedelta(hours=30)
# What the flying may come to, from a good day to a bad one.
LOW, HIGH = Decimal("0.90"), Decimal("1.25")


class Options(Struct, frozen=True, kw_only=True):
    """How the desk means to do the work; what is left open is taken from the house's defaults."""

    sight_m: float = SIGHT_M
    batteries_each: int = 1
    travel_km: float = 0.0
    processing_hours: float = 0.0
    has_weather_contingency: bool = True
    has_rtk: bool = False


class Look(Struct, frozen=True, kw_only=True):
    """Everything an assessment says, before it is written down."""

    findings: tuple[Found, ...]
    needs: tuple[Need, ...]
    survey: dict[str, Any]
    outlook: dict[str, Any]
    price: dict[str, Any]
    figures: Figures
    flight_min: float
    batteries: int
    operations: int
    earliest_on: date

    @property
    def is_feasible(self) -> bool:
        """Nothing that was found forbids it."""
        return not any(finding.color == "red" for finding in self.findings)


def look(
    request: ServiceRequest,
    *,
    options: Options,
    aircraft: RPASAircraft | None = None,
    operator: RPASOperator | None = None,
    at: datetime,
) -> Look:
    """Find out about a request; 7 queries. Raises NoContract, PriceNotOnFile."""
    zone = ZoneInfo(request.timezone)
    today = at.astimezone(zone).date()
    wanted = specification_of(request.service_type, request.specifications)
    answer = _place(request, zone)
    needs = _with_held(answer.needs, request, operator)
    found, survey = _survey(request, wanted, options, aircraft)
    wishes = wishes_of(request, wanted, found, has_rtk=options.has_rtk)
    earliest = max([today, *(today + timedelta(days=n.lead_days) for n in needs if not n.held)])
    contract = contract_of(request, on=today)
    figures = figures_of(
        request,
        wanted,
        found,
        options=options,
        wishes=wishes,
        applications=sum(1 for need in needs if not need.held and need.lead_days),
        is_controlled=answer.is_controlled,
        is_rush=is_rush(request, contract, on=today),
    )
    return Look(
        findings=(*answer.findings, *survey, *wishes.findings, *_too_late(request, earliest)),
        needs=needs,
        survey=_plain(found) | wishes.as_survey(),
        outlook=outlook(request, zone, at=at),
        price=_range(request, contract, figures, today),
        figures=figures,
        earliest_on=earliest,
        **_counts(found),
    )


def request_hash(request: ServiceRequest) -> str:
    """What of a request an assessment rests on, as a SHA-256."""
    content = {
        "area": request.area.hexewkb.decode(),
        "service_type": str(request.service_type),
        "specifications": request.specifications,
        "window": [str(request.wanted_from), str(request.wanted_until), request.timezone],
        "night": request.is_at_night,
        "height": request.max_height_agl_m,
        "currency": request.currency,
        "contract": request.contract_id,
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def is_rush(request: ServiceRequest, contract: Contract, *, on: date) -> bool:
    """Whether work is wanted in fewer days from a day than its contract asks for."""
    return (request.wanted_until - on).days <= contract.rush_days


def flown_by(aircraft: RPASAircraft | None) -> Aircraft:
    """How an aircraft flies surveys; a usual multirotor where its endurance is not recorded."""
    if aircraft is None or aircraft.endurance is None:
        return MULTIROTOR
    cruise = min(MULTIROTOR.cruise_ms, aircraft.max_speed_ms or MULTIROTOR.cruise_ms)
    return Aircraft(endurance_min=aircraft.endurance.total_seconds() / 60, cruise_ms=cruise)


def figures_of(
    request: ServiceRequest,
    wanted: Specification,
    found: Estimate | None,
    *,
    options: Options,
    wishes: Wishes,
    applications: int,
    is_controlled: bool,
    is_rush: bool,
) -> Figures:
    """The quantities that are priced."""
    visits = found.visits if found else 1
    minutes = found.flight_min if found else 0.0
    on_site = minutes + SET_UP_MIN * (found.operations if found else 0) + wishes.ground_min
    products = len(wanted.products) if isinstance(wanted, MappingSpecification) else 1
    return Figures(
        flight_hours=exact(minutes / 60),
        area_ha=exact(request.area_m2 * visits / M2_PER_HA),
        field_days=exact(max(visits, math.ceil(on_site / FIELD_DAY_MIN))),
        travel_km=exact(options.travel_km),
        products=exact(products * visits),
        processing_hours=exact(options.processing_hours),
        applications=exact(applications),
        control_points=exact(wishes.control_points),
        drives=exact(wishes.drives),
        is_controlled_airspace=is_controlled,
        is_at_night=request.is_at_night,
        is_rush=is_rush,
        has_weather_contingency=options.has_weather_contingency,
    )


def outlook(request: ServiceRequest, zone: ZoneInfo, *, at: datetime) -> dict[str, Any]:
    """Daylight on the first and last day wanted, and the weather as far as anybody forecasts."""
    middle = request.area.centroid
    last = request.wanted_until - timedelta(days=1)
    days = sorted({request.wanted_from, last})
    light = [_light(day, middle.y, middle.x, zone) for day in days]
    return {"daylight": light, "weather": _weather(request, middle.y, middle.x, zone, at)}


def _light(day: date, lat: float, lon: float, zone: ZoneInfo) -> dict[str, Any]:
    found = day_of_light(lat=lat, lon=lon, day=day, zone=zone)
    rise, fall = found["sunrise_at"], found["sunset_at"]
    hours = (
        round((fall - rise).total_seconds() / 3600, 2) if rise and fall and fall > rise else None
    )
    return {
        "day": day.isoformat(),
        "sunrise_at": rise.isoformat() if rise else None,
        "sunset_at": fall.isoformat() if fall else None,
        "hours": hours,
        "polar": found["polar"],
    }


def _weather(
    request: ServiceRequest, lat: float, lon: float, zone: ZoneInfo, at: datetime
) -> dict[str, Any]:
    """What is forecast and reported for the first hours wanted in which it can be flown."""
    hours = _flying_hours(request, lat, lon, zone, at)
    if hours is None:
        return {"is_forecast": False, "why": "No hour of the days wanted is left to fly in."}
    start, end = hours
    told = {"starts_at": start.isoformat(), "ends_at": end.isoformat()}
    if start - at > FORECAST:
        why = "No aerodrome forecast reaches that far ahead."
        return {"is_forecast": False, "why": why, **told}
    facts = conditions_for([Place(lat, lon, start, end)], now=at)[0]
    forecast, seen = facts.forecast, facts.observation
    if forecast is None and seen is None:
        return {"is_forecast": False, "why": "No station within 50 km has reported.", **told}
    return {
        "is_forecast": forecast is not None,
        "forecast": forecast.raw if forecast else "",
        "covers_hours": forecast is not None and forecast.covers_window,
        "observation": seen.raw if seen else "",
        "station": forecast.station if forecast else seen.station if seen else "",
        **told,
    }


def _flying_hours(
    request: ServiceRequest, lat: float, lon: float, zone: ZoneInfo, at: datetime
) -> tuple[datetime, datetime] | None:
    """
    The first hours from now on, on a day wanted, of light, or of darkness for work at night.

    Where the sun does not rise or set the day is taken whole. None where the days are over.
    """
    first = max(request.wanted_from, at.astimezone(zone).date())
    # The night that began the evening before is work of this day too.
    for number in range(-1 if request.is_at_night else 0, 2):
        day = first + timedelta(days=number)
        if not request.wanted_from <= day < request.wanted_until:
            continue
        start, end = _light_or_dark(day, lat, lon, zone, is_at_night=request.is_at_night)
        if end > at:
            return max(at, start), end
    return None


def _light_or_dark(
    day: date, lat: float, lon: float, zone: ZoneInfo, *, is_at_night: bool
) -> tuple[datetime, datetime]:
    midnight, next_midnight = day_bounds(day, zone)
    today = day_of_light(lat=lat, lon=lon, day=day, zone=zone)
    if not is_at_night:
        return today["sunrise_at"] or midnight, today["sunset_at"] or next_midnight
    after = day_of_light(lat=lat, lon=lon, day=day + timedelta(days=1), zone=zone)
    return today["sunset_at"] or midnight, after["sunrise_at"] or next_midnight


def _place(request: ServiceRequest, zone: ZoneInfo) -> Answer:
    start = day_bounds(request.wanted_from, zone)[0]
    end = day_bounds(request.wanted_until, zone)[0]
    band = HeightBand(floor_agl_m=0.0, ceiling_agl_m=request.max_height_agl_m)
    return authorities(
        aerodromes=near([AreaWindow(request.area, start, end)])[0],
        airspace=intersecting([Volume(request.area, band, start, end)])[0],
        height_m=request.max_height_agl_m,
        is_at_night=request.is_at_night,
    )


def _with_held(
    needs: Sequence[Need], request: ServiceRequest, operator: RPASOperator | None
) -> tuple[Need, ...]:
    """Mark what the operator holds for the whole time: what is for no place in particular."""
    general = (AuthorizationKind.NIGHT, AuthorizationKind.HEIGHT)
    if operator is None or not any(need.kind in general for need in needs):
        return tuple(needs)
    zone = ZoneInfo(request.timezone)
    held = dict(
        OperationalAuthorization.objects.granted()
        .filter(
            Q(max_height_agl_m=None) | Q(max_height_agl_m__gte=request.max_height_agl_m),
            operator=operator,
            aircraft=None,
            area=None,
            kind__in=general,
            valid_from__lte=day_bounds(request.wanted_from, zone)[0],
            valid_until__gte=day_bounds(request.wanted_until, zone)[0],
        )
        .values_list("kind", "number")
    )
    return tuple(msgspec.structs.replace(need, held=held.get(need.kind, "")) for need in needs)


def _survey(
    request: ServiceRequest,
    wanted: Specification,
    options: Options,
    aircraft: RPASAircraft | None,
) -> tuple[Estimate | None, list[Found]]:
    try:
        found = estimate(
            shapely.from_wkb(bytes(request.area.wkb)),
            wanted,
            max_height_m=request.max_height_agl_m,
            aircraft=flown_by(aircraft),
            sight_m=options.sight_m,
            batteries_each=options.batteries_each,
        )
    except (CannotBeFlown, TooManyOperations) as fault:
        text = f"It cannot be cut into operations: {fault}."
        red = Found(color="red", code="cannot_be_planned", text=text, citation="Operations manual")
        return None, [red]
    how, asked = found.how, getattr(wanted, "gsd_cm", None)
    if how is not None and how.gsd_cm is not None and asked and how.gsd_cm < asked - 0.005:
        text = f"Flown at {how.height_m:.0f} m, so at {how.gsd_cm:.2f} cm instead of {asked} cm."
        return found, [Found(color="note", code="finer", text=text, citation="CASR 101.085")]
    return found, []


def _too_late(request: ServiceRequest, earliest: date) -> list[Found]:
    if earliest < request.wanted_until:
        return []
    text = f"The permits take until {earliest}; the work is wanted before {request.wanted_until}."
    return [Found(color="amber", code="permits_late", text=text, citation="CASA lead times")]


def _counts(found: Estimate | None) -> dict[str, Any]:
    names = ("flight_min", "batteries", "operations")
    return {name: getattr(found, name) if found else 0 for name in names}


def _plain(found: Estimate | None) -> dict[str, Any]:
    if found is None:
        return {}
    return {
        "visits": found.visits,
        "height_m": round(found.height_m, 1),
        "heading_deg": round(found.heading_deg, 1),
        "flight_lines": found.lines,
        "how": msgspec.to_builtins(found.how) if found.how else None,
        "operations": [
            {
                "area_m2": round(part.area_m2, 1),
                "flight_lines": part.lines,
                "flight_min": round(part.flight_min, 1),
                "batteries": part.batteries,
            }
            for part in found.parts
        ],
    }


def _range(
    request: ServiceRequest, contract: Contract, figures: Figures, today: date
) -> dict[str, Any]:
    """From a good day to a bad one, before tax; the bad one with everything that may come on."""
    book = price_book(contract, request, on=today)
    replace = msgspec.structs.replace
    low = replace(
        figures, flight_hours=exact(figures.flight_hours * LOW), has_weather_contingency=False
    )
    high = replace(figures, flight_hours=exact(figures.flight_hours * HIGH))
    try:
        middle, least, most = (price(each, book) for each in (figures, low, high))
    except PriceMissing as fault:
        return {"contract": contract.number, "missing": str(fault)}
    return {
        "contract": contract.number,
        "currency": book.currency,
        "low": str(least.subtotal),
        "expected": str(middle.subtotal),
        "high": str(most.subtotal),
        "unpriced": list(middle.unpriced),
    }
