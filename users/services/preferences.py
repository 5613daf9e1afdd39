from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from common import audit
from common.exceptions import InvalidInput, StaleVersion
from common.lifecycle import locked
from common.preferences import is_known
from users.models import User, UserPreferences


@transaction.atomic
def change_preferences(
    user: User, *, version: int | None, changes: Mapping[str, str | None], at: datetime
) -> UserPreferences:
    """
    Let somebody say how they want things shown; None or empty goes back to the installation's.

    Raises StaleVersion, also for a first choice that another one came before (version 0), and
    InvalidInput for a value that there is not.
    """
    for name, value in changes.items():
        if value and not is_known(name, value):
            raise InvalidInput(f"/{name}", "There is no such value.")
    # First choices have no row to wait for each other at.
    person = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    row = UserPreferences.objects.filter(user=person).first()
    if row is None and version:
        raise StaleVersion(yours=version, current=0)
    row = UserPreferences(user=person) if row is None else locked(row, version=version)
    for name, value in changes.items():
        setattr(row, name, value or "")
    row.save()
    audit.record("preferences.change", row, actor=person, at=at, fields=sorted(changes))
    row.refresh_from_db()
    return row
