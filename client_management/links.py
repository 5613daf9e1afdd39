"""Links of clients: an invitation to the portal, a quote to be answered."""

from django.conf import settings

from common import links

_INVITATION = "client_management.invitation"
_QUOTE = "client_management.quote"


def invitation_token(salt: str) -> str:
    """The token of the invitation that has a salt."""
    return links.token_of(salt, purpose=_INVITATION)


def quote_token(salt: str) -> str:
    """The token of the quote that has a salt."""
    return links.token_of(salt, purpose=_QUOTE)


def invitation_address(salt: str) -> str:
    """The whole address of the page where an invitation is taken up."""
    return f"{settings.PUBLIC_URL}/portal/invitations/{invitation_token(salt)}/"


def quote_address(salt: str) -> str:
    """The whole address of the page where a quote is answered."""
    return f"{settings.PUBLIC_URL}/portal/quotes/{quote_token(salt)}/"
