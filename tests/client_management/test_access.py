"""Keys to the portal and invitations: given, changed, taken up once, taken away."""

from datetime import timedelta
from decimal import Decimal

import pytest

from client_management import links
from client_management.exceptions import (
    AccessRevoked,
    AlreadyHasAccess,
    AlreadyInvited,
    InvitationClosed,
    InvitationForSomebodyElse,
    StaffHaveNoPortalAccess,
)
from client_management.models import FLAGS, CustomerPortalAccess
from client_management.queries.portal_access import accesses_of
from client_management.services import accesses, invitations
from common.exceptions import InvalidInput
from common.models import Mail
from tests.client_management import scene
from tests.users.factories import UserFactory, grant
from users.models import Role, User
from users.services.seeding import seed_roles

pytestmark = pytest.mark.django_db
PASSWORD = "quiet-harbor-stone-41"


def flags(access: CustomerPortalAccess) -> set[str]:
    return {flag for flag in FLAGS if getattr(access, flag)}


def test_a_level_brings_its_flags_and_each_can_be_set(client_org, actor, now):
    key = accesses.grant_access(
        client_org,
        user=UserFactory(),
        level="requester",
        can_view_invoices=True,
        actor=actor,
        at=now,
    )
    assert flags(key) == {
        "can_view_jobs",
        "can_request_services",
        "can_download_deliverables",
        "can_track_live",
        "can_view_invoices",
    }
    key = accesses.amend_access(key, changes={"level": "viewer"}, version=None, actor=actor, at=now)
    assert flags(key) == {"can_view_jobs"}
    quiet = accesses.set_preferences(
        key, changes={"notify_quotes": False, "digest": "daily"}, version=None, at=now
    )
    assert (quiet.notify_quotes, quiet.digest) == (False, "daily")


def test_a_consultant_serves_two_clients_and_staff_enter_by_neither_door(client_org, actor, now):
    other, person, staff = scene.client(actor, now), UserFactory(), UserFactory()
    grant(staff)
    for organization in (client_org, other):
        accesses.grant_access(organization, user=person, level="owner", actor=actor, at=now)

    assert accesses_of(person, at=now).count() == 2
    with pytest.raises(AlreadyHasAccess):
        accesses.grant_access(other, user=person, level="viewer", actor=actor, at=now)
    with pytest.raises(StaffHaveNoPortalAccess):
        accesses.grant_access(other, user=staff, level="viewer", actor=actor, at=now)


def test_a_key_counts_by_the_day_at_the_clients_place(client_org, actor, now):
    key = accesses.grant_access(client_org, user=UserFactory(), level="owner", actor=actor, at=now)

    assert client_org.timezone == "Australia/Sydney"
    assert str(key.valid_from) == "2026-03-15"
    assert accesses_of(key.user, at=now).get() == key


def test_a_key_taken_away_opens_nothing_until_it_is_given_again(client_org, actor, now):
    person = UserFactory()
    key = accesses.grant_access(client_org, user=person, level="owner", actor=actor, at=now)
    accesses.revoke_access(key, reason="Left", actor=actor, at=now)

    assert not accesses_of(person, at=now)
    with pytest.raises(AccessRevoked):
        accesses.amend_access(key, changes={"level": "viewer"}, version=None, actor=actor, at=now)
    again = accesses.grant_access(client_org, user=person, level="viewer", actor=actor, at=now)
    assert (again.pk, again.revoked_at, flags(again)) == (key.pk, None, {"can_view_jobs"})


def test_an_invitation_makes_an_account_once(client_org, actor, now):
    seed_roles()
    invitation = invitations.invite(
        client_org,
        email="J.Hall@Mine.Example",
        level="approver",
        approval_limit=Decimal(5000),
        message="Welcome",
        actor=actor,
        at=now,
    )
    mail = Mail.objects.get()
    found = invitations.invitation_of(links.invitation_token(invitation.link_salt))
    with pytest.raises(InvalidInput):
        invitations.accept_invitation(found, first_name="Jo", last_name="Hall", at=now)
    key = invitations.accept_invitation(
        found, first_name="Jo", last_name="Hall", password=PASSWORD, at=now
    )

    assert (mail.recipient, mail.about_id) == ("j.hall@mine.example", invitation.pk)
    assert links.invitation_token(invitation.link_salt) in str(mail.context)
    assert (key.user.email, key.level, key.approval_limit) == (
        "j.hall@mine.example",
        "approver",
        Decimal(5000),
    )
    assert Role.objects.get(assignments__user=key.user).code == "client"
    assert not key.user.is_staff
    with pytest.raises(InvitationClosed):
        invitations.accept_invitation(found, password=PASSWORD, at=now)
    assert User.objects.filter(email="j.hall@mine.example").count() == 1


def test_an_invitation_is_for_one_address_and_for_a_time(client_org, actor, now):
    given = {"level": "viewer", "actor": actor, "at": now}
    person = UserFactory()
    invitation = invitations.invite(client_org, email=person.email, **given)
    with pytest.raises(AlreadyInvited):
        invitations.invite(client_org, email=person.email.upper(), **given)
    with pytest.raises(InvitationForSomebodyElse):
        invitations.accept_invitation(invitation, user=UserFactory(), at=now)
    late = now + timedelta(days=14)
    with pytest.raises(InvitationClosed):
        invitations.accept_invitation(invitation, user=person, at=late)
    invitations.resend_invitation(invitation, actor=actor, at=late)
    assert invitations.accept_invitation(invitation, user=person, at=late).user == person
    with pytest.raises(InvitationClosed):
        invitations.revoke_invitation(invitation, reason="x", actor=actor, at=late)
    assert Mail.objects.count() == 2


def test_an_invitation_taken_back_opens_nothing_and_makes_room(client_org, actor, now):
    given = {"email": "a@b.example", "level": "viewer", "actor": actor, "at": now}
    first = invitations.invite(client_org, **given)
    invitations.revoke_invitation(first, reason="Wrong", actor=actor, at=now)
    with pytest.raises(InvitationClosed):
        invitations.accept_invitation(first, password=PASSWORD, at=now)
    later = now + timedelta(days=20)
    second = invitations.invite(client_org, **given)
    third = invitations.invite(client_org, **{**given, "at": later})
    second.refresh_from_db()
    assert (second.revoked_at, third.accepted_at) == (later, None)
