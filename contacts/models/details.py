from typing import Self

from django.contrib.gis.db import models
from django.db.models import Q

from common.constraints import one_of
from common.history import tracked
from common.models import BaseModel
from contacts.models.city import City
from contacts.models.constraints import COUNTRY, E164, said, shaped
from contacts.models.contact import Contact
from contacts.models.scoping import DeskQuerySet


class PhoneKind(models.TextChoices):
    WORK = "work"
    MOBILE = "mobile"
    OPERATIONS = "operations", "Operations, day and night"
    HOME = "home"
    FAX = "fax"
    OTHER = "other"


class EmailKind(models.TextChoices):
    WORK = "work"
    OPERATIONS = "operations", "Operations, day and night"
    BILLING = "billing"
    PERSONAL = "personal"
    OTHER = "other"


class AddressKind(models.TextChoices):
    VISITING = "visiting"
    POSTAL = "postal"
    BILLING = "billing"


class DetailQuerySet(DeskQuerySet):
    def of(self, contact: Contact) -> Self:
        return self.filter(contact=contact)


def _one_primary(name: str) -> models.UniqueConstraint:
    return models.UniqueConstraint(
        fields=["contact"], condition=Q(is_primary=True), name=f"one_primary_{name}_per_contact"
    )


@tracked
class ContactPhone(BaseModel):
    """
    A telephone number of a contact, as written and in forms for comparing.

    `e164` is empty where the country is not known; `tail` is its last eight digits.
    """

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="phones")
    kind = models.CharField(max_length=12, choices=PhoneKind, default=PhoneKind.WORK)
    number = models.CharField(max_length=40)
    country = models.CharField(max_length=2, blank=True)
    key = models.CharField(max_length=20, editable=False)
    e164 = models.CharField("E.164", max_length=16, blank=True, editable=False)
    tail = models.CharField(max_length=8, blank=True, editable=False)
    extension = models.CharField(max_length=8, blank=True, editable=False)
    is_primary = models.BooleanField(default=False)

    objects = DetailQuerySet.as_manager()

    class Meta:
        constraints = [
            one_of("contact_phone_kind_is_known", "kind", PhoneKind),
            said("contact_phone_has_a_key", "key"),
            shaped("contact_phone_is_e164", "e164", E164),
            models.UniqueConstraint(
                fields=["contact", "key", "extension"], name="one_phone_per_number_of_a_contact"
            ),
            _one_primary("phone"),
        ]
        indexes = [
            models.Index(fields=["e164"], condition=~Q(e164=""), name="contact_phone_e164"),
            models.Index(fields=["tail"], condition=~Q(tail=""), name="contact_phone_tail"),
        ]

    def __str__(self) -> str:
        return self.e164 or self.number


@tracked
class ContactEmail(BaseModel):
    """An e-mail address of a contact, as written and without regard to case."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="emails")
    kind = models.CharField(max_length=12, choices=EmailKind, default=EmailKind.WORK)
    address = models.EmailField(max_length=254)
    key = models.CharField(max_length=300, editable=False)
    is_primary = models.BooleanField(default=False)

    objects = DetailQuerySet.as_manager()

    class Meta:
        constraints = [
            one_of("contact_email_kind_is_known", "kind", EmailKind),
            models.CheckConstraint(
                name="contact_email_key_is_an_address", condition=Q(key__regex="^[^@]+@[^@]+$")
            ),
            models.UniqueConstraint(
                fields=["contact", "key"], name="one_email_per_address_of_a_contact"
            ),
            _one_primary("email"),
        ]
        indexes = [models.Index(fields=["key"], name="contact_email_key")]

    def __str__(self) -> str:
        return self.address


@tracked
class ContactAddress(BaseModel):
    """Where a contact is, gets its mail or its invoices."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="addresses")
    kind = models.CharField(max_length=12, choices=AddressKind, default=AddressKind.VISITING)
    lines = models.CharField(max_length=300, help_text="Street, building, box; commas between.")
    locality = models.CharField(max_length=120, blank=True)
    region = models.CharField(max_length=80, blank=True)
    postal_code = models.CharField(max_length=20, blank=True)
    country = models.CharField(max_length=2, blank=True)
    city = models.ForeignKey(City, models.PROTECT, null=True, blank=True, related_name="addresses")

    objects = DetailQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "contact addresses"
        constraints = [
            one_of("contact_address_kind_is_known", "kind", AddressKind),
            said("contact_address_says_something", "lines"),
            shaped("contact_address_country_is_two_letters", "country", COUNTRY),
        ]

    def __str__(self) -> str:
        parts = (self.lines, self.postal_code, self.locality, self.region, self.country)
        return ", ".join(part for part in parts if part)


@tracked
class ExternalReference(BaseModel):
    """What another system calls a contact: an accounting code, a broker's number."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="external_references")
    system = models.CharField(max_length=40)
    reference = models.CharField(max_length=100)

    objects = DetailQuerySet.as_manager()

    class Meta:
        constraints = [
            said("external_reference_names_a_system", "system"),
            said("external_reference_says_something", "reference"),
            models.UniqueConstraint(
                fields=["system", "reference"], name="one_contact_per_external_reference"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.system} {self.reference}"
