import pytest
from django.db import IntegrityError, connection, transaction

from common.geo import point
from common.models import AuditEvent, OutboxEvent
from contacts.exceptions import ContactInactive, ContactMerged, MergeRefused
from contacts.models import (
    Communication,
    Contact,
    ContactMerge,
    ContactPhone,
    ExternalReference,
)
from contacts.queries.merges import plan_merge, references
from contacts.services.contacts import deactivate_contact
from contacts.services.merges import merge_contacts
from tests.contacts.factories import CommunicationFactory, ContactFactory, FBOFactory
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def merge(now):
    def run(survivor, merged):
        return merge_contacts(survivor, merged, reason="Same mobile", actor=UserFactory(), at=now)

    return run


def test_whatever_pointed_at_the_one_points_at_the_other(merge):
    survivor, merged = ContactFactory(), ContactFactory(phone="0412 345 678")
    person = ContactFactory(person=True, parent=merged)
    fbo = FBOFactory(contact=merged)
    reference = ExternalReference.objects.create(contact=merged, system="xero", reference="C-1")

    merge(survivor, merged)

    for row, name in ((person, "parent"), (fbo, "contact"), (reference, "contact")):
        row.refresh_from_db()
        assert getattr(row, name) == survivor
    assert survivor.phones.get().number == "0412 345 678"
    merged.refresh_from_db()
    assert (merged.is_active, merged.merged_into) == (False, survivor)


def test_every_column_that_points_at_contacts_is_found():
    found = {f"{model._meta.label}.{column}" for model, column in references()}

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.conrelid::regclass::text || '.' || a.attname FROM pg_constraint AS c"
            " JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]"
            " WHERE c.contype = 'f' AND c.confrelid = 'contacts_contact'::regclass"
        )
        stored = {row[0] for row in cursor.fetchall()}
    append_only = {
        "contacts_communication.contact_id",
        "contacts_contactmerge.survivor_id",
        "contacts_contactmerge.merged_id",
        "finance_transaction.party_id",
    }
    named = {
        f"{model._meta.db_table}.{model._meta.get_field(column).column}"
        for model, column in references()
    }
    assert named == stored - append_only
    assert "contacts.Contact.merged_into" in found


def test_the_survivor_keeps_its_own_and_fills_what_it_lacked(merge):
    survivor = ContactFactory(
        name="Harbour Jet", roles=["vendor"], website="https://jet.example", notes="Ring first."
    )
    place = point(lat=-33.9, lon=151.2)
    merged = ContactFactory(
        roles=["broker", "vendor"],
        website="https://other.example",
        timezone="Australia/Sydney",
        point=place,
        notes="Closed on Sundays.",
        job_title="",
    )

    survivor = merge(survivor, merged)

    survivor.refresh_from_db()
    assert survivor.roles == ["broker", "vendor"]
    assert survivor.website == "https://jet.example"
    assert survivor.timezone == "Australia/Sydney"
    assert survivor.point == place
    assert survivor.notes == "Ring first.\n\nClosed on Sundays."


def test_what_both_have_stays_with_the_merged_one_and_one_number_comes_first(merge):
    survivor = ContactFactory(phone="0412 345 678", email="ops@jet.example")
    merged = ContactFactory(phone="+61 412 345 678", email="OPS@jet.example")
    other = ContactPhone.objects.create(
        contact=merged, number="02 9999 1234", key="+61299991234", e164="+61299991234"
    )

    survivor = merge(survivor, merged)

    assert {str(phone) for phone in survivor.phones.all()} == {"+61412345678", "+61299991234"}
    assert survivor.phones.filter(is_primary=True).count() == 1
    assert (survivor.emails.count(), merged.emails.count(), merged.phones.count()) == (1, 1, 1)
    other.refresh_from_db()
    assert other.contact == survivor
    assert "299991234" in survivor.search_words


def test_the_record_holds_all_it_takes_to_undo_it(merge, now):
    survivor = ContactFactory(name="Harbour Jet")
    merged = ContactFactory(name="Harbor Jet", phone="0412 345 678", roles=["broker"])
    phone = merged.phones.get()
    person = ContactFactory(person=True, parent=merged)

    merge(survivor, merged)

    record = ContactMerge.objects.get(merged=merged)
    assert (record.survivor, record.reason, record.merged_at) == (survivor, "Same mobile", now)
    assert record.moved == {
        "contacts.contactphone.contact": [phone.pk],
        "contacts.contact.parent": [person.pk],
    }
    assert record.filled == {"roles": ["broker", "customer"]}
    assert record.before["merged"]["name"] == "Harbor Jet"
    assert record.before["merged"]["phones"][0]["number"] == "0412 345 678"
    assert record.before["survivor"]["roles"] == ["customer"]
    assert AuditEvent.objects.get(action="contact.merged").details == {"survivor": survivor.pk}
    assert OutboxEvent.objects.get(name="contacts.contacts_merged").payload == {
        "survivor_id": survivor.pk,
        "merged_id": merged.pk,
    }


