from datetime import date

from django.db import models

from common.constraints import within
from common.encryption import BlindIndexField, SealedDateField, SealedModel, SealedTextField
from common.history import tracked_without
from common.models import BaseModel
from operations.models.scoping import TripDeskQuerySet
from operations.naming import birth_key, record_key

SEALED = (
    "family_name",
    "given_names",
    "date_of_birth",
    "sex",
    "medical_record_number",
    "next_of_kin",
    "physician_contact",
    "diagnosis",
    "medications",
    "allergies",
    "infectious_status",
    "notes",
    "record_index",
    "birth_index",
)


class Sex(models.TextChoices):
    FEMALE = "female"
    MALE = "male"
    OTHER = "other"
    UNKNOWN = "unknown"


@tracked_without(*SEALED)
class Patient(SealedModel, BaseModel):
    """
    A person carried for medical care.

    Number, mass and stretcher are plain, all else is encrypted and kept out of the row history: who
    changed which field is in the audit trail. Who sees what is in `privacy.PATIENT_FIELDS`. Never
    erased: medical and flight records are kept, so there is no way to remove one.
    """

    number = models.CharField(max_length=16, unique=True, editable=False)
    mass_kg = models.PositiveSmallIntegerField(null=True, blank=True)
    needs_stretcher = models.BooleanField(default=True)
    family_name = SealedTextField(max_length=100, null=True)
    given_names = SealedTextField(max_length=100, null=True)
    date_of_birth = SealedDateField(null=True)
    sex = SealedTextField(max_length=8, null=True)
    medical_record_number = SealedTextField(max_length=40, null=True)
    next_of_kin = SealedTextField(max_length=500, null=True)
    physician_contact = SealedTextField(max_length=500, null=True)
    diagnosis = SealedTextField(max_length=10_000, null=True)
    medications = SealedTextField(max_length=10_000, null=True)
    allergies = SealedTextField(max_length=2000, null=True)
    infectious_status = SealedTextField(
        max_length=2000, null=True, help_text="Empty: known to have none. Null: not asked yet."
    )
    notes = SealedTextField(max_length=10_000, null=True)
    record_index = BlindIndexField(of="record_key")
    birth_index = BlindIndexField(of="birth_key")

    objects = TripDeskQuerySet.as_manager()

    class Meta(SealedModel.Meta):
        permissions = [
            ("view_needs_patient", "Can see what a patient needs on board"),
            ("view_identity_patient", "Can see who a patient is"),
            ("view_medical_patient", "Can see what ails a patient"),
            ("search_patient", "Can look for a patient by record number or name and birth date"),
            ("break_glass_patient", "Can open a patient's record in an emergency"),
        ]
        constraints = [within("patient_mass_is_real", "mass_kg", 1, 400)]

    def __str__(self) -> str:
        return self.number

    @property
    def needs_infection_precautions(self) -> bool | None:
        """Whether who comes near must protect themselves; None when nobody has asked yet."""
        status = self.infectious_status
        return None if status is None else bool(status)

    def record_key(self) -> str | None:
        """The medical record number in the form in which equal ones are equal."""
        number: str | None = self.medical_record_number
        return record_key(number) if number else None

    def birth_key(self) -> str | None:
        """Name and birth date in the form in which equal ones are equal."""
        born: date | None = self.date_of_birth
        if not self.family_name or not self.given_names or born is None:
            return None
        return birth_key(self.family_name, self.given_names, born)
