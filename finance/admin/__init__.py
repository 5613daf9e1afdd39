"""Screens of prices, taxes and payments."""

from finance.admin import payments, rates

__all__ = ["payments", "rates"]
