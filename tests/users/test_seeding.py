import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command

from tests.users.factories import UserFactory, hold
from users.models import Role
from users.role_grants import ROLES
from users.services import roles
from users.services.seeding import matching, seed_roles

pytestmark = pytest.mark.django_db


def all_names():
    rows = Permission.objects.values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in rows}


def test_every_pattern_of_every_role_matches_something():
    names = all_names()

    dead = [(r.code, p) for r in ROLES for p in r.patterns if not matching([p], names)]

    assert dead == []


def test_seeding_twice_adds_nothing_and_keeps_what_people_changed(capsys, now):
    first = seed_roles()
    admin = Role.objects.get(code="admin")
    assert first["admin"] == admin.grants.count() == len(all_names())
    dispatcher = Role.objects.get(code="dispatcher")
    roles.change_role(
        dispatcher,
        version=None,
        permissions=["users.view_user"],
        actor=UserFactory(is_superuser=True),
        at=now,
    )

    call_command("seed_roles")

    assert "dispatcher: 0 permissions added" in capsys.readouterr().out
    assert roles.permission_names(dispatcher) == ["users.view_user"]


def test_the_seeded_roles_are_what_they_should_be():
    seed_roles()

    assert Role.objects.count() == 13
    assert set(Role.objects.filter(is_staff_role=False).values_list("code", flat=True)) == {
        "client",
        "ground_station",
    }
    assert not Role.objects.filter(is_staff_role=True, requires_totp=False).exists()
    customer = UserFactory()
    hold(customer, Role.objects.get(code="client"))
    assert customer.get_all_permissions() == set()


def test_a_remote_pilot_flies_but_does_not_release():
    seed_roles()
    pilot = UserFactory()
    hold(pilot, Role.objects.get(code="remote_pilot"))

    assert pilot.has_perm("flight_operations.start_flightoperation")
    assert not pilot.has_perm("flight_operations.release_flightoperation")
    assert not pilot.has_perm("users.change_user")
    assert not pilot.has_perm("common.override_verdict")
