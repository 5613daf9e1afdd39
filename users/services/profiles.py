from datetime import datetime
from typing import Any

from django.db import transaction

from common import audit
from common.compliance.service import touch
from common.lifecycle import locked
from common.outbox import announce
from users.events import ProfileChanged
from users.models import User, UserProfile


@transaction.atomic
def change_profile(
    profile: UserProfile, *, version: int | None, actor: User, at: datetime, **changes: Any
) -> UserProfile:
    """Change what is kept about a person. Raises StaleVersion."""
    profile = locked(profile, version=version)
    for name, value in changes.items():
        setattr(profile, name, value)
    profile.save(update_fields=[*changes, "updated_at"])
    audit.record("profile.change", profile, actor=actor, at=at, fields=sorted(changes))
    touch(f"user:{profile.user_id}")
    announce(ProfileChanged(user_id=profile.user_id, fields=sorted(changes)))
    return profile


def own_profile(user: User) -> UserProfile:
    """A person's profile, made empty for an account that came without, such as the first one."""
    rows = UserProfile.objects.select_related("user", "department")
    return rows.filter(user=user).first() or rows.get_or_create(user=user)[0]
