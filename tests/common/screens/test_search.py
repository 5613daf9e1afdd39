"""One field that finds records of every kind."""

import pytest
from django.conf import settings
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.airports.factories import AirportFactory
from tests.browser import enter
from tests.contacts.factories import ContactFactory
from tests.operations.factories import PatientFactory
from tests.rpas.factories import AircraftFactory, MemberFactory
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
FIND = "/admin/search/"


def signed_in(user):
    client = Client()
    enter(client, user)
    return client


@pytest.fixture
def root():
    return signed_in(UserFactory(is_superuser=True))


def searched():
    screens = admin.site._registry.values()  # noqa: SLF001 - the list of what is there
    return [screen for screen in screens if getattr(screen, "found_by", None)]


def labels(answer):
    return {hit.label for group in answer.context["groups"] for hit in group.hits}


def test_an_exact_number_comes_first_and_enter_opens_it(root):
    wanted = AircraftFactory(registration="RPA-7")
    AircraftFactory(registration="RPA-77")

    answer = root.get(FIND, {"q": "rpa-7"})
    opened = root.get(FIND, {"q": "rpa-7", "open": "1"})

    hits = answer.context["groups"][0].hits
    assert [hit.label for hit in hits] == ["RPA-7", "RPA-77"]
    assert [hit.is_exact for hit in hits] == [True, False]
    assert opened["Location"] == f"/admin/rpas/rpasaircraft/{wanted.pk}/change/"


def test_a_beginning_opens_nothing_by_itself(root):
    AircraftFactory(registration="RPA-77")

    answer = root.get(FIND, {"q": "RPA-7", "open": "1"})

    assert answer.status_code == 200
    assert labels(answer) == {"RPA-77"}


def test_people_contacts_and_airports_are_found_by_words(root):
    AirportFactory(ident="YSSY", icao="YSSY", iata="SYD", name="Kingsford Smith")
    UserFactory(first_name="Quintessa", last_name="Oduya")
    ContactFactory(name="Harbour Hospital")

    assert "YSSY" in labels(root.get(FIND, {"q": "syd"}))
    assert "YSSY" in labels(root.get(FIND, {"q": "kingsford smi"}))
    assert len(labels(root.get(FIND, {"q": "oduya quint"}))) == 1
    assert "Harbour Hospital" in labels(root.get(FIND, {"q": "harbour"}))


def test_only_kinds_and_rows_that_the_person_may_see_are_found():
    mine, foreign = AircraftFactory(registration="RPA-801"), AircraftFactory(registration="RPA-802")
    user = UserFactory()
    MemberFactory(operator=mine.operator, user=user)
    grant(user, "rpas.view_rpasaircraft")
    blind = UserFactory()
    MemberFactory(operator=mine.operator, user=blind)
    grant(blind)

    assert labels(signed_in(user).get(FIND, {"q": "RPA-80"})) == {"RPA-801"}
    assert labels(signed_in(user).get(FIND, {"q": foreign.registration})) == set()
    assert labels(signed_in(blind).get(FIND, {"q": "RPA-80"})) == set()


def test_a_patient_is_not_found_by_name(root):
    patient = PatientFactory(known=True)
    patient.family_name, patient.given_names = "Zwvyx", "Qqjkz"
    patient.save()

    for text in ("Zwvyx", "Qqjkz", "Qqjkz Zwvyx", patient.number):
        assert labels(root.get(FIND, {"q": text})) == set()


@pytest.mark.parametrize("text", ["\0", "RPA\0", "x" * 10_000, "\x1b[31m", "a\u202eb"])
def test_rubbish_is_refused_in_words(root, text):
    answer = root.get(FIND, {"q": text})

    assert answer.status_code == 400
    assert "cannot be looked for" in answer.content.decode()


