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
    left_out: Sequence[str]


@dataclass(frozen=True)
class PricePreview:
    """What a price would be: nothing of it is saved."""

    total: Decimal
    currency: str
    plan: Itinerary
    left_out: Sequence[str]
    findings: Sequence[Finding]


class _Undo(Exception):
    """Takes a tried price back."""


def winds_of(version: QuoteVersion | None) -> dict[int, Wind]:
    """The winds that an offer was planned with, by the leg asked for."""
    if version is None:
        return {}
    plan = itinerary_of(version.itinerary)
    return {each.leg: Wind(each.direction_deg, each.speed_kt) for each in plan.winds}


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
    taken over: cargo, established line, permits, rural airports, and where the flights are the
    same ones the evidence of acute care and the proposed crew too; `left_out` says what is not.
    Raises StaleVersion where another version was made since, and what `plan_of` and
    `price_version` raise.
    """
    winds = winds_of(before) if wind is None else None
    plan = plan_of(quote, aircraft, wind=wind, winds=winds, team_rides=team_rides, now=at)
    kept, left_out = _kept(before, plan)
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
    return Repriced(version, plan, left_out)


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
            found.append(
                PricePreview(version.total, version.currency, done.plan, done.left_out, wrong)
            )
            raise _Undo
    except _Undo:
        return found[0]


def _kept(before: QuoteVersion | None, plan: Itinerary) -> tuple[dict[str, Any], list[str]]:
    """What an offer rested on that still holds for another plan, and what does not."""
    if before is None:
        return {}, []
    facts = inputs_of(before.price_inputs).facts
    kept = {
        "is_cargo": facts.is_cargo,
        "is_established_line": facts.is_established_line,
        "permits": facts.permits,
        "rural_airports": list(Airport.objects.filter(pk__in=facts.rural_airports)),
    }
    old = itinerary_of(before.itinerary)
    if _ways(old) == _ways(plan):
        return {**kept, "evidence": facts.evidence, "proposed_crew": before.proposed_crew}, []
    return kept, _unfit(facts, before.proposed_crew)


def _unfit(facts: PriceFacts, crew: Sequence[Mapping[str, Any]]) -> list[str]:
    words = []
    if facts.evidence:
        words.append("The evidence of acute care is of other flights: no tax is exempt by it.")
    if crew:
        words.append("The crew proposed is of other flights: nobody is proposed.")
    return words


def _ways(plan: Itinerary) -> list[tuple[int, int, str]]:
    """Which flights a plan has: evidence and crew name them by their number."""
    return [(leg.origin.airport_id, leg.destination.airport_id, leg.kind) for leg in plan.legs]
