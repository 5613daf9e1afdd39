"""Airworthiness directives of CASA's list, and what our aircraft have no entry for."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from drf_yasg.utils import swagger_serializer_method
from rest_framework import serializers

from aircraft.models import AirworthinessDirective
from aircraft.queries.directives import TailDirectives

MOST_SHOWN = 100


class DirectiveSerializer(serializers.ModelSerializer):
    """A directive as CASA's list has it."""

    citation = serializers.CharField(help_text="What the entry of an aircraft cites.")

    class Meta:
        model = AirworthinessDirective
        fields = [
            "source_id",
            "citation",
            "number",
            "name",
            "issue",
            "file",
            "series",
            "series_name",
            "group",
            "authority",
            "status",
            "effective_on",
            "published_on",
            "is_listed",
        ]
        read_only_fields = fields


class TailDirectivesSerializer(serializers.Serializer):
    """What one Australian aircraft has no entry for; the first 100 of `count`."""

    tail_number = serializers.CharField()
    aircraft_type = serializers.CharField(source="designator")
    series = serializers.ListField(
        child=serializers.CharField(), help_text="Named for its type; none: answered in nothing."
    )
    unknown_series = serializers.ListField(
        child=serializers.CharField(), help_text="Named for its type, and not on the list."
    )
    is_answered = serializers.BooleanField()
    count = serializers.IntegerField()
    unanswered = serializers.SerializerMethodField()

    @extend_schema_field(DirectiveSerializer(many=True))
    @swagger_serializer_method(DirectiveSerializer(many=True))
    def get_unanswered(self, tail: TailDirectives) -> list[Any]:
        return list(DirectiveSerializer(tail.unanswered[:MOST_SHOWN], many=True).data)


class UnansweredSerializer(serializers.Serializer):
    """Our Australian aircraft and what each has no entry for."""

    count = serializers.IntegerField(help_text="All aircraft, also those that are left out here.")
    results = TailDirectivesSerializer(many=True)
