from django.db import models
from django.db.models import Q

from common.history import tracked
from common.models import BaseModel
from users.models.profile import PersonalQuerySet
from users.models.user import User


class FlightCategory(models.TextChoices):
    MULTIROTOR = "multirotor", "Uncrewed multirotor"
    UNCREWED_AEROPLANE = "uncrewed_aeroplane", "Uncrewed aeroplane"
    UNCREWED_HELICOPTER = "uncrewed_helicopter", "Uncrewed helicopter"
    POWERED_LIFT = "powered_lift", "Uncrewed powered lift"
    AEROPLANE = "aeroplane", "Aeroplane"
    HELICOPTER = "helicopter", "Helicopter"


class FlightRole(models.TextChoices):
    IN_COMMAND = "in_command", "In command"
    SECOND = "second", "Second in command or observer"
    DUAL = "dual", "Under instruction"
    INSTRUCTOR = "instructor", "Instructor"


@tracked
class FlightExperience(BaseModel):
    """Hours a person flew elsewhere, as they declare them; what is flown here counts itself."""

    user = models.ForeignKey(User, models.PROTECT, related_name="flight_experience")
    category = models.CharField(max_length=24, choices=FlightCategory)
    role = models.CharField(max_length=12, choices=FlightRole, default=FlightRole.IN_COMMAND)
    aircraft_type = models.CharField(max_length=100, blank=True)
    flown_minutes = models.PositiveIntegerField()
    night_minutes = models.PositiveIntegerField(default=0)
    cross_country_minutes = models.PositiveIntegerField(null=True, blank=True)
    instrument_minutes = models.PositiveIntegerField(
        null=True, blank=True, help_text="Actual or simulated."
    )
    instrument_flight_minutes = models.PositiveIntegerField(
        null=True, blank=True, help_text="Of the instrument time, what was flown and not simulated."
    )
    landings = models.PositiveIntegerField(default=0)
    as_of_on = models.DateField(help_text="The last day these figures include.")
    remarks = models.TextField(blank=True)
    declared_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    declared_at = models.DateTimeField()

    objects = PersonalQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="night_is_part_of_the_time_flown",
                condition=Q(night_minutes__lte=models.F("flown_minutes")),
            ),
            models.CheckConstraint(
                # 60,000 hours: nobody has flown more.
                name="declared_time_is_humanly_possible",
                condition=Q(flown_minutes__gt=0, flown_minutes__lte=3_600_000),
            ),
            models.UniqueConstraint(
                fields=["user", "category", "role", "aircraft_type"],
                name="one_declaration_per_kind_of_flying",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.category} {self.flown_minutes} min"
