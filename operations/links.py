"""Links that open an offer without an account."""

from common import links

_PURPOSE = "operations.offer"

digest_of, new_salt, opens = links.digest_of, links.new_salt, links.opens


def token_of(salt: str) -> str:
    """The token of the offer that has a salt."""
    return links.token_of(salt, purpose=_PURPOSE)
