from typing import Self

from django.db import models
from django.db.models import Q

from common.history import tracked
from common.models import BaseModel
from rpas.models.aircraft import RPASAircraft
from rpas.models.operator import RPASOperator
from rpas.models.scoping import OperatorScopedQuerySet
from users.models import ApiToken


class GroundStationQuerySet(OperatorScopedQuerySet):
    def active(self) -> Self:
        return self.filter(is_active=True)


@tracked
class GroundStation(BaseModel):
    """A remote pilot station that sends telemetry under its own device id and token."""

    operator = models.ForeignKey(RPASOperator, models.PROTECT, related_name="ground_stations")
    aircraft = models.ForeignKey(
        RPASAircraft, models.PROTECT, null=True, blank=True, related_name="ground_stations"
    )
    name = models.CharField(max_length=80)
    device_id = models.CharField(max_length=64, unique=True)
    is_active = models.BooleanField(default=True)
    api_token = models.OneToOneField(
        ApiToken, models.PROTECT, null=True, blank=True, related_name="ground_station"
    )

    objects = GroundStationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="ground_station_device_id_is_plain",
                condition=Q(device_id__regex=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$"),
            )
        ]

    def __str__(self) -> str:
        return self.device_id
