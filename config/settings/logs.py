"""Structured logs: one JSON line an event, with the request id that ties it to the answer."""

import re
from typing import Any

import structlog

from common.redaction import redact_event
from config.settings.environment import DEBUG, env

LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOG_FORMAT = env.str("LOG_FORMAT", default="console" if DEBUG else "json")

_LINK = re.compile(
    r"(/(?:offers|pay|downloads|sign|signing|portal/(?:invitations|quotes|shared))/)[^/\s\"'?]+"
)


def hide_links(logger: Any, name: str, event: dict[str, Any]) -> dict[str, Any]:
    """Cut the key out of the address of a link that opens by itself, wherever a line names it."""
    return {
        key: _LINK.sub(r"\1...", value) if isinstance(value, str) else value
        for key, value in event.items()
    }


_shared: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
_renderer = (
    structlog.processors.JSONRenderer()
    if LOG_FORMAT == "json"
    else structlog.dev.ConsoleRenderer(colors=False)
)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "structured": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": _shared,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                # Plain tracebacks: rich ones print local variables, passwords among them.
                structlog.processors.format_exc_info,
                redact_event,
                hide_links,
                _renderer,
            ],
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        # Django's own handlers print and mail the request's body and every frame's variables.
        "django": {"handlers": [], "level": LOG_LEVEL},
        "django.request": {"level": "ERROR"},
        "django.security.DisallowedHost": {"level": "ERROR"},
        "uvicorn.access": {"level": "WARNING"},
        # What the providers' SDKs say below that quotes headers and bodies.
        "paypalrestsdk": {"level": "WARNING"},
        "stripe": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
        "httpcore": {"level": "WARNING"},
    },
}

structlog.configure(
    processors=[
        *_shared,
        structlog.stdlib.filter_by_level,
        structlog.processors.StackInfoRenderer(),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
