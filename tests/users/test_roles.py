import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections, transaction
from django.utils import timezone

from common.exceptions import InvalidInput, StaleVersion
from common.models import AuditEvent, OutboxEvent
from tests.users.factories import LONG_AGO, RoleFactory, UserFactory, grant, hold, permission
from users.exceptions import (
    AdministratorRoleFixed,
    AssignmentEnded,
    BeyondOwnAuthority,
    LastAdministrator,
    NotActive,
    RoleAlreadyHeld,
)
from users.models import RoleAssignment, User
from users.services import accounts, guards, roles


@pytest.fixture
def root(db):
    return UserFactory(is_superuser=True)


def administrator():
    role = RoleFactory(code="admin", is_staff_role=True)
    return UserFactory(), role


@pytest.mark.django_db
def test_rights_come_from_roles_valid_now(now):
    user = UserFactory()
    current, past, future = (RoleFactory() for _ in range(3))
    for role, name in (
        (current, "rpas.view_battery"),
        (past, "rpas.add_battery"),
        (future, "rpas.change_battery"),
    ):
        role.grants.create(permission=permission(name))
    real_now = timezone.now()
    hold(user, current)
    hold(user, past, valid_until=real_now - timedelta(seconds=1))
    hold(user, future, valid_from=real_now + timedelta(hours=1))

    assert user.get_all_permissions() == {"rpas.view_battery"}
    assert user.has_perm("rpas.view_battery")
    assert not user.has_perm("rpas.add_battery")
    assert not user.has_perm("rpas.change_battery")
    assert user.has_module_perms("rpas")
    assert not user.has_module_perms("airports")


@pytest.mark.django_db
def test_an_inactive_account_has_no_rights_and_a_superuser_all():
    gone = UserFactory(is_active=False)
    grant(gone, "rpas.view_battery")
    former_root = UserFactory(is_active=False, is_superuser=True)

    assert not gone.has_perm("rpas.view_battery")
    assert not gone.has_module_perms("rpas")
    assert not former_root.has_perm("rpas.view_battery")
    assert not former_root.is_staff
    assert UserFactory(is_superuser=True).has_perm("rpas.view_battery")


@pytest.mark.django_db
def test_a_staff_role_opens_the_admin_and_a_client_role_does_not():
    staff, client = UserFactory(), UserFactory()
    grant(staff)
    grant(client, is_staff_role=False)

    assert staff.is_staff
    assert not client.is_staff


@pytest.mark.django_db
def test_roles_are_read_in_one_query(django_assert_num_queries):
    user = UserFactory()
    for _ in range(3):
        grant(user, "rpas.view_battery", "rpas.add_battery")
    fresh = User.objects.get(pk=user.pk)

    with django_assert_num_queries(1):
        assert fresh.has_perm("rpas.add_battery")
        assert fresh.is_staff
        assert not fresh.has_perm("rpas.change_battery")


def test_assigning_a_role_is_recorded_announced_and_ends_sessions(root, now):
    user, role = UserFactory(), RoleFactory(code="dispatcher")
    epoch = user.token_epoch

    roles.assign_role(user, role, actor=root, at=now, reason="hired")

    user.refresh_from_db()
    assert user.token_epoch == epoch + 1
    event = AuditEvent.objects.get(action="role.assign")
    assert (event.actor, event.reason, event.details) == (root, "hired", {"role": "dispatcher"})
    assert OutboxEvent.objects.get(name="users.roles_changed").payload == {"user_id": user.pk}


def test_a_role_cannot_be_held_twice_at_once(root, now):
    user, role = UserFactory(), RoleFactory()
    first = roles.assign_role(user, role, actor=root, at=now)

    with pytest.raises(RoleAlreadyHeld):
        roles.assign_role(user, role, actor=root, at=now, valid_until=now + timedelta(days=1))
    roles.withdraw_role(first, reason="left", actor=root, at=now + timedelta(days=2))
    again = roles.assign_role(user, role, actor=root, at=now + timedelta(days=2))

    assert RoleAssignment.objects.filter(user=user).count() == 2
    assert again.valid_until is None


def test_a_role_in_the_future_can_be_taken_back_before_it_begins(root, now):
    user, role = UserFactory(), RoleFactory()
    held = roles.assign_role(user, role, actor=root, at=now, valid_from=now + timedelta(days=10))

    held = roles.withdraw_role(held, reason="changed our mind", actor=root, at=now)

    assert held.valid_until == held.valid_from
    assert not RoleAssignment.objects.live(now + timedelta(days=11)).exists()
    with pytest.raises(AssignmentEnded):
        roles.withdraw_role(held, reason="again", actor=root, at=now + timedelta(days=11))


