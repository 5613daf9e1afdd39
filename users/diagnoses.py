"""The doctor's examinations of accounts and roles."""

from collections.abc import Iterator

from django.conf import settings
from django.contrib.auth.models import Permission
from django.db.models import Q
from django.utils import timezone

from common.diagnosis import Trouble, examination
from users.demo_people import DOMAIN
from users.models import Role, RoleAssignment, User
from users.role_grants import ROLES
from users.services.seeding import matching


@examination("users.roles", "The seeded roles have their grants")
def roles_are_seeded() -> Iterator[Trouble]:
    """A new version's permissions are of no use to anybody before they are granted."""
    names = {
        f"{app}.{code}"
        for app, code in Permission.objects.values_list("content_type__app_label", "codename")
    }
    roles = {role.code: role for role in Role.objects.prefetch_related("grants__permission")}
    behind = [
        spec.code
        for spec in ROLES
        if spec.code not in roles
        or (
            not roles[spec.code].is_customized
            and matching(spec.patterns, names) - _held(roles[spec.code])
        )
    ]
    if behind:
        yield Trouble(
            f"Roles lack grants of this version: {', '.join(behind)}.", "script/manage seed_roles"
        )


def _held(role: Role) -> set[str]:
    rows = role.grants.values_list("permission__content_type__app_label", "permission__codename")
    return {f"{app}.{code}" for app, code in rows}


@examination("users.administrator", "Somebody can change accounts")
def somebody_administers() -> Iterator[Trouble]:
    """Find an active administrator, and demo accounts that everybody knows the password of."""
    people = User.objects.filter(is_active=True)
    admins = RoleAssignment.objects.live(timezone.now()).filter(role__code="admin")
    if not people.filter(Q(is_superuser=True) | Q(role_assignments__in=admins)).exists():
        yield Trouble(
            "Nobody active holds the role admin: no account can be made or closed.",
            "script/manage createsuperuser",
        )
    demo = people.filter(email__endswith=f"@{DOMAIN}").count()
    if demo and not (settings.DEBUG or settings.DEMO):
        yield Trouble(
            f"{demo} accounts of the demo are open.",
            f"Close every account that ends in @{DOMAIN}, in the admin: People.",
        )
