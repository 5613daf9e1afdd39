"""Links that open an agreement without an account."""

from django.conf import settings

from common import links

_PURPOSE = "documents.agreement"


def token_of(salt: str) -> str:
    """The token of the agreement that has a salt."""
    return links.token_of(salt, purpose=_PURPOSE)


def address_of(salt: str) -> str:
    """The whole address of the page that the signer is sent."""
    return f"{settings.PUBLIC_URL}/sign/{token_of(salt)}/"
