"""The page of a client: may we work for them, why not, what next."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from client_management.models import ClientOrganization, ClientStatus
from tests.browser import enter
from tests.client_management import scene
from tests.client_management.world_clients import client_rows
from tests.desk import MOST_STATEMENTS, facts, offered, page_address, press, said, standing_of
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
VERBS = ("view", "activate", "suspend", "close")
GRANTS = [f"client_management.{verb}_clientorganization" for verb in VERBS]
READS = [
    "finance.view_invoice",
    *(f"client_management.view_{name}" for name in ("contract", "messagethread", "joborder")),
]


@pytest.fixture
def organization():
    made: ClientOrganization = scene.client(UserFactory(), timezone.now())
    return made


@pytest.fixture
def screen():
    return signed_in(*GRANTS, *READS)


def signed_in(*permissions):
    person, client = UserFactory(), Client()
    grant(person, *permissions)
    enter(client, person)
    return client


def test_an_active_client_in_order_is_green(screen, organization):
    standing = standing_of(screen, organization)

    assert standing.headline == f"{organization.name}: active, nothing is amiss"
    assert standing.badge.word == "green"
    assert facts(standing, "Papers")["Onboarding"].value == "complete"


@pytest.mark.parametrize("withheld", READS[:3])
def test_what_the_reader_may_not_see_is_not_called_in_order(organization, withheld):
    reader = signed_in(*GRANTS, *(name for name in READS if name != withheld))

    standing = standing_of(reader, organization)

    assert standing.badge.word == "not judged"
    assert standing.headline.endswith("nothing is amiss in what you may see")
    assert "not shown to you" in standing.nothing


def test_somebody_who_is_not_taken_on_is_not_green(screen, organization):
    ClientOrganization.objects.filter(pk=organization.pk).update(status=ClientStatus.PROSPECT)

    standing = standing_of(screen, organization)

    assert standing.badge.word == "amber"
    assert "not taken on" in standing.problems[0].message


def test_the_contract_is_the_one_in_force_and_its_end_the_last_day(screen, organization):
    now = timezone.now()
    today = organization.local_day(now)
    ends = today + timedelta(days=10)
    made = scene.contract(UserFactory(), now, organization, effective_until=ends)
    scene.contract(UserFactory(), now, organization, effective_from=ends)

    standing = standing_of(screen, organization)

    last = ends - timedelta(days=1)
    assert facts(standing, "Papers")["Contract"].value.startswith(str(made))
    assert "in 9 days" in facts(standing, "Papers")["Contract"].value
    assert [each.message for each in standing.problems] == [
        f"Contract {made} ends {last.day} {last:%b %Y}, in 9 days."
    ]


def test_work_and_contract_are_shown_to_who_may_see_them(organization):
    made = scene.contract(UserFactory(), timezone.now(), organization)
    reader = signed_in("client_management.view_clientorganization")

    standing = standing_of(reader, organization)

    shown = {fact.label: fact.value for group in standing.groups for fact in group.facts}
    assert not {"Contract", "Open requests", "Quotes out", "Active jobs"} & set(shown)
    assert str(made) not in str(shown)


def test_an_insurance_that_ended_is_red(screen, organization):
    ClientOrganization.objects.filter(pk=organization.pk).update(
        insurance_required=1_000_000,
        insurance_amount=2_000_000,
        insurance_expires_on=timezone.now().date() - timedelta(days=3),
    )

    standing = standing_of(screen, organization)

    assert standing.color == "red"
    assert any("insurance" in problem.message for problem in standing.problems)
    assert facts(standing, "Papers")["Insurance"].color == "red"


def test_a_client_is_suspended_and_taken_on_again_by_button(screen, organization):
    assert press(screen, organization, "suspend", reason="").status_code == 400
    answer = press(screen, organization, "suspend", reason="Does not pay")

    assert said(answer) == [f"{organization}: suspended."]
    assert standing_of(screen, organization).color == "red"
    press(screen, organization, "activate")
    organization.refresh_from_db()
    assert organization.status == ClientStatus.ACTIVE


def test_a_step_that_is_refused_says_why_and_changes_nothing(screen, organization):
    press(screen, organization, "suspend", reason="Does not pay")
    organization.checks.all().delete()

    assert "the onboarding lacks" in offered(screen, organization)["activate"]
    answer = press(screen, organization, "activate")
    assert answer.status_code == 409
    assert answer.context["refusal"]
    organization.refresh_from_db()
    assert organization.status == ClientStatus.SUSPENDED


def test_the_same_form_twice_is_one_deed(screen, organization):
    press(screen, organization, "suspend", reason="Does not pay")
    again = press(screen, organization, "suspend", reason="Does not pay")

    assert said(again)[-1].endswith("sent twice and done once: suspended.")


def test_without_the_grants_there_is_no_button_no_deed_and_no_money(organization):
    reader = signed_in("client_management.view_clientorganization")

    assert offered(reader, organization) == {}
    assert press(reader, organization, "suspend", reason="No").status_code == 403
    titles = [group.title for group in standing_of(reader, organization).groups]
    assert not any(title.startswith("Money") for title in titles)
    organization.refresh_from_db()
    assert organization.status == ClientStatus.ACTIVE


def test_the_page_asks_little_of_the_database():
    client_rows()
    root = Client()
    enter(root, UserFactory(is_superuser=True))
    row = ClientOrganization.objects.get()
    root.get(page_address(row))

    with CaptureQueriesContext(connection) as asked:
        root.get(page_address(row))

    assert len(asked) <= MOST_STATEMENTS
