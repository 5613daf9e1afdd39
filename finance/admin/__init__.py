"""Screens of prices, taxes, invoices, payments and the books."""

from finance.admin import invoices, ledger, payments, rates, reports

__all__ = ["invoices", "ledger", "payments", "rates", "reports"]
