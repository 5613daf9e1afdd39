"""The page of a person: which papers are in force, and which end."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.browser import enter
from tests.conftest import NOW
from tests.desk import MOST_STATEMENTS, facts, offered, page_address, press, standing_of
from tests.users.factories import QualificationFactory, UserFactory, grant
from users.models import QualificationKind

pytestmark = pytest.mark.django_db
TODAY = NOW.date()


@pytest.fixture
def screen(db):
    with time_machine.travel(NOW, tick=False):
        yield signed_in("users.view_user", "users.view_qualification")


def signed_in(*permissions):
    person, client = UserFactory(), Client()
    grant(person, *permissions)
    enter(client, person)
    return client


def paper(person, days, kind=QualificationKind.MEDICAL):
    return QualificationFactory(user=person, kind=kind, expires_on=TODAY + timedelta(days=days))


def test_papers_in_force_are_green(screen):
    person = UserFactory()
    paper(person, 200)

    standing = standing_of(screen, person)

    assert standing.headline.endswith("papers in force")
    assert standing.badge.word == "green"
    assert facts(standing, "Papers")["Medical certificate"].color == "green"


def test_a_paper_that_ended_is_red_and_one_that_ends_is_amber(screen):
    person = UserFactory()
    paper(person, -1)
    paper(person, 30, QualificationKind.REPL)

    standing = standing_of(screen, person)

    assert [problem.color for problem in standing.problems] == ["red", "amber"]
    assert "1 day ago" in standing.problems[0].message
    assert standing.problems[0].remedy
    assert standing.badge.word == "red"


def test_a_paper_that_was_replaced_is_not_held_against_anybody(screen):
    person = UserFactory()
    paper(person, -1)
    paper(person, 200)

    assert standing_of(screen, person).problems == ()


def test_somebody_without_papers_is_not_green(screen):
    standing = standing_of(screen, UserFactory())

    assert standing.badge.word == "not judged"
    assert standing.headline.endswith("no papers on file")


def test_a_closed_account_is_not_green(screen):
    person = UserFactory(is_active=False)
    paper(person, 200)

    standing = standing_of(screen, person)

    assert standing.headline.endswith("the account is closed")
    assert standing.badge.word != "green"


def test_a_paper_that_begins_later_is_not_in_force(screen):
    person = UserFactory()
    QualificationFactory(user=person, issued_on=TODAY + timedelta(days=3))

    standing = standing_of(screen, person)

    assert standing.badge.word == "amber"
    assert not standing.headline.endswith("papers in force")


def test_papers_are_not_shown_without_the_grant(screen):
    person = UserFactory()
    kept = paper(person, -1)
    reader = signed_in("users.view_user")

    page = reader.get(page_address(person))

    assert kept.number == "" or kept.number not in page.content.decode()
    assert "Medical certificate" not in page.content.decode()
    assert page.context["desk"]["standing"].badge.word == "not judged"


def test_the_page_asks_little_of_the_database(screen):
    person, root = UserFactory(), Client()
    paper(person, 20)
    enter(root, UserFactory(is_superuser=True))
    root.get(page_address(person))

    with CaptureQueriesContext(connection) as asked:
        root.get(page_address(person))

    assert len(asked) <= MOST_STATEMENTS


def test_an_account_is_closed_and_opened_again_from_its_page(db):
    boss = signed_in("users.view_user", "users.deactivate_user")
    person = UserFactory()

    without_reason = press(boss, person, "deactivate")
    person.refresh_from_db()
    assert without_reason.status_code == 400
    assert person.is_active

    closed = press(boss, person, "deactivate", reason="Left the company")
    person.refresh_from_db()
    assert (closed.status_code, person.is_active) == (302, False)
    assert set(offered(boss, person)) == {"reactivate"}

    press(boss, person, "reactivate", reason="Came back")
    person.refresh_from_db()
    assert person.is_active


def test_without_the_grant_no_account_is_closed(db):
    reader, person = signed_in("users.view_user"), UserFactory()

    refused = press(reader, person, "deactivate", reason="Left the company")

    person.refresh_from_db()
    assert offered(reader, person) == {}
    assert refused.status_code in (403, 404)
    assert person.is_active
