"""What every document has around its body: letterhead, type, and the edges of its pages."""

import html
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from documents.layout.filling import text_of

_BASE = Path(__file__).with_name("base.css")
_COLOR = "#1b3a5c"
PICTURE_KINDS: Mapping[bytes, str] = {
    b"\x89PNG\r\n\x1a\n": "png",
    b"\xff\xd8\xff": "jpeg",
    b"<svg": "svg+xml",
    b"<?xml": "svg+xml",
}
MARKS = {
    "public": "",
    "internal": "For internal use",
    "confidential": "Confidential",
    "medical": "Medical record: only for who needs it to treat or transport the patient",
}


@dataclass(frozen=True)
class Sender:
    """Who a document comes from, as its head shows it. `logo` is a data: address."""

    name: str
    lines: tuple[str, ...] = ()
    registration: str = ""
    color: str = _COLOR
    logo: str = ""
    foot: str = ""


@dataclass(frozen=True)
class Label:
    """What a document says of itself: on every page, and in the properties of the file."""

    title: str
    subject: str
    reference: str
    issue: int = 1
    digest: str = ""
    made_at: str = ""
    mark: str = ""
    is_landscape: bool = False
    has_letterhead: bool = True


def framed(body: str, style: str, label: Label, sender: Sender) -> str:
    """The whole HTML of a document, complete in itself."""
    title = html.escape(f"{label.title} {label.subject}".strip())
    head = _letterhead(label, sender) if label.has_letterhead else ""
    made = f'<meta name="dcterms.created" content="{html.escape(label.made_at)}">'
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="author" content="{html.escape(sender.name)}">'
        f'<meta name="generator" content="Windsock">{made if label.made_at else ""}'
        f"<style>{base_style()}</style><style>{_edges(label, sender)}</style>"
        f"<style>{style}</style></head><body>{head}<main>{body}</main></body></html>"
    )


def base_style() -> str:
    """The style that every document begins with."""
    return _BASE.read_text(encoding="utf-8")


def _letterhead(label: Label, sender: Sender) -> str:
    logo = f'<img src="{sender.logo}" alt="{html.escape(sender.name)}">' if sender.logo else ""
    lines = "".join(f"<div>{html.escape(text_of(line))}</div>" for line in sender.lines if line)
    known = html.escape(text_of(sender.registration))
    return (
        f'<header class="letterhead"><div class="letterhead-who">{logo}'
        f'<div class="letterhead-name">{html.escape(text_of(sender.name))}</div></div>'
        f'<div class="letterhead-where">{lines}<div>{known}</div></div></header>'
    )


def _edges(label: Label, sender: Sender) -> str:
    """The page: its size, and what stands at its edges, as CSS text that nothing can break out."""
    running = _quoted(f"{label.title} {label.subject}".strip())
    issue = f"issue {label.issue}"
    left = " · ".join(part for part in (label.reference, issue, label.digest[:16]) if part)
    foot = "\n".join(part for part in (sender.foot, label.mark) if part)
    size = "A4 landscape" if label.is_landscape else "A4"
    first = "" if not label.has_letterhead else "@page :first{@top-left{content:none}}"
    return (
        f":root{{--accent:{sender.color}}}@page{{size:{size};"
        f"@top-left{{content:{running}}}"
        f"@bottom-left{{content:{_quoted(left)}}}"
        f"@bottom-center{{content:{_quoted(foot)}}}"
        f'@bottom-right{{content:"Page " counter(page) " of " counter(pages)}}}}{first}'
    )


def _quoted(text: str) -> str:
    """A CSS string: whatever is not a plain letter is written as its number and a space."""
    plain = text_of(text)
    written = (c if c.isalnum() or c in " ,-" else f"\\{ord(c):06x} " for c in plain)
    return f'"{"".join(written)}"'


def picture_address(content: bytes) -> str | None:
    """A picture as a data: address; None for what is neither PNG, JPEG nor SVG."""
    for start, kind in PICTURE_KINDS.items():
        if content.startswith(start):
            return f"data:image/{kind};base64,{b64encode(content).decode('ascii')}"
    return None
