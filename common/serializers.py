from typing import Any

from rest_framework import serializers

from common.api.fields import FiniteFloatField
from common.api.serializers import CommandSerializer
from common.models import RuleOverride, RuleSetting, Verdict
from common.queries import instrument_of


class RuleParameterSerializer(serializers.Serializer):
    """A number in a rule, its default and which way is stricter."""

    name = serializers.CharField()
    title = serializers.CharField(allow_blank=True)
    value = serializers.FloatField()
    unit = serializers.CharField()
    strict = serializers.ChoiceField(["lower", "higher"])


class InstrumentSerializer(serializers.Serializer):
    """A dated legal instrument."""

    name = serializers.CharField()
    subject = serializers.CharField()
    effective_from = serializers.DateField(allow_null=True)
    effective_to = serializers.DateField(allow_null=True)
    source_checked_on = serializers.DateField()


class RuleSerializer(serializers.Serializer):
    """One compliance rule: what it asks and where it is written. Decision support, not law."""

    code = serializers.CharField()
    title = serializers.CharField()
    citation = serializers.CharField()
    confidence = serializers.CharField(help_text="How sure the source of the rule is.")
    condition = serializers.CharField(source="explanation")
    subject = serializers.CharField(source="facts.__name__")
    inputs = serializers.ListField(child=serializers.CharField())
    version = serializers.IntegerField()
    is_absolute = serializers.BooleanField(help_text="No override exists for this rule.")
    effective_from = serializers.DateField(allow_null=True)
    effective_to = serializers.DateField(allow_null=True)
    instrument = serializers.SerializerMethodField()
    parameters = serializers.SerializerMethodField()

    def get_instrument(self, entry: Any) -> dict[str, Any] | None:
        basis = instrument_of(entry)
        return dict(InstrumentSerializer(basis).data) if basis else None

    def get_parameters(self, entry: Any) -> list[dict[str, Any]]:
        return [
            {
                "name": name,
                "title": parameter.title,
                "value": parameter.value,
                "unit": parameter.unit,
                "strict": parameter.strict,
            }
            for name, parameter in sorted(entry.parameters.items())
        ]


class FindingSerializer(serializers.Serializer):
    """What one rule says, and why."""

    color = serializers.ChoiceField(["green", "amber", "red"])
    rule = serializers.CharField()
    title = serializers.CharField()
    message = serializers.CharField()
    citation = serializers.CharField()
    confidence = serializers.CharField()
    value = serializers.JSONField(allow_null=True)
    limit = serializers.JSONField(allow_null=True)
    fix = serializers.CharField(allow_blank=True)
    is_missing_input = serializers.BooleanField()
    is_absolute = serializers.BooleanField()
    overridden_reason = serializers.CharField(allow_blank=True)


class VerdictSerializer(serializers.ModelSerializer):
    """One stored assessment, in short."""

    class Meta:
        model = Verdict
        fields = [
            "id",
            "subject_type",
            "subject_id",
            "subject_label",
            "stage",
            "color",
            "assessed_at",
            "next_change_at",
        ]
        read_only_fields = fields


class VerdictDetailSerializer(serializers.ModelSerializer):
    """One stored assessment with its findings and every input, so that it can be done again."""

    findings = FindingSerializer(many=True)

    class Meta:
        model = Verdict
        fields = [
            *VerdictSerializer.Meta.fields,
            "findings",
            "facts",
            "parameters",
            "overrides",
            "rule_versions",
            "dependencies",
        ]
        read_only_fields = fields


class ReplaySerializer(serializers.Serializer):
    """A stored verdict evaluated again from its own inputs."""

    is_equal = serializers.BooleanField()
    same_rule_versions = serializers.BooleanField()
    color = serializers.CharField()
    findings = FindingSerializer(many=True)


class ComplianceSummarySerializer(serializers.Serializer):
    """Counts by color of one kind of record; stale ones are counted apart."""

    subject_type = serializers.CharField()
    green = serializers.IntegerField()
    amber = serializers.IntegerField()
    red = serializers.IntegerField()
    stale = serializers.IntegerField()


class RuleSettingSerializer(serializers.ModelSerializer):
    """An operator's own, stricter value for a rule parameter."""

    set_by = serializers.CharField(source="set_by.email")

    class Meta:
        model = RuleSetting
        fields = ["id", "scope", "rule", "parameter", "value", "set_by", "set_at", "reason"]
        read_only_fields = fields


class SetRuleParameterSerializer(CommandSerializer):
    """Set a rule parameter for one operator."""

    scope = serializers.CharField(max_length=64, help_text="Such as `rpas_operator:3`.")
    rule = serializers.CharField(max_length=40)
    parameter = serializers.CharField(max_length=40)
    value = FiniteFloatField(min_value=-1e9, max_value=1e9)
    reason = serializers.CharField(max_length=2000)


class RuleOverrideSerializer(serializers.ModelSerializer):
    """A recorded decision to let one record pass one red rule."""

    granted_by = serializers.CharField(source="granted_by.email")

    class Meta:
        model = RuleOverride
        fields = [
            "id",
            "subject_type",
            "subject_id",
            "rule",
            "reason",
            "granted_by",
            "granted_at",
            "withdrawn_at",
        ]
        read_only_fields = fields


class OverrideRuleSerializer(CommandSerializer):
    """Let one record pass one red rule; absolute rules cannot be overridden."""

    subject_type = serializers.CharField(max_length=64)
    subject_id = serializers.IntegerField(min_value=1, max_value=2**31)
    rule = serializers.CharField(max_length=40)
    reason = serializers.CharField(max_length=2000)
