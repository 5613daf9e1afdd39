"""What must be known of a client before work is taken on, and on which days it counts."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from client_management.exceptions import (
    EndsInThePast,
    NoContract,
    NotOnboarded,
    OrganizationNotActive,
)
from client_management.services import contracts, jobs, organizations
from client_management.services import requests as service_requests
from common.exceptions import InvalidInput
from tests.client_management import scene

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def checked(organization, actor, now, *kinds, **more):
    for kind in kinds:
        organizations.record_check(organization, kind=kind, **more, actor=actor, at=now)


def amended(organization, actor, now, **changes):
    return organizations.amend_organization(
        organization, changes=changes, version=None, actor=actor, at=now
    )


def missing(organization, actor, at):
    with pytest.raises(NotOnboarded) as refusal:
        organizations.activate_organization(organization, actor=actor, at=at)
    organization.refresh_from_db()
    return refusal.value.details["missing"], str(organization.status)


@pytest.mark.parametrize(
    ("kinds", "lacks"),
    [((), "identity, terms"), (("identity",), "terms"), (("terms", "credit"), "identity")],
)
def test_a_client_without_its_papers_stays_a_prospect(actor, now, kinds, lacks):
    organization = scene.client(actor, now, is_active=False)
    checked(organization, actor, now, *kinds)

    assert missing(organization, actor, now) == (lacks, "prospect")
    with pytest.raises(OrganizationNotActive):
        scene.request(organization, actor, now)


def test_a_check_stands_until_its_last_day_at_the_clients_place(actor, now):
    organization = scene.client(actor, now, is_active=False, timezone="Australia/Sydney")
    today = organization.local_day(now)
    assert today == now.date() + DAY
    checked(organization, actor, now, "terms")
    for void in (today, today - DAY):
        with pytest.raises(InvalidInput):
            checked(organization, actor, now, "identity", valid_until=void)
    checked(organization, actor, now, "identity", valid_until=today + DAY)

    assert organizations.missing_checks(organization, on=today) == []
    assert organizations.missing_checks(organization, on=today + DAY) == ["identity"]
    assert missing(organization, actor, now + DAY) == ("identity", "prospect")
    active = organizations.activate_organization(organization, actor=actor, at=now)
    assert active.status == "active"


@pytest.mark.parametrize(
    ("amount", "days", "lacks"),
    [
        (None, 10, ["insurance"]),
        ("999999.99", 10, ["insurance"]),
        ("1000000.00", None, ["insurance"]),
        ("1000000.00", -1, ["insurance"]),
        ("1000000.00", 0, []),
        ("1000000.01", 10, []),
    ],
)
def test_insurance_covers_what_is_asked_for_until_its_last_day(actor, now, amount, days, lacks):
    organization = scene.client(actor, now, is_active=False)
    today = organization.local_day(now)
    checked(organization, actor, now, "identity", "terms", "insurance")
    amended(
        organization, actor, now,
        insurance_required=Decimal(1_000_000),
        insurance_amount=amount and Decimal(amount),
        insurance_expires_on=None if days is None else today + timedelta(days=days),
    )  # fmt: skip
    organization.refresh_from_db()

    assert organizations.missing_checks(organization, on=today) == lacks


def test_a_policy_on_file_counts_only_when_somebody_looked_at_it(actor, now):
    organization = scene.client(actor, now, is_active=False)
    checked(organization, actor, now, "identity", "terms")
    amended(
        organization, actor, now, insurance_required=Decimal(5), insurance_amount=Decimal(5),
        insurance_expires_on=date(2027, 1, 1),
    )  # fmt: skip
    organization.refresh_from_db()

    assert missing(organization, actor, now) == ("insurance", "prospect")
    checked(organization, actor, now, "insurance")
    assert organizations.activate_organization(organization, actor=actor, at=now).status == "active"


def test_what_ran_out_stops_the_next_job_and_the_end_of_a_suspension(actor, now):
    organization = scene.client(actor, now)
    scene.contract(actor, now, organization)
    today = organization.local_day(now)
    checked(organization, actor, now, "terms", valid_until=today + 3 * DAY)
    drafts = [scene.job(organization, actor, now, is_confirmed=False) for _ in range(2)]
    assert jobs.confirm_job(drafts[0], actor=actor, at=now).status == "confirmed"

    with pytest.raises(NotOnboarded) as refusal:
        jobs.confirm_job(drafts[1], actor=actor, at=now + 3 * DAY)
    assert refusal.value.details["missing"] == "terms"
    drafts[1].refresh_from_db()
    assert drafts[1].status == "draft"
    organization.refresh_from_db()
    organizations.suspend_organization(organization, reason="Papers", actor=actor, at=now)
    assert missing(organization, actor, now + 3 * DAY) == ("terms", "suspended")

    checked(organization, actor, now + 3 * DAY, "terms")
    organizations.activate_organization(organization, actor=actor, at=now + 3 * DAY)
    assert jobs.confirm_job(drafts[1], actor=actor, at=now + 3 * DAY).status == "confirmed"


def test_a_suspended_client_hands_in_nothing_and_is_offered_nothing(client_org, actor, now):
    draft = scene.request(client_org, actor, now, is_submitted=False)
    asked = scene.request(client_org, actor, now)
    organizations.suspend_organization(client_org, reason="Unpaid", actor=actor, at=now)

    with pytest.raises(OrganizationNotActive):
        service_requests.submit_request(draft, actor=actor, at=now)
    with pytest.raises(OrganizationNotActive):
        scene.sent(asked, actor, now)
    draft.refresh_from_db()
    assert draft.status == "draft"


def test_a_contract_prices_from_its_first_day_until_the_day_before_its_end(actor, now):
    organization = scene.client(actor, now)
    today = (now + timedelta(hours=8)).date()
    contract = scene.contract(
        actor, now, organization, effective_from=today, effective_until=today + 2 * DAY
    )
    made = scene.request(organization, actor, now)

    for moment in (now, now + DAY):
        made.refresh_from_db()
        assert scene.assessed(made, actor, moment).price["contract"] == contract.number
    made.refresh_from_db()
    for moment in (now - DAY, now + 2 * DAY):
        with pytest.raises(NoContract):
            scene.assessed(made, actor, moment)


def test_a_contract_ends_on_a_day_to_come_and_never_before_it_began(client_org, actor, now):
    contract = client_org.contracts.get()
    for until, refusal in (
        (contract.effective_from, InvalidInput),
        (now.date() - DAY, EndsInThePast),
    ):
        with pytest.raises(refusal):
            contracts.end_contract(contract, until=until, reason="x", actor=actor, at=now)
    contract.refresh_from_db()
    assert (contract.status, contract.effective_until) == ("active", None)

    until = now.date() + 5 * DAY
    contracts.end_contract(contract, until=until, reason="x", actor=actor, at=now)

    contract.refresh_from_db()
    assert (contract.status, contract.effective_until) == ("active", until)
