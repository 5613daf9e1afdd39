from collections.abc import Callable
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper

from common.compliance.findings import Color, Stage
from common.compliance.subjects import subjects
from common.querysets import ScopedQuerySet
from common.scopes import scopes_of


class OfScopeQuerySet(ScopedQuerySet):
    def visible_to(self, user: Any) -> Self:
        """Rows of the caller's operators; a superuser sees all."""
        return self if user.is_superuser else self.filter(scope__in=scopes_of(user))


class VerdictQuerySet(OfScopeQuerySet):
    def visible_to(self, user: Any) -> Self:
        """What is of the caller's operators and of kinds of record that the caller may see."""
        rows = super().visible_to(user)
        return rows if user.is_superuser else rows.of_kinds(user.has_perm)

    def of_kinds(self, holds: Callable[[str], bool]) -> Self:
        """What is of kinds of record that may be read about with the permissions held."""
        shown = [label for label, kind in subjects.items() if kind.is_shown(holds)]
        return self.filter(subject_type__in=shown)


class Verdict(models.Model):
    """
    One assessment of one record, with everything needed to do it again.

    Append-only. `facts`, `parameters`, `overrides` and `rule_versions` are the inputs; evaluating
    them again gives `findings` and `color` again.
    """

    IS_APPEND_ONLY = True

    subject_type = models.CharField(max_length=64)
    subject_id = models.PositiveBigIntegerField()
    subject_label = models.CharField(max_length=64, blank=True)
    scope = models.CharField(max_length=64, blank=True)
    stage = models.CharField(max_length=10, choices=Stage)
    color = models.CharField(max_length=8, choices=Color)
    assessed_at = models.DateTimeField()
    next_change_at = models.DateTimeField(null=True)
    facts = models.JSONField()
    parameters = models.JSONField()
    overrides = models.JSONField(default=list)
    rule_versions = models.JSONField()
    findings = models.JSONField()
    dependencies = ArrayField(models.CharField(max_length=80), default=list)

    objects = VerdictQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["subject_type", "subject_id", "-id"]),
            models.Index(fields=["scope", "-id"]),
            models.Index(fields=["subject_label", "-id"]),
            GinIndex(
                OpClass(Upper("subject_label"), name="gin_trgm_ops"), name="verdict_label_words"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.color} {self.subject_label}"


class ComplianceState(models.Model):
    """
    The latest verdict on a record, narrow for lists, with the mark that says it is out of date.

    The color is a cache for people; decisions assess afresh.
    """

    subject_type = models.CharField(max_length=64)
    subject_id = models.PositiveBigIntegerField()
    scope = models.CharField(max_length=64, blank=True)
    color = models.CharField(max_length=8, choices=Color)
    is_stale = models.BooleanField(default=False)
    stale_since = models.DateTimeField(null=True)
    stale_because = models.CharField(max_length=80, blank=True)
    # Counts the touches: an assessment that began before the last one must not clear the mark.
    marks = models.PositiveBigIntegerField(default=0)
    assessed_at = models.DateTimeField()
    next_change_at = models.DateTimeField(null=True)
    verdict = models.ForeignKey(Verdict, models.PROTECT, related_name="+")
    dependencies = ArrayField(models.CharField(max_length=80), default=list)

    objects = VerdictQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject_type", "subject_id"], name="one_compliance_state_per_record"
            )
        ]
        indexes = [
            models.Index(fields=["-assessed_at", "-id"], name="compliance_newest"),
            GinIndex(fields=["dependencies"], name="compliance_dependencies"),
            models.Index(
                fields=["next_change_at"],
                condition=models.Q(next_change_at__isnull=False),
                name="compliance_next_change",
            ),
            models.Index(
                fields=["stale_since"], condition=models.Q(is_stale=True), name="compliance_stale"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.color}{' (stale)' if self.is_stale else ''}"


class RuleSetting(models.Model):
    """An operator's own value for a rule parameter; never laxer than the law."""

    scope = models.CharField(max_length=64)
    rule = models.CharField(max_length=40)
    parameter = models.CharField(max_length=40)
    value = models.FloatField()
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField()
    reason = models.TextField()

    objects = OfScopeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "rule", "parameter"], name="one_value_per_rule_parameter"
            )
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.parameter} = {self.value}"


class RuleOverride(models.Model):
    """A named person's decision to let one record pass one red rule, with the reason."""

    subject_type = models.CharField(max_length=64)
    subject_id = models.PositiveBigIntegerField()
    scope = models.CharField(max_length=64, blank=True)
    rule = models.CharField(max_length=40)
    reason = models.TextField()
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    granted_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    objects = VerdictQuerySet.as_manager()

    class Meta:
        permissions = [("override_verdict", "Can let a record pass a red rule")]
        constraints = [
            models.UniqueConstraint(
                fields=["subject_type", "subject_id", "rule"],
                condition=models.Q(withdrawn_at=None),
                name="one_live_override_per_rule",
            )
        ]

    def __str__(self) -> str:
        return f"{self.rule} overridden"