def test_a_period_that_is_over_and_a_closed_account_are_refused(root, now):
    role = RoleFactory()

    with pytest.raises(InvalidInput):
        roles.assign_role(UserFactory(), role, actor=root, at=now, valid_until=now)
    with pytest.raises(NotActive):
        roles.assign_role(UserFactory(is_active=False), role, actor=root, at=now)


@pytest.mark.django_db
def test_nobody_gives_or_takes_what_they_do_not_hold(now):
    helper = UserFactory()
    grant(helper, "users.add_roleassignment", "users.withdraw_roleassignment", "users.add_role")
    strong = RoleFactory()
    strong.grants.create(permission=permission("users.set_password_user"))
    held = hold(UserFactory(), strong)

    with pytest.raises(BeyondOwnAuthority):
        roles.assign_role(helper, strong, actor=helper, at=now)
    with pytest.raises(BeyondOwnAuthority):
        roles.withdraw_role(held, reason="x", actor=helper, at=now)
    with pytest.raises(BeyondOwnAuthority):
        roles.create_role(
            code="mine", name="Mine", permissions=["users.set_password_user"], actor=helper, at=now
        )
    roles.create_role(
        code="fine", name="Fine", permissions=["users.add_role"], actor=helper, at=now
    )


def test_changing_a_role_replaces_its_permissions_and_marks_it_as_changed(root, now):
    role = RoleFactory()
    role.grants.create(permission=permission("rpas.view_battery"))

    roles.change_role(
        role, version=1, permissions=["rpas.add_battery"], name="New", actor=root, at=now
    )

    role.refresh_from_db()
    assert roles.permission_names(role) == ["rpas.add_battery"]
    assert (role.name, role.is_customized) == ("New", True)
    with pytest.raises(StaleVersion):
        roles.change_role(role, version=1, name="Newer", actor=root, at=now)
    with pytest.raises(InvalidInput):
        roles.change_role(role, version=None, permissions=["rpas.nothing"], actor=root, at=now)


def test_the_administrators_role_keeps_its_permissions(root, now):
    _, role = administrator()
    role.grants.create(permission=permission("rpas.view_battery"))

    with pytest.raises(AdministratorRoleFixed):
        roles.change_role(role, version=None, permissions=[], actor=root, at=now)


@pytest.mark.django_db
def test_the_last_administrator_cannot_go():
    only, role = administrator()
    held = hold(only, role)
    at = timezone.now()

    with pytest.raises(LastAdministrator):
        roles.withdraw_role(held, reason="x", actor=only, at=at)
    with pytest.raises(LastAdministrator):
        accounts.deactivate(only, reason="x", actor=only, at=at)
    leaving_soon = UserFactory()
    hold(leaving_soon, role, valid_until=at + timedelta(days=1))
    with pytest.raises(LastAdministrator):
        accounts.deactivate(only, reason="x", actor=only, at=at)
    hold(UserFactory(), role)
    accounts.deactivate(only, reason="x", actor=only, at=at)


def both_leave(parties):
    """Two administrators remove each other at the same moment; returns what became of each try."""
    together = threading.Barrier(len(parties))

    def leave(actor, held):
        try:
            together.wait(timeout=10)
            roles.withdraw_role(held, reason="x", actor=actor, at=timezone.now())
        except LastAdministrator:
            return "refused"
        finally:
            connections.close_all()
        return "gone"

    with ThreadPoolExecutor(len(parties)) as pool:
        return sorted(f.result() for f in [pool.submit(leave, *pair) for pair in parties])


def two_administrators():
    first, role = administrator()
    second = UserFactory()
    held = hold(first, role), hold(second, role)
    return [(first, held[1]), (second, held[0])]


@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_remove_each_other_leave_one():
    parties = two_administrators()

    assert both_leave(parties) == ["gone", "refused"]
    assert RoleAssignment.objects.live(timezone.now()).count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_both_administrators_are_gone(monkeypatch):
    """The control: with the guard off nobody is left."""
    parties = two_administrators()
    together = threading.Barrier(2)
    check = guards.require_another_administrator

    def slow(user, *, at):
        check(user, at=at)
        together.wait(timeout=10)

    monkeypatch.setattr(roles, "lock_administrators", lambda: None)
    monkeypatch.setattr(roles, "require_another_administrator", slow)

    assert both_leave(parties) == ["gone", "gone"]
    assert not RoleAssignment.objects.live(timezone.now()).exists()


@pytest.mark.django_db
def test_the_database_itself_refuses_overlapping_assignments():
    user, role = UserFactory(), RoleFactory()
    hold(user, role)

    with pytest.raises(Exception, match="role_assignment_double_booked"), transaction.atomic():
        hold(user, role, valid_from=LONG_AGO + timedelta(days=1))
