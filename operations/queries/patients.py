from collections.abc import Sequence
from datetime import date
from typing import cast

from common.encryption import BlindIndexField
from operations.models import Passenger, Patient, TripLeg
from operations.naming import birth_key, record_key

MOST_FOUND = 20


def with_record_number(number: str) -> list[Patient]:
    """Patients with this medical record number, however it is written; 20 at most."""
    key = record_key(number)
    return _with("record_index", key) if key else []


def with_name_and_birth(family_name: str, given_names: str, born: date) -> list[Patient]:
    """Patients of this name, born that day; accents, case and order do not count; 20 at most."""
    return _with("birth_index", birth_key(family_name, given_names, born))


def candidates(field: str, key: str) -> list[str]:
    """What the database may hold of a key, under any of the keys in use."""
    column = cast(BlindIndexField, Patient._meta.get_field(field))
    return column.candidates(key)


def manifest(leg: TripLeg) -> Sequence[Passenger]:
    """Everybody beside crew and patient on one leg, in the order they were entered."""
    rows = Passenger.objects.filter(legs=leg).select_related("trip").prefetch_related("legs")
    return list(rows.order_by("pk"))


def _with(field: str, key: str) -> list[Patient]:
    rows = Patient.objects.filter(**{f"{field}__in": candidates(field, key)})
    return list(rows.order_by("-pk")[:MOST_FOUND])
