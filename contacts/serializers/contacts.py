from typing import Any

from rest_framework import serializers

from common.api.fields import PointField, VisibleSlugField
from common.api.serializers import CommandSerializer, SomeChangeSerializer
from contacts.models import (
    AddressKind,
    City,
    Contact,
    ContactAddress,
    ContactEmail,
    ContactKind,
    ContactPhone,
    ContactRole,
    EmailKind,
    ExternalReference,
    PhoneKind,
)
from contacts.serializers.fields import country_field, zone_field

OPTIONAL_TEXT = {"required": False, "allow_blank": True}


class ContactPhoneSerializer(serializers.ModelSerializer):
    """A telephone number as written, and as dialed from anywhere (`e164`) where that is known."""

    class Meta:
        model = ContactPhone
        fields = ["id", "kind", "number", "country", "e164", "extension", "is_primary"]
        read_only_fields = fields


class ContactEmailSerializer(serializers.ModelSerializer):
    """An e-mail address."""

    class Meta:
        model = ContactEmail
        fields = ["id", "kind", "address", "is_primary"]
        read_only_fields = fields


class ContactAddressSerializer(serializers.ModelSerializer):
    """A postal address; `city` is one on file."""

    city = serializers.IntegerField(source="city_id", allow_null=True)

    class Meta:
        model = ContactAddress
        fields = ["id", "kind", "lines", "locality", "region", "postal_code", "country", "city"]
        read_only_fields = fields


class ExternalReferenceSerializer(serializers.ModelSerializer):
    """What another system calls the contact."""

    class Meta:
        model = ExternalReference
        fields = ["id", "system", "reference"]
        read_only_fields = fields


class ContactSerializer(serializers.ModelSerializer):
    """A person or organization; one that was merged names in `merged_into` which stands for it."""

    parent = serializers.IntegerField(source="parent_id", allow_null=True)
    parent_name = serializers.CharField(source="parent.name", default=None, allow_null=True)
    roles = serializers.ListField(child=serializers.ChoiceField(ContactRole.choices))
    point = PointField(read_only=True, allow_null=True)
    # May be empty, which no address is.
    website = serializers.CharField()
    phones = ContactPhoneSerializer(many=True)
    emails = ContactEmailSerializer(many=True)
    addresses = ContactAddressSerializer(many=True)
    external_references = ExternalReferenceSerializer(many=True)
    merged_into = serializers.IntegerField(source="merged_into_id", allow_null=True)

    class Meta:
        model = Contact
        fields = [
            "id",
            "kind",
            "name",
            "roles",
            "parent",
            "parent_name",
            "job_title",
            "country",
            "timezone",
            "point",
            "website",
            "phones",
            "emails",
            "addresses",
            "external_references",
            "notes",
            "is_active",
            "merged_into",
            "version",
        ]
        read_only_fields = fields


class GivePhoneSerializer(CommandSerializer):
    """A telephone number as people write it; national ones are of `country` or the contact's."""

    kind = serializers.ChoiceField(PhoneKind.choices, required=False)
    number = serializers.CharField(max_length=40)
    country = country_field(**OPTIONAL_TEXT)
    is_primary = serializers.BooleanField(required=False)


class GiveEmailSerializer(CommandSerializer):
    """An e-mail address."""

    kind = serializers.ChoiceField(EmailKind.choices, required=False)
    address = serializers.EmailField(max_length=254)
    is_primary = serializers.BooleanField(required=False)


class GiveAddressSerializer(CommandSerializer):
    """A postal address."""

    kind = serializers.ChoiceField(AddressKind.choices, required=False)
    lines = serializers.CharField(max_length=300)
    locality = serializers.CharField(max_length=120, **OPTIONAL_TEXT)
    region = serializers.CharField(max_length=80, **OPTIONAL_TEXT)
    postal_code = serializers.CharField(max_length=20, **OPTIONAL_TEXT)
    country = country_field(**OPTIONAL_TEXT)
    city = VisibleSlugField("id", queryset=City.objects.all(), required=False, allow_null=True)


class GiveReferenceSerializer(CommandSerializer):
    """What another system calls the contact; unique in that system."""

    system = serializers.CharField(max_length=40)
    reference = serializers.CharField(max_length=100)


