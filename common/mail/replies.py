"""What the answer of a mail server, or its silence, means for a mail."""

import re
import smtplib
from dataclasses import dataclass, replace
from typing import Literal

MOST_TEXT = 300
_ENHANCED = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
# RFC 3463: the mailbox, its domain or its form is wrong; the mailbox is closed.
DEAD = frozenset({"5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
# RFC 5321, 7504: what these say about a recipient when no enhanced code says more.
DEAD_PLAIN = frozenset({521, 550, 551, 553, 556})

ABOUT_US = (smtplib.SMTPConnectError, smtplib.SMTPAuthenticationError, smtplib.SMTPHeloError)


@dataclass(frozen=True)
class Outcome:
    """
    How handing a mail over ended.

    later: try again. refused: never. unknown: the server may have it, so never again by itself.
    `is_address_dead`: the refusal is about the address and not about this mail or us.
    """

    result: Literal["sent", "later", "refused", "unknown"]
    reply: str = ""
    is_address_dead: bool = False


SENT = Outcome("sent")


def outcome_of(error: OSError, *, is_handed_over: bool) -> Outcome:
    """
    Tell a refusal for good (5xx) from one for now (4xx, no connection) and from a lost answer.

    `is_handed_over`: the whole content, with its closing dot, had gone out. The library's errors
    are all OSError, as those of sockets and TLS are.
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
        return _judged(code, text, is_about_address=True)
    if isinstance(error, ABOUT_US):
        # Whatever the code: it is about this machine, and the mail is as good as before.
        return Outcome("later", _text(error.smtp_code, error.smtp_error))
    if isinstance(error, smtplib.SMTPSenderRefused):
        # A refusal of our own address, whatever its code, says nothing about the recipient's.
        judged = _judged(error.smtp_code, error.smtp_error, is_about_address=False)
        return replace(judged, is_address_dead=False)
    if isinstance(error, smtplib.SMTPResponseException):
        return _judged(error.smtp_code, error.smtp_error, is_about_address=False)
    if is_handed_over:
        return Outcome("unknown", type(error).__name__)
    return Outcome("later", f"{type(error).__name__}: {error}"[:MOST_TEXT])


def is_dead(code: int, text: str) -> bool:
    """Whether a refusal of a recipient is about the address itself."""
    enhanced = _ENHANCED.search(text)
    return enhanced[1] in DEAD if enhanced else code in DEAD_PLAIN


def _judged(code: int, raw: bytes | str, *, is_about_address: bool) -> Outcome:
    text = _text(code, raw)
    # -1 is the library's word for an answer that was none.
    if not 500 <= code <= 599:
        return Outcome("later", text)
    enhanced = _ENHANCED.search(text)
    named = enhanced is not None and enhanced[1] in DEAD
    return Outcome("refused", text, named or (is_about_address and is_dead(code, text)))


def _text(code: int, raw: bytes | str) -> str:
    said = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)
    return " ".join(f"{code} {said}".split())[:MOST_TEXT]
