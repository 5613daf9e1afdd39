"""Words of a mail that wait for its reader's language."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.utils import formats
from django.utils.functional import lazy
from django.utils.text import format_lazy

from common.shown import amount


def _day(value: date) -> str:
    return str(formats.date_format(value, "DATE_FORMAT"))


def _moment(value: datetime) -> str:
    there = value.astimezone(UTC)
    return f"{_day(there)}, {there:%H:%M} UTC"


def _money(value: Decimal, currency: str) -> str:
    return f"{currency} {amount(value, currency)}"


# A text with its fields, a date, a moment in UTC, an amount: lazy, for `post()` to take in a
# language.
said: Any = format_lazy
day_said: Any = lazy(_day, str)
moment_said: Any = lazy(_moment, str)
money_said: Any = lazy(_money, str)
