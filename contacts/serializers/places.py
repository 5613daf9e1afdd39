from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from rest_framework import serializers

from airports.models import Airport
from common.api.fields import PointField, VisibleSlugField
from common.api.serializers import CommandSerializer, SomeChangeSerializer
from contacts.hours import fault_in_week
from contacts.models import (
    FBO,
    CareLevel,
    City,
    Contact,
    FBOFee,
    FBOService,
    FeeKind,
    FeeUnit,
    GroundKind,
    GroundProvider,
    GroundService,
    HoursKind,
)
from contacts.models.provider import MOST_MTOW_KG, MOST_NOTICE_MIN
from contacts.serializers.fields import (
    FeeAmountSerializer,
    country_field,
    zone_field,
)

OPTIONAL_TEXT = {"required": False, "allow_blank": True}
PROVIDER_FIELDS = [
    "id",
    "airport",
    "contact",
    "name",
    "hours_kind",
    "hours",
    "timezone",
    "notice_min",
    "phone",
    "phone_e164",
    "after_hours_phone",
    "after_hours_phone_e164",
    "email",
    "website",
    "services",
    "notes",
    "is_active",
    "version",
]


class CitySerializer(serializers.ModelSerializer):
    """A city: where it is and which time it keeps."""

    point = PointField(read_only=True)

    class Meta:
        model = City
        fields = ["id", "name", "region", "country", "point", "timezone", "version"]
        read_only_fields = fields


class CreateCitySerializer(CommandSerializer):
    """A new city."""

    name = serializers.CharField(max_length=120)
    region = serializers.CharField(max_length=80, **OPTIONAL_TEXT)
    country = country_field()
    point = PointField()
    timezone = zone_field()


class AmendCitySerializer(SomeChangeSerializer, CreateCitySerializer):
    """What may be changed of a city."""


class ProviderSerializer(serializers.ModelSerializer):
    """What FBOs and ground providers have in common; hours are in the airport's local time."""

    airport = serializers.CharField(source="airport.ident")
    timezone = serializers.CharField(source="airport.timezone")
    contact = serializers.IntegerField(source="contact_id", allow_null=True)
    hours = serializers.JSONField(allow_null=True)
    # Either may be empty, which no address is.
    email = serializers.CharField()
    website = serializers.CharField()


class FBOSerializer(ProviderSerializer):
    """A fixed-base operator at an airport."""

    services = serializers.ListField(child=serializers.ChoiceField(FBOService.choices))
    frequencies_mhz = serializers.ListField(
        child=serializers.DecimalField(max_digits=6, decimal_places=3)
    )

    class Meta:
        model = FBO
        fields = [*PROVIDER_FIELDS, "frequencies_mhz"]
        read_only_fields = fields


class GroundProviderSerializer(ProviderSerializer):
    """Ground ambulance, ground handling or cars that come to an airport."""

    services = serializers.ListField(child=serializers.ChoiceField(GroundService.choices))

    class Meta:
        model = GroundProvider
        fields = [*PROVIDER_FIELDS, "kind", "care_level", "stretchers", "seats"]
        read_only_fields = fields


class CreateProviderSerializer(CommandSerializer):
    """What is said of a new provider of either sort."""

    airport = VisibleSlugField("ident", queryset=Airport.objects.in_use())
    contact = VisibleSlugField(
        "id", queryset=Contact.objects.all(), required=False, allow_null=True
    )
    name = serializers.CharField(max_length=200)
    hours_kind = serializers.ChoiceField(HoursKind.choices, required=False)
    hours = serializers.JSONField(
        required=False,
        allow_null=True,
        help_text='Local hours by weekday, 0 is Monday: {"0": [["06:00", "22:00"]]}.',
    )
    notice_min = serializers.IntegerField(
        min_value=0, max_value=MOST_NOTICE_MIN, required=False, allow_null=True
    )
    phone = serializers.CharField(max_length=40, **OPTIONAL_TEXT)
    after_hours_phone = serializers.CharField(max_length=40, **OPTIONAL_TEXT)
    email = serializers.EmailField(max_length=254, **OPTIONAL_TEXT)
    website = serializers.URLField(max_length=300, **OPTIONAL_TEXT)
    notes = serializers.CharField(max_length=10_000, **OPTIONAL_TEXT)

    def validate_hours(self, value: Any) -> Any:
        fault = "" if value is None else fault_in_week(value)
        if fault:
            raise serializers.ValidationError(fault)
        return value


