"""
Tells viewers what happened, after the transaction that made it true.

A channel is a capped Redis stream, so that a viewer who lost the line can catch up, beside one
message to every process's hub. One clock numbers the messages of all channels, so that a viewer of
several resumes after one number. Redis only carries: when it is away viewers miss messages, and
nothing else changes.
"""

import logging
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec
import redis
from django.conf import settings
from django.db import transaction

logger = logging.getLogger(__name__)

PREFIX = "live:"
NEWEST = "live:newest:"
CLOCK = "live:clock"
BORN = "live:born"
WAKE = "live:wake"
NOTHING = "0-0"
KEPT_MESSAGES = 2000
KEPT_SECONDS = 6 * 3600

# One round trip: number the message, keep it for each channel, then tell the hubs. A route is
# (channel, subject): without a subject every message is kept, with one only the subject's newest.
_SCRIPT = """
local id = redis.call('XADD', KEYS[1], 'MAXLEN', '1', '*', 'n', '1')
redis.call('SET', KEYS[2], id, 'NX')
for n, route in ipairs(cjson.decode(ARGV[3])) do
    local key = KEYS[n + 2]
    if route[2] == '' then
        redis.call('XADD', key, 'MAXLEN', '~', ARGV[4], id, 'event', ARGV[1], 'data', ARGV[2])
    else
        redis.call('HSET', key, route[2], id .. '\\n' .. ARGV[1] .. '\\n' .. ARGV[2])
    end
    redis.call('EXPIRE', key, ARGV[5])
end
local head = '[' .. ARGV[3] .. ',"' .. id .. '","' .. ARGV[1] .. '"]'
redis.call('PUBLISH', ARGV[6], head .. '\\n' .. ARGV[2])
return id
"""


@dataclass(frozen=True)
class Route:
    """
    A channel that a message goes to.

    With a `subject` the message supersedes what the channel last said of it, such as where an
    aircraft is: only the newest is kept, and a slow viewer is spared the others.
    """

    channel: str
    subject: str = ""

    @property
    def key(self) -> str:
        """Where Redis keeps what viewers of the channel may have missed."""
        return (NEWEST if self.subject else PREFIX) + self.channel


@cache
def redis_client(url: str) -> redis.Redis:
    """The connections of this process to Redis; an answer later than a second is none."""
    return redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)


def board_channel(scope: str) -> str:
    """The channel of everything that happens to the records of one scope."""
    return f"board:{scope}"


def person_channel(user_id: int) -> str:
    """The channel of what one person alone is told."""
    return f"person:{user_id}"


def publish_on_commit(channel: str, event: str, data: Any, *also: Route) -> None:
    """Tell the viewers of a channel once the surrounding transaction has committed."""

    def send() -> None:
        publish(channel, event, data, *also)

    transaction.on_commit(send, robust=True)


def publish(channel: str, event: str, data: Any, *also: Route) -> None:
    """
    Tell the viewers of a channel, and those of further routes, now.

    Never raises for a Redis that is away.
    """
    if not settings.REDIS_URL:
        return
    client = redis_client(settings.REDIS_URL)
    routes = (Route(channel), *also)
    heads = msgspec.json.encode([(route.channel, route.subject) for route in routes])
    keys = [CLOCK, BORN, *(route.key for route in routes)]
    body = msgspec.json.encode(data)
    try:
        client.eval(
            _SCRIPT, len(keys), *keys, event, body, heads, KEPT_MESSAGES, KEPT_SECONDS, WAKE
        )
    except redis.RedisError:
        logger.warning("Redis is away; viewers of %s miss %s", channel, event)


def now_at() -> str:
    """
    The number of the newest message of all, to resume after; empty without live channels.

    While Redis is away it is one that nothing can be resumed after, so that whoever follows from
    there is told to read the records anew.

    Read before the records are: whoever reads them and then follows from here misses nothing.
    """
    if not settings.REDIS_URL:
        return ""
    try:
        rows: Any = redis_client(settings.REDIS_URL).xrevrange(CLOCK, count=1)
    except redis.RedisError:
        logger.warning("Redis is away; nobody knows where the live channels are")
        return NOTHING
    return rows[0][0].decode() if rows else NOTHING
