from typing import Any

from drf_spectacular.utils import extend_schema_field
from drf_yasg.utils import swagger_serializer_method
from rest_framework import serializers

from common.api.fields import FiniteFloatField, PointField, VisibleSlugField
from common.api.serializers import CommandSerializer
from dispatcher.models import (
    Assignment,
    DispatchCenter,
    DispatchSchedule,
    OptimizationRun,
    RunKind,
)
from flight_operations.models import FlightOperation
from flight_operations.serializers.examples import with_example
from rpas.models import RPASAircraft
from users.models import User

SCHEDULE_FIELDS = [
    "id",
    "center",
    "day",
    "opens_at",
    "closes_at",
    "timezone",
    "status",
    "revision",
    "run",
    "published_at",
    "published_by",
    "closed_at",
    "version",
]
RUN_FIELDS = [
    "number",
    "schedule",
    "kind",
    "status",
    "seed",
    "time_limit_s",
    "weights",
    "because",
    "requested_by",
    "requested_at",
    "started_at",
    "finished_at",
    "progress_percent",
    "progress_stage",
    "attempts",
    "is_cancel_requested",
    "input_hash",
    "engine",
    "figures",
    "error",
]
ASSIGNMENT_FIELDS = [
    "id",
    "schedule",
    "center",
    "day",
    "operation",
    "operation_status",
    "aircraft",
    "pilot",
    "pilot_name",
    "start_at",
    "end_at",
    "occupied_from",
    "occupied_until",
    "travel_from",
    "travel_to",
    "travel_km",
    "status",
    "is_by_hand",
    "is_pinned",
    "pinned_because",
    "published_at",
    "withdrawn_at",
    "withdrawn_because",
    "version",
]


class DispatchScheduleSerializer(serializers.ModelSerializer):
    """The plan of one center for one local day."""

    center = serializers.CharField(source="center.code")
    timezone = serializers.CharField(source="center.timezone")
    run = serializers.CharField(
        source="proposal.number",
        default=None,
        allow_null=True,
        help_text="The run that the proposed assignments came from.",
    )
    published_by = serializers.CharField(
        source="published_by.full_name", default=None, allow_null=True
    )

    class Meta:
        model = DispatchSchedule
        fields = SCHEDULE_FIELDS
        read_only_fields = SCHEDULE_FIELDS


@with_example({"center": "SYD-N", "day": "2026-06-04"})
class OpenScheduleSerializer(CommandSerializer):
    """Open the plan of one local day of a center."""

    center = VisibleSlugField("code", queryset=DispatchCenter.objects.all())
    day = serializers.DateField()


@with_example({"kind": "plan", "seed": 7, "time_limit_s": 10, "weights": {"change": 1800}})
class OptimiseSerializer(CommandSerializer):
    """How to plan; everything may be left out."""

    kind = serializers.ChoiceField(RunKind.choices, required=False)
    seed = serializers.IntegerField(min_value=0, max_value=2**31 - 1, required=False)
    time_limit_s = serializers.IntegerField(min_value=1, max_value=300, required=False)
    weights = serializers.DictField(
        child=FiniteFloatField(min_value=0, max_value=1_000_000), required=False
    )
    because = serializers.CharField(max_length=500, required=False, allow_blank=True)


@with_example({"revision": 0, "accepts_changes": False})
class PublishSerializer(CommandSerializer):
    """Which publication the caller looked at, and whether newer changes may be overwritten."""

    revision = serializers.IntegerField(min_value=0, max_value=2**31 - 1)
    accepts_changes = serializers.BooleanField(required=False)


class OptimizationRunSerializer(serializers.ModelSerializer):
    """One attempt to plan a day."""

    requested_by = serializers.CharField(
        source="requested_by.full_name", default=None, allow_null=True
    )
    is_cancel_requested = serializers.SerializerMethodField()
    weights = serializers.DictField(child=serializers.FloatField())
    figures = serializers.DictField()

    class Meta:
        model = OptimizationRun
        fields = RUN_FIELDS
        read_only_fields = RUN_FIELDS

    @extend_schema_field(serializers.BooleanField())
    @swagger_serializer_method(serializers.BooleanField())
    def get_is_cancel_requested(self, run: OptimizationRun) -> bool:
        return run.cancel_requested_at is not None


