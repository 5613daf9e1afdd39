from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper

from common.constraints import one_of, within
from common.history import tracked
from common.models import BaseModel
from rpas.models.aircraft import RPASAircraft
from rpas.models.operator import RPASOperator
from rpas.models.scoping import OperatorScopedQuerySet


class BatteryStatus(models.TextChoices):
    IN_SERVICE = "in_service", "In service"
    QUARANTINED = "quarantined"
    RETIRED = "retired"


class BatteryQuerySet(OperatorScopedQuerySet):
    def in_service(self) -> Self:
        return self.filter(status=BatteryStatus.IN_SERVICE)

    def on_aircraft(self, aircraft_id: int) -> Self:
        return self.filter(aircraft=aircraft_id)

    def worn_out(self) -> Self:
        """Batteries past their maker's number of cycles."""
        return self.filter(max_cycles__isnull=False, cycles__gte=F("max_cycles"))


@tracked
class Battery(BaseModel):
    """A flight battery with its cycles and health, fitted to one aircraft or on the shelf."""

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        BatteryStatus.IN_SERVICE: {BatteryStatus.QUARANTINED, BatteryStatus.RETIRED},
        BatteryStatus.QUARANTINED: {BatteryStatus.IN_SERVICE, BatteryStatus.RETIRED},
    }

    operator = models.ForeignKey(RPASOperator, models.PROTECT, related_name="batteries")
    aircraft = models.ForeignKey(
        RPASAircraft, models.PROTECT, null=True, blank=True, related_name="batteries"
    )
    serial_number = models.CharField(max_length=64, unique=True)
    model = models.CharField(max_length=80)
    capacity_mah = models.PositiveIntegerField()
    cycles = models.PositiveIntegerField(default=0)
    max_cycles = models.PositiveIntegerField(null=True, blank=True)
    health_percent = models.PositiveSmallIntegerField(null=True, blank=True)
    status = models.CharField(
        max_length=16, choices=BatteryStatus, default=BatteryStatus.IN_SERVICE
    )

    objects = BatteryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "batteries"
        permissions = [
            ("assign_battery", "Can fit a battery to an aircraft"),
            ("quarantine_battery", "Can quarantine a battery"),
            ("return_to_service_battery", "Can return a battery to service"),
            ("retire_battery", "Can retire a battery"),
        ]
        constraints = [
            models.CheckConstraint(
                name="battery_serial_is_normalized",
                condition=Q(serial_number=Upper("serial_number")) & ~Q(serial_number=""),
            ),
            one_of("battery_status_is_known", "status", BatteryStatus),
            within("battery_health_is_percent", "health_percent", 0, 100),
            within("battery_capacity_is_real", "capacity_mah", 1, 10_000_000),
            models.CheckConstraint(
                name="retired_battery_is_off_the_aircraft",
                condition=~Q(status=BatteryStatus.RETIRED) | Q(aircraft__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.serial_number
