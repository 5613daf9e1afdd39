"""Figures of payments for Prometheus."""

from prometheus_client import Counter, Histogram

NOTICES = Counter(
    "windsock_payment_notices_total",
    "Notifications of payment providers, by what became of them.",
    ["provider", "outcome"],
)
CALLS = Histogram(
    "windsock_payment_call_seconds",
    "Calls to payment providers: how long they took and how they ended.",
    ["provider", "call", "outcome"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
RECONCILED = Counter(
    "windsock_payment_reconciled_total",
    "What reconciliation found: outcomes that were unknown, events that no notification came for.",
    ["provider", "found"],
)
