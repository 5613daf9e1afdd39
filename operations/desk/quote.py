"""A request with its offers, and one offer: how they stand, why, and what next."""

from datetime import datetime, timedelta

from common.compliance.findings import Color, Stage
from common.desk.history import last_steps
from common.desk.judgments import (
    counted,
    judged_at,
    judgment_of,
    problems_of,
    stale_of,
    verdict_page,
)
from common.desk.links import page_of
from common.desk.screen import Desk
from common.desk.standing import Fact, Group, Judgment, Problem, Standing, worst_first
from common.desk.wording import age, clock
from documents.desk import papers_of
from documents.wording import money
from operations.desk.override_step import overridden, override_step
from operations.desk.price_step import PRICE, plan_facts, planned_in
from operations.desk.quote_steps import STEPS, declines_seen, quote_zone, versions_of
from operations.models import Quote, QuoteStatus, QuoteVersion, Trip
from operations.pricing.storage import itinerary_of
from operations.queries.offers import state_of
from operations.services.assessment import OFFER
from users.models import User

MOST = 6
_NEAR = timedelta(hours=24)
_OVER = {
    QuoteStatus.DECLINED: "the customer said no",
    QuoteStatus.EXPIRED: "the offer ran out",
    QuoteStatus.WITHDRAWN: "taken back",
    QuoteStatus.SUPERSEDED: "asked for again as another request",
}
_OPEN = (
    QuoteStatus.REQUESTED,
    QuoteStatus.PRICED,
    QuoteStatus.SENT,
    QuoteStatus.VIEWED,
    QuoteStatus.ACCEPTED,
)
_HEADLINES = {
    QuoteStatus.REQUESTED: "Requested: to be priced",
    QuoteStatus.PRICED: "Priced: to be sent",
    QuoteStatus.SENT: "Sent: nobody has opened it yet",
    QuoteStatus.VIEWED: "Opened by the customer: an answer is waited for",
    QuoteStatus.ACCEPTED: "Accepted: to be booked",
    QuoteStatus.BOOKED: "Booked",
}


def quote_standing(quote: Quote, user: User, now: datetime) -> Standing:
    """How a request and its newest offer stand for a reader; 8 statements at most."""
    versions = versions_of(quote)
    zone = quote_zone(quote)
    newest = versions[0] if versions and _sees_offers(user) else None
    judgment = _judgment(newest, user, now)
    own = _problems(quote, newest, zone, now)
    return Standing(
        headline=_headline(quote, judgment),
        color=_color(quote, judgment, own),
        stale=stale_of(judgment, zone=zone, now=now) if quote.status not in _OVER else None,
        judged=judged_at(judgment, zone=zone, now=now) if newest else _none_offered(user),
        problems=worst_first((*own, *problems_of(judgment, lambda finding: page_of(newest, user)))),
        groups=(
            *_offers(quote, versions, user, now),
            Group(title="The request", facts=_request(quote, zone, user)),
            *_refusals(quote, user, now),
            papers_of(quote, user),
            Group(title="Last events", facts=tuple(last_steps(quote, zone=zone, now=now))),
        ),
        more=verdict_page(judgment, user),
    )


def _sees_offers(user: User) -> bool:
    return bool(user.has_perm("operations.view_quoteversion"))


def _none_offered(user: User) -> str:
    return "Nothing is offered yet." if _sees_offers(user) else "Offers are not shown to you."


def _judgment(version: QuoteVersion | None, user: User, now: datetime) -> Judgment:
    if version is None:
        return Judgment(color=None)
    return judgment_of(OFFER, version.pk, user, now=now)


def _headline(quote: Quote, judgment: Judgment) -> str:
    status = QuoteStatus(quote.status)
    if status in _OVER:
        return f"{status.label}: {_OVER[status]}"
    said = "nobody has judged it" if judgment.color is None else counted(judgment)
    if status == QuoteStatus.REQUESTED and judgment.color is None:
        return _HEADLINES[status]
    return f"{_HEADLINES[status]}; {said}"


def _color(quote: Quote, judgment: Judgment, own: tuple[Problem, ...]) -> Color | None:
    if quote.status in _OVER:
        return None
    if any(each.color == Color.RED for each in own):
        return Color.RED
    if own and judgment.color == Color.GREEN:
        return Color.AMBER
    return judgment.color


def _problems(
    quote: Quote, newest: QuoteVersion | None, zone: str, now: datetime
) -> tuple[Problem, ...]:
    """What the desk itself can tell: an offer that ran out or soon will, one to be made anew."""
    if newest is None or quote.status in (*_OVER, QuoteStatus.ACCEPTED, QuoteStatus.BOOKED):
        return ()
    until = f"{clock(newest.valid_until, zone)}, {age(newest.valid_until, now)}"
    found = []
    if newest.valid_until <= now:
        message = f"The offer ran out {until}."
        remedy = "Price the request again, or close the offer."
        found.append(Problem(color=Color.RED, message=message, remedy=remedy))
    elif newest.valid_until - now < _NEAR:
        message = f"The offer runs out {until}."
        found.append(Problem(color=Color.AMBER, message=message, remedy="Ask the customer."))
    changed = quote.request_changed_at
    if changed is not None and newest.priced_at <= changed and newest.sent_at is None:
        message = "The request was changed after the offer was priced."
        found.append(Problem(color=Color.RED, message=message, remedy="Price it again."))
    return tuple(found)


