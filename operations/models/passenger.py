from django.db import models
from django.db.models import Q

from common.constraints import one_of, within
from common.encryption import SealedDateField, SealedModel, SealedTextField
from common.history import tracked_without
from common.models import BaseModel
from operations.models.scoping import TripDeskQuerySet
from operations.models.trip import Trip, TripLeg

SEALED_OF_PASSENGERS = (
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
)


class PassengerRole(models.TextChoices):
    PASSENGER = "passenger"
    ESCORT = "escort", "Escort of the patient"


class TravelDocument(models.TextChoices):
    PASSPORT = "passport"
    IDENTITY_CARD = "identity_card"
    TRAVEL_DOCUMENT = "travel_document", "Travel document of a refugee or stateless person"
    OTHER = "other"


@tracked_without(*SEALED_OF_PASSENGERS)
class Passenger(SealedModel, BaseModel):
    """
    Somebody on board who is neither crew nor patient, as the manifest needs them.

    Name, birth date, sex, nationality, residence and travel document are encrypted, as with a
    patient; who sees what is in `privacy.PASSENGER_FIELDS`. Without legs the person stays behind.
    """

    trip = models.ForeignKey(Trip, models.PROTECT, related_name="passengers")
    legs = models.ManyToManyField(TripLeg, related_name="manifest", blank=True)
    role = models.CharField(max_length=10, choices=PassengerRole, default=PassengerRole.PASSENGER)
    mass_kg = models.PositiveSmallIntegerField(null=True, blank=True)
    baggage_kg = models.PositiveSmallIntegerField(default=0)
    family_name = SealedTextField(max_length=100, null=True)
    given_names = SealedTextField(max_length=100, null=True)
    date_of_birth = SealedDateField(null=True)
    sex = SealedTextField(max_length=8, null=True, help_text="As the travel document has it.")
    nationality = SealedTextField(max_length=2, null=True, help_text="ISO 3166-1 alpha-2.")
    residence = SealedTextField(max_length=2, null=True, help_text="Country of residence.")
    document_kind = SealedTextField(max_length=15, null=True)
    document_number = SealedTextField(max_length=40, null=True)
    document_country = SealedTextField(max_length=2, null=True, help_text="Who issued it.")
    document_expires_on = SealedDateField(null=True)

    objects = TripDeskQuerySet.as_manager()

    class Meta(SealedModel.Meta):
        permissions = [("view_manifest_passenger", "Can see who the passengers are")]
        constraints = [
            one_of("passenger_role_is_known", "role", PassengerRole),
            within("passenger_mass_is_real", "mass_kg", 1, 400),
            models.CheckConstraint(
                name="passenger_baggage_is_real", condition=Q(baggage_kg__lte=500)
            ),
        ]

    def __str__(self) -> str:
        return f"passenger {self.pk} of {self.trip}"
