from datetime import date
from typing import Self

from django.db import models
from django.db.models import F, Q

from common.constraints import one_of
from common.history import tracked
from common.models import BaseModel
from operations.models.scoping import TripDeskQuerySet
from operations.models.trip import Trip, TripLeg
from users.models import User


class EvidenceKind(models.TextChoices):
    """What a rule needs to know that only a person can tell."""

    GENDEC = "gendec", "General Declaration complete"
    PASSENGER_MANIFEST = "passenger_manifest", "Passenger manifest"
    CARGO_MANIFEST = "cargo_manifest", "Cargo manifest (a nil manifest counts)"
    CONSENT = "consent", "Consent of the patient or representative"
    CONSENT_EMERGENCY = "consent_emergency", "Emergency exception to the consent"
    LOAD_MANIFEST = "load_manifest", "Load manifest"
    BRIEFING = "briefing", "Passenger briefing"
    OXYGEN = "oxygen", "Medical oxygen furnished, secured and clear of exits"
    TAX_EXEMPTION = "tax_exemption", "Equipped for and dedicated to acute care on this flight"
    ROUTE_OBSTACLES = "route_obstacles", "Highest obstacle on the route"
    VFR_HEIGHTS = "vfr_heights", "Heights to be kept under VFR"
    SURFACE_REFERENCE = "surface_reference", "Surface or light reference under VFR"
    INSTRUMENT_TRANSITION = "instrument_transition", "Distance flown under VFR after the approach"
    LOCAL_AREA = "local_area", "The flight stays in the local flying area"
    LOW_TERRAIN = "low_terrain", "The route is not mountainous"
    WEATHER_SOURCE = "weather_source", "Approved weather source or pilot's observation"
    AIRPORT_HOURS = "airport_hours", "The airport is open at the planned times"


class EvidenceQuerySet(TripDeskQuerySet):
    def live(self) -> Self:
        return self.filter(withdrawn_at=None)


@tracked
class TripEvidence(BaseModel):
    """
    One named person's word that something a rule asks for is there, for a trip or one leg of it.

    `details` holds figures where a rule needs them, never a patient's identity.
    """

    trip = models.ForeignKey(Trip, models.PROTECT, related_name="evidence")
    leg = models.ForeignKey(TripLeg, models.PROTECT, null=True, blank=True, related_name="evidence")
    kind = models.CharField(max_length=24, choices=EvidenceKind)
    reference = models.CharField(max_length=200, help_text="Number, place or file. No names.")
    details = models.JSONField(default=dict, blank=True)
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, editable=False)
    withdrawn_because = models.CharField(max_length=2000, blank=True, editable=False)

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "trip evidence"
        permissions = [("withdraw_tripevidence", "Can take recorded evidence back")]
        constraints = [
            one_of("evidence_kind_is_known", "kind", EvidenceKind),
            models.UniqueConstraint(
                fields=["trip", "leg", "kind"],
                condition=Q(withdrawn_at=None),
                nulls_distinct=False,
                name="one_live_evidence_per_kind",
            ),
            models.CheckConstraint(
                name="withdrawn_evidence_says_why",
                condition=Q(withdrawn_at=None) | ~Q(withdrawn_because=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.leg or self.trip}"


class OpsSpecQuerySet(TripDeskQuerySet):
    def on(self, day: date) -> Self:
        """Those in force on a day."""
        return self.filter(Q(expires_on=None) | Q(expires_on__gte=day), issued_on__lte=day)


@tracked
class OpsSpec(BaseModel):
    """
    One paragraph of the operator's operations specifications: what the authority allows it to do.

    A024 and A021 are air ambulance by aeroplane and helicopter, C055 derived alternate minima;
    SMS stands for an accepted safety management system.
    """

    code = models.CharField(max_length=8)
    title = models.CharField(max_length=200)
    reference = models.CharField(max_length=100, blank=True)
    issued_on = models.DateField()
    expires_on = models.DateField(null=True, blank=True, help_text="The last valid day.")

    objects = OpsSpecQuerySet.as_manager()

    class Meta:
        verbose_name = "operations specification"
        constraints = [
            models.UniqueConstraint(fields=["code", "issued_on"], name="one_opsspec_per_issue"),
            models.CheckConstraint(
                name="opsspec_code_is_normalized", condition=Q(code__regex=r"^[A-Z][A-Z0-9-]{1,7}$")
            ),
            models.CheckConstraint(
                name="opsspec_has_days",
                condition=Q(expires_on=None) | Q(expires_on__gte=F("issued_on")),
            ),
        ]

    def __str__(self) -> str:
        return self.code
