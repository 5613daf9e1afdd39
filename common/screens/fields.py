"""Which fields of a record a screen shows to one person: history and export show no others."""

import re
from typing import Any

from django.contrib.admin.utils import flatten_fieldsets
from django.contrib.gis.db.models import GeometryField
from django.db.models import BinaryField, FileField, Model
from django.http import HttpRequest

from common.encryption import BlindIndexField, SealedField
from common.preferences import Preferences, reading

# How a row is kept, not what it says.
BOOKKEEPING = frozenset({"id", "version", "updated_at", "created_at", "seal_id"})
# Every list of a life cycle names them.
_ALWAYS = frozenset({"number", "status"})
_CLOSED = (SealedField, BlindIndexField, BinaryField)
# What opens something, even where a screen should name it by mistake.
_KEYS = re.compile(r"password|secret|digest$|code_hash|key_hash|credential")


def own_fields(model: type[Model]) -> dict[str, Any]:
    """The columns of a model that are neither sealed nor keys to anything, by name."""
    return {
        f.name: f
        for f in model._meta.concrete_fields
        if not isinstance(f, _CLOSED) and not _KEYS.search(f.name)
    }


def readable_fields(screen: Any, request: HttpRequest, row: Model | None) -> dict[str, Any]:
    """The columns that the screen's page or its list shows to the person who asks."""
    on_page = flatten_fieldsets(screen.get_fieldsets(request, row))
    # In a reader's own units the list has columns without a name.
    with reading(Preferences):
        in_list = screen.get_list_display(request)
    hidden = {*(screen.exclude or ()), *screen.withheld_fields}
    shown = {name for name in (*on_page, *in_list, *_ALWAYS) if isinstance(name, str)} - hidden
    return {name: field for name, field in own_fields(screen.model).items() if name in shown}


def is_plain(field: Any) -> bool:
    """Whether a column can stand in a cell as it is: no relation, place or file."""
    return not (field.is_relation or isinstance(field, (GeometryField, FileField)))
