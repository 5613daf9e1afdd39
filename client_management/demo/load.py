"""The client of the drone job demo: contract, prices, portal. Facts about nobody real."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction

from client_management.demo import cast
from client_management.models import ClientOrganization
from client_management.services.accesses import grant_access
from client_management.services.contracts import activate_contract, add_rate, open_contract
from client_management.services.invitations import invite
from client_management.services.organizations import (
    activate_organization,
    create_organization,
    record_check,
)
from contacts.services.contacts import create_contact
from users.models import User
from users.services.demo_accounts import make_accounts
from users.services.seeding import seed_roles

CLIENT = "Ridge Quarries (demo)"
ZONE = "Australia/Sydney"
CURRENCY = "AUD"
# Somebody who has not come in yet; the mail is in the folder of mails.
INVITED = "surveyor@ridge.example"
BEFORE = timedelta(hours=28)

# Kind of price, its unit, Australian dollars or percent.
_RATES = (
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
TERMS = "Payment within 14 days. Weather may move the day of the flight without a charge."

Progress = Callable[[str], None]


@transaction.atomic
def load_client_demo(*, password: str, at: datetime, progress: Progress) -> bool:
    """
    Load the demo once; again, only the demo accounts' sign-in is put back.

    Returns whether anything but sign-ins was loaded. The taxes must have been seeded before.
    """
    progress("a client with its portal")
    seed_roles()
    people = make_accounts((*cast.PEOPLE, *cast.DESK), password, zone=ZONE, at=at)
    if ClientOrganization.objects.filter(name=CLIENT).exists():
        return False
    admin = people[cast.ADMIN.key]
    organization = _client(admin, at - BEFORE)
    progress("contract and prices")
    _contract(organization, admin, at - BEFORE)
    grant_access(
        organization, user=people[cast.CLIENT.key], level="owner", actor=admin, at=at - BEFORE
    )
    invite(
        organization,
        email=INVITED,
        full_name="Sam Okafor",
        level="requester",
        message="Here you see how the surveys of the pad get on.",
        actor=admin,
        at=at,
    )
    return True


def _client(admin: User, at: datetime) -> ClientOrganization:
    contact = create_contact(
        kind="organization",
        name=CLIENT,
        roles=["customer"],
        # Where the receipt goes.
        emails=[{"kind": "billing", "address": "accounts@ridge.example"}],
        actor=admin,
        at=at,
    )
    organization = create_organization(
        contact=contact,
        industry="mining",
        timezone=ZONE,
        currency=CURRENCY,
        tax_code="GST",
        payment_days=14,
        credit_limit=Decimal(250_000),
        actor=admin,
        at=at,
    )
    for kind, reference in (("identity", "Register of companies"), ("terms", "Signed terms")):
        record_check(organization, kind=kind, reference=reference, actor=admin, at=at)
    return activate_organization(organization, actor=admin, at=at)


def _contract(organization: ClientOrganization, admin: User, at: datetime) -> None:
    since = date(at.year, 1, 1)
    contract = open_contract(
        organization=organization,
        title="Surveys of the pad",
        currency=CURRENCY,
        effective_from=since,
        payment_days=14,
        terms=TERMS,
        actor=admin,
        at=at,
    )
    for kind, unit, amount in _RATES:
        add_rate(
            contract,
            kind=kind,
            unit=unit,
            amount=Decimal(amount),
            effective_from=since,
            actor=admin,
            at=at,
        )
    activate_contract(contract, actor=admin, at=at)
