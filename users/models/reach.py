"""How far the rights of one person reach over those of others."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat

from common.scopes import scopes_of
from users.models.role import RoleGrant
from users.models.user import User


def lasting_grants(user: Any, *, at: datetime) -> QuerySet[Any]:
    """
    What the roles of a person carry, each with its `full_name`; roles still to begin count.

    Of a closed account too: it may be opened tomorrow. `user` may be an outer reference.
    """
    ends = "role__assignments__valid_until"
    lasts = Q((f"{ends}__isnull", True)) | Q((f"{ends}__gt", at))
    name = Concat(F("permission__content_type__app_label"), Value("."), F("permission__codename"))
    held = RoleGrant.objects.filter(lasts, role__assignments__user=user)
    return held.annotate(full_name=name)


def reached_by(user: User, people: Iterable[Any], *, at: datetime) -> list[int]:
    """Which of these people hold no right and work for no operator that the user does not."""
    beyond = lasting_grants(OuterRef("pk"), at=at).exclude(
        full_name__in=sorted(user.authority.permissions)
    )
    within = list(User.objects.filter(~Exists(beyond), pk__in=people, is_superuser=False))
    if not within:
        return []
    own = scopes_of(user)
    return [each.pk for each in within if scopes_of(each) <= own]
