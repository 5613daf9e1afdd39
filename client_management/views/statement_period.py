"""Which days of an account somebody asks for, at the endpoint and on the page."""

from collections.abc import Mapping
from datetime import date, timedelta

from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from common.money import EXPONENTS

LONGEST = timedelta(days=731)
USUAL = timedelta(days=90)


def period_of(asked: Mapping[str, str], *, today: date) -> tuple[date, date]:
    """
    The first and the last day: the last 90 days where nobody says otherwise.

    Raises ValidationError for what is no day, is in the wrong order or is over two years.
    """
    until = _day(asked, "until") or today
    since = _day(asked, "since") or max(until, date.min + USUAL) - USUAL
    if since > until or until - since > LONGEST:
        text = _("The first day is before the last, by two years at most.")
        raise ValidationError({"since": text})
    return since, until


def currency_of(asked: Mapping[str, str], *, usual: str) -> str:
    """The currency that is asked for. Raises ValidationError for one that nobody bills in."""
    currency = asked.get("currency", usual)
    if currency not in EXPONENTS:
        raise ValidationError({"currency": _("This is no currency such as AUD.")})
    return currency


def _day(asked: Mapping[str, str], name: str) -> date | None:
    text = asked.get(name, "")
    if not text:
        return None
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise ValidationError({name: _("This is not a day such as 2026-03-14.")})
    return day