def _offers(quote: Quote, versions: list[QuoteVersion], user: User, now: datetime) -> list[Group]:
    if not _sees_offers(user):
        return []
    return [Group(title="Offers", facts=_versions(quote, versions, user, now), is_wide=True)]


def _versions(
    quote: Quote, versions: list[QuoteVersion], user: User, now: datetime
) -> tuple[Fact, ...]:
    if not versions:
        return (Fact(label="None", value="nothing is priced yet", color=Color.AMBER),)
    quote.newest_sequence = versions[0].sequence  # type: ignore[attr-defined]
    facts = [_offer(quote, each, user, now) for each in versions[:MOST]]
    if len(versions) > MOST:
        facts.append(Fact(label="More", value="older versions, in the table below"))
    return tuple(facts)


def _offer(quote: Quote, version: QuoteVersion, user: User, now: datetime) -> Fact:
    zone = quote_zone(quote)
    state = "draft" if version.sent_at is None else state_of(version, quote, at=now)
    is_open = state in ("draft", "open")
    until = f"valid until {clock(version.valid_until, zone)}, {age(version.valid_until, now)}"
    seen = f"opened {age(version.viewed_at, now)}" if version.viewed_at else ""
    return Fact(
        label=f"Version {version.sequence}, {state}",
        value=f"{money(version.total, version.currency)} with {version.aircraft}; {until}",
        link=page_of(version, user),
        color=Color.GREEN if state == "accepted" else None,
        detail=", ".join(filter(None, [f"sent to {version.sent_to}" if version.sent_to else "",
                                       seen if is_open else ""])),
    )  # fmt: skip


def _request(quote: Quote, zone: str, user: User) -> tuple[Fact, ...]:
    is_shown = user.has_perm("operations.view_trip")
    trip = Trip.objects.visible_to(user).filter(quote=quote).first() if is_shown else None
    booked = Fact(label="Trip", value=str(trip), link=page_of(trip, user)) if trip else None
    return (
        Fact(label="Customer", value=str(quote.customer), link=page_of(quote.customer, user)),
        Fact(label="Asked for", value=clock(quote.requested_at, zone), detail=quote.title),
        *([booked] if booked else []),
    )


def _refusals(quote: Quote, user: User, now: datetime) -> list[Group]:
    """Who refused the flight before: whoever sends or accepts the offer must have seen them."""
    if quote.status in _OVER or not user.has_perm("operations.view_decline"):
        return []
    facts = [
        Fact(
            label=row.get_reason_display(),
            value=row.operator_name or row.get_by_display(),
            link=page_of(row, user),
            color=Color.AMBER,
            detail=age(row.declined_at, now),
        )
        for row in declines_seen(quote, now)[:MOST]
    ]
    return [Group(title="Refused before", facts=tuple(facts))] if facts else []


def offer_standing(version: QuoteVersion, user: User, now: datetime) -> Standing:
    """How one offer stands for a reader; 5 statements."""
    quote, zone = version.quote, quote_zone(version.quote)
    judgment = judgment_of(OFFER, version.pk, user, now=now)
    plan = itinerary_of(version.itinerary)
    quote.newest_sequence = getattr(version, "newest_sequence", None)  # type: ignore[attr-defined]
    state = "draft" if version.sent_at is None else state_of(version, quote, at=now)
    counts = state in ("draft", "open", "accepted")
    said = "nobody has judged it" if judgment.color is None else counted(judgment)
    return Standing(
        headline=f"Version {version.sequence} of {quote}: {state}; {said}",
        color=judgment.color if counts else None,
        stale=stale_of(judgment, zone=zone, now=now) if counts else None,
        judged=judged_at(judgment, zone=zone, now=now),
        problems=problems_of(judgment),
        groups=(
            *overridden(OFFER, version, now, user),
            Group(
                title="The offer",
                facts=(
                    _offer(quote, version, user, now),
                    Fact(label="Before tax", value=money(version.subtotal, version.currency)),
                    Fact(label="Tax", value=money(version.tax_total, version.currency)),
                    Fact(label="Aircraft", value=str(version.aircraft),
                         link=page_of(version.aircraft, user)),
                    Fact(label="Planned in", value=planned_in(version)),
                    Fact(label="Steps", value=f"on the page of {quote}",
                         link=page_of(quote, user)),
                ),
            ),
            Group(title="What the plan assumes", facts=plan_facts(plan)),
            papers_of(version, user),
        ),
        more=verdict_page(judgment, user),
    )  # fmt: skip


def _can_override(version: QuoteVersion, at: datetime) -> str | None:
    return "" if version.quote.status in _OPEN else None


QUOTE_DESK = Desk(standing=quote_standing, steps=(*STEPS[:3], PRICE, *STEPS[3:]))
OFFER_DESK = Desk(
    standing=offer_standing,
    steps=(override_step(OFFER, stage=Stage.PLANNING, when=_can_override),),
)