class AssignmentSerializer(serializers.ModelSerializer):
    """Who flies one operation with what and when, and how they get there."""

    center = serializers.CharField(source="schedule.center.code")
    day = serializers.DateField(source="schedule.day")
    operation = serializers.CharField(source="operation.number")
    operation_status = serializers.CharField(source="operation.status")
    aircraft = serializers.CharField(source="aircraft.registration")
    pilot_name = serializers.CharField(source="pilot.full_name")
    travel_from = PointField(allow_null=True)
    travel_to = PointField(allow_null=True)
    is_pinned = serializers.BooleanField()

    class Meta:
        model = Assignment
        fields = ASSIGNMENT_FIELDS
        read_only_fields = ASSIGNMENT_FIELDS


class AssignmentDetailSerializer(AssignmentSerializer):
    """An assignment, and why it was made so."""

    why = serializers.DictField()

    class Meta:
        model = Assignment
        fields = [*ASSIGNMENT_FIELDS, "why"]
        read_only_fields = fields


class UnassignedReasonSerializer(serializers.Serializer):
    """Why an operation was left behind: a code to act on, and the facts."""

    code = serializers.CharField()
    message = serializers.CharField(allow_blank=True)
    count = serializers.IntegerField()
    details = serializers.DictField()


class RelaxationSerializer(serializers.Serializer):
    """A change of the facts that would serve an operation, confirmed by planning again."""

    kind = serializers.CharField()
    message = serializers.CharField(allow_blank=True)
    minutes = serializers.IntegerField()
    resources = serializers.ListField(
        child=serializers.CharField(), help_text="Whom it concerns, by name."
    )
    aircraft = serializers.ListField(child=serializers.IntegerField())
    pilots = serializers.ListField(child=serializers.IntegerField())
    names = serializers.ListField(child=serializers.CharField())
    is_own = serializers.BooleanField()
    details = serializers.DictField()


class UnassignedSerializer(serializers.Serializer):
    """An operation left behind, why, and what would serve it."""

    operation = serializers.CharField()
    reasons = UnassignedReasonSerializer(many=True)
    relaxations = RelaxationSerializer(many=True)
    looked_for = serializers.ChoiceField(
        choices=("fully", "partly", "not_in_time"),
        default="fully",
        help_text="How far relaxations were looked for before the time for explaining was over:"
        " `partly`, those named would serve, but a smaller one may not have been tried;"
        " `not_in_time`, none was found yet, which does not say that there is none.",
    )


class ProposalSerializer(serializers.Serializer):
    """What is proposed for a day: how far the planning is, who gets what, what is left behind."""

    run = OptimizationRunSerializer(allow_null=True)
    assignments = AssignmentDetailSerializer(many=True)
    unassigned = UnassignedSerializer(many=True)


class SnapshotChangeSerializer(serializers.Serializer):
    """A row that changed since the proposal was made."""

    kind = serializers.CharField()
    id = serializers.IntegerField()
    label = serializers.CharField()
    change = serializers.CharField()


class PlanDiffSerializer(serializers.Serializer):
    """What publishing would change, and what changed since the proposal was made."""

    added = serializers.ListField(child=serializers.DictField())
    changed = serializers.ListField(child=serializers.DictField())
    removed = serializers.ListField(child=serializers.DictField())
    unchanged = serializers.IntegerField()
    changes = SnapshotChangeSerializer(many=True)


class PublishedSerializer(serializers.Serializer):
    """What a publication did."""

    schedule = DispatchScheduleSerializer()
    assignments = AssignmentSerializer(many=True)
    withdrawn = serializers.ListField(child=serializers.IntegerField())
    stood_down = serializers.ListField(child=serializers.CharField())
    kept = serializers.IntegerField()
    changes = SnapshotChangeSerializer(many=True)


class WishFieldsSerializer(CommandSerializer):
    """Who should fly with what, and from when on."""

    aircraft = VisibleSlugField("registration", queryset=RPASAircraft.objects.all())
    pilot = VisibleSlugField("id", queryset=User.objects.all())
    start_at = serializers.DateTimeField()


