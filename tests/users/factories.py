from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import count
from typing import Any

import factory
from django.contrib.auth.models import Permission
from factory.django import DjangoModelFactory

from users.models import (
    CheckRecord,
    DeclaredFlight,
    FlyingDeclaration,
    Qualification,
    QualificationKind,
    QualificationStatus,
    Role,
    RoleAssignment,
    RoleGrant,
    User,
    UserProfile,
)

PASSWORD = "correct-horse-battery"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
_number = count(1)


class UserFactory(DjangoModelFactory):
    """An active person with a profile and no role; the password is `PASSWORD`."""

    email = factory.Sequence(lambda n: f"person{n}@example.com")
    first_name = "Pat"
    last_name = factory.Sequence(lambda n: f"Person {n}")
    password = factory.django.Password(PASSWORD)
    profile = factory.RelatedFactory(
        "tests.users.factories.UserProfileFactory", factory_related_name="user"
    )

    class Meta:
        model = User
        skip_postgeneration_save = True


class UserProfileFactory(DjangoModelFactory):
    user = factory.SubFactory(UserFactory, profile=None)
    arn = factory.Sequence(lambda n: f"{1_000_000 + n}")
    timezone = "Australia/Sydney"

    class Meta:
        model = UserProfile


class RoleFactory(DjangoModelFactory):
    code = factory.Sequence(lambda n: f"role-{n}")
    name = factory.LazyAttribute(lambda role: role.code.title())

    class Meta:
        model = Role


class QualificationFactory(DjangoModelFactory):
    """A verified RePL up to 25 kg without expiry."""

    user = factory.SubFactory(UserFactory)
    kind = QualificationKind.REPL
    authority = "CASA"
    number = factory.Sequence(lambda n: f"RP{n:05}")
    weight_band = factory.LazyAttribute(
        lambda paper: "up_to_25kg" if paper.kind == QualificationKind.REPL else ""
    )
    issued_on = date(2024, 1, 15)
    status = QualificationStatus.VERIFIED
    verified_by = factory.LazyAttribute(
        lambda paper: UserFactory() if paper.status == QualificationStatus.VERIFIED else None
    )
    verified_at = factory.LazyAttribute(
        lambda paper: LONG_AGO if paper.status == QualificationStatus.VERIFIED else None
    )

    class Meta:
        model = Qualification


class CheckFactory(DjangoModelFactory):
    """A competency check on a B350 on 10 February 2026, for that month."""

    user = factory.SubFactory(UserFactory)
    kind = "135.293b"
    aircraft_type = "B350"
    done_on = date(2026, 2, 10)
    base_month = factory.LazyAttribute(lambda check: check.done_on.replace(day=1))
    examiner = "J. Ortiz"
    recorded_by = factory.SubFactory(UserFactory)
    recorded_at = LONG_AGO

    class Meta:
        model = CheckRecord


class DeclaredFlightFactory(DjangoModelFactory):
    """An hour and a half for another operator, each a day after the one before."""

    user = factory.SubFactory(UserFactory)
    aircraft_type = "B350"
    off_at = factory.Sequence(lambda n: LONG_AGO + timedelta(days=n))
    on_at = factory.LazyAttribute(lambda flight: flight.off_at + timedelta(minutes=90))
    flight_min = 90
    declared_by = factory.LazyAttribute(lambda flight: flight.user)
    declared_at = LONG_AGO

    class Meta:
        model = DeclaredFlight


class FlyingDeclarationFactory(DjangoModelFactory):
    """Everything flown elsewhere from the start of 2025 to the end of 2026 is declared."""

    user = factory.SubFactory(UserFactory)
    from_on = date(2025, 1, 1)
    until_on = date(2026, 12, 31)
    declared_by = factory.LazyAttribute(lambda row: row.user)
    declared_at = LONG_AGO

    class Meta:
        model = FlyingDeclaration


def permission(name: str) -> Permission:
    """The permission called `app.codename`; fails when no model declares it."""
    app, _, codename = name.partition(".")
    return Permission.objects.get(content_type__app_label=app, codename=codename)


@cache
def _permission_keys() -> dict[str, int]:
    """Keys of all permissions by name; made by migrations, the same for every test of a run."""
    names = Permission.objects.values_list("content_type__app_label", "codename", "pk")
    return {f"{app}.{codename}": pk for app, codename, pk in names}


def grant(user: User, *permissions: str, is_staff_role: bool = True, **role: Any) -> Role:
    """
    Give a person a fresh role with these permissions, since long ago and without an end.

    `is_staff_role` opens the admin and lets the person see colleagues. No TOTP is asked for unless
    `requires_totp=True`. Sessions already open stay open.
    """
    role.setdefault("code", f"granted-{next(_number)}")
    made = RoleFactory(is_staff_role=is_staff_role, **role)
    keys = _permission_keys()
    RoleGrant.objects.bulk_create(
        RoleGrant(role=made, permission_id=keys[name]) for name in permissions
    )
    hold(user, made)
    return made


def hold(user: User, role: Role, **period: Any) -> RoleAssignment:
    """Assign a role since long ago, or over the period given."""
    period.setdefault("valid_from", LONG_AGO)
    assignment = RoleAssignment.objects.create(user=user, role=role, **period)
    user.forget_authority()
    return assignment
