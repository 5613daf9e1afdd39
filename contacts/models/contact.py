from typing import Any, Self

from django.contrib.gis.db import models
from django.contrib.gis.geos import Point
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db.models import F, Q
from django.db.models.functions import Upper

from common.constraints import one_of
from common.history import tracked
from common.models import BaseModel
from contacts.models.city import zone_field
from contacts.models.constraints import COUNTRY, said, shaped, some_of
from contacts.models.scoping import DeskQuerySet


class ContactKind(models.TextChoices):
    PERSON = "person"
    ORGANIZATION = "organization"


class ContactRole(models.TextChoices):
    CUSTOMER = "customer"
    VENDOR = "vendor"
    BROKER = "broker"
    HOSPITAL = "hospital"
    INSURER = "insurer"
    CREW = "crew"
    MEDICAL = "medical", "Medical team"
    HANDLER = "handler"
    GROUND = "ground", "Ground transport"
    FUEL = "fuel", "Fuel supplier"
    MAINTENANCE = "maintenance"
    AUTHORITY = "authority"
    OTHER = "other"


class ContactQuerySet(DeskQuerySet):
    def current(self) -> Self:
        """Contacts that stand for themselves: not merged into another."""
        return self.filter(merged_into=None)

    def in_use(self) -> Self:
        return self.current().filter(is_active=True)

    def with_role(self, role: str) -> Self:
        return self.filter(roles__contains=[role])

    def of_kind(self, kind: str) -> Self:
        return self.filter(kind=kind)

    def standing_for(self, pk: Any) -> Self:
        """A contact and all that were merged into it."""
        return self.filter(Q(pk=pk) | Q(merged_into=pk))

    def naming(self, contact: "Contact") -> Self:
        """Those that belong to a contact, and those that were merged into it."""
        return self.filter(Q(parent=contact) | Q(merged_into=contact))

    def within_km(self, position: Point, distance_km: float) -> Self:
        return self.filter(point__dwithin=(position, distance_km * 1000))


@tracked
class Contact(BaseModel):
    """
    A person or an organization that the desk deals with.

    `name_key` and `search_words` are made of the rest by the services, for finding duplicates and
    for searching. A contact that was merged points straight at the one that stands for it and
    takes no more changes.
    """

    kind = models.CharField(max_length=12, choices=ContactKind)
    name = models.CharField(max_length=200)
    name_key = models.CharField(max_length=200, editable=False)
    search_words = models.TextField(editable=False)
    roles = ArrayField(models.CharField(max_length=12, choices=ContactRole), default=list)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="parts",
        verbose_name="organization",
        help_text="The organization this one belongs to.",
    )
    job_title = models.CharField(max_length=100, blank=True)
    country = models.CharField(
        max_length=2, blank=True, help_text="ISO 3166 code; where national numbers are dialed."
    )
    timezone = zone_field(help_text="IANA zone name.")
    point = models.PointField(geography=True, null=True, blank=True)
    website = models.URLField(max_length=300, blank=True)
    notes = models.TextField(max_length=10_000, blank=True)
    is_active = models.BooleanField(default=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged", editable=False
    )

    objects = ContactQuerySet.as_manager()

    class Meta:
        permissions = [
            ("deactivate_contact", "Can deactivate and reactivate a contact"),
            ("merge_contact", "Can merge a contact into another"),
        ]
        constraints = [
            one_of("contact_kind_is_known", "kind", ContactKind),
            some_of("contact_roles_are_known", "roles", ContactRole),
            said("contact_has_a_name", "name"),
            said("contact_has_a_name_key", "name_key"),
            shaped("contact_country_is_two_letters", "country", COUNTRY),
            models.CheckConstraint(
                name="contact_is_not_its_own_parent",
                condition=Q(parent=None) | ~Q(parent=F("id")),
            ),
            models.CheckConstraint(
                name="merged_contact_is_inactive_and_another",
                condition=Q(merged_into=None) | (Q(is_active=False) & ~Q(merged_into=F("id"))),
            ),
        ]
        indexes = [
            GinIndex(OpClass("name_key", name="gin_trgm_ops"), name="contact_name_key_words"),
            GinIndex(OpClass(Upper("search_words"), name="gin_trgm_ops"), name="contact_words"),
            GinIndex(fields=["roles"], name="contact_roles"),
            models.Index(fields=["name", "id"], name="contact_by_name"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_person(self) -> bool:
        return self.kind == ContactKind.PERSON


def is_same_contact(one: Contact, other: Contact) -> bool:
    """Whether two are one, or were found to be the same and merged."""
    return (one.merged_into_id or one.pk) == (other.merged_into_id or other.pk)
