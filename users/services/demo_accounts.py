"""Accounts of the demo: password and second factor follow from one demo password."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth.hashers import check_password
from django.db import transaction
from django_otp.plugins.otp_totp.models import TOTPDevice

from users.demo_people import ADMIN, Person, second_factor_key
from users.models import Role, User, UserProfile
from users.services.roles import assign_role


@transaction.atomic
def make_accounts(
    people: Sequence[Person], password: str, *, zone: str, at: datetime
) -> dict[str, User]:
    """
    Make the accounts that are missing and put every sign-in back. Returns them by key.

    The administrator, who must be among the people, gives the others their roles.
    """
    found = {person.key: _account(person, password, zone) for person in people}
    admin = found[ADMIN.key]
    for person in people:
        user = found[person.key]
        if not user.role_assignments.exists():
            assign_role(user, Role.objects.get(code=person.role), actor=admin, at=at)
    return found


def _account(person: Person, password: str, zone: str) -> User:
    user = User.objects.filter(email=person.email).first()
    if user is None:
        names = {"first_name": person.first_name, "last_name": person.last_name}
        make: Any = User.objects
        creator = make.create_superuser if person is ADMIN else make.create_user
        user = creator(person.email, password, **names)
        UserProfile.objects.create(user=user, arn=person.arn, timezone=zone)
    elif not check_password(password, user.password):
        user.set_password(password)
        user.save(update_fields=["password"])
    key = second_factor_key(person, password).hex()
    if not TOTPDevice.objects.filter(user=user, key=key, confirmed=True).exists():
        TOTPDevice.objects.filter(user=user).delete()
        TOTPDevice.objects.create(user=user, name="demo", key=key, confirmed=True)
    return user
