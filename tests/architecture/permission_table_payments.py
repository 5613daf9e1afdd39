"""Who may do what with payments; merged into permission_table."""

# Whoever bills: takes, gives back, sees what providers say.
MONEY = "admin accountant"
# Who arranges trips sends customers the link to pay and sees whether they did.
DESK = f"{MONEY} flight_coordinator"

# The token in the address, or the signature over the body, is the key.
PUBLIC_PAYMENTS = [
    "finance/pay/{token}/ GET",
    "finance/pay/{token}/back/ POST",
    "finance/pay/{token}/checkout/ POST",
    "finance/webhooks/paypal/ POST",
    "finance/webhooks/square/ POST",
    "finance/webhooks/stripe/ POST",
]
FINANCE_PAYMENTS = {
    "finance/payments/ GET": DESK,
    "finance/payments/{number}/ GET": DESK,
    "finance/payments/{number}/history/ GET": DESK,
    "finance/payment-intents/ GET": DESK,
    "finance/payment-intents/ POST": MONEY,
    "finance/payment-intents/{pk}/ GET": DESK,
    "finance/payment-intents/{pk}/history/ GET": DESK,
    "finance/payment-intents/{pk}/cancel/ POST": MONEY,
    "finance/payment-intents/{pk}/capture/ POST": MONEY,
    "finance/payment-methods/ GET": MONEY,
    "finance/payment-methods/ POST": MONEY,
    "finance/payment-methods/begin/ POST": MONEY,
    "finance/payment-methods/{pk}/ GET": MONEY,
    "finance/payment-methods/{pk}/remove/ POST": MONEY,
    "finance/payment-links/ GET": DESK,
    "finance/payment-links/ POST": DESK,
    "finance/payment-links/{pk}/ GET": DESK,
    "finance/payment-links/{pk}/revoke/ POST": MONEY,
    "finance/refunds/ GET": MONEY,
    "finance/refunds/ POST": MONEY,
    "finance/refunds/{pk}/ GET": MONEY,
    "finance/refunds/{pk}/history/ GET": MONEY,
    "finance/disputes/ GET": MONEY,
    "finance/disputes/{pk}/ GET": MONEY,
    "finance/disputes/{pk}/history/ GET": MONEY,
    "finance/provider-events/ GET": MONEY,
    "finance/provider-events/{pk}/ GET": MONEY,
}
# The company's own, closed to clients.
SHARED_PAYMENTS = {
    "finance/payments",
    "finance/payment-intents",
    "finance/payment-methods",
    "finance/payment-links",
    "finance/refunds",
    "finance/disputes",
    "finance/provider-events",
}
