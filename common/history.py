"""Field-level history of models by database triggers, and the row version behind ETags."""

from collections.abc import Callable
from typing import TypeVar, cast

import pghistory
import pgtrigger
from django.db import models

M = TypeVar("M", bound=type[models.Model])

_BUMP_VERSION = pgtrigger.Trigger(
    name="bump_version",
    when=pgtrigger.Before,
    operation=pgtrigger.Update,
    func="NEW.version = OLD.version + 1; RETURN NEW;",
)


def tracked(model: M) -> M:
    """
    Keep every version of every row of this model, whoever writes it and by whatever path.

    Triggers see `QuerySet.update()` and raw SQL too. The row's `version` grows by one per update,
    in the database, so a stale `If-Match` is noticed whatever wrote in between.
    """
    return tracked_without()(model)


def tracked_without(*secrets: str) -> Callable[[M], M]:
    """`tracked`, leaving the named fields (password hashes, keys) out of the history."""

    def register(model: M) -> M:
        pgtrigger.register(_BUMP_VERSION)(model)
        track = pghistory.track(
            pghistory.InsertEvent(),
            pghistory.UpdateEvent(),
            pghistory.DeleteEvent(),
            exclude=list(secrets) or None,
        )
        return cast(M, track(model))

    return register
