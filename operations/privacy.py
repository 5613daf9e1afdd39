"""
Who sees which field of a patient and of a passenger: one table each, and nothing beside it.

Serializers, access log, admin and tests are built from these. A field that is in no group is shown
to nobody.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

BREAK_GLASS = "operations.break_glass_patient"
VIEW_REQUIREMENT = "operations.view_medicalrequirement"
Holds = Callable[[str], bool]


@dataclass(frozen=True)
class FieldGroup:
    """Fields that are seen together, by whoever holds the permission."""

    permission: str
    fields: tuple[str, ...]
    is_personal: bool = True


PATIENT_FIELDS: Mapping[str, FieldGroup] = {
    "reference": FieldGroup("operations.view_patient", ("number",), is_personal=False),
    # "82 kg, stretcher": what the aircraft must take, and what its crew must know to be safe.
    "needs": FieldGroup(
        "operations.view_needs_patient",
        ("mass_kg", "needs_stretcher", "needs_infection_precautions"),
        is_personal=False,
    ),
    # To arrange: beds, borders, relatives.
    "identity": FieldGroup(
        "operations.view_identity_patient",
        (
            "family_name",
            "given_names",
            "date_of_birth",
            "sex",
            "medical_record_number",
            "next_of_kin",
            "physician_contact",
        ),
    ),
    # To treat.
    "medical": FieldGroup(
        "operations.view_medical_patient",
        ("diagnosis", "medications", "allergies", "infectious_status", "notes"),
    ),
}
PASSENGER_FIELDS: Mapping[str, FieldGroup] = {
    "reference": FieldGroup(
        "operations.view_passenger",
        ("id", "trip", "legs", "role", "mass_kg", "baggage_kg"),
        is_personal=False,
    ),
    "manifest": FieldGroup(
        "operations.view_manifest_passenger",
        (
            "family_name",
            "given_names",
            "date_of_birth",
            "sex",
            "nationality",
            "residence",
            "document_kind",
            "document_number",
            "document_country",
            "document_expires_on",
        ),
    ),
}
# Given with every answer to whoever may have one.
ALWAYS = ("version",)


@dataclass(frozen=True)
class View:
    """What one caller sees of a record: the groups, their fields, and the names of the others."""

    groups: tuple[str, ...]
    fields: tuple[str, ...]
    withheld: tuple[str, ...]
    is_personal: bool


def view_of(table: Mapping[str, FieldGroup], holds: Holds, *, everything: bool = False) -> View:
    """What a caller who `holds` permissions sees; all of it where the glass was broken."""
    groups = [name for name, group in table.items() if everything or holds(group.permission)]
    fields = [field for name in groups for field in table[name].fields]
    withheld = [f for group in table.values() for f in group.fields if f not in fields]
    is_personal = any(table[name].is_personal for name in groups)
    return View(tuple(groups), tuple(fields), tuple(withheld), is_personal)


def groups_of(table: Mapping[str, FieldGroup], fields: set[str]) -> dict[str, FieldGroup]:
    """The groups that some of the fields belong to."""
    return {name: group for name, group in table.items() if fields & set(group.fields)}
