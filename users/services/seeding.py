import re
from collections.abc import Iterable
from fnmatch import translate

from django.contrib.auth.models import Permission
from django.db import transaction

from users.models import Role, RoleGrant
from users.role_grants import ROLES, RoleSpec


@transaction.atomic
def seed_roles() -> dict[str, int]:
    """
    Make the roles every installation starts with, and grant what their patterns match.

    Safe to run again: missing roles and grants are added, nothing is taken away, and a role that
    a person has changed is left alone. Returns the number of grants added by role.
    """
    everything = {
        f"{app}.{codename}": pk
        for pk, app, codename in Permission.objects.values_list(
            "pk", "content_type__app_label", "codename"
        )
    }
    return {spec.code: _seed(spec, everything) for spec in ROLES}


def matching(patterns: Iterable[str], names: Iterable[str]) -> set[str]:
    """The permission names that any of the patterns matches; `*` stands for any characters."""
    # One expression for all patterns: a role has fifty of them and there are a thousand names.
    wanted = re.compile("|".join(translate(pattern) for pattern in patterns) or r"(?!)")
    return {name for name in names if wanted.match(name)}


def _seed(spec: RoleSpec, everything: dict[str, int]) -> int:
    role, _ = Role.objects.get_or_create(
        code=spec.code,
        defaults={
            "name": spec.name,
            "description": spec.description,
            "is_staff_role": spec.is_staff_role,
            "requires_totp": spec.is_staff_role,
        },
    )
    if role.is_customized:
        return 0
    held = set(role.grants.values_list("permission_id", flat=True))
    wanted = {everything[name] for name in matching(spec.patterns, everything)} - held
    RoleGrant.objects.bulk_create(RoleGrant(role=role, permission_id=pk) for pk in sorted(wanted))
    return len(wanted)
