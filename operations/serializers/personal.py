import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from rest_framework import serializers
from rest_framework.fields import empty

from common.api.fields import VisibleSlugField
from common.api.permissions import holds
from common.api.serializers import CommandSerializer
from common.redaction import withhold
from contacts.models.constraints import COUNTRY
from operations.models import AccessPurpose
from operations.privacy import Holds

NUMBER = re.compile("[A-Z]{2}-[0-9]{4}-[0-9]{4,8}")


class PersonalTextField(serializers.CharField):
    """A text about a person; whatever goes wrong from here on, it stays out of the logs."""

    def run_validation(self, data: Any = empty) -> Any:
        if isinstance(data, str):
            withhold(data)
        return super().run_validation(data)


class QuietChoiceField(serializers.ChoiceField):
    """A choice whose refusal does not repeat what was sent."""

    default_error_messages = {"invalid_choice": "Not one of the choices."}


class QuietListField(serializers.ListField):
    """A list whose refusal does not repeat what was sent."""

    default_error_messages = {"not_a_list": "Expected a list."}


class NumberedField(VisibleSlugField):
    """
    A record named by its number, such as PT-2026-0007.

    What has not the form of one is not looked for, and not repeated: it may be a name.
    """

    default_error_messages = {
        "does_not_exist": "There is no such record.",
        "invalid": "Not a number such as PT-2026-0007.",
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__("number", **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str) or not NUMBER.fullmatch(data):
            self.fail("invalid")
        return super().to_internal_value(data)


def personal_text(length: int, **more: Any) -> PersonalTextField:
    """A text that may be left out; null is not known, an empty one is none."""
    more = {"required": False, "allow_null": True, "allow_blank": True, **more}
    return PersonalTextField(max_length=length, **more)


def country(**more: Any) -> serializers.RegexField:
    """An ISO 3166 country code that may be left out."""
    return serializers.RegexField(
        COUNTRY, required=False, allow_null=True, help_text="ISO 3166 code such as `AU`.", **more
    )


class PurposeQuerySerializer(CommandSerializer):
    """Why somebody looks."""

    purpose = QuietChoiceField(AccessPurpose.choices, required=False, default="")


def shown(shape: serializers.Serializer, row: Any, names: Sequence[str]) -> dict[str, Any]:
    """Render only these fields of a row; the others are not even read."""
    data: dict[str, Any] = {}
    for name in names:
        field = shape.fields[name]
        value = field.get_attribute(row)
        data[name] = None if value is None else field.to_representation(value)
    return data


def may_in(context: Mapping[str, Any]) -> Holds:
    """What whoever is answered may, by account and token; nothing where nobody is known."""
    request = context.get("request")
    return partial(holds, request) if request is not None else lambda permission: False