@pytest.mark.parametrize("text", ["%", "_", "\\", "%%%%", "____", "\\\\\\", "'; --", "<b>x</b>"])
def test_signs_that_mean_something_to_a_database_mean_nothing_here(root, text):
    AircraftFactory(registration="RPA-901")

    answer = root.get(FIND, {"q": text})

    assert answer.status_code == 200
    assert labels(answer) == set()
    assert "<b>x</b>" not in answer.content.decode()


def test_more_than_ten_lead_to_the_list(root):
    for number in range(12):
        AircraftFactory(registration=f"ZZ-{number:03}")

    (group,) = root.get(FIND, {"q": "zz-"}).context["groups"]

    assert len(group.hits) == 10
    assert group.has_more
    assert group.more == "/admin/rpas/rpasaircraft/?q=zz-"


def test_a_search_takes_few_statements(root):
    AircraftFactory(registration="RPA-901")
    root.get(FIND, {"q": "RPA-9"})

    with CaptureQueriesContext(connection) as asked:
        root.get(FIND, {"q": "RPA-9"})

    assert len(asked) <= 20


def test_a_member_of_an_operator_searches_in_few_statements():
    mine = AircraftFactory(registration="RPA-901")
    user = UserFactory()
    MemberFactory(operator=mine.operator, user=user)
    names = [f"{s.opts.app_label}.view_{s.opts.model_name}" for s in searched()]
    grant(user, *names)
    client = signed_in(user)
    client.get(FIND, {"q": "RPA-9"})

    with CaptureQueriesContext(connection) as asked:
        answer = client.get(FIND, {"q": "RPA-9"})

    assert len(searched()) >= 15
    assert labels(answer) == {"RPA-901"}
    assert len(asked) <= 20


def test_without_the_theme_there_is_no_palette(root, settings):
    # The addresses are read with the theme that the run has.
    root.get(FIND)
    settings.ADMIN_THEME = "stock"

    answer = root.get(FIND, {"s": "rpa", "extended": "1"})

    assert answer.status_code == 200
    assert answer.context["groups"] == []


@pytest.mark.skipif(settings.ADMIN_THEME != "unfold", reason="The palette is the theme's.")
def test_the_palette_of_the_theme_finds_screens_and_records(root):
    AircraftFactory(registration="RPA-901")

    assert "RPA-901" in root.get(FIND, {"s": "rpa-901", "extended": "1"}).content.decode()
    assert "Batteries" in root.get(FIND, {"s": "batter", "extended": "1"}).content.decode()
    refused = root.get(FIND, {"s": "\0"})
    assert refused.status_code == 400
    assert "cannot be looked for" in refused.content.decode()
    assert root.get(FIND, {"s": "rpa", "page": "junk"}).status_code == 200


def test_the_first_page_and_lists_have_one_box(root):
    for path in ("/admin/", "/admin/rpas/battery/", FIND):
        text = root.get(path).content.decode()
        assert text.count('id="w-search"') == 1
        assert text.count("common/search.js") == 1


def test_who_is_not_employed_is_sent_to_the_door():
    for client in (Client(), signed_in(UserFactory())):
        assert client.get(FIND, {"q": "RPA"}).status_code == 302


def indexed(screen):
    """The indexes of the table of a screen, as the database has them."""
    with connection.cursor() as cursor:
        query = "SELECT indexdef FROM pg_indexes WHERE tablename = %s"
        cursor.execute(query, [screen.model._meta.db_table])
        return [definition for (definition,) in cursor.fetchall()]


@pytest.mark.parametrize("screen", searched(), ids=lambda screen: screen.opts.label)
def test_each_column_is_indexed_for_the_way_it_is_searched(screen):
    found, there = screen.found_by, indexed(screen)

    wanted = {name: f"({name} varchar_pattern_ops)" for name in found.numbers}
    wanted |= {name: f"btree ({name})" for name in found.exact}
    for name in found.words:
        of = name if screen.model._meta.get_field(name).max_length is None else f"({name})::text"
        wanted[name] = f"gin (upper({of}) gin_trgm_ops)"

    assert [n for n, words in wanted.items() if not any(words in each for each in there)] == []
