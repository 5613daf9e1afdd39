"""The three stand-ins, and what an account with each is opened with. Nothing here is a secret."""

from tests.finance.providers.paypal import PayPalStandIn
from tests.finance.providers.square import SquareStandIn
from tests.finance.providers.stripe import StripeStandIn

STAND_INS = {"stripe": StripeStandIn, "square": SquareStandIn, "paypal": PayPalStandIn}
SECRETS = {
    "stripe": {"key": "sk_test_stand_in", "webhook_secret": "whsec_stand_in"},
    "square": {
        "key": "EAAA-stand-in",
        "webhook_secret": "square-signature-key",
        "notification_url": "https://windsock.example/api/finance/webhooks/square/",
        "location": "L88917AVBK2S5",
    },
    "paypal": {
        "key": "paypal-secret",
        "client_id": "paypal-client",
        "webhook_secret": "",
        "webhook_id": "1JE4291016473214C",
    },
}
