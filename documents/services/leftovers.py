"""Files that no row names: their transaction was undone, or the process ended between the two."""

import logging
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from documents.models import Agreement, Document, DocumentPack
from documents.services import files

logger = logging.getLogger(__name__)
# By then whoever wrote a file has committed its row, or never will.
AGE = timedelta(days=1)
AT_A_TIME = 500
# A model and its field whose files lie in a folder of each month.
Keeper = tuple[Any, str]
KEEPERS: tuple[Keeper, ...] = (
    (Document, "file"),
    (Agreement, "file"),
    (DocumentPack, "file"),
)


def drop_leftovers(*, at: datetime, keepers: Sequence[Keeper] = KEEPERS) -> int:
    """Remove the files of this month and the one before that no row names; returns how many."""
    last = at.date().replace(day=1) - timedelta(days=1)
    return sum(_drop(*keeper, day, at) for keeper in keepers for day in (last, at.date()))


def _drop(model: Any, field_name: str, day: date, at: datetime) -> int:
    field = model._meta.get_field(field_name)
    storage, folder = field.storage, day.strftime(str(field.upload_to)).strip("/")
    try:
        names = sorted(f"{folder}/{name}" for name in storage.listdir(folder)[1])
    except FileNotFoundError:
        return 0
    dropped = 0
    for first in range(0, len(names), AT_A_TIME):
        some = names[first : first + AT_A_TIME]
        rows = model.objects.filter(**{f"{field_name}__in": some})
        named = set(rows.values_list(field_name, flat=True))
        for name in some:
            if name not in named and storage.get_modified_time(name) < at - AGE:
                files.drop(storage, name)
                dropped += 1
    if dropped:
        logger.warning("%s files in %s that no row names were removed", dropped, folder)
    return dropped
