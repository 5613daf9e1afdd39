"""What happens at once, and that without the locks it would go wrong."""

from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import pytest

from contacts.models import Communication, Contact, ContactMerge
from contacts.services import communications, contacts, merges
from contacts.services.communications import correct_communication, log_communication
from contacts.services.contacts import amend_contact, create_contact
from contacts.services.merges import merge_contacts
from contacts.services.providers import amend_provider
from tests.common.concurrency import at_once
from tests.contacts.factories import CommunicationFactory, ContactFactory, FBOFactory
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


def without_locks(monkeypatch, *modules, parties):
    """Take the row locks away, and have everybody decide before anybody writes."""
    gate = Barrier(parties)

    def read(*pks):
        found = {row.pk: row for row in Contact.objects.filter(pk__in=pks)}
        with suppress(BrokenBarrierError):
            gate.wait(timeout=3)
        return found

    for module in modules:
        monkeypatch.setattr(module, "locked_contacts", read)
    without_hierarchy(monkeypatch)


def meanwhile(monkeypatch, module, work):
    """Take the row locks away once, and have other work done between the look and the deed."""
    real = contacts.locked_contacts

    def read(*pks):
        found = {row.pk: row for row in Contact.objects.filter(pk__in=pks)}
        monkeypatch.setattr(module, "locked_contacts", real)
        at_once(work)
        return found

    monkeypatch.setattr(module, "locked_contacts", read)
    without_hierarchy(monkeypatch)


def without_hierarchy(monkeypatch):
    for module in (contacts, merges):
        monkeypatch.setattr(module, "hold_hierarchy", lambda: None)


def merging(survivor, merged, now, actor):
    return lambda: merge_contacts(survivor, merged, reason="Same", actor=actor, at=now)


def codes(outcomes):
    return sorted(getattr(outcome, "code", type(outcome).__name__) for outcome in outcomes)


def test_two_contacts_merged_into_each_other_at_once_leave_one(now):
    actor, one, other = UserFactory(), ContactFactory(), ContactFactory()

    outcomes = at_once(merging(one, other, now, actor), merging(other, one, now, actor))

    assert codes(outcomes) == ["Contact", "contact_merged"]
    assert Contact.objects.current().count() == 1
    assert ContactMerge.objects.count() == 1


def test_control_without_locks_each_is_told_to_be_the_other(now, monkeypatch):
    actor, one, other = UserFactory(), ContactFactory(), ContactFactory()
    meanwhile(monkeypatch, merges, merging(other, one, now, actor))

    merging(one, other, now, actor)()

    told = set(ContactMerge.objects.values_list("survivor", "merged"))
    assert told == {(one.pk, other.pk), (other.pk, one.pk)}


def test_a_contact_merged_into_two_at_once_is_merged_once(now):
    actor, merged = UserFactory(), ContactFactory(phone="0412 345 678")
    survivors = [ContactFactory() for _ in range(3)]

    outcomes = at_once(*[merging(survivor, merged, now, actor) for survivor in survivors])

    assert codes(outcomes) == ["Contact", "contact_merged", "contact_merged"]
    merged.refresh_from_db()
    assert merged.merged_into.phones.count() == 1
    assert ContactMerge.objects.get().survivor == merged.merged_into


def test_control_without_locks_the_second_merge_is_stopped_by_the_database_alone(now, monkeypatch):
    actor, merged = UserFactory(), ContactFactory()
    survivors = [ContactFactory() for _ in range(2)]
    without_locks(monkeypatch, merges, parties=2)

    outcomes = at_once(*[merging(survivor, merged, now, actor) for survivor in survivors])

    assert codes(outcomes) == ["Contact", "IntegrityError"]


def test_a_chain_of_merges_at_once_ends_in_one_contact(now):
    actor = UserFactory()
    first, second, third = (ContactFactory() for _ in range(3))

    outcomes = at_once(merging(second, first, now, actor), merging(third, second, now, actor))

    # Whoever came first: nobody points at a contact that points at another.
    assert "Contact" in codes(outcomes)
    assert not Contact.objects.filter(merged_into__merged_into__isnull=False).exists()


def logging(contact, now, actor):
    return lambda: log_communication(
        contact, channel="call", direction="in", subject="Bed", actor=actor, at=now
    )


@pytest.mark.parametrize("attempt", range(3))
def test_a_call_logged_while_its_contact_is_merged_is_logged_before_or_refused(now, attempt):
    actor, survivor, merged = UserFactory(), ContactFactory(), ContactFactory()

    outcomes = at_once(merging(survivor, merged, now, actor), logging(merged, now, actor))

    assert isinstance(outcomes[0], Contact)
    if getattr(outcomes[1], "code", "") == "contact_merged":
        assert not Communication.objects.exists()
    else:
        assert list(Communication.objects.with_contact(survivor.pk)) == [outcomes[1]]


