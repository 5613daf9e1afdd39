import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from common.exceptions import InvalidInput, StaleVersion
from common.models import AuditEvent, OutboxEvent
from contacts.exceptions import ContactActive, ContactInactive, ContactMerged
from contacts.models import Contact, ContactPhone
from contacts.services.contacts import (
    amend_contact,
    create_contact,
    deactivate_contact,
    reactivate_contact,
    usable,
)
from contacts.services.merges import merge_contacts
from tests.contacts.factories import CityFactory, ContactFactory, FBOFactory
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def actor():
    return UserFactory()


def create(actor, now, **values):
    values = {"kind": "person", "name": "José García", "country": "AU", **values}
    return create_contact(**values, actor=actor, at=now)


def amend(contact, actor, now, version=None, **changes):
    return amend_contact(contact, changes=changes, version=version, actor=actor, at=now)


def test_a_contact_is_kept_as_typed_and_found_without_accents(actor, now):
    contact = create(
        actor,
        now,
        roles=["medical", "medical"],
        phones=[{"number": "0412 345 678"}, {"number": "02 9999 1234 ext 5", "kind": "work"}],
        emails=[{"address": "J.Garcia@Hospital.Example"}],
        external_references=[{"system": "xero", "reference": "C-1042"}],
    )

    assert contact.roles == ["medical"]
    first, second = contact.phones.order_by("pk")
    assert (first.number, first.e164, first.is_primary) == ("0412 345 678", "+61412345678", True)
    assert (second.e164, second.extension, second.is_primary) == ("+61299991234", "5", False)
    assert contact.emails.get().key == "j.garcia@hospital.example"
    for words in ("garcia", "jose", "0412345678", "61412345678", "C-1042", "JOSÉ"):
        assert Contact.objects.filter(search_words__icontains=words).get() == contact
    assert AuditEvent.objects.get(action="contact.created").subject_id == str(contact.pk)


def test_a_list_given_replaces_the_list_that_was_and_rows_that_stay_are_the_same_rows(actor, now):
    contact = create(actor, now, phones=[{"number": "0412 345 678"}, {"number": "02 9999 1234"}])
    mobile, work = contact.phones.order_by("pk")

    contact = amend(
        contact,
        actor,
        now,
        phones=[{"number": "+61 2 9999 1234", "is_primary": True}, {"number": "0413 000 111"}],
    )

    kept = contact.phones.get(pk=work.pk)
    assert (kept.number, kept.is_primary) == ("+61 2 9999 1234", True)
    assert not ContactPhone.objects.filter(pk=mobile.pk).exists()
    assert contact.phones.filter(is_primary=True).count() == 1
    assert "0412" not in contact.search_words


def test_the_first_number_changes_places(actor, now):
    numbers = ["0412 345 678", "0413 000 111"]
    contact = create(actor, now, phones=[{"number": number} for number in numbers])

    contact = amend(
        contact,
        actor,
        now,
        phones=[
            {"number": numbers[0], "is_primary": False},
            {"number": numbers[1], "is_primary": True},
        ],
    )

    assert contact.phones.get(is_primary=True).number == numbers[1]


@pytest.mark.parametrize(
    ("rows", "pointer"),
    [
        ([{"number": "call me"}], "/phones/0/number"),
        ([{"number": "02 9999 1234"}, {"number": "+61 2 9999 1234"}], "/phones"),
        (
            [{"number": "02 9999 1234", "is_primary": True}, {"number": "000", "is_primary": True}],
            "/phones",
        ),
    ],
)
def test_numbers_that_cannot_be_are_refused(actor, now, rows, pointer):
    with pytest.raises(InvalidInput) as refusal:
        create(actor, now, phones=rows)

    assert refusal.value.details["pointer"] == pointer
    assert not Contact.objects.exists()


def test_an_edit_of_an_old_version_is_refused(actor, now):
    contact = ContactFactory()
    amend(contact, actor, now, version=contact.version, job_title="Manager")

    with pytest.raises(StaleVersion):
        amend(contact, actor, now, version=contact.version, job_title="Other")


def test_every_edit_counts_the_version_even_of_a_number_alone(actor, now):
    contact = ContactFactory()

    amend(contact, actor, now, phones=[{"number": "0412 345 678"}])

    before, contact = contact.version, Contact.objects.get(pk=contact.pk)
    assert contact.version == before + 1


def test_an_organization_does_not_belong_to_itself(actor, now):
    top = ContactFactory()
    middle = ContactFactory(parent=top)
    low = ContactFactory(parent=middle)

    for parent in (top, low):
        with pytest.raises(InvalidInput):
            amend(top, actor, now, parent=parent)
    person = ContactFactory(person=True)
    with pytest.raises(InvalidInput):
        amend(low, actor, now, parent=person)
    with pytest.raises(InvalidInput):
        amend(top, actor, now, kind="person")


