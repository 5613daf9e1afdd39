"""The language of the pages that people from outside see, and refusals in its words."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, TypeVar

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.translation import gettext, gettext_noop
from django.utils.translation.trans_real import parse_accept_lang_header

from common.exceptions import DomainError, InvalidInput
from common.preferences import LANGUAGES, preferences
from common.shown import day, moment

# Details of a refusal that are words of ours, not names or numbers.
WORDED = ("status", "current", "wanted", "hint")
# What a record can be, in the middle of a sentence.
STATES = (
    gettext_noop("abandoned"),
    gettext_noop("accepted"),
    gettext_noop("active"),
    gettext_noop("approved"),
    gettext_noop("assessing"),
    gettext_noop("cancelled"),
    gettext_noop("closed"),
    gettext_noop("completed"),
    gettext_noop("confirmed"),
    gettext_noop("countersigned"),
    gettext_noop("declined"),
    gettext_noop("delivered"),
    gettext_noop("draft"),
    gettext_noop("expired"),
    gettext_noop("failed"),
    gettext_noop("in progress"),
    gettext_noop("in_progress"),
    gettext_noop("invoiced"),
    gettext_noop("on hold"),
    gettext_noop("on_hold"),
    gettext_noop("open"),
    gettext_noop("paid"),
    gettext_noop("priced"),
    gettext_noop("processing"),
    gettext_noop("prospect"),
    gettext_noop("quoted"),
    gettext_noop("ready"),
    gettext_noop("rework"),
    gettext_noop("scheduled"),
    gettext_noop("sent"),
    gettext_noop("signed"),
    gettext_noop("submitted"),
    gettext_noop("succeeded"),
    gettext_noop("superseded"),
    gettext_noop("suspended"),
    gettext_noop("uploaded"),
    gettext_noop("viewed"),
    gettext_noop("withdrawn"),
)
Answer = TypeVar("Answer", bound=HttpResponseBase)


def language_of(request: HttpRequest) -> str:
    """What somebody chose for good, chose in this browser, or has their browser ask for."""
    known = dict(LANGUAGES)
    chosen = preferences().language or request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    if chosen in known:
        return chosen
    for asked, _share in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        found = asked.split("-")[0]
        if found in known:
            return found
    return settings.DISPLAY_DEFAULTS.language or str(settings.LANGUAGE_CODE)


def in_language(language: str, make: Callable[[], Answer]) -> Answer:
    """A page made in a language, which says so."""
    with translation.override(language):
        response = make()
    response["Content-Language"] = language
    return response


def keep_language(response: Any, language: str) -> None:
    """Have a browser remember a language that was chosen, for a year."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=365 * 24 * 3600,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def told(refusal: DomainError) -> str:
    """A refusal in the page's language; an endpoint says the same in English."""
    if isinstance(refusal, InvalidInput):
        reason, fills = refusal.words
        return gettext(reason).format(**fills) if fills else gettext(reason)
    words = {
        name: gettext(str(value)) if name in WORDED and value else _readable(value)
        for name, value in refusal.values.items()
    }
    if refusal.message == "{reason}":
        return gettext(str(refusal))
    return gettext(refusal.message).format(**words)


def _readable(value: object) -> object:
    if isinstance(value, datetime):
        return moment(value)
    return day(value) if isinstance(value, date) else value
