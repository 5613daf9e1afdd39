from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from aircraft.models.scoping import FleetQuerySet
from common.constraints import one_of, within
from common.history import tracked
from common.models import BaseModel

# ICAO Doc 8643: two to four letters and digits beginning with a letter. ZZZZ stands for "none
# assigned" in flight plans and is no type.
DESIGNATOR = r"^(?!ZZZZ$)[A-Z][A-Z0-9]{1,3}$"


class AircraftCategory(models.TextChoices):
    """The first character of the type description of ICAO Doc 8643."""

    LANDPLANE = "L", "Landplane"
    SEAPLANE = "S", "Seaplane"
    AMPHIBIAN = "A", "Amphibian"
    GYROCOPTER = "G", "Gyrocopter"
    HELICOPTER = "H", "Helicopter"
    TILTROTOR = "T", "Tiltrotor"


class EngineKind(models.TextChoices):
    """The last character of the type description of ICAO Doc 8643."""

    JET = "J", "Jet"
    TURBOPROP = "T", "Turboprop or turboshaft"
    PISTON = "P", "Piston"
    ELECTRIC = "E", "Electric"
    ROCKET = "R", "Rocket"


class WakeCategory(models.TextChoices):
    """Wake turbulence category of ICAO Doc 8643."""

    LIGHT = "L", "Light"
    MEDIUM = "M", "Medium"
    HEAVY = "H", "Heavy"
    SUPER = "J", "Super"


@tracked
class AircraftType(BaseModel):
    """A type of crewed aircraft as flight plans name it, such as B350 (ICAO Doc 8643)."""

    designator = models.CharField("ICAO type designator", max_length=4, unique=True)
    name = models.CharField(max_length=120)
    category = models.CharField(max_length=1, choices=AircraftCategory)
    engine_count = models.PositiveSmallIntegerField()
    engine_kind = models.CharField(max_length=1, choices=EngineKind)
    wake = models.CharField("wake category", max_length=1, choices=WakeCategory)
    directive_series = ArrayField(
        models.CharField(max_length=40),
        default=list,
        blank=True,
        help_text="Series of CASA's airworthiness directives for airframe, engines and equipment.",
    )

    objects = FleetQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="crewed_designator_is_of_doc_8643",
                condition=Q(designator__regex=DESIGNATOR.replace("(?!ZZZZ$)", ""))
                & ~Q(designator="ZZZZ"),
            ),
            one_of("crewed_category_is_known", "category", AircraftCategory),
            one_of("crewed_engine_kind_is_known", "engine_kind", EngineKind),
            one_of("crewed_wake_is_known", "wake", WakeCategory),
            within("crewed_engine_count_is_real", "engine_count", 1, 8),
        ]

    def __str__(self) -> str:
        return self.designator

    @property
    def description_code(self) -> str:
        """The three characters of Doc 8643: L2T is a landplane with two turboprops."""
        return f"{self.category}{self.engine_count}{self.engine_kind}"