def test_control_without_the_lock_a_call_is_logged_with_a_contact_that_is_no_more(now, monkeypatch):
    actor, survivor, merged = UserFactory(), ContactFactory(), ContactFactory()
    meanwhile(monkeypatch, communications, merging(survivor, merged, now, actor))

    entry = logging(merged, now, actor)()

    merged.refresh_from_db()
    assert (entry.contact, merged.merged_into) == (merged, survivor)


def test_somebody_entered_below_an_organization_that_is_being_merged_ends_below_the_survivor(now):
    actor, survivor, merged = UserFactory(), ContactFactory(), ContactFactory()

    outcomes = at_once(
        merging(survivor, merged, now, actor),
        lambda: create_contact(kind="person", name="Ana", parent=merged, actor=actor, at=now),
    )

    if getattr(outcomes[1], "code", "") != "contact_merged":
        assert Contact.objects.get(name="Ana").parent == survivor
    assert not Contact.objects.filter(parent=merged).exists()


def test_an_entry_corrected_twice_at_once_is_corrected_once(now):
    actor, wrong = UserFactory(), CommunicationFactory()

    def correct(text):
        return lambda: correct_communication(wrong, reason="A", body=text, actor=actor, at=now)

    outcomes = at_once(correct("B"), correct("C"))

    assert codes(outcomes) == ["Communication", "already_corrected"]


def test_an_fbo_that_is_given_to_another_during_a_merge_stays_there(now, monkeypatch):
    actor, survivor, merged, elsewhere = UserFactory(), *(ContactFactory() for _ in range(3))
    fbo, kept = FBOFactory(contact=merged), FBOFactory(contact=merged)
    real = merges.plan_merge

    def plan(one, other):
        found = real(one, other)
        at_once(
            lambda: amend_provider(
                fbo, changes={"contact": elsewhere}, version=None, actor=actor, at=now
            )
        )
        return found

    monkeypatch.setattr(merges, "plan_merge", plan)

    merging(survivor, merged, now, actor)()

    fbo.refresh_from_db()
    kept.refresh_from_db()
    assert (fbo.contact, kept.contact) == (elsewhere, survivor)
    assert ContactMerge.objects.get().moved == {"contacts.fbo.contact": [kept.pk]}


def test_part_moved_to_the_survivor_while_the_whole_is_merged_into_it_waits(now):
    actor = UserFactory()
    part = ContactFactory()
    survivor, merged = ContactFactory(), ContactFactory()
    Contact.objects.filter(pk=part.pk).update(parent=merged)

    outcomes = at_once(
        merging(survivor, merged, now, actor),
        lambda: amend_contact(
            part, changes={"parent": survivor}, version=None, actor=actor, at=now
        ),
    )

    assert codes(outcomes) == ["Contact", "Contact"]
    part.refresh_from_db()
    assert part.parent == survivor


def closing_a_circle(now, actor):
    """Two changes with no contact in common that would close a circle of four."""
    first, second, third, fourth = (ContactFactory() for _ in range(4))
    Contact.objects.filter(pk=second.pk).update(parent=third)
    Contact.objects.filter(pk=fourth.pk).update(parent=first)

    def put(contact, parent):
        return lambda: amend_contact(
            contact, changes={"parent": parent}, version=None, actor=actor, at=now
        )

    return put(first, second), put(third, fourth)


def slow_look(monkeypatch):
    """Have both look at who is above whom before either writes, where they may."""
    gate, real = Barrier(2), contacts.is_above

    def look(contact, other):
        found = real(contact, other)
        with suppress(BrokenBarrierError):
            gate.wait(timeout=2)
        return found

    monkeypatch.setattr(contacts, "is_above", look)


def test_two_changes_at_once_close_no_circle(now, monkeypatch):
    works = closing_a_circle(now, UserFactory())
    slow_look(monkeypatch)

    outcomes = at_once(*works)

    assert codes(outcomes) == ["Contact", "invalid"]


def test_control_without_holding_the_hierarchy_two_changes_close_a_circle(now, monkeypatch):
    works = closing_a_circle(now, UserFactory())
    slow_look(monkeypatch)
    without_hierarchy(monkeypatch)

    outcomes = at_once(*works)

    assert codes(outcomes) == ["Contact", "Contact"]
    assert not Contact.objects.filter(parent=None).exists()
