from base64 import b64decode
from binascii import Error
from typing import Any

from rest_framework import serializers

from common.api.serializers import SomeChangeSerializer
from documents.models import Letterhead
from documents.models.letterhead import HEX_COLOR
from documents.services.letterheads import MOST_LOGO_BYTES


class LetterheadSerializer(serializers.ModelSerializer):
    """Who our documents come from. Version 0: nobody has entered it yet."""

    # Empty until somebody enters it.
    email = serializers.CharField(allow_blank=True)
    has_logo = serializers.SerializerMethodField()

    class Meta:
        model = Letterhead
        fields = [
            "name",
            "address",
            "phone",
            "email",
            "website",
            "registration",
            "certificate",
            "color",
            "foot",
            "has_logo",
            "version",
        ]
        read_only_fields = fields

    def get_has_logo(self, row: Letterhead) -> bool:
        return bool(row.logo)


class LogoField(serializers.CharField):
    """A PNG or JPEG in base64; null takes the logo away."""

    def to_internal_value(self, data: Any) -> Any:
        text = super().to_internal_value(data)
        try:
            return b64decode(text, validate=True)
        except (Error, ValueError):
            raise serializers.ValidationError("Not base64.") from None


class ChangeLetterheadSerializer(SomeChangeSerializer):
    """What may be changed of the letterhead; the first time its name is needed."""

    name = serializers.CharField(max_length=120)
    address = serializers.CharField(
        max_length=500, allow_blank=True, help_text="One line under the other."
    )
    phone = serializers.CharField(max_length=60, allow_blank=True)
    email = serializers.EmailField(allow_blank=True)
    website = serializers.CharField(max_length=120, allow_blank=True)
    registration = serializers.CharField(max_length=120, allow_blank=True)
    certificate = serializers.CharField(max_length=120, allow_blank=True)
    color = serializers.RegexField(HEX_COLOR, help_text="Such as `#1b3a5c`.")
    foot = serializers.CharField(max_length=160, allow_blank=True)
    logo = LogoField(
        max_length=MOST_LOGO_BYTES * 2,
        allow_null=True,
        help_text="A PNG or JPEG of 300 kB at most, in base64; null takes it away.",
    )
