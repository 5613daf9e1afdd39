"""The books: in whose day they are kept, and how their documents are numbered."""

from config.settings.environment import env

# Days of invoices, due dates and the books are those of this place.
OPERATOR_TIMEZONE = env.str("OPERATOR_TIMEZONE", default="Australia/Sydney")
INVOICE_SERIES = {
    "invoice": env.str("INVOICE_PREFIX", default="INV"),
    "credit_note": env.str("CREDIT_NOTE_PREFIX", default="CN"),
    "deposit": env.str("DEPOSIT_PREFIX", default="DEP"),
}
INVOICE_NUMBER_WIDTH = env.int("INVOICE_NUMBER_WIDTH", default=5)
