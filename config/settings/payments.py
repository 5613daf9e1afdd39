"""Payment providers: which side of theirs is used, where it is, and how long they may take."""

from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from config.settings.environment import DEBUG, DEMO, env

# The provider's live side moves real money; its test side, its sandbox, does not.
PAYMENTS_LIVE = env.bool("PAYMENTS_LIVE", default=False)
PAYMENT_TIMEOUT_S = env.float("PAYMENT_TIMEOUT_S", default=10.0)
PAYMENT_LINK_DAYS = env.int("PAYMENT_LINK_DAYS", default=60)

_OWN = {
    "stripe": ("https://api.stripe.com", "https://api.stripe.com"),
    "square": ("https://connect.squareupsandbox.com", "https://connect.squareup.com"),
    "paypal": ("https://api-m.sandbox.paypal.com", "https://api-m.paypal.com"),
}
_LOCAL = ("127.0.0.1", "localhost", "::1")


def payment_hosts(given: dict[str, str], *, is_live: bool, is_trial: bool) -> dict[str, str]:
    """
    The address of each provider's API: its own for the side in use, or a stand-in's.

    A stand-in is only ever this machine's, in development or in the demo, and never where money
    is real. Raises ImproperlyConfigured for any other address.
    """
    hosts = {}
    for provider, sides in _OWN.items():
        own = sides[1 if is_live else 0]
        address = given.get(provider) or own
        is_local = urlsplit(address).hostname in _LOCAL
        if address != own and not (is_local and is_trial and not is_live):
            raise ImproperlyConfigured(
                f"{provider.upper()}_API_URL is {address}. Leave it out: a stand-in serves the demo"
                f" and development on this machine only, and the provider's own address is {own}."
            )
        hosts[provider] = address
    return hosts


PAYMENT_API_URLS = payment_hosts(
    {
        "stripe": env.str("STRIPE_API_URL", default=""),
        "square": env.str("SQUARE_API_URL", default=""),
        "paypal": env.str("PAYPAL_API_URL", default=""),
    },
    is_live=PAYMENTS_LIVE,
    is_trial=DEBUG or DEMO,
)
