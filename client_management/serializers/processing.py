from typing import Any

from rest_framework import serializers

from client_management.models import DeliverableIssue, JobOrder, ProcessingRun
from client_management.services.processing import KINDS
from common.api.fields import VisibleSlugField
from common.api.serializers import CommandSerializer


class VisibleIssuesField(serializers.ListField):
    """Files of deliverables, by their deliverables' numbers: the newest issue of each."""

    child = serializers.CharField(max_length=16)


class OptionsField(serializers.DictField):
    """Options of the service by their names."""

    child = serializers.CharField(max_length=200)
    default_error_messages = {
        "many": "At most {most} options.",
        "name": "The name of an option has at most {most} characters.",
    }
    MOST = 100
    LONGEST_NAME = 100

    def to_internal_value(self, data: Any) -> Any:
        found = super().to_internal_value(data)
        if len(found) > self.MOST:
            self.fail("many", most=self.MOST)
        if any(len(name) > self.LONGEST_NAME for name in found):
            self.fail("name", most=self.LONGEST_NAME)
        return found


class RequestProcessingSerializer(CommandSerializer):
    """Pictures of a job for the processing service, and what is to come of them."""

    job = VisibleSlugField("number", queryset=JobOrder.objects.all())
    deliverables = VisibleIssuesField(min_length=1, max_length=200)
    wanted = serializers.ListField(
        child=serializers.ChoiceField(sorted(KINDS)), min_length=1, max_length=10
    )
    options = OptionsField(required=False, help_text="By name, at most 100.")


class ProcessingRunSerializer(serializers.ModelSerializer):
    """Pictures of a job at the processing service."""

    job = serializers.CharField(source="job.number")
    organization = serializers.CharField(source="organization.number")
    requested_by = serializers.CharField(source="requested_by.email")
    input_count = serializers.SerializerMethodField()

    class Meta:
        model = ProcessingRun
        fields = [
            "number",
            "organization",
            "job",
            "status",
            "progress_percent",
            "input_count",
            "uploaded_count",
            "wanted",
            "fetched",
            "options",
            "last_error",
            "requested_by",
            "requested_at",
            "version",
        ]
        read_only_fields = fields

    def get_input_count(self, run: ProcessingRun) -> int:
        """Files that were handed over, archives counted once."""
        return len(run.inputs.all())


def newest_issues(numbers: list[str], job: JobOrder) -> list[DeliverableIssue]:
    """The newest issue of each named deliverable of a job; raises ValidationError for others."""
    rows = DeliverableIssue.objects.select_related("deliverable").filter(
        deliverable__job=job, deliverable__number__in=numbers
    )
    found = {row.deliverable.number: row for row in rows if row.issue == row.deliverable.issue}
    missing = sorted(set(numbers) - found.keys())
    if missing:
        raise serializers.ValidationError({"deliverables": f"Not of this job: {missing[0][:16]}."})
    return [found[number] for number in sorted(set(numbers))]
