"""Where messages to subscribers may go, and how many at once."""

from ipaddress import ip_network

from django.core.exceptions import ImproperlyConfigured

from config.settings.background import SCHEDULER_BACKEND, SCHEDULER_THREADS
from config.settings.environment import DEBUG, DEMO, env

# A receiver on this machine is for trying things out.
_LOOPBACK = ["127.0.0.0/8", "::1/128"] if DEBUG else []

_PORTS = env.list("WEBHOOK_PORTS", default=["443", "8443"])
WEBHOOK_ALLOWED_NETWORKS = env.list("WEBHOOK_ALLOWED_NETWORKS", default=[]) or _LOOPBACK
WEBHOOK_ALLOW_HTTP = DEBUG or DEMO
# The receiver that script/manage webhook_receiver is.
WEBHOOK_RECEIVER_PORT = 8765
WEBHOOK_CONCURRENCY = env.int("WEBHOOK_CONCURRENCY", default=2)
# A slow receiver keeps its task waiting; the last one is for whatever must not wait.
_TASKS = (
    env.int("WORKER_CONCURRENCY", default=2) if SCHEDULER_BACKEND == "celery" else SCHEDULER_THREADS
)
WEBHOOK_CALLS_AT_ONCE = env.int("WEBHOOK_CALLS_AT_ONCE", default=max(1, _TASKS - 1))
WEBHOOK_MAX_SUBSCRIPTIONS = env.int("WEBHOOK_MAX_SUBSCRIPTIONS", default=20)

for _text in _PORTS:
    if not (_text.isascii() and _text.isdigit() and 0 < int(_text) < 65_536):
        raise ImproperlyConfigured(f"WEBHOOK_PORTS: {_text} is not a port (docs/CONFIGURATION.md).")
WEBHOOK_PORTS = [int(_text) for _text in _PORTS] + ([WEBHOOK_RECEIVER_PORT] if DEBUG else [])

for _text in WEBHOOK_ALLOWED_NETWORKS:
    try:
        ip_network(_text)
    except ValueError as _error:
        raise ImproperlyConfigured(
            f"WEBHOOK_ALLOWED_NETWORKS: {_text} is not a network (docs/CONFIGURATION.md)."
        ) from _error
if min(WEBHOOK_CONCURRENCY, WEBHOOK_CALLS_AT_ONCE, WEBHOOK_MAX_SUBSCRIPTIONS) < 1:
    raise ImproperlyConfigured(
        "WEBHOOK_CONCURRENCY, WEBHOOK_CALLS_AT_ONCE and WEBHOOK_MAX_SUBSCRIPTIONS are 1 or more"
        " (docs/CONFIGURATION.md)."
    )
