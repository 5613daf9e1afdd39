from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from common.constraints import one_of
from operations.models.passenger import Passenger
from operations.models.patient import Patient
from operations.models.scoping import TripDeskQuerySet
from users.models import User


class AccessPurpose(models.TextChoices):
    """Why somebody looks at a person's data (45 CFR 164.502(b): no more than that needs)."""

    CARE = "care", "Treatment"
    TRANSPORT = "transport", "Arranging or flying the transport"
    BORDER = "border", "Border and customs formalities"
    SAFETY = "safety", "Flight safety or an incident"
    REVIEW = "review", "Quality review or a complaint"
    EMERGENCY = "emergency"


class AccessVia(models.TextChoices):
    GRANT = "grant", "By the grants of their role"
    BREAK_GLASS = "break_glass", "By breaking the glass"


class AccessKind(models.TextChoices):
    READ = "read"
    SEARCH_RECORD = "search_record", "Search by medical record number"
    SEARCH_BIRTH = "search_birth", "Search by name and birth date"
    MANIFEST = "manifest"


class Access(models.Model):
    """One look at personal data, written in the transaction that makes the answer."""

    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=16, choices=AccessKind)
    groups = ArrayField(models.CharField(max_length=16), default=list)
    purpose = models.CharField(max_length=10, choices=AccessPurpose, blank=True)
    via = models.CharField(max_length=12, choices=AccessVia, default=AccessVia.GRANT)
    request_id = models.CharField(max_length=64, blank=True)
    address = models.GenericIPAddressField(null=True)
    occurred_at = models.DateTimeField()

    objects = TripDeskQuerySet.as_manager()

    class Meta:
        abstract = True
        default_permissions = ("view",)


class PatientAccess(Access):
    """
    One look at a patient's record, or one search for a patient. Append-only.

    A search has a row for each patient found, and one without a patient when there was none.
    """

    IS_APPEND_ONLY = True

    patient = models.ForeignKey(Patient, models.PROTECT, null=True, related_name="accesses")

    class Meta(Access.Meta):
        verbose_name_plural = "patient accesses"
        constraints = [
            one_of("patient_access_kind_is_known", "kind", AccessKind),
            one_of("patient_access_via_is_known", "via", AccessVia),
            models.CheckConstraint(
                name="a_read_is_of_a_patient",
                condition=~Q(kind="read") | Q(patient__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["patient", "-id"], name="patient_access_newest")]

    def __str__(self) -> str:
        return f"{self.kind} {self.patient_id or 'nobody'}"


class PassengerAccess(Access):
    """One look at who a passenger is. Append-only."""

    IS_APPEND_ONLY = True

    passenger = models.ForeignKey(Passenger, models.PROTECT, related_name="accesses")

    class Meta(Access.Meta):
        verbose_name_plural = "passenger accesses"
        constraints = [one_of("passenger_access_kind_is_known", "kind", AccessKind)]
        indexes = [models.Index(fields=["passenger", "-id"], name="passenger_access_newest")]

    def __str__(self) -> str:
        return f"{self.kind} {self.passenger_id}"


class BreakGlass(models.Model):
    """
    A patient's whole record opened to one person in an emergency, for a while. Append-only.

    The emergency access procedure of 45 CFR 164.312(a)(2)(ii): anybody who holds the permission may
    at once, says why, and is asked about it afterwards.
    """

    IS_APPEND_ONLY = True

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="glass_broken")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=10, choices=AccessPurpose)
    reason = models.CharField(max_length=2000)
    opened_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    objects = TripDeskQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "break glass openings"
        default_permissions = ("view",)
        constraints = [
            one_of("glass_purpose_is_known", "purpose", AccessPurpose),
            models.CheckConstraint(
                name="glass_closes_again", condition=Q(expires_at__gt=F("opened_at"))
            ),
        ]
        indexes = [models.Index(fields=["patient", "user", "expires_at"], name="glass_open")]

    def __str__(self) -> str:
        return f"glass {self.pk} of {self.patient}"
