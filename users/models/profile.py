from typing import Any, Self

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from common.encryption import SealedModel, SealedTextField
from common.history import tracked_without
from common.models import BaseModel
from common.querysets import ScopedQuerySet
from users.models.department import Department
from users.models.user import User

ARN = r"^[0-9]{4,9}$"
COUNTRY = r"^[A-Z]{2}$"
PHONE = r"^\+?[0-9][0-9 ()./-]{3,30}$"


class PersonalQuerySet(ScopedQuerySet):
    """Rows about a person: visible to whom the person is visible."""

    def visible_to(self, user: Any) -> Self:
        return self.filter(user__in=User.objects.visible_to(user))


@tracked_without("travel_document_number")
class UserProfile(SealedModel, BaseModel):
    """
    What the organization keeps about a person besides the account: ARN, telephone, time zone.

    Nationality and travel document are what borders ask of a crew (ICAO Annex 9). The document's
    number is encrypted, as a passenger's is.
    """

    user = models.OneToOneField(User, models.PROTECT, related_name="profile")
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, related_name="members"
    )
    job_title = models.CharField(max_length=100, blank=True)
    employee_number = models.CharField(max_length=32, blank=True)
    arn = models.CharField(
        "aviation reference number", max_length=9, blank=True, validators=[RegexValidator(ARN)]
    )
    phone = models.CharField(max_length=32, blank=True, validators=[RegexValidator(PHONE)])
    timezone = models.CharField(max_length=64, default="UTC")
    emergency_contact_name = models.CharField(max_length=200, blank=True)
    emergency_contact_phone = models.CharField(
        max_length=32, blank=True, validators=[RegexValidator(PHONE)]
    )

    nationality = models.CharField(
        max_length=2,
        blank=True,
        validators=[RegexValidator(COUNTRY)],
        help_text="ISO 3166-1 alpha-2.",
    )
    travel_document_number = SealedTextField(
        max_length=40, null=True, help_text="Passport or crew member certificate."
    )
    travel_document_expires_on = models.DateField(null=True, blank=True)

    objects = PersonalQuerySet.as_manager()

    class Meta(SealedModel.Meta):
        constraints = [
            models.CheckConstraint(name="arn_is_digits", condition=Q(arn="") | Q(arn__regex=ARN)),
            models.CheckConstraint(
                name="nationality_is_a_code",
                condition=Q(nationality="") | Q(nationality__regex=COUNTRY),
            ),
            models.UniqueConstraint(
                fields=["arn"], condition=~Q(arn=""), name="one_person_per_arn"
            ),
            models.UniqueConstraint(
                fields=["employee_number"],
                condition=~Q(employee_number=""),
                name="one_person_per_employee_number",
            ),
        ]

    def __str__(self) -> str:
        return str(self.user)
