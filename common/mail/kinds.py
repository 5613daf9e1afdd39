"""Which mails there are: each app registers its kinds in its module `mails`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

KEEP_TRYING = timedelta(days=3)


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a mail; at most a few megabytes, never with anything of a patient."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class MailKind:
    """
    One kind of mail: its subject, its two templates and the only fields they may be given.

    `template` is a path without its ending; `.txt` and `.html` lie beside each other. `subject` is
    a `str.format` text over `fields`. `lasts` is how long it is worth sending. `attach` reads the
    files when the mail is sent, from the same fields. `reply_to` names the field that holds the
    address to answer to, where that is not everybody's. `is_translated` kinds are written in the
    reader's language: subject and templates are marked for translation.
    """

    key: str
    subject: str
    template: str
    fields: tuple[str, ...]
    lasts: timedelta = KEEP_TRYING
    attach: Callable[[Mapping[str, str]], Sequence[Attachment]] | None = None
    reply_to: str = ""
    is_translated: bool = False


_KINDS: dict[str, MailKind] = {}


def register(kind: MailKind) -> MailKind:
    """Add a kind at start-up. Raises ValueError for a key that is taken."""
    if kind.key in _KINDS:
        raise ValueError(f"mail kind {kind.key} is registered twice")
    _KINDS[kind.key] = kind
    return kind


def mail_kinds() -> tuple[MailKind, ...]:
    """Every kind, by key."""
    return tuple(_KINDS[key] for key in sorted(_KINDS))


def mail_kind(key: str) -> MailKind:
    """The kind of a key. Raises KeyError."""
    return _KINDS[key]
