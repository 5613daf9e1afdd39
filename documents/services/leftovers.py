"""Files that no row names: their transaction was undone, or the process ended between the two."""

import logging
from datetime import date, datetime, timedelta
from typing import Any

from documents.models import Agreement, Document, DocumentPack
from documents.services import files

logger = logging.getLogger(__name__)
# By then whoever wrote a file has committed its row, or never will.
AGE = timedelta(days=1)
AT_A_TIME = 500
KEEPERS = (Document, Agreement, DocumentPack)


def drop_leftovers(*, at: datetime) -> int:
    """Remove the files of this month and the one before that no row names; returns how many."""
    last = at.date().replace(day=1) - timedelta(days=1)
    return sum(_drop(model, day, at) for model in KEEPERS for day in (last, at.date()))


def _drop(model: Any, day: date, at: datetime) -> int:
    field = model._meta.get_field("file")
    storage, folder = field.storage, day.strftime(str(field.upload_to)).strip("/")
    try:
        names = sorted(f"{folder}/{name}" for name in storage.listdir(folder)[1])
    except FileNotFoundError:
        return 0
    dropped = 0
    for first in range(0, len(names), AT_A_TIME):
        some = names[first : first + AT_A_TIME]
        named = set(model.objects.filter(file__in=some).values_list("file", flat=True))
        for name in some:
            if name not in named and storage.get_modified_time(name) < at - AGE:
                files.drop(storage, name)
                dropped += 1
    if dropped:
        logger.warning("%s files in %s that no row names were removed", dropped, folder)
    return dropped
