"""
Stand-ins for Stripe, Square and PayPal: local servers that speak their documented wire formats.

For tests, benchmarks and the demo. They keep everything in memory, take no real card, and bind to
this machine alone.
"""
