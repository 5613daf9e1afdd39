import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.models import Contact
from contacts.queries.duplicates import MOST, Sought, find_duplicates, sought_like
from contacts.services.merges import merge_contacts
from tests.contacts.factories import ContactFactory
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db


def found(**known):
    return find_duplicates(Sought(**{"name": "", **known}), rows=Contact.objects.all())


def reasons(duplicate):
    return [reason.kind for reason in duplicate.reasons]


@pytest.mark.parametrize(
    ("on_file", "sought"),
    [
        ("José García", "Garcia, Jose"),
        ("Dr. Anneliese Müller", "Muller Anneliese"),
        ("Anneliese Müller", "Anneliese Mueller"),
        ("Nguyễn Văn An", "Van An Nguyen"),
        ("Jonathan Smythe", "Jonathon Smythe"),
        ("Catherine O'Sullivan", "O\u2019Sullivan Katherine"),
    ],
)
def test_people_are_found_by_names_written_otherwise(on_file, sought):
    contact = ContactFactory(person=True, name=on_file)
    ContactFactory(person=True, name="Peter Quill")

    (one,) = found(name=sought, kind="person")

    assert one.contact == contact
    assert reasons(one) == ["name"]
    assert one.score >= 0.35


@pytest.mark.parametrize(
    ("on_file", "sought"),
    [
        ("St. Vincent's Hospital Sydney", "Saint Vincents Hosp Sydney"),
        ("Harbour Jet Centre Pty Ltd", "Harbour Jet Center"),
        ("Aéroport Services SARL", "AEROPORT SERVICES"),
    ],
)
def test_companies_are_found_by_names_written_otherwise(on_file, sought):
    contact = ContactFactory(name=on_file)

    (one,) = found(name=sought, kind="organization")

    assert one.contact == contact


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("+61 412 345 678", "phone"),
        ("0412 345 678", "phone"),
        ("(0412) 345-678", "phone"),
        ("0011 61 412 345 678", "phone"),
    ],
)
def test_the_same_number_in_any_form(number, reason):
    contact = ContactFactory(person=True, name="Ana Lima", phone="0412 345 678")

    (one,) = found(name="Zed Xu", kind="person", country="AU", phones=(number,))

    assert (one.contact, reasons(one), one.score) == (contact, [reason], 0.7)


def test_a_number_of_an_unknown_country_counts_by_its_end_and_for_less():
    contact = ContactFactory(person=True, phone="0412 345 678")

    (one,) = found(kind="person", phones=("412 345 678",))

    assert (one.contact, reasons(one), one.score) == (contact, ["phone_end"], 0.4)


def test_two_numbers_that_end_alike_in_two_known_countries_are_two_numbers():
    ContactFactory(person=True, phone="+61 2 5550 1478")

    assert found(kind="person", phones=("+44 20 5550 1478",)) == []


def test_the_same_mailbox_whatever_its_case():
    contact = ContactFactory(person=True, name="Ana Lima", email="ana.lima@clinic.example")

    (one,) = found(name="A L", kind="person", emails=("Ana.Lima@CLINIC.example",))

    assert (one.contact, reasons(one), one.score) == (contact, ["email"], 0.9)


def test_more_in_common_is_more_likely():
    same = ContactFactory(
        person=True, name="José García", phone="0412 345 678", email="jg@clinic.example"
    )
    named = ContactFactory(person=True, name="Jose Garcia")

    first, second = found(
        name="Garcia, Jose", kind="person", phones=("+61412345678",), emails=("JG@clinic.example",)
    )

    assert (first.contact, second.contact) == (same, named)
    assert first.score == pytest.approx(1 - 0.2 * 0.1 * 0.3, abs=0.001)
    assert reasons(first) == ["email", "name", "phone"]
    assert second.score == 0.8


def test_a_person_is_hardly_their_company_with_whom_they_share_a_switchboard():
    ContactFactory(name="Harbour Clinic", phone="02 9999 1234")

    assert found(name="Ana Lima", kind="person", country="AU", phones=("02 9999 1234",)) == []


def test_merged_contacts_and_the_contact_itself_are_left_out(now):
    survivor, merged = (ContactFactory(name="Harbour Jet") for _ in range(2))
    assert [
        one.contact for one in find_duplicates(sought_like(survivor), rows=Contact.objects.all())
    ] == [merged]

    merge_contacts(survivor, merged, reason="Same", actor=UserFactory(), at=now)

    assert find_duplicates(sought_like(survivor), rows=Contact.objects.all()) == []
    assert [one.contact for one in found(name="Harbour Jet", kind="organization")] == [survivor]


def test_it_is_bounded_in_answers_and_statements():
    for _ in range(MOST + 5):
        ContactFactory(name="Harbour Jet", phone="02 9999 1234", email="ops@jet.example")

    with CaptureQueriesContext(connection) as queries:
        many = found(name="Harbour Jet", phones=("+61299991234",), emails=("ops@jet.example",))

    assert len(many) == MOST
    assert len(queries) == 4


def test_the_name_is_looked_for_by_its_index():
    ContactFactory.create_batch(3)
    rows = Contact.objects.filter(name_key__trigram_similar="harbour jet").values("pk")

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = rows.explain()

    assert "contact_name_key_words" in plan


@pytest.mark.parametrize("text", ["call me", "", "1" * 40])
def test_a_number_that_is_none_finds_nothing(text):
    ContactFactory(phone="02 9999 1234")

    assert found(phones=(text,)) == []


def test_whether_a_person_or_not_need_not_be_known():
    contact = ContactFactory(person=True, name="Ana Lima", phone="0412 345 678")
    company = ContactFactory(name="Harbour Jet Pty Ltd", phone="02 9999 1234")

    for known, expected in (
        ({"phones": ("+61 412 345 678",)}, contact),
        ({"phones": ("+61 2 9999 1234",)}, company),
        ({"name": "Dr Ana Lima"}, contact),
        ({"name": "Harbour Jet"}, company),
    ):
        (one,) = found(**known)
        assert (one.contact, one.score) == (expected, 0.7 if "phones" in known else 0.8)


def test_a_local_number_is_found_by_its_end_where_the_area_is_not_given():
    contact = ContactFactory(person=True, phone="(02) 9999 1234")

    (one,) = found(kind="person", country="AU", phones=("9999 1234",))

    assert (one.contact, reasons(one)) == (contact, ["phone_end"])


def test_a_short_number_of_an_unknown_country_is_found():
    contact = ContactFactory(person=True, country="", phone="555 0147")

    (one,) = found(kind="person", phones=("555-0147",))

    assert one.contact == contact
    assert found(kind="person", phones=("02 555 0147",)) == []


def test_what_was_left_with_merged_contacts_does_not_hide_those_in_use():
    survivor = ContactFactory(name="Switchboard")
    old = ContactFactory.create_batch(55, phone="02 9999 1234", email="ops@jet.example")
    Contact.objects.filter(pk__in=[row.pk for row in old]).update(
        merged_into=survivor, is_active=False
    )
    contact = ContactFactory(phone="02 9999 1234", email="ops@jet.example")

    for known in ({"phones": ("+61299991234",)}, {"emails": ("ops@jet.example",)}):
        assert [one.contact for one in found(kind="organization", **known)] == [contact]
