from django.db import models
from django.db.models import Q

from common.history import tracked
from common.models import BaseModel
from operations.models.constraints import one_of, within
from operations.models.scoping import TripDeskQuerySet
from operations.models.trip import Trip, TripLeg


class PassengerRole(models.TextChoices):
    PASSENGER = "passenger"
    ESCORT = "escort", "Escort of the patient"


@tracked
class Passenger(BaseModel):
    """Somebody on board who is neither crew nor patient, as the manifest needs them."""

    trip = models.ForeignKey(Trip, models.PROTECT, related_name="passengers")
    legs = models.ManyToManyField(TripLeg, related_name="manifest", blank=True)
    role = models.CharField(max_length=10, choices=PassengerRole, default=PassengerRole.PASSENGER)
    mass_kg = models.PositiveSmallIntegerField(null=True, blank=True)
    baggage_kg = models.PositiveSmallIntegerField(default=0)

    objects = TripDeskQuerySet.as_manager()

    class Meta:
        constraints = [
            one_of("passenger_role_is_known", "role", PassengerRole),
            within("passenger_mass_is_real", "mass_kg", 1, 400),
            models.CheckConstraint(
                name="passenger_baggage_is_real", condition=Q(baggage_kg__lte=500)
            ),
        ]

    def __str__(self) -> str:
        return f"passenger {self.pk} of {self.trip}"
