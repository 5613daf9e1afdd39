"""Stripe, Square and PayPal behind one protocol; nothing in here knows the database."""
