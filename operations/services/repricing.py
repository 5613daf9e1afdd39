"""Pricing a request as it was priced before: planned anew, at the prices of today."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from aircraft.models import Aircraft
from airports.models import Airport
from airports.routes import Wind
from common.compliance.findings import Color, Finding
from common.compliance.service import findings_of
from common.exceptions import StaleVersion
from finance.models import RateCard
from operations.itinerary import Itinerary
from operations.models import Quote, QuoteVersion
from operations.pricing.facts import PriceFacts
from operations.pricing.storage import inputs_of, itinerary_of
from operations.queries.price_book import price_facts
from operations.queries.quote_options import plan_of
from operations.services.prices import VALID_FOR, price_version


@dataclass(frozen=True)
class Repriced:
    """A version made anew, its plan, and what of the one before does not fit that plan."""

    version: QuoteVersion
    plan: Itinerary
    kept: Sequence[str]
    left_out: Sequence[str]


@dataclass(frozen=True)
class PricePreview:
    """What a price would be: nothing of it is saved."""

    total: Decimal
    currency: str
    plan: Itinerary
    kept: Sequence[str]
    left_out: Sequence[str]
    findings: Sequence[Finding]


ONE_DAY = timedelta(days=1)


class _Undo(Exception):
    """Takes a tried price back."""


def winds_of(version: QuoteVersion | None) -> dict[int, Wind]:
    """The winds that an offer was planned with, by the leg asked for."""
    if version is None:
        return {}
    plan = itinerary_of(version.itinerary)
    return {each.leg: Wind(each.direction_deg, each.speed_kt) for each in plan.winds}


def says_wind(version: QuoteVersion) -> bool:
    """Whether the plan of an offer says what wind it was made with; those of old do not."""
    return "winds" in version.itinerary


@transaction.atomic
def price_again(
    quote: Quote,
    *,
    before: QuoteVersion | None,
    aircraft: Aircraft,
    card: RateCard,
    wind: Wind | None = None,
    team_rides: bool = False,
    valid_for: timedelta = VALID_FOR,
    terms: str = "",
    actor: Any,
    at: datetime,
) -> Repriced:
    """
    Price a request as its next version: planned anew, at the prices of today.

    Without a `wind` it is planned with those of the version `before`. What that one rested on is
    taken over as far as it holds, see `_kept`; amounts changed by hand never are.
    Raises StaleVersion where another version was made since, and what `plan_of` and
    `price_version` raise.
    """
    winds = winds_of(before) if wind is None else None
    plan = plan_of(quote, aircraft, wind=wind, winds=winds, team_rides=team_rides, now=at)
    kept, told, left_out = _kept(before, plan)
    crew = kept.pop("proposed_crew", ())
    facts = price_facts(plan, aircraft, **kept)
    given: dict[str, Any] = {
        "facts": facts,
        "proposed_crew": crew,
        "valid_for": valid_for,
        "terms": terms,
    }
    version = price_version(
        quote, itinerary=plan, aircraft=aircraft, card=card, **given, actor=actor, at=at
    )
    yours = before.sequence if before else 0
    if version.sequence != yours + 1:
        raise StaleVersion(yours=yours, current=version.sequence - 1)
    return Repriced(version, plan, told, left_out)


def preview_price(quote: Quote, **given: Any) -> PricePreview:
    """Try a price, look at it, and take it back: nothing is saved. Raises as `price_again`."""
    found: list[PricePreview] = []
    try:
        with transaction.atomic():
            done = price_again(quote, **given)
            verdict = done.version.verdict
            findings = findings_of(verdict) if verdict is not None else ()
            wrong = [each for each in findings if each.color != Color.GREEN]
            version = done.version
            said = (done.plan, done.kept, done.left_out, wrong)
            found.append(PricePreview(version.total, version.currency, *said))
            raise _Undo
    except _Undo:
        return found[0]


def _kept(
    before: QuoteVersion | None, plan: Itinerary
) -> tuple[dict[str, Any], list[str], list[str]]:
    """
    What of an offer still holds for another plan; what of it to say, and what does not hold.

    Cargo, established line and rural airports do; for the same flights the number of permits and
    the proposed crew; with the same aircraft within a day the evidence of acute care too.
    """
    if before is None:
        return {}, [], []
    facts = inputs_of(before.price_inputs).facts
    kept: dict[str, Any] = {
        "is_cargo": facts.is_cargo,
        "is_established_line": facts.is_established_line,
        "rural_airports": list(Airport.objects.filter(pk__in=facts.rural_airports)),
    }
    told, left_out = [], _by_hand(before)
    old = itinerary_of(before.itinerary)
    if _ways(old) == _ways(plan):
        kept |= {"permits": facts.permits, "proposed_crew": before.proposed_crew}
    else:
        left_out += _unfit(facts, before.proposed_crew)
    if facts.evidence:
        if _ways(old) == _ways(plan) and _is_same_work(old, plan):
            kept["evidence"] = facts.evidence
            told.append(f"Evidence of acute care: {_named(facts)}.")
        else:
            left_out.append(
                "The evidence of acute care is of another aircraft, of other flights or of another"
                " day: no tax is exempt by it."
            )
    return kept, told, left_out


def _named(facts: PriceFacts) -> str:
    return ", ".join(
        f"{each.reference or 'no reference'}, leg {each.leg}" for each in facts.evidence
    )


def _by_hand(before: QuoteVersion) -> list[str]:
    rows = before.lines.filter(overridden_at__isnull=False).order_by("sequence")
    changed = [f"{line.sequence} ({line.description})" for line in rows]
    if not changed:
        return []
    return [f"Amounts changed by hand are not taken over: lines {', '.join(changed)}."]


def _unfit(facts: PriceFacts, crew: Sequence[Mapping[str, Any]]) -> list[str]:
    words = []
    if facts.permits is not None:
        words.append("The number of permits was of other flights: they are counted anew.")
    if crew:
        words.append("The crew proposed is of other flights: nobody is proposed.")
    return words


def _ways(plan: Itinerary) -> list[tuple[int, int, str]]:
    """Which flights a plan has: evidence and crew name them by their number."""
    return [(leg.origin.airport_id, leg.destination.airport_id, leg.kind) for leg in plan.legs]


def _is_same_work(old: Itinerary, new: Itinerary) -> bool:
    """Evidence is of one aircraft's equipment and of one flight (26 USC 4261(g))."""
    apart = (abs(a.out_at - b.out_at) for a, b in zip(old.legs, new.legs, strict=True))
    return old.aircraft_id == new.aircraft_id and all(each < ONE_DAY for each in apart)