class CreateContactSerializer(CommandSerializer):
    """A new person or organization."""

    kind = serializers.ChoiceField(ContactKind.choices)
    name = serializers.CharField(max_length=200)
    roles = serializers.ListField(
        child=serializers.ChoiceField(ContactRole.choices),
        max_length=len(ContactRole.choices),
        required=False,
    )
    parent = VisibleSlugField("id", queryset=Contact.objects.all(), required=False, allow_null=True)
    job_title = serializers.CharField(max_length=100, **OPTIONAL_TEXT)
    country = country_field(**OPTIONAL_TEXT)
    timezone = zone_field(**OPTIONAL_TEXT)
    point = PointField(required=False, allow_null=True)
    website = serializers.URLField(max_length=300, **OPTIONAL_TEXT)
    notes = serializers.CharField(max_length=10_000, **OPTIONAL_TEXT)
    phones = serializers.ListField(child=GivePhoneSerializer(), max_length=20, required=False)
    emails = serializers.ListField(child=GiveEmailSerializer(), max_length=20, required=False)
    addresses = serializers.ListField(child=GiveAddressSerializer(), max_length=10, required=False)
    external_references = serializers.ListField(
        child=GiveReferenceSerializer(), max_length=20, required=False
    )


class AmendContactSerializer(SomeChangeSerializer, CreateContactSerializer):
    """What may be changed of a contact; a list given replaces the list that was."""


class MergeContactSerializer(CommandSerializer):
    """Which contact is merged into this one, and how it was found to be the same."""

    merged = VisibleSlugField("id", queryset=Contact.objects.all())
    reason = serializers.CharField(max_length=2000, help_text="Why; kept with the record.")


class FindDuplicatesSerializer(CommandSerializer):
    """What is known of somebody, before they are entered."""

    name = serializers.CharField(max_length=200, **OPTIONAL_TEXT)
    kind = serializers.ChoiceField(ContactKind.choices, required=False)
    country = country_field(**OPTIONAL_TEXT)
    emails = serializers.ListField(
        child=serializers.EmailField(max_length=254), max_length=20, required=False
    )
    phones = serializers.ListField(
        child=serializers.CharField(max_length=40), max_length=20, required=False
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not any(attrs.get(name) for name in ("name", "emails", "phones")):
            raise serializers.ValidationError("Give a name, an e-mail address or a number.")
        return attrs


class DuplicateReasonSerializer(serializers.Serializer):
    """One thing in common: `name`, `email`, `phone`, or `phone_end` where a country is unknown."""

    kind = serializers.CharField()
    score = serializers.FloatField()
    value = serializers.CharField()


class DuplicateSerializer(serializers.Serializer):
    """A contact that may be the same, and why; `score` is between 0 and 1."""

    id = serializers.IntegerField(source="contact.pk")
    name = serializers.CharField(source="contact.name")
    kind = serializers.CharField(source="contact.kind")
    parent_name = serializers.CharField(source="contact.parent.name", default=None, allow_null=True)
    is_active = serializers.BooleanField(source="contact.is_active")
    score = serializers.FloatField()
    reasons = DuplicateReasonSerializer(many=True)


class MergePlanSerializer(serializers.Serializer):
    """What a merge would do: rows moved and left by column, and values filled in."""

    refusal = serializers.CharField(allow_blank=True)
    moved = serializers.SerializerMethodField()
    left = serializers.SerializerMethodField()
    filled = serializers.DictField(child=serializers.JSONField())

    def get_moved(self, plan: Any) -> dict[str, int]:
        return {column: len(pks) for column, pks in plan.moved.items()}

    def get_left(self, plan: Any) -> dict[str, int]:
        return {column: len(pks) for column, pks in plan.left.items()}


class ContactMergeSerializer(serializers.Serializer):
    """A merge that was done."""

    id = serializers.IntegerField()
    survivor = serializers.IntegerField(source="survivor_id")
    merged = serializers.IntegerField(source="merged_id")
    merged_name = serializers.CharField(source="merged.name")
    actor = serializers.CharField(source="actor.email")
    reason = serializers.CharField()
    merged_at = serializers.DateTimeField()
    moved = serializers.DictField(child=serializers.ListField())
    filled = serializers.DictField(child=serializers.JSONField())
