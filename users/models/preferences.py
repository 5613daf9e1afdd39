from django.db import models

from common.history import tracked
from common.models import BaseModel
from common.preferences import CHOICES, NAMES
from users.models.profile import PersonalQuerySet
from users.models.user import User


def _choice(name: str) -> models.CharField:
    return models.CharField(
        max_length=8, choices=CHOICES[name], blank=True, default="", db_default=""
    )


@tracked
class UserPreferences(BaseModel):
    """
    How one person wants moments and quantities shown, and in which language; nobody else's.

    Empty is not chosen: the installation's own then holds. Somebody without a row chose nothing.
    """

    user = models.OneToOneField(User, models.PROTECT, related_name="preferences")
    timezone = models.CharField(max_length=64, blank=True, default="", db_default="")
    date_format = _choice("date_format")
    clock = _choice("clock")
    height = _choice("height")
    distance = _choice("distance")
    speed = _choice("speed")
    mass = _choice("mass")
    temperature = _choice("temperature")
    pressure = _choice("pressure")
    language = _choice("language")

    objects = PersonalQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "user preferences"

    def __str__(self) -> str:
        return str(self.user)

    def chosen(self) -> dict[str, str]:
        """What this person chose, by name."""
        return {name: getattr(self, name) for name in NAMES if getattr(self, name)}