class CreateFBOSerializer(CreateProviderSerializer):
    """A new FBO."""

    services = serializers.ListField(
        child=serializers.ChoiceField(FBOService.choices), max_length=30, required=False
    )
    frequencies_mhz = serializers.ListField(
        child=serializers.DecimalField(
            max_digits=6, decimal_places=3, min_value=Decimal(118), max_value=Decimal("136.992")
        ),
        max_length=6,
        required=False,
    )


class AmendFBOSerializer(SomeChangeSerializer, CreateFBOSerializer):
    """What may be changed of an FBO, and whether it is in use."""

    is_active = serializers.BooleanField()


class CreateGroundProviderSerializer(CreateProviderSerializer):
    """A new ground provider."""

    kind = serializers.ChoiceField(GroundKind.choices)
    care_level = serializers.ChoiceField(CareLevel.choices, **OPTIONAL_TEXT)
    stretchers = serializers.IntegerField(min_value=0, max_value=50, required=False)
    seats = serializers.IntegerField(min_value=0, max_value=200, required=False)
    services = serializers.ListField(
        child=serializers.ChoiceField(GroundService.choices), max_length=30, required=False
    )


class AmendGroundProviderSerializer(SomeChangeSerializer, CreateGroundProviderSerializer):
    """What may be changed of a ground provider, and whether it is in use."""

    is_active = serializers.BooleanField()


class FeeSerializer(serializers.ModelSerializer):
    """A price over a period; `mtow_until_kg` and `valid_until` are the first without."""

    price = FeeAmountSerializer(source="*")

    class Meta:
        model = FBOFee
        fields = [
            "id",
            "kind",
            "unit",
            "price",
            "mtow_from_kg",
            "mtow_until_kg",
            "valid_from",
            "valid_until",
            "note",
        ]
        read_only_fields = fields


class SetFeeSerializer(CommandSerializer):
    """A price from a day on; it ends those of overlapping masses that it replaces."""

    kind = serializers.ChoiceField(FeeKind.choices)
    unit = serializers.ChoiceField(FeeUnit.choices)
    price = FeeAmountSerializer()
    mtow_from_kg = serializers.IntegerField(min_value=0, max_value=MOST_MTOW_KG, required=False)
    mtow_until_kg = serializers.IntegerField(
        min_value=1, max_value=MOST_MTOW_KG, required=False, allow_null=True
    )
    valid_from = serializers.DateField()
    valid_until = serializers.DateField(required=False, allow_null=True)
    note = serializers.CharField(max_length=200, **OPTIONAL_TEXT)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        end = attrs.get("valid_until")
        if end is not None and end <= attrs["valid_from"]:
            raise serializers.ValidationError({"valid_until": "Not after valid_from."})
        price = attrs.pop("price")
        return {**attrs, **price}


class AttendanceSerializer(serializers.Serializer):
    """Whether somebody is there at a moment, and until when that stays so within a week."""

    openness = serializers.CharField(help_text="open, on_request, closed or unknown.")
    until = serializers.DateTimeField(allow_null=True)
    until_local = serializers.SerializerMethodField(allow_null=True)

    def get_until_local(self, attendance: Any) -> str | None:
        return local(attendance.until, self.context.get("timezone", ""))


class DirectoryEntrySerializer(serializers.Serializer):
    """Somebody near a place: an `fbo`, a `ground` provider or a `hospital`."""

    kind = serializers.CharField()
    id = serializers.IntegerField()
    name = serializers.CharField()
    airport = serializers.CharField(allow_null=True)
    distance_km = serializers.FloatField()
    point = PointField()
    timezone = serializers.CharField(allow_blank=True)
    openness = serializers.CharField(source="attendance.openness")
    until = serializers.DateTimeField(source="attendance.until", allow_null=True)
    until_local = serializers.SerializerMethodField(allow_null=True)
    phone = serializers.CharField(allow_blank=True)
    after_hours_phone = serializers.CharField(allow_blank=True)
    email = serializers.CharField(allow_blank=True)
    notice_min = serializers.IntegerField(allow_null=True)
    services = serializers.ListField(child=serializers.CharField())
    ground_kind = serializers.CharField(allow_blank=True)
    care_level = serializers.CharField(allow_blank=True)

    def get_until_local(self, entry: Any) -> str | None:
        return local(entry.attendance.until, entry.timezone)


def local(moment: datetime | None, zone: str) -> str | None:
    """A moment as local clocks show it, with its offset."""
    if moment is None or not zone:
        return None
    return moment.astimezone(ZoneInfo(zone)).isoformat(timespec="minutes")
