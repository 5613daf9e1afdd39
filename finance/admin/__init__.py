"""Screens of prices and taxes."""

from finance.admin import rates

__all__ = ["rates"]
