"""
Tells viewers what happened, after the transaction that made it true.

A channel is a capped Redis stream, so that a viewer who lost the line can catch up, beside one
message to every process's hub. Redis only carries: when it is away viewers miss messages, and
nothing else changes.
"""

import logging
from functools import cache
from typing import Any

import msgspec
import redis
from django.conf import settings
from django.db import transaction

logger = logging.getLogger(__name__)

PREFIX = "live:"
WAKE = "live"
KEPT_MESSAGES = 2000
KEPT_SECONDS = 6 * 3600

# One round trip: number the message in the channel's stream, then tell the hubs.
_SCRIPT = """
local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*',
    'event', ARGV[2], 'data', ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[4])
redis.call('PUBLISH', KEYS[2], cjson.encode({ARGV[5], id, ARGV[2]}) .. '\\n' .. ARGV[3])
return id
"""


@cache
def redis_client(url: str) -> redis.Redis:
    """The connections of this process to Redis; an answer later than a second is none."""
    return redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)


def publish_on_commit(channel: str, event: str, data: Any) -> None:
    """Tell the viewers of a channel once the surrounding transaction has committed."""

    def send() -> None:
        publish(channel, event, data)

    transaction.on_commit(send, robust=True)


def publish(channel: str, event: str, data: Any) -> None:
    """Tell the viewers of a channel now. Never raises for a Redis that is away."""
    if not settings.REDIS_URL:
        return
    client = redis_client(settings.REDIS_URL)
    body = msgspec.json.encode(data)
    try:
        client.eval(
            _SCRIPT, 2, PREFIX + channel, WAKE, KEPT_MESSAGES, event, body, KEPT_SECONDS, channel
        )
    except redis.RedisError:
        logger.warning("Redis is away; viewers of %s miss %s", channel, event)
