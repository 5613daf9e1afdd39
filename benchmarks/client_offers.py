"""Random requests through the services: handed in, assessed and quoted in the database."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from benchmarks import client_asks
from benchmarks.client_asks import LAT, LON, TAXES, Case, Facts, Price

PER_CLIENT = 10


def offered(dice: random.Random, count: int, at: datetime) -> Iterator[Case | None]:
    """So many requests, ten of each client; None where what was asked for cannot be flown."""
    from common.geo import point  # noqa: PLC0415 - needs Django
    from tests.airports.factories import AirportFactory  # noqa: PLC0415
    from tests.users.factories import UserFactory  # noqa: PLC0415

    actor = UserFactory()
    # Half of the areas are near enough to its tower.
    AirportFactory(point=point(lat=LAT, lon=LON + 0.1), is_controlled=True)
    for n in range(count):
        if n % PER_CLIENT == 0:
            organization, contract = _client(dice, actor, at)
        yield _offer(dice, organization, contract, actor, at)


def _client(dice: random.Random, actor: Any, at: datetime) -> tuple[Any, Any]:
    """A client with a tax of its own and a contract in one of the currencies."""
    from client_management.services import contracts, organizations  # noqa: PLC0415
    from finance.models import TaxRule  # noqa: PLC0415
    from tests.client_management import scene  # noqa: PLC0415

    currency = dice.choice(list(client_asks.CURRENCIES))
    organization = scene.client(actor, at, currency=currency)
    code = ""
    if dice.random() < 0.9:
        code = f"T{organization.pk}"
        TaxRule.objects.create(
            code=code, jurisdiction="AU", effective_from=scene.LONG_AGO, name="Tax",
            basis="percent", rate=Decimal(dice.choice(TAXES)), currency=currency, citation="-",
        )  # fmt: skip
    organizations.amend_organization(
        organization, changes={"tax_code": code}, version=None, actor=actor, at=at
    )
    contract = contracts.open_contract(
        organization=organization, title="Surveys", effective_from=scene.LONG_AGO,
        currency=currency, rush_days=dice.randrange(0, 14), actor=actor, at=at,
    )  # fmt: skip
    for row in client_asks.prices(dice, currency):
        contracts.add_rate(
            contract, kind=row.kind, unit=row.unit, amount=row.amount,
            minimum_quantity=row.least, effective_from=scene.LONG_AGO, actor=actor, at=at,
        )  # fmt: skip
    organization.refresh_from_db()
    return organization, contracts.activate_contract(contract, actor=actor, at=at)


def _offer(
    dice: random.Random, organization: Any, contract: Any, actor: Any, at: datetime
) -> Case | None:
    from django.contrib.gis.geos import GEOSGeometry  # noqa: PLC0415 - needs Django

    from client_management.services import assessments, quotes  # noqa: PLC0415
    from tests.client_management import scene  # noqa: PLC0415

    service, wanted = client_asks.specification(dice)
    given, less = client_asks.options(dice), client_asks.discount(dice)
    request = scene.request(
        organization, actor, at, service_type=service, specifications=wanted,
        area=GEOSGeometry(client_asks.area(dice).wkt, srid=4326),
        is_at_night=dice.random() < 0.3, currency=organization.currency,
        wanted_from=at.date() + timedelta(days=1),
        wanted_until=at.date() + timedelta(days=dice.randrange(2, 30)),
    )  # fmt: skip
    assessment = assessments.assess_request(request, options=given, actor=actor, at=at)
    if not assessment.is_feasible:
        return None
    request.refresh_from_db()
    quote = quotes.price_request(request, discount=less, actor=actor, at=at)
    return _case(quote, contract, given, less)


def _case(quote: Any, contract: Any, given: Any, less: Any) -> Case:
    """What the check needs, from the rows as they are stored."""
    from finance.models import TaxRule  # noqa: PLC0415 - needs Django

    quote.refresh_from_db()
    request, assessment = quote.request, quote.assessment
    for row in (request, assessment):
        row.refresh_from_db()
    wanted, needs = request.specifications, assessment.authorities
    rules = TaxRule.objects.filter(code=request.organization.tax_code or "none of these")
    return Case(
        facts=Facts(
            area_m2=request.area_m2,
            flight_min=assessment.flight_min,
            operations=assessment.operations,
            visits=wanted.get("visits", 1),
            products=len(wanted.get("products", "1")),
            travel_km=given.travel_km,
            processing_hours=given.processing_hours,
            applications=sum(1 for need in needs if need["lead_days"] and not need["held"]),
            control_points=assessment.survey.get("control", {}).get("points", 0),
            drives=client_asks.drives_of(wanted),
            is_controlled=any(need["kind"].startswith("controlled") for need in needs),
            is_at_night=request.is_at_night,
            days_left=(request.wanted_until - quote.priced_on).days,
            rush_days=contract.rush_days,
            has_weather_contingency=given.has_weather_contingency,
        ),
        prices=[
            Price(kind=row.kind, unit=row.unit, amount=row.amount, least=row.minimum_quantity)
            for row in contract.rates.all()
        ],
        taxes=[Decimal(rule.rate) for rule in rules],
        discount=less.percent if less else Decimal(0),
        digits=client_asks.CURRENCIES[quote.currency],
        subtotal=quote.subtotal,
        tax_total=quote.tax_total,
        lines=[line.amount for line in quote.lines.all()],
    )
