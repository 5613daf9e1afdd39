from typing import ClassVar

from django.db import models
from django.db.models import Q

from airports.models import Airport
from common.constraints import one_of
from common.history import tracked
from common.models import BaseModel
from contacts.models import FBO, Contact, GroundProvider
from operations.models.scoping import TripDeskQuerySet
from operations.models.trip import Trip, TripLeg


class ServiceKind(models.TextChoices):
    HANDLING = "handling"
    FUEL = "fuel"
    PERMIT = "permit", "Overflight or landing permit"
    SLOT = "slot", "Slot or prior permission"
    GROUND_AMBULANCE = "ground_ambulance"
    CUSTOMS = "customs", "Customs and immigration"
    CATERING = "catering"
    HOTEL = "hotel"
    TRANSPORT = "transport", "Crew transport"
    OXYGEN = "oxygen", "Oxygen refill"
    BED = "bed", "Bed confirmation"
    OTHER = "other"


class ServiceStatus(models.TextChoices):
    NOT_APPLICABLE = "na", "Not needed"
    TO_DO = "to_do", "To do"
    REQUESTED = "requested"
    ON_HOLD = "on_hold"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


_ANY: set[str] = set(ServiceStatus)


@tracked
class ServiceItem(BaseModel):
    """
    One thing arranged on the ground for a trip.

    `needs_recheck` is set when the trip changed after it was confirmed, until somebody looked.
    """

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        status: _ANY - {status} for status in _ANY - {ServiceStatus.CANCELLED}
    } | {ServiceStatus.CANCELLED: {ServiceStatus.TO_DO}}

    trip = models.ForeignKey(Trip, models.PROTECT, related_name="service_items")
    leg = models.ForeignKey(
        TripLeg, models.PROTECT, null=True, blank=True, related_name="service_items"
    )
    airport = models.ForeignKey(Airport, models.PROTECT, null=True, blank=True, related_name="+")
    kind = models.CharField(max_length=16, choices=ServiceKind)
    is_required = models.BooleanField(
        default=True, help_text="The trip is not released before it is confirmed."
    )
    fbo = models.ForeignKey(FBO, models.PROTECT, null=True, blank=True, related_name="+")
    ground_provider = models.ForeignKey(
        GroundProvider, models.PROTECT, null=True, blank=True, related_name="+"
    )
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, blank=True, related_name="+")
    reference = models.CharField(max_length=100, blank=True)
    remarks = models.CharField(max_length=2000, blank=True)
    needed_at = models.DateTimeField(null=True, blank=True)
    requested_at = models.DateTimeField(null=True, editable=False)
    confirmed_at = models.DateTimeField(null=True, editable=False)
    needs_recheck = models.BooleanField(default=False, editable=False)
    recheck_because = models.CharField(max_length=300, blank=True, editable=False)
    cost = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    status = models.CharField(max_length=10, choices=ServiceStatus, default=ServiceStatus.TO_DO)

    objects = TripDeskQuerySet.as_manager()

    class Meta:
        permissions = [
            ("move_serviceitem", "Can request, confirm or cancel a service"),
            ("recheck_serviceitem", "Can say that a service still fits a changed trip"),
        ]
        constraints = [
            one_of("service_kind_is_known", "kind", ServiceKind),
            one_of("service_status_is_known", "status", ServiceStatus),
            models.CheckConstraint(
                name="service_cost_has_a_currency",
                condition=Q(cost=None) | ~Q(currency=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} for {self.trip}"

    @property
    def label(self) -> str:
        """What it is, and where."""
        place = f" at {self.airport.ident}" if self.airport else ""
        return f"{self.get_kind_display()}{place}"
