from typing import Any

from rest_framework import serializers

from common.api.serializers import CommandSerializer, SomeChangeSerializer
from operations.models import Passenger, PassengerRole, Sex, TravelDocument, Trip
from operations.privacy import ALWAYS, View
from operations.serializers.personal import (
    NumberedField,
    PurposeQuerySerializer,
    QuietChoiceField,
    QuietListField,
    country,
    personal_text,
    shown,
)

MASS = {"min_value": 1, "max_value": 400, "allow_null": True, "required": False}


class LegNumbersField(serializers.ListField):
    """The sequence numbers of the legs somebody is on."""

    child = serializers.IntegerField(min_value=1, max_value=1000)

    def to_representation(self, value: Any) -> list[int]:
        return sorted(leg.sequence for leg in value.all())


class PassengerRowSerializer(serializers.Serializer):
    """A passenger without a name: what needs no record of having been looked at."""

    id = serializers.IntegerField()
    trip = serializers.CharField(source="trip.number")
    legs = LegNumbersField()
    role = serializers.CharField()
    mass_kg = serializers.IntegerField(allow_null=True)
    baggage_kg = serializers.IntegerField()
    version = serializers.IntegerField()


class PassengerSerializer(PassengerRowSerializer):
    """A passenger as the caller may see them; names of what may not be seen are in `withheld`."""

    family_name = serializers.CharField(required=False, allow_null=True)
    given_names = serializers.CharField(required=False, allow_null=True)
    date_of_birth = serializers.DateField(required=False, allow_null=True)
    sex = serializers.ChoiceField(Sex.choices, required=False, allow_null=True)
    nationality = serializers.CharField(required=False, allow_null=True)
    residence = serializers.CharField(required=False, allow_null=True)
    document_kind = serializers.ChoiceField(TravelDocument.choices, required=False, allow_null=True)
    document_number = serializers.CharField(required=False, allow_null=True)
    document_country = serializers.CharField(required=False, allow_null=True)
    document_expires_on = serializers.DateField(required=False, allow_null=True)
    withheld = serializers.ListField(child=serializers.CharField())

    def to_representation(self, instance: Passenger) -> dict[str, Any]:
        view: View = self.context["view"]
        data = shown(self, instance, [*view.fields, *ALWAYS])
        return {**data, "withheld": list(view.withheld)}


class PassengerRecordSerializer(CommandSerializer):
    """What is known of a passenger; `legs` are sequence numbers, none for who stays behind."""

    legs = QuietListField(
        child=serializers.IntegerField(min_value=1, max_value=1000), max_length=50, required=False
    )
    role = QuietChoiceField(PassengerRole.choices, required=False)
    mass_kg = serializers.IntegerField(**MASS)
    baggage_kg = serializers.IntegerField(min_value=0, max_value=500, required=False)
    family_name = personal_text(100, allow_blank=False)
    given_names = personal_text(100, allow_blank=False)
    date_of_birth = serializers.DateField(required=False, allow_null=True)
    sex = QuietChoiceField(Sex.choices, required=False, allow_null=True)
    nationality = country()
    residence = country()
    document_kind = QuietChoiceField(TravelDocument.choices, required=False, allow_null=True)
    document_number = personal_text(40, allow_blank=False)
    document_country = country()
    document_expires_on = serializers.DateField(required=False, allow_null=True)


class AddPassengerSerializer(PassengerRecordSerializer):
    """Somebody new on a trip."""

    trip = NumberedField(queryset=Trip.objects.all())


class ChangePassengerSerializer(SomeChangeSerializer, PassengerRecordSerializer):
    """What may be changed of a passenger, by who may see it."""


class ManifestQuerySerializer(PurposeQuerySerializer):
    """Which leg of which trip, and what for."""

    trip = serializers.CharField(max_length=16)
    leg = serializers.IntegerField(min_value=1, max_value=1000)
