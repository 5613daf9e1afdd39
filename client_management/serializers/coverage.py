from typing import Any

from rest_framework import serializers

from client_management.models import CoverageReport, JobOrder
from common.api.fields import FiniteFloatField, GeoJSONField, VisibleSlugField
from common.api.serializers import CommandSerializer

SIZE = {"min_value": 0.5, "max_value": 500.0}


class CameraSerializer(CommandSerializer):
    """What the camera sees on flat ground, and how often it looks."""

    sensor_width_mm = FiniteFloatField(**SIZE)
    sensor_height_mm = FiniteFloatField(**SIZE)
    focal_mm = FiniteFloatField(**SIZE)
    every_m = FiniteFloatField(min_value=0.1, max_value=1000, required=False)
    every_s = FiniteFloatField(min_value=0.05, max_value=600, required=False)
    is_turned = serializers.BooleanField(
        required=False, help_text="The long side of the sensor lies along the way."
    )
    least_height_m = FiniteFloatField(min_value=0, max_value=1000, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("every_m" in attrs) == ("every_s" in attrs):
            raise serializers.ValidationError("Name either every_m or every_s.")
        return attrs


class MeasureCoverageSerializer(CommandSerializer):
    """The job whose flights are held against its area, and the camera they carried."""

    job = VisibleSlugField("number", queryset=JobOrder.objects.all())
    camera = CameraSerializer()


class CoverageSummarySerializer(serializers.ModelSerializer):
    """How much of a job's area was photographed."""

    job = serializers.CharField(source="job.number")

    class Meta:
        model = CoverageReport
        fields = [
            "number",
            "job",
            "area_m2",
            "covered_m2",
            "covered_percent",
            "overlap_percent",
            "picture_count",
            "gap_count",
            "measured_at",
            "refly_ordered_at",
        ]
        read_only_fields = fields
        extra_kwargs = {"refly_ordered_at": {"allow_null": True}}


class CoverageReportSerializer(CoverageSummarySerializer):
    """The same with places: what was ordered, what is missing, and what the sums assumed."""

    area = GeoJSONField(read_only=True)
    missing = GeoJSONField(read_only=True, allow_null=True)
    operations: Any = serializers.SlugRelatedField("number", many=True, read_only=True)
    refly_operations: Any = serializers.SlugRelatedField("number", many=True, read_only=True)

    class Meta(CoverageSummarySerializer.Meta):
        fields = [
            *CoverageSummarySerializer.Meta.fields,
            "area",
            "missing",
            "camera",
            "operations",
            "refly_operations",
        ]
        read_only_fields = fields


class ReflySerializer(serializers.Serializer):
    """The operations that were ordered."""

    operations = serializers.ListField(child=serializers.CharField())
