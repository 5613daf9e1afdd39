"""Who our documents come from, as their head shows it."""

from documents.layout.frame import Sender, picture_address
from documents.models import Letterhead

UNNAMED = "Windsock"


def letterhead() -> Letterhead:
    """The letterhead; one with the product's name while nobody has entered any."""
    return Letterhead.objects.first() or Letterhead(name=UNNAMED, version=0)


def sender_of(row: Letterhead) -> Sender:
    """A letterhead as the frame of a document takes it."""
    reach = " · ".join(part for part in (row.phone, row.email, row.website) if part)
    known = " · ".join(part for part in (row.registration, row.certificate) if part)
    logo = picture_address(bytes(row.logo)) if row.logo else None
    return Sender(
        name=row.name,
        lines=(*row.address.splitlines(), reach),
        registration=known,
        color=row.color,
        logo=logo or "",
        foot=row.foot,
    )