@with_example({"aircraft": "RPA-1001", "pilot": 12, "start_at": "2026-06-04T00:30:00Z"})
class MoveAssignmentSerializer(WishFieldsSerializer):
    """Give an assignment to somebody else, or another time."""

    accepted_because = serializers.CharField(max_length=500, required=False, allow_blank=True)


class CheckAssignmentSerializer(WishFieldsSerializer):
    """An assignment to look at before it is saved."""

    schedule = VisibleSlugField("id", queryset=DispatchSchedule.objects.all())
    operation = VisibleSlugField("number", queryset=FlightOperation.objects.all())


@with_example(
    {
        "schedule": 3,
        "operation": "FO-2026-0042",
        "aircraft": "RPA-1001",
        "pilot": 12,
        "start_at": "2026-06-04T00:30:00Z",
    }
)
class AssignSerializer(CheckAssignmentSerializer):
    """Assign one operation by hand."""

    accepted_because = serializers.CharField(
        max_length=500,
        required=False,
        allow_blank=True,
        help_text="Why red findings are taken on; the release will ask again.",
    )


class AssignmentFindingSerializer(serializers.Serializer):
    """What a rule says of an assignment."""

    rule = serializers.CharField()
    title = serializers.CharField(allow_blank=True)
    color = serializers.CharField()
    message = serializers.CharField()
    citation = serializers.CharField(allow_blank=True)
    fix = serializers.CharField(allow_blank=True)
    is_missing_input = serializers.BooleanField()


class AssignmentRefusalSerializer(serializers.Serializer):
    """Why the plan would not take the change now."""

    code = serializers.CharField()
    message = serializers.SerializerMethodField()

    @extend_schema_field(serializers.CharField())
    @swagger_serializer_method(serializers.CharField())
    def get_message(self, refusal: Any) -> str:
        return str(refusal)


class AssignmentCheckSerializer(serializers.Serializer):
    """What speaks against an assignment by hand, and the travel it takes."""

    start_at = serializers.DateTimeField(source="assignment.start_at")
    end_at = serializers.DateTimeField(source="assignment.end_at")
    occupied_from = serializers.DateTimeField(source="assignment.occupied_from")
    occupied_until = serializers.DateTimeField(source="assignment.occupied_until")
    travel_km = serializers.FloatField(source="assignment.travel_km")
    is_permitted = serializers.SerializerMethodField()
    findings = serializers.SerializerMethodField(help_text="All that are not green.")
    bookings = serializers.ListField(child=serializers.DictField())
    refusals = AssignmentRefusalSerializer(many=True)

    @extend_schema_field(serializers.BooleanField())
    @swagger_serializer_method(serializers.BooleanField())
    def get_is_permitted(self, checked: Any) -> bool:
        return not (checked.blockers or checked.bookings or checked.refusals)

    @extend_schema_field(AssignmentFindingSerializer(many=True))
    @swagger_serializer_method(AssignmentFindingSerializer(many=True))
    def get_findings(self, checked: Any) -> list[Any]:
        told = [each for each in checked.findings if each.color != "green"]
        return list(AssignmentFindingSerializer(told, many=True).data)


@with_example({"operation": "FO-2026-0042", "day": "2026-06-04"})
class RecommendSlotSerializer(CommandSerializer):
    """Which operation is to be fitted into which day."""

    operation = VisibleSlugField("number", queryset=FlightOperation.objects.all())
    day = serializers.DateField()


class SlotSerializer(serializers.Serializer):
    """One place in a day for an operation, the best first."""

    aircraft = serializers.CharField()
    pilot = serializers.IntegerField()
    pilot_name = serializers.CharField()
    start_at = serializers.DateTimeField()
    end_at = serializers.DateTimeField()
    travel_min = serializers.FloatField()
    cost = serializers.IntegerField(help_text="What it adds to the plan, in seconds of travel.")


class SlotsSerializer(serializers.Serializer):
    """Where an operation fits, or why it does not."""

    slots = SlotSerializer(many=True)
    reasons = UnassignedReasonSerializer(many=True)