def test_out_of_use_and_back(actor, now):
    contact = deactivate_contact(ContactFactory(), reason="Left", actor=actor, at=now)

    assert not contact.is_active
    assert OutboxEvent.objects.filter(name="contacts.contact_deactivated").exists()
    for refused in (deactivate_contact,):
        with pytest.raises(ContactInactive):
            refused(contact, reason="Again", actor=actor, at=now)
    with pytest.raises(ContactInactive):
        create(actor, now, parent=contact)
    contact = reactivate_contact(contact, reason="Back", actor=actor, at=now)
    assert contact.is_active
    with pytest.raises(ContactActive):
        reactivate_contact(contact, reason="Again", actor=actor, at=now)


def test_a_merged_contact_takes_no_more_changes_and_names_which_stands_for_it(actor, now):
    survivor, merged = ContactFactory(), ContactFactory()
    merge_contacts(survivor, merged, reason="Same", actor=actor, at=now)

    for verb in (
        lambda: amend(merged, actor, now, job_title="X"),
        lambda: deactivate_contact(merged, reason="X", actor=actor, at=now),
        lambda: reactivate_contact(merged, reason="X", actor=actor, at=now),
        lambda: usable(merged),
        lambda: create(actor, now, parent=merged),
    ):
        with pytest.raises(ContactMerged) as refusal:
            verb()
        assert refusal.value.details["merged_into"] == survivor.pk


@pytest.mark.parametrize(
    "values",
    [
        {"name": "  "},
        {"name_key": ""},
        {"roles": ["pirate"]},
        {"kind": "robot"},
        {"country": "Au"},
    ],
)
def test_the_database_has_the_last_word(values):
    contact = ContactFactory()

    with pytest.raises(IntegrityError), transaction.atomic():
        Contact.objects.filter(pk=contact.pk).update(**values)


def test_a_contact_cannot_be_its_own_parent_or_active_and_merged():
    one, other = ContactFactory(), ContactFactory()

    for values in ({"parent": one}, {"merged_into": other}, {"merged_into": one}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Contact.objects.filter(pk=one.pk).update(**values)


def test_a_reference_of_another_system_names_one_contact(actor, now):
    given = [{"system": "xero", "reference": "C-1"}]
    create(actor, now, external_references=given)

    with pytest.raises(IntegrityError), transaction.atomic():
        create(actor, now, external_references=given)


def test_the_history_knows_every_version(actor, now):
    contact = ContactFactory(name="Old name")
    amend(contact, actor, now, name="New name")

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT name FROM contacts_contactevent WHERE pgh_obj_id = %s ORDER BY name",
            [contact.pk],
        )
        names = [row[0] for row in cursor.fetchall()]

    assert names == ["New name", "Old name"]


def test_amending_costs_no_more_statements_with_more_numbers(actor, now):
    def count(numbers):
        contact = ContactFactory()
        given = [{"number": f"+6129999{n:04}"} for n in range(numbers)]
        amend(contact, actor, now, phones=given)
        with CaptureQueriesContext(connection) as queries:
            amend(contact, actor, now, phones=given)
        return len(queries)

    assert count(10) == count(1)


def test_numbers_are_completed_when_the_country_is_known_at_last(actor, now):
    numbers = ["0412 345 678", "+61 2 9999 1234", "02 9999 1234"]
    contact = create(actor, now, country="", phones=[{"number": number} for number in numbers])
    keys = list(contact.phones.order_by("pk").values_list("pk", flat=True))

    contact = amend(contact, actor, now, country="AU")

    phones = contact.phones.order_by("pk")
    assert [phone.pk for phone in phones] == keys
    # The last is the second once more: it stays as it was written.
    assert [phone.e164 for phone in phones] == ["+61412345678", "+61299991234", ""]
    assert "61412345678" in contact.search_words


def test_an_address_given_again_without_its_kind_is_the_same_row(actor, now):
    city = CityFactory()
    contact = create(actor, now, addresses=[{"lines": "1 Ward St", "city": city}])
    address = contact.addresses.get()

    contact = amend(contact, actor, now, addresses=[{"lines": "1 Ward St"}])

    assert contact.addresses.get() == address
    assert contact.addresses.get().city == city


def test_who_serves_at_an_airport_does_not_become_a_person(actor, now):
    contact = ContactFactory()
    FBOFactory(contact=contact)

    with pytest.raises(InvalidInput) as refusal:
        amend(contact, actor, now, kind="person")

    assert refusal.value.details["pointer"] == "/kind"


def test_below_many_levels_an_organization_finds_its_place(actor, now):
    line = [ContactFactory()]
    for _ in range(20):
        line.append(ContactFactory(parent=line[-1]))
    other = ContactFactory()

    assert amend(other, actor, now, parent=line[-1]).parent == line[-1]
    with pytest.raises(InvalidInput):
        amend(line[0], actor, now, parent=line[-1])
