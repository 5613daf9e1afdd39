from typing import Any, Self

from django.contrib.gis.db import models
from django.contrib.gis.geos import Point
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db.models import Q
from django.db.models.functions import Upper

from common.history import tracked
from common.models import BaseModel
from contacts.models.constraints import COUNTRY, said, validate_zone
from contacts.models.scoping import DeskQuerySet


class CityQuerySet(DeskQuerySet):
    def within_km(self, position: Point, distance_km: float) -> Self:
        return self.filter(point__dwithin=(position, distance_km * 1000))


@tracked
class City(BaseModel):
    """
    A town that the desk flies from and to: where it is and which time it keeps.

    `search_words` are the name as written and without accents.
    """

    name = models.CharField(max_length=120)
    name_key = models.CharField(max_length=120, editable=False)
    search_words = models.CharField(max_length=250, editable=False)
    country = models.CharField(max_length=2, help_text="ISO 3166 code.")
    region = models.CharField(max_length=80, blank=True, help_text="State or province.")
    point = models.PointField(geography=True)
    timezone = models.CharField(
        max_length=64, validators=[validate_zone], help_text="IANA zone name."
    )

    objects = CityQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "cities"
        constraints = [
            said("city_has_a_name", "name"),
            models.CheckConstraint(
                name="city_country_is_two_letters", condition=Q(country__regex=COUNTRY)
            ),
            models.CheckConstraint(name="city_has_a_zone", condition=~Q(timezone="")),
            models.UniqueConstraint(
                fields=["country", "region", "name_key"], name="one_city_per_name_and_region"
            ),
        ]
        indexes = [
            GinIndex(OpClass(Upper("search_words"), name="gin_trgm_ops"), name="city_words"),
        ]

    def __str__(self) -> str:
        return ", ".join(part for part in (self.name, self.region, self.country) if part)


def zone_field(**more: Any) -> Any:
    """A column for an IANA zone name that may be unknown."""
    return models.CharField(max_length=64, blank=True, validators=[validate_zone], **more)
