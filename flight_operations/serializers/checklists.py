from rest_framework import serializers

from common.api.fields import VisibleSlugField
from common.api.serializers import CommandSerializer
from flight_operations.checklist_template import CHECKLIST_ITEMS
from flight_operations.models import ChecklistItem, FlightOperation, ItemAnswer, PreFlightChecklist
from flight_operations.queries.checklists import is_open
from flight_operations.serializers.examples import with_example


class ChecklistItemSerializer(serializers.ModelSerializer):
    """One thing to look at, with what was found, by whom and when."""

    answered_by = serializers.CharField(source="answered_by.email", allow_null=True)
    is_open = serializers.SerializerMethodField(
        help_text="Required, and not answered, failed or run out: it stands in the way."
    )

    class Meta:
        model = ChecklistItem
        fields = [
            "sequence",
            "code",
            "title",
            "is_required",
            "answer",
            "evidence",
            "source",
            "answered_by",
            "answered_at",
            "valid_until",
            "is_open",
        ]
        read_only_fields = fields

    def get_is_open(self, item: ChecklistItem) -> bool:
        return is_open(item, at=self.context["now"])


class ChecklistSerializer(serializers.ModelSerializer):
    """The pre-flight checklist of one operation; frozen once the aircraft is in the air."""

    operation = serializers.CharField(source="operation.number")
    items = ChecklistItemSerializer(many=True)
    is_complete = serializers.SerializerMethodField(help_text="No item stands in the way now.")

    class Meta:
        model = PreFlightChecklist
        fields = [
            "operation",
            "frozen_at",
            "is_complete",
            "items",
            "created_at",
            "updated_at",
            "version",
        ]
        read_only_fields = fields

    def get_is_complete(self, checklist: PreFlightChecklist) -> bool:
        now = checklist.frozen_at or self.context["now"]
        return not any(is_open(item, at=now) for item in checklist.items.all())


@with_example({"operation": "FO-2026-0042"})
class OpenChecklistSerializer(CommandSerializer):
    """Lay out the checklist of an operation."""

    operation = VisibleSlugField("number", queryset=FlightOperation.objects.all())


@with_example(
    {
        "item": "battery",
        "answer": "done",
        "evidence": "B-07 at 100 %, 4.18 V per cell, no swelling, latched.",
    }
)
class AnswerItemSerializer(CommandSerializer):
    """What was found; evidence is always needed."""

    item = serializers.ChoiceField([(item.code, item.title) for item in CHECKLIST_ITEMS])
    answer = serializers.ChoiceField(ItemAnswer.choices)
    evidence = serializers.CharField(max_length=4000)
    is_correction = serializers.BooleanField(
        default=False, help_text="Replaces an answer that a person already gave."
    )
