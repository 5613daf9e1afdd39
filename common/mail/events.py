"""What becomes of mails, for the apps whose mails they are."""

from dataclasses import dataclass
from typing import ClassVar

from common.events import Event


@dataclass(frozen=True, kw_only=True)
class MailFailed(Event):
    """A mail will not arrive, or nobody can tell; the row says what it was about and why."""

    name: ClassVar[str] = "common.mail_failed"
    mail_id: int
