"""The trail of an agreement: what happened to it, when, and from where."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from common.outbox import announce
from documents.events import AgreementFact
from documents.models import Agreement, AgreementEntry

MOST_AGENT = 300
F = TypeVar("F", bound=AgreementFact)


@dataclass(frozen=True)
class Caller:
    """Where a signer's request came from, as far as it says."""

    address: str | None = None
    user_agent: str = ""

    @property
    def agent(self) -> str:
        """The browser's own words: printable and short."""
        shown = "".join(c if c.isprintable() else " " for c in self.user_agent)
        return " ".join(shown.split())[:MOST_AGENT]


def note(
    agreement: Agreement,
    deed: str,
    *,
    at: datetime,
    actor: Any = None,
    caller: Caller | None = None,
) -> None:
    """Add one entry, in the transaction of the deed."""
    AgreementEntry.objects.create(
        agreement=agreement,
        deed=deed,
        actor=actor,
        address=caller.address if caller else None,
        user_agent=caller.agent if caller else "",
        occurred_at=at,
    )


def tell(event: type[F], agreement: Agreement) -> None:
    """Announce what became of an agreement."""
    document = agreement.document
    announce(
        event(
            agreement_id=agreement.pk,
            document_id=document.pk,
            kind=document.kind,
            subject_type=document.subject_type,
            subject_id=document.subject_id,
        )
    )
