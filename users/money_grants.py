"""What of the money people beside the accountant see and do, as patterns of permission names."""

PRICES = (
    "finance.view_ratecard",
    "finance.view_rate",
    "finance.view_taxrule",
    "finance.view_cancellationterm",
    "finance.view_currencyrate",
)
# What is owed for one's customers' trips; the books and the reports are the accountant's.
BILLS = (
    "finance.view_invoice",
    "finance.view_payment",
    "finance.view_paymentintent",
    # The customer gets the link from whoever talks to them.
    "finance.view_paymentlink",
    "finance.add_paymentlink",
)
