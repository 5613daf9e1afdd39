"""Pricing a request, for the first time or again: tried first, so that the price is seen before."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from aircraft.models import Aircraft
from airports.routes import FULL_CIRCLE_DEG, Wind
from common.compliance.findings import Color, gist
from common.desk.fields import MOST as MOST_LIKELY
from common.desk.fields import NamedField
from common.desk.standing import Fact, Problem, problem_of, worst_first
from common.desk.steps import Said, Seen, Step, Trial
from common.desk.wording import span
from common.exceptions import ChangedSinceShown
from documents.wording import money
from finance.models import RateCard
from operations.desk.quote_steps import versions_of
from operations.itinerary import Itinerary
from operations.models import Quote, QuoteStatus, QuoteVersion
from operations.pricing.storage import itinerary_of
from operations.queries.itineraries import STRONGEST_KT
from operations.services import repricing
from operations.services.prices import VALID_FOR

MOST = 20
MOST_HOURS = 24 * 60
_WIND = re.compile(r"([0-9]{1,3})\s*/\s*([0-9]{1,3})", re.ASCII)


class WindField(forms.CharField):
    """A wind as crews write it: `270/60` is 60 kt from the west."""

    def __init__(self, **more: Any) -> None:
        super().__init__(max_length=16, required=False, **more)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        found = _WIND.fullmatch(text)
        direction, speed = map(int, found.groups()) if found else (-1, -1)
        if not (0 <= direction <= FULL_CIRCLE_DEG and 0 <= speed <= STRONGEST_KT):
            raise ValidationError("Degrees true and knots, such as 270/60.")
        return Wind(float(direction), float(speed))


def wind_words(plan: Itinerary, *, is_on_record: bool = True) -> str:
    """What a plan was flown in on paper: `270/60 kt`, or by journey, or still air."""
    if not is_on_record:
        return "not on record"
    said = [f"{each.direction_deg:03.0f}/{each.speed_kt:.0f} kt" for each in plan.winds]
    asked = {leg.requested_leg for leg in plan.legs if leg.requested_leg is not None}
    if not said:
        return "still air, no wind was given"
    if len(set(said)) == 1 and len(said) == len(asked):
        return said[0]
    return ", ".join(
        f"{words} on journey {each.leg}" for words, each in zip(said, plan.winds, strict=True)
    )


def planned_in(version: QuoteVersion) -> str:
    """The wind of an offer, where its plan says one: those of old do not."""
    plan = itinerary_of(version.itinerary)
    return wind_words(plan, is_on_record=repricing.says_wind(version))


def plan_facts(plan: Itinerary) -> tuple[Fact, ...]:
    """What a plan was made on without knowing it, such as the wind or the way by road."""
    words = dict.fromkeys(each.message for each in plan.findings)
    return tuple(
        Fact(label="Of the plan", value=message, color=Color.AMBER)
        for message in list(words)[:MOST]
    )


def _newest(quote: Quote) -> QuoteVersion | None:
    """The newest offer with its plan; those for the list are read without."""
    if not versions_of(quote):
        return None
    known = quote.__dict__["_desk"]
    if "newest" not in known:
        rows = quote.versions.select_related("aircraft", "rate_card")
        known["newest"] = rows.order_by("-sequence").first()
    newest: QuoteVersion | None = known["newest"]
    return newest


def _can_price(quote: Quote, at: datetime) -> str | None:
    able = QuoteStatus.PRICED in (quote.status, *quote.TRANSITIONS.get(quote.status, ()))
    return "" if able else None


def _mark(quote: Quote, newest: QuoteVersion | None) -> str:
    asked = quote.request_changed_at
    last = f"{newest.pk}-{newest.content_hash}" if newest else "none"
    return f"{last}-{asked.isoformat() if asked else ''}"


def _shown(quote: Quote, at: datetime) -> Seen:
    newest = _newest(quote)
    if newest is None:
        return Seen(mark=_mark(quote, None), name="Nothing is priced yet.")
    out = quote.status in (QuoteStatus.SENT, QuoteStatus.VIEWED)
    facts = (
        Fact(label="Total", value=money(newest.total, newest.currency), detail="with tax"),
        Fact(label="Aircraft", value=str(newest.aircraft)),
        Fact(label="Planned in", value=planned_in(newest)),
        *([Fact(label="With the customer", value="no longer stands once it is priced again",
                color=Color.AMBER)] if out else []),
    )  # fmt: skip
    return Seen(mark=_mark(quote, newest), name=f"Version {newest.sequence}", facts=facts)


def _aircraft(user: Any, newest: QuoteVersion | None) -> NamedField:
    fleet = Aircraft.objects.visible_to(user)
    tails = fleet.select_related("aircraft_type").order_by("tail_number")[:MOST_LIKELY]
    return NamedField(
        lambda text: fleet.filter(tail_number=text.upper()),
        what="aircraft",
        likely=[(row.tail_number, str(row.aircraft_type)) for row in tails],
        label="Aircraft",
        initial=newest.aircraft.tail_number if newest else "",
    )


def _card(user: Any, quote: Quote, newest: QuoteVersion | None) -> NamedField:
    cards = RateCard.objects.visible_to(user)
    usable = cards.filter(is_active=True, currency=quote.currency).order_by("code")[:MOST_LIKELY]
    return NamedField(
        lambda text: cards.filter(code=text),
        what="rate card",
        likely=[(row.code, row.name) for row in usable],
        label="Rate card",
        initial=newest.rate_card.code if newest else "",
    )


def _asked(quote: Quote, user: Any, at: datetime) -> Mapping[str, forms.Field]:
    newest = _newest(quote)
    before = itinerary_of(newest.itinerary) if newest else None
    is_known = newest is not None and repricing.says_wind(newest)
    was = f"as version {newest.sequence} was" if newest and is_known else "in still air"
    rides = before is not None and before.team_rides
    area = forms.Textarea(attrs={"rows": 2})
    terms = newest.terms if newest else ""
    return {
        "aircraft": _aircraft(user, newest),
        "card": _card(user, quote, newest),
        "wind": WindField(
            label="Wind aloft, degrees true and knots",
            help_text=f"Such as 270/60. Left empty, it is planned {was}; 0/0 is still air.",
        ),
        "team_rides": forms.BooleanField(
            label="The team rides along to the bedside and back", required=False, initial=rides
        ),
        "valid_hours": forms.IntegerField(
            label="Valid for, in hours",
            min_value=1,
            max_value=MOST_HOURS,
            initial=int(VALID_FOR.total_seconds()) // 3600,
        ),
        "terms": forms.CharField(
            label="Terms", max_length=10_000, required=False, initial=terms, widget=area
        ),
    }


def _given(quote: Quote, said: Said) -> dict[str, Any]:
    """What the service takes; refused where another version was made since the page was."""
    newest = quote.versions.select_related("aircraft").order_by("-sequence").first()
    if _mark(quote, newest) != said.seen:
        raise ChangedSinceShown
    given = dict(said.fields)
    hours = given.pop("valid_hours")
    return {**given, "valid_for": timedelta(hours=hours), "before": newest}


def _try(quote: Quote, said: Said, *, actor: Any, at: datetime) -> Trial:
    given = _given(quote, said)
    before = given["before"]
    found = repricing.preview_price(quote, **given, actor=actor, at=at)
    was = f"was {money(before.total, before.currency)}" if before else ""
    flights = tuple(
        Fact(
            label=f"{leg.sequence}. {leg.origin.ident} to {leg.destination.ident}",
            value=f"{span(timedelta(minutes=leg.block_min))} from blocks to blocks",
            detail=leg.kind,
        )
        for leg in found.plan.legs[:MOST]
    )
    problems = [problem_of(each) for each in found.findings]
    problems += [Problem(color=Color.AMBER, message=words) for words in found.left_out]
    sure = (
        Fact(label="Total", value=money(found.total, found.currency), detail=was),
        Fact(label="Planned in", value=wind_words(found.plan)),
        *flights,
        *(Fact(label="Taken over", value=words) for words in found.kept),
    )
    of_plan = plan_facts(found.plan)
    # A flight asked for at once leaves later with each minute: its figures are no other price.
    loose = {gist(each.value) for each in of_plan}
    loose |= {f"{each.color} {gist(each.message)}" for each in problems}
    return Trial(
        facts=(*sure, *of_plan),
        problems=worst_first(problems)[:MOST],
        heading="What the rules say to it",
        nothing="Every rule that was asked is green.",
        same=(*(f"{each.label} {each.value}" for each in sure), *sorted(loose)),
    )


def _price(quote: Quote, said: Said, *, actor: Any, at: datetime) -> repricing.Repriced:
    return repricing.price_again(quote, **_given(quote, said), actor=actor, at=at)


def _told(done: repricing.Repriced) -> str:
    version = done.version
    total = money(version.total, version.currency)
    return f"version {version.sequence} priced at {total} with {version.aircraft}"


PRICE = Step(
    key="price",
    label="Price the request",
    permission="operations.price_quote",
    perform=_price,
    done="priced",
    tells=_told,
    explained="Plans the request anew and prices it by today's prices as the next version.",
    when=_can_price,
    is_final=True,
    offers=_asked,
    seen=_shown,
    tries=_try,
)
