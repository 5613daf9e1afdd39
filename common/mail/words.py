"""Words of a mail that wait for its reader's language."""

from datetime import UTC, date, datetime
from typing import Any

from django.utils import formats
from django.utils.functional import lazy
from django.utils.text import format_lazy


def _day(value: date) -> str:
    return str(formats.date_format(value, "DATE_FORMAT"))


def _moment(value: datetime) -> str:
    there = value.astimezone(UTC)
    return f"{_day(there)}, {there:%H:%M} UTC"


# A text with its fields, a date, a moment in UTC: lazy, for `post()` to take in a language.
said: Any = format_lazy
day_said: Any = lazy(_day, str)
moment_said: Any = lazy(_moment, str)
