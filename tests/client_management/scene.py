"""A client with its contract and what comes of a request, made by the services themselves."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.gis.geos import Polygon

from client_management.handlers import count_the_flight_for_its_job
from client_management.models import (
    ClientOrganization,
    Contract,
    JobOperation,
    JobOrder,
    RequestAssessment,
    ServiceQuote,
    ServiceRequest,
)
from client_management.services import (
    assessments,
    contracts,
    jobs,
    offers,
    organizations,
    planning,
    quotes,
)
from client_management.services import requests as service_requests
from client_management.services.planning import Team
from finance.models import TaxRule
from flight_operations.events import OperationLanded
from flight_operations.models import FlightOperation
from tests.contacts.factories import ContactFactory
from tests.flight_operations.factories import LAT, LON, box
from tests.rpas.factories import AircraftFactory, MemberFactory, OperatorFactory
from users.models import User

# The prices of the contract: by the hour and the hectare, with every surcharge.
RATES = (
    ("mobilisation", "each", "350.00"),
    ("travel", "km", "1.20"),
    ("flight", "hour", "420.00"),
    ("area", "hectare", "9.50"),
    ("processing", "each", "180.00"),
    ("authority", "each", "250.00"),
    ("minimum", "each", "900.00"),
    ("controlled", "percent", "15.00"),
    ("night", "percent", "25.00"),
    ("rush", "percent", "20.00"),
    ("weather", "percent", "5.00"),
)
LONG_AGO = date(2026, 1, 1)


def gst(at: datetime) -> None:
    """The tax of these clients: 10 percent since long ago."""
    if TaxRule.objects.in_force(at.date()).filter(code="GST").exists():
        return
    TaxRule.objects.create(
        code="GST",
        jurisdiction="AU",
        effective_from=LONG_AGO,
        name="Goods and services tax",
        basis="percent",
        rate=Decimal(10),
        currency="AUD",
        citation="A New Tax System (Goods and Services Tax) Act 1999",
    )


def client(actor: User, at: datetime, *, is_active: bool = True, **values: Any) -> Any:
    """A client that was onboarded and is active, with GST on its bills."""
    gst(at)
    organization = organizations.create_organization(
        contact=values.pop("contact", None) or ContactFactory(),
        tax_code="GST",
        **values,
        actor=actor,
        at=at,
    )
    if is_active:
        for kind in ("identity", "terms"):
            organizations.record_check(organization, kind=kind, actor=actor, at=at)
        organization = organizations.activate_organization(organization, actor=actor, at=at)
    return organization


def contract(
    actor: User, at: datetime, organization: ClientOrganization | None = None, **values: Any
) -> Contract:
    """A contract in force, with its prices; without an organization the standard terms."""
    rates = values.pop("rates", RATES)
    since = values.pop("effective_from", LONG_AGO)
    made = contracts.open_contract(
        organization=organization,
        title="Surveys",
        effective_from=since,
        **values,
        actor=actor,
        at=at,
    )
    for kind, unit, amount in rates:
        contracts.add_rate(
            made,
            kind=kind,
            unit=unit,
            amount=Decimal(amount),
            effective_from=since,
            actor=actor,
            at=at,
        )
    return contracts.activate_contract(made, actor=actor, at=at)


def asked(at: datetime, **values: Any) -> dict[str, Any]:
    """What a request asks for: a mapping of 16 hectares in the desert, next week."""
    return {
        "title": "Block survey",
        "service_type": "mapping",
        "specifications": {"gsd_cm": 2.5},
        "area": box(),
        "wanted_from": at.date() + timedelta(days=7),
        "wanted_until": at.date() + timedelta(days=14),
        "timezone": "Australia/Perth",
        **values,
    }


def request(
    organization: ClientOrganization,
    actor: User,
    at: datetime,
    *,
    is_submitted: bool = True,
    **values: Any,
) -> ServiceRequest:
    """A request of a client, handed in."""
    made = service_requests.create_request(organization, **asked(at, **values), actor=actor, at=at)
    if is_submitted:
        made = service_requests.submit_request(made, actor=actor, at=at)
    return ServiceRequest.objects.get(pk=made.pk)


def assessed(made: ServiceRequest, actor: User, at: datetime, **more: Any) -> RequestAssessment:
    """A request as the desk has looked at it."""
    found = assessments.assess_request(made, actor=actor, at=at, **more)
    found.refresh_from_db()
    return found


def sent(made: ServiceRequest, actor: User, at: datetime, **more: Any) -> ServiceQuote:
    """An offer for a request, with the client."""
    assessed(made, actor, at)
    made.refresh_from_db()
    quote = quotes.price_request(made, **more, actor=actor, at=at)
    return offers.send_quote(quote, actor=actor, at=at)


def job(
    organization: ClientOrganization,
    actor: User,
    at: datetime,
    *,
    is_confirmed: bool = True,
    **values: Any,
) -> JobOrder:
    """A job that came of an accepted offer."""
    quote = sent(request(organization, actor, at, **values), actor, at)
    made = offers.accept_quote(quote, content_hash=quote.content_hash, actor=actor, at=at)
    return jobs.confirm_job(made, actor=actor, at=at) if is_confirmed else made


def fleet(**operator: Any) -> Team:
    """An operator with a drone of 40 minutes and a pilot, as a team."""
    owner = OperatorFactory(key_staff=True, **operator)
    aircraft = AircraftFactory(operator=owner, endurance=timedelta(minutes=40))
    pilot = MemberFactory(operator=owner, pilot=True).user
    return Team(operator=owner, aircraft=aircraft, pilot=pilot)


def square(half_m: float = 200, *, east_m: float = 0.0) -> Polygon:
    """A square in the desert, moved to the east."""
    return box(LAT, LON + east_m / 101_000, half_m)


# 30 minutes on the lines: two batteries of 27.
FINE: dict[str, Any] = {"area": square(300), "specifications": {"gsd_cm": 2.0}}


def planned(
    job: JobOrder, team: Team, actor: User, at: datetime, **more: Any
) -> list[JobOperation]:
    """What is not planned yet of a job, a week ahead."""
    start = at + timedelta(days=7)
    return planning.plan_job_operations(job, team=team, start_at=start, **more, actor=actor, at=at)


def fly(link: JobOperation, start: datetime, minutes: float) -> None:
    """Say that an operation was flown; take-off and landing have tests of their own."""
    FlightOperation.objects.filter(pk=link.operation_id).update(
        status="landed", actual_start_at=start, actual_end_at=start + timedelta(minutes=minutes)
    )
    count_the_flight_for_its_job(OperationLanded(operation_id=link.operation_id))
