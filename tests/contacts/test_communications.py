from datetime import timedelta

import pytest

from common.exceptions import InvalidInput
from contacts.exceptions import AlreadyCorrected, ContactMerged
from contacts.models import Communication
from contacts.services.communications import correct_communication, log_communication
from contacts.services.contacts import deactivate_contact
from contacts.services.merges import merge_contacts
from tests.contacts.factories import CommunicationFactory, ContactFactory
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def actor():
    return UserFactory()


def log(contact, actor, now, **values):
    values = {"channel": "call", "direction": "in", "subject": "Bed confirmed", **values}
    return log_communication(contact, **values, actor=actor, at=now)


def test_a_call_is_written_down_by_whom_and_when(actor, now):
    contact, earlier = ContactFactory(), now - timedelta(hours=1)

    entry = log(contact, actor, now, occurred_at=earlier)

    assert (entry.contact, entry.author) == (contact, actor)
    assert (entry.occurred_at, entry.recorded_at) == (earlier, now)


def test_nothing_said_and_nothing_that_is_still_to_come(actor, now):
    contact = ContactFactory()

    for values in ({"subject": " ", "body": ""}, {"occurred_at": now + timedelta(minutes=1)}):
        with pytest.raises(InvalidInput):
            log(contact, actor, now, **values)
    assert not Communication.objects.exists()


def test_who_is_out_of_use_may_still_call_but_not_who_was_merged(actor, now):
    gone, survivor, merged = (ContactFactory() for _ in range(3))
    deactivate_contact(gone, reason="Left", actor=actor, at=now)
    merge_contacts(survivor, merged, reason="Same", actor=actor, at=now)

    assert log(gone, actor, now)
    with pytest.raises(ContactMerged) as refusal:
        log(merged, actor, now)
    assert refusal.value.details["merged_into"] == survivor.pk


def test_a_correction_is_a_new_entry_and_the_wrong_one_stays(actor, now):
    wrong = CommunicationFactory(subject="Bed 4", body="From 18:00")

    entry = correct_communication(wrong, reason="Misheard", body="From 19:00", actor=actor, at=now)

    assert (entry.subject, entry.body, entry.corrects) == ("Bed 4", "From 19:00", wrong)
    assert entry.occurred_at == wrong.occurred_at
    assert Communication.objects.get(pk=wrong.pk).body == "From 18:00"
    assert list(Communication.objects.standing()) == [entry]


def test_an_entry_is_corrected_once_and_its_correction_may_be_too(actor, now):
    wrong = CommunicationFactory()
    first = correct_communication(wrong, reason="A", body="B", actor=actor, at=now)

    with pytest.raises(AlreadyCorrected) as refusal:
        correct_communication(wrong, reason="C", body="D", actor=actor, at=now)

    assert refusal.value.details["correction"] == first.pk
    second = correct_communication(first, reason="C", body="D", actor=actor, at=now)
    assert list(Communication.objects.standing()) == [second]


def test_a_correction_after_a_merge_is_under_the_contact_that_stands(actor, now):
    survivor, merged = ContactFactory(), ContactFactory()
    wrong = CommunicationFactory(contact=merged)
    merge_contacts(survivor, merged, reason="Same", actor=actor, at=now)

    entry = correct_communication(
        Communication.objects.get(pk=wrong.pk), reason="A", body="B", actor=actor, at=now
    )

    assert entry.contact == survivor
    assert set(Communication.objects.with_contact(survivor.pk)) == {wrong, entry}
