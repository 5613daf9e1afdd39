"""The pages that are added to a signed document: who signed what, how it was found out, when."""

import html
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from documents.layout.filling import text_of
from documents.layout.frame import Label, Sender, framed

# The seals stand at the foot of the last page, in this margin (`documents.signing.pdf.BOXES`).
STYLE = """
@page { margin-bottom: 54mm }
body { font-size: 8.5pt; line-height: 1.3 }
.letterhead { margin-bottom: 4mm; padding-bottom: 2mm }
h1 { font-size: 16pt }
h2 { font-size: 10.5pt; margin: 3.5mm 0 1mm 0 }
p.lead { font-size: 9pt; margin-bottom: 1mm }
table { margin-bottom: 1mm }
table.facts th, table.facts td { padding: 0.7mm 2mm 0.7mm 0 }
table.facts th { width: 26% }
table.trail td, table.trail th { font-size: 7.5pt; padding: 0.6mm 2mm 0.6mm 0 }
.hash { font-family: "DejaVu Sans Mono", monospace; font-size: 7pt; word-break: break-all }
img.drawing { height: 14mm; max-width: 70mm }
"""
SEAL_STYLE = """
@page { size: 233pt 90pt; margin: 4pt }
@page :first { margin: 4pt }
body { font-size: 7pt; line-height: 1.3 }
.seal { height: 80pt; border: 0.8pt solid var(--accent); border-radius: 2pt; padding: 0 5pt }
.seal b { font-size: 9pt }
.seal img { height: 26pt; max-width: 200pt }
"""


@dataclass(frozen=True)
class TrailLine:
    """One entry of the trail as it is printed."""

    at: datetime
    deed: str
    who: str
    where: str


@dataclass(frozen=True)
class Evidence:
    """Everything that the evidence page says."""

    number: str
    document: str
    document_sha256: str
    signer_name: str
    signer_email: str
    signer_role: str
    signed_name: str
    drawing: str
    signed_at: datetime
    signed_from: str
    user_agent: str
    consent_text: str
    consent_sha256: str
    certificate: str
    certificate_sha256: str
    trail: tuple[TrailLine, ...]


def evidence_page(evidence: Evidence, sender: Sender) -> str:
    """The HTML of the evidence pages."""
    drawing = (
        f'<img class="drawing" src="{html.escape(evidence.drawing)}" alt="Signature as drawn">'
        if evidence.drawing
        else "none"
    )
    body = (
        "<h1>Evidence of signature</h1>"
        '<p class="lead">These facts about the pages before were recorded while they were'
        " signed.</p>"
        "<h2>What was signed</h2>"
        + _facts(
            [
                ("Agreement, document", _text(f"{evidence.number}, {evidence.document}")),
                ("SHA-256 of the document", _hash(evidence.document_sha256)),
                ("Consent", _text(evidence.consent_text)),
                ("SHA-256 of the consent", _hash(evidence.consent_sha256)),
            ]
        )
        + "<h2>Who signed</h2>"
        + _facts(_signer(evidence, drawing))
        + "<h2>What happened</h2>"
        + _trail(evidence.trail)
        + "<h2>How to check it</h2>"
        + _how(evidence)
    )
    label = Label(title="Evidence of signature", subject=evidence.number, reference=evidence.number)
    return framed(body, STYLE, label, sender)


def seal_picture(*, title: str, name: str, lines: Iterable[str], drawing: str = "") -> str:
    """The HTML of what a signature shows on the page."""
    picture = f'<div><img src="{html.escape(drawing)}" alt=""></div>' if drawing else ""
    rows = "".join(f"<div>{_text(line)}</div>" for line in lines)
    body = f'<div class="seal"><div>{_text(title)}</div><div><b>{_text(name)}</b></div>'
    label = Label(title=title, subject="", reference="", has_letterhead=False)
    return framed(f"{body}{picture}{rows}</div>", SEAL_STYLE, label, Sender(name=""))


def stamp(moment: datetime) -> str:
    """A moment to the second, in UTC."""
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _signer(evidence: Evidence, drawing: str) -> list[tuple[str, str]]:
    return [
        ("Asked to sign", _text(f"{evidence.signer_name}, {evidence.signer_role}")),
        ("E-mail address", _text(evidence.signer_email)),
        ("Name as typed", f"<b>{_text(evidence.signed_name)}</b>"),
        ("Signature as drawn", drawing),
        ("Signed", _text(stamp(evidence.signed_at))),
        ("From", _text(evidence.signed_from or "not known")),
        ("With", _text(evidence.user_agent or "not known")),
        (
            "Identity",
            "A link and a one-time code were sent to the e-mail address; both were used.",
        ),
    ]


def _facts(rows: Iterable[tuple[str, str]]) -> str:
    cells = "".join(f"<tr><th>{_text(name)}</th><td>{value}</td></tr>" for name, value in rows)
    return f'<table class="facts"><tbody>{cells}</tbody></table>'


def _trail(lines: Iterable[TrailLine]) -> str:
    rows = "".join(
        f"<tr><td>{stamp(x.at)}</td><td>{_text(x.deed)}</td><td>{_text(x.who)}</td>"
        f"<td>{_text(x.where)}</td></tr>"
        for x in lines
    )
    head = "<tr><th>When</th><th>What</th><th>Who</th><th>From</th></tr>"
    return f'<table class="trail"><thead>{head}</thead><tbody>{rows}</tbody></table>'


def _how(evidence: Evidence) -> str:
    return (
        "<p>This file carries an electronic signature (PAdES) over every byte of it, made with the"
        f" certificate of {_text(evidence.certificate)}; any program that shows signatures in PDF"
        " says whether it was changed since. SHA-256 of the certificate:"
        f" {_hash(evidence.certificate_sha256)}. The file as it was signed is the beginning of this"
        " one, byte by byte.</p>"
    )


def _hash(value: str) -> str:
    return f'<span class="hash">{_text(value)}</span>'


def _text(value: str) -> str:
    return html.escape(text_of(value))
