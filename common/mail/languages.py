"""In which language somebody is written to; the app that knows people registers how to find it."""

from collections.abc import Callable

from django.conf import settings

from common.mail.kinds import MailKind
from common.preferences import LANGUAGES

Find = Callable[[str], str]
_finds: list[Find] = []


def register(find: Find) -> Find:
    """Add, at start-up, a way to find the language of an address; empty where it knows none."""
    _finds.append(find)
    return find


def language_for(kind: MailKind, address: str) -> str:
    """The language of a mail: the reader's, where the kind has words in it."""
    if not kind.is_translated:
        return str(settings.LANGUAGE_CODE)
    wanted = next((found for find in _finds if (found := find(address))), "")
    return wanted if wanted in dict(LANGUAGES) else str(settings.LANGUAGE_CODE)