def test_what_was_said_is_never_moved_and_is_read_under_the_survivor(merge):
    survivor, merged = ContactFactory(), ContactFactory()
    said = [CommunicationFactory(contact=survivor), CommunicationFactory(contact=merged)]

    merge(survivor, merged)

    assert set(Communication.objects.with_contact(survivor.pk)) == set(said)
    assert Communication.objects.get(pk=said[1].pk).contact == merged


def test_merged_again_all_name_the_last_one_directly(merge):
    first, second, third = (ContactFactory() for _ in range(3))
    said = CommunicationFactory(contact=first)
    merge(second, first)

    merge(third, second)

    assert set(Contact.objects.standing_for(third.pk)) == {first, second, third}
    assert list(Communication.objects.with_contact(third.pk)) == [said]


def test_merging_a_merged_contact_is_refused_either_way(merge):
    survivor, merged, other = (ContactFactory() for _ in range(3))
    merge(survivor, merged)

    for pair in ((other, merged), (merged, other), (survivor, merged), (merged, survivor)):
        with pytest.raises(ContactMerged) as refusal:
            merge(*pair)
        assert refusal.value.details["merged_into"] == survivor.pk
    assert ContactMerge.objects.count() == 1


def test_what_cannot_be_one_is_refused(merge, now):
    company, person = ContactFactory(), ContactFactory(person=True)
    gone = deactivate_contact(ContactFactory(), reason="X", actor=UserFactory(), at=now)

    with pytest.raises(MergeRefused):
        merge(company, company)
    with pytest.raises(MergeRefused):
        merge(company, person)
    with pytest.raises(ContactInactive):
        merge(gone, company)
    assert merge(company, gone) == company


def test_nobody_comes_to_belong_to_themselves(merge):
    top = ContactFactory()
    merged = ContactFactory(parent=top)
    between = ContactFactory(parent=merged)
    survivor = ContactFactory(parent=between)

    survivor = merge(survivor, merged)

    between.refresh_from_db()
    survivor.refresh_from_db()
    assert (survivor.parent, between.parent) == (top, survivor)


def test_a_part_merged_with_its_whole(merge):
    whole = ContactFactory()
    part = ContactFactory(parent=whole)
    sister = ContactFactory(parent=whole)

    survivor = merge(part, whole)

    survivor.refresh_from_db()
    sister.refresh_from_db()
    assert (survivor.parent, sister.parent) == (None, part)


def test_a_whole_merged_with_its_part(merge):
    whole = ContactFactory()
    part = ContactFactory(parent=whole)

    survivor = merge(whole, part)

    survivor.refresh_from_db()
    assert survivor.parent is None


def test_a_preview_changes_nothing_and_says_what_the_merge_does(merge):
    survivor, merged = ContactFactory(), ContactFactory(phone="0412 345 678", roles=["broker"])

    plan = plan_merge(survivor, merged)

    assert not ContactMerge.objects.exists()
    merge(survivor, merged)
    record = ContactMerge.objects.get()
    assert (record.moved, record.filled) == (plan.moved, plan.filled)


def test_merges_and_communications_cannot_be_changed(merge):
    survivor, merged = ContactFactory(), ContactFactory()
    entry = CommunicationFactory(contact=merged)
    merge(survivor, merged)

    for change in (
        lambda: Communication.objects.filter(pk=entry.pk).update(body="Other"),
        lambda: Communication.objects.filter(pk=entry.pk).update(contact=survivor),
        entry.delete,
        lambda: ContactMerge.objects.update(reason="Other"),
        lambda: ContactMerge.objects.all().delete(),
    ):
        with pytest.raises(Exception, match=r"append-only|permission denied"), transaction.atomic():
            change()


def test_the_database_lets_a_contact_be_merged_once(merge, now):
    survivor, merged = ContactFactory(), ContactFactory()
    merge(survivor, merged)
    again = ContactMerge.objects.get()
    again.pk = None

    with pytest.raises(IntegrityError), transaction.atomic():
        again.save(force_insert=True)


def test_a_preview_says_that_a_merge_will_be_refused(merge, now):
    survivor, merged, other = (ContactFactory() for _ in range(3))
    merge(survivor, merged)
    gone = deactivate_contact(ContactFactory(), reason="X", actor=UserFactory(), at=now)

    for pair in ((other, merged), (merged, other), (gone, other)):
        one, into = (Contact.objects.get(pk=row.pk) for row in pair)
        plan = plan_merge(one, into)
        assert plan.refusal
        assert not plan.moved
    assert plan_merge(other, gone).refusal == ""


def test_a_long_line_of_organizations_is_not_taken_for_a_circle(merge):
    line = [ContactFactory()]
    for _ in range(20):
        line.append(ContactFactory(parent=line[-1]))
    survivor, merged = line[-1], ContactFactory(parent=ContactFactory())

    survivor = merge(survivor, merged)

    survivor.refresh_from_db()
    assert survivor.parent == line[-2]
