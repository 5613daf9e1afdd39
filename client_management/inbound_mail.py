"""
A mail as it came in, read for what its sender wrote: no quotes, no signature, no markup.

Standard library only, and nothing raises for what a stranger may send: what cannot be read is left
out or makes the mail none of ours.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import getaddresses, parseaddr
from html.parser import HTMLParser
from typing import Any

MOST_BYTES = 30 * 1024 * 1024
MOST_FILES = 10
MOST_PARTS = 200
LONGEST_TEXT = 20_000
# Of a part, for its text.
MOST_LOOKED_AT = 100_000
_TO = ("Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc")
# How mail programs begin what they quote, in the languages our clients write in.
_QUOTES = (
    re.compile(r"^\s*>"),
    re.compile(r"^\s*On\b.{0,300}\bwrote:\s*$", re.IGNORECASE),
    re.compile(r"^\s*Am\b.{0,300}\bschrieb\b.{0,200}:\s*$", re.IGNORECASE),
    re.compile(r"^\s*Le\b.{0,300}\ba écrit\s*:\s*$", re.IGNORECASE),
    re.compile(r"^\s*El\b.{0,300}\bescribió:\s*$", re.IGNORECASE),
    re.compile(r"^\s*-{2,}\s*(Original Message|Ursprüngliche Nachricht|Forwarded message)", re.I),
    re.compile(r"^\s*(From|Von|De):\s.{3,}@", re.IGNORECASE),
    re.compile(r"^_{10,}\s*$"),
)
_OPEN = re.compile(r"<(?![^<>]*>)")
_SIGNATURE = re.compile(r"^--\s?$")
_BLOCKS = {"p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4"}
_HIDDEN = {"script", "style", "head", "title", "blockquote"}


@dataclass(frozen=True, kw_only=True)
class InboundFile:
    """A file that came with a mail, as it was sent."""

    name: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class InboundMail:
    """What matters of a mail. `left_out` names files that were too large or too many."""

    tokens: tuple[str, ...]
    sender: str
    mail_id: str
    is_automatic: bool
    text: str
    files: tuple[InboundFile, ...]
    left_out: tuple[str, ...]


def read_mail(raw: bytes, *, address: str, most_file_bytes: int) -> InboundMail | None:
    """
    Read a mail that came to `address` with a secret in it; None for one that cannot be read.

    A file over `most_file_bytes` is left out and named, and so is each after the tenth.
    """
    if len(raw) > MOST_BYTES:
        return None
    try:
        mail = message_from_bytes(raw, policy=policy.default)
        files, left_out = _files(mail, most_file_bytes)
        return InboundMail(
            tokens=tuple(_tokens(mail, address)),
            sender=parseaddr(str(mail.get("From", "")))[1].strip().lower(),
            mail_id=_storable(" ".join(str(mail.get("Message-ID", "")).split()))[:250],
            is_automatic=_is_automatic(mail),
            text=without_quotes(_text(mail))[:LONGEST_TEXT],
            files=files,
            left_out=left_out,
        )
    except (MessageError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None


def without_quotes(text: str) -> str:
    """What was written anew: up to the first line that quotes, without the signature."""
    lines: list[str] = []
    rows = text.replace("\r\n", "\n").split("\n")
    for place, line in enumerate(rows):
        # The introduction of a quote may be broken over two lines.
        pair = f"{line} {rows[place + 1]}" if place + 1 < len(rows) else line
        if _SIGNATURE.match(line) or any(q.match(line) or q.match(pair) for q in _QUOTES):
            break
        lines.append(line.rstrip())
    return _storable("\n".join(lines)).strip()


def _storable(text: str) -> str:
    """What a database takes of a text: no NUL, and no half of a surrogate pair."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def _tokens(mail: EmailMessage, address: str) -> Iterator[str]:
    local, _, domain = address.lower().rpartition("@")
    pattern = re.compile(rf"{re.escape(local)}\+([0-9a-f]{{40}})@{re.escape(domain)}")
    fields = [str(value) for name in _TO for value in mail.get_all(name, [])]
    for _, found in getaddresses(fields[:50]):
        match = pattern.fullmatch(found.strip().lower())
        if match:
            yield match[1]


def _is_automatic(mail: EmailMessage) -> bool:
    """Whether a machine answered: an answer to that would never end (RFC 3834)."""
    submitted = str(mail.get("Auto-Submitted", "no")).split(";")[0].strip().lower()
    bulk = str(mail.get("Precedence", "")).strip().lower() in ("bulk", "junk", "auto_reply", "list")
    is_null = str(mail.get("Return-Path", "")).strip() == "<>"
    is_told = bool(mail.get("X-Autoreply") or mail.get("X-Autorespond"))
    return submitted != "no" or bulk or is_null or is_told


def _parts(mail: EmailMessage) -> list[Any]:
    return [part for _, part in zip(range(MOST_PARTS), mail.walk(), strict=False)]


def _text(mail: EmailMessage) -> str:
    plain = html = ""
    for part in _parts(mail):
        if part.is_multipart() or part.get_filename() or _is_attached(part):
            continue
        kind = part.get_content_type()
        if kind == "text/plain" and not plain:
            plain = _decoded(part)
        elif kind == "text/html" and not html:
            html = _decoded(part)
    return plain if plain.strip() else _unmarked(html)


def _decoded(part: Any) -> str:
    """The words a part begins with; in a character set nobody knows, what UTF-8 makes of them."""
    try:
        text = str(part.get_content())
    except LookupError:
        text = bytes(part.get_payload(decode=True) or b"").decode("utf-8", "replace")
    return text[:MOST_LOOKED_AT]


def _is_attached(part: Any) -> bool:
    return part.get_content_disposition() == "attachment"


def _files(mail: EmailMessage, most: int) -> tuple[tuple[InboundFile, ...], tuple[str, ...]]:
    kept: list[InboundFile] = []
    left_out: list[str] = []
    for part in _parts(mail):
        name = part.get_filename()
        if part.is_multipart() or not (name or _is_attached(part)):
            continue
        name = _storable(" ".join(str(name or "file").split()))[:100]
        content = part.get_payload(decode=True) or b""
        if len(content) > most or len(kept) >= MOST_FILES:
            left_out.append(name)
        elif content:
            kept.append(InboundFile(name=name, content=bytes(content)))
    return tuple(kept), tuple(left_out)


class _Words(HTMLParser):
    """The text of HTML, a line for each block; quotes and what is not shown are left out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self._hidden += tag in _HIDDEN
        if tag in _BLOCKS:
            self.found.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        elif tag in _BLOCKS:
            self.found.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            before, after = (" " if edge.isspace() else "" for edge in (data[:1], data[-1:]))
            self.found.append(f"{before}{' '.join(data.split())}{after}")


def _unmarked(html: str) -> str:
    words = _Words()
    # A comment or a tag without an end has the parser read the rest again for each one (3.11).
    first, *rest = html.split("<!--")
    whole = first + "".join(f"--{part}".partition("-->")[2] for part in rest)
    words.feed(_OPEN.sub("&lt;", whole))
    words.close()
    lines = (" ".join(line.split()) for line in "".join(words.found).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines))
