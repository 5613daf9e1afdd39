"""One Redis subscription per process, fanned out to any number of viewers."""

import asyncio
import json
import logging
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import redis.asyncio
from redis.exceptions import RedisError

from common.live.publish import BORN, CLOCK, KEPT_SECONDS, NEWEST, NOTHING, PREFIX, WAKE

logger = logging.getLogger(__name__)

WAITING_MESSAGES = 200
RETRY_S = 1.0

# What a viewer missed: where the clock began and is, then of each channel how many messages were
# ever kept, how many still are and the first of them, the messages, and the newest of each subject.
# Subjects of which nothing was said for long are dropped: their channel may never fall silent.
_MISSED = """
local answer = {redis.call('GET', KEYS[1]) or '',
                redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)}
for n = 3, #KEYS, 2 do
    local added, length, first = 0, 0, ''
    if redis.call('EXISTS', KEYS[n]) == 1 then
        local info = redis.call('XINFO', 'STREAM', KEYS[n])
        for i = 1, #info, 2 do
            if info[i] == 'entries-added' then added = info[i + 1] end
            if info[i] == 'length' then length = info[i + 1] end
            if info[i] == 'first-entry' and info[i + 1] then first = info[i + 1][1] end
        end
    end
    local newest = redis.call('HGETALL', KEYS[n + 1])
    for i = 1, #newest, 2 do
        if tonumber(string.match(newest[i + 1], '^%d+')) < tonumber(ARGV[2]) then
            redis.call('HDEL', KEYS[n + 1], newest[i])
        end
    end
    local missed = redis.call('XRANGE', KEYS[n], '(' .. ARGV[1], '+')
    table.insert(answer, {added, length, first, missed, newest})
end
return answer
"""


@dataclass(frozen=True)
class Message:
    """One event of a channel; `identity` grows, and a viewer resumes after the last it saw."""

    identity: str
    event: str
    data: str

    @property
    def order(self) -> tuple[int, int]:
        return order_of(self.identity)

    @cached_property
    def frame(self) -> bytes:
        """
        The message as Server-Sent Events write it, made once for all viewers.

        One without a number leaves the viewer at the number seen before.
        """
        number = f"id: {self.identity}\n" if self.identity else ""
        return f"{number}event: {self.event}\ndata: {self.data}\n\n".encode()


@dataclass(frozen=True)
class Missed:
    """What a viewer missed, oldest first; not `is_whole` when some of it is no longer known."""

    messages: Sequence[Message]
    is_whole: bool
    newest: str = NOTHING


def order_of(identity: str) -> tuple[int, int]:
    """The number of a message as one that can be compared."""
    moment, _, count = identity.partition("-")
    return int(moment), int(count or 0)


@dataclass(eq=False)
class Viewer:
    """
    One listener of some channels. A viewer too slow to take its messages is dropped.

    Of what is said again and again of one subject only the newest waits, so that positions fill
    nobody's queue.
    """

    channels: tuple[str, ...]
    is_dropped: bool = False
    _waiting: dict[str, Message] = field(default_factory=dict)
    _has_news: asyncio.Event = field(default_factory=asyncio.Event)

    def offer(self, message: Message, subject: str = "") -> None:
        """Have a message wait until it is taken."""
        if self.is_dropped:
            return
        key = subject and f"of {subject}"
        # Taken out first: the newer one stands where it belongs in time.
        self._waiting.pop(key, None)
        self._waiting[key or message.identity] = message
        if len(self._waiting) > WAITING_MESSAGES:
            self.drop()
        self._has_news.set()

    async def take(self, *, gather_s: float = 0) -> list[Message]:
        """
        Wait for messages, then a moment for more, and take all of them.

        The list is empty when the viewer was dropped.
        """
        await self._has_news.wait()
        if gather_s:
            await asyncio.sleep(gather_s)
        self._has_news.clear()
        taken = list(self._waiting.values())
        self._waiting.clear()
        return taken

    def drop(self) -> None:
        """End this viewer's stream; it may come back and resume."""
        self.is_dropped = True
        self._waiting.clear()
        self._has_news.set()


class Hub:
    """The viewers of one process, and the one subscription that feeds them."""

    def __init__(self, url: str) -> None:
        self._redis = redis.asyncio.Redis.from_url(url)
        self._viewers: defaultdict[str, set[Viewer]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None
        self._is_listening = asyncio.Event()

    async def join(self, *channels: str) -> Viewer:
        """Begin to listen; messages queue from the moment this returns."""
        viewer = Viewer(channels)
        for channel in channels:
            self._viewers[channel].add(viewer)
        if self._task is None or self._task.done():
            self._is_listening.clear()
            self._task = asyncio.create_task(self._listen())
        try:
            await asyncio.wait_for(self._is_listening.wait(), timeout=2)
        except TimeoutError:
            logger.warning("Redis is away; the viewer of %s waits", ", ".join(channels))
        return viewer

    def leave(self, viewer: Viewer) -> None:
        """Stop listening; the subscription ends with the last viewer of the process."""
        for channel in viewer.channels:
            viewers = self._viewers[channel]
            viewers.discard(viewer)
            if not viewers:
                del self._viewers[channel]
        if not self._viewers and self._task is not None:
            self._task.cancel()
            self._task = None

    async def missed(self, channels: Sequence[str], last_identity: str) -> Missed:
        """What was said on some channels after the last message that a viewer saw."""
        keys = [key for channel in channels for key in (PREFIX + channel, NEWEST + channel)]
        oldest_ms = int((time.time() - KEPT_SECONDS) * 1000)
        try:
            answer: Any = await self._redis.eval(
                _MISSED, len(keys) + 2, BORN, CLOCK, *keys, last_identity, oldest_ms
            )
        except RedisError:
            return Missed((), is_whole=False)
        born, clock, *kept = answer
        newest = clock[0][0].decode() if clock else NOTHING
        last = order_of(last_identity)
        if not born and last == (0, 0):
            # Nothing was ever said, and nothing is missed.
            return Missed((), is_whole=True)
        is_known = bool(born) and order_of(born.decode()) <= last <= order_of(newest)
        # After the newest of all nothing was said, however long ago that is.
        is_recent = last[0] > oldest_ms or last == order_of(newest)
        is_whole = is_known and is_recent and all(_reaches_back(part, last) for part in kept)
        found = {message.identity: message for part in kept for message in _messages(part, last)}
        return Missed(sorted(found.values(), key=lambda each: each.order), is_whole, newest)

    async def _listen(self) -> None:
        try:
            await self._listen_on()
        except Exception:
            # Nobody may wait for what is heard no more.
            self._drop_all()
            raise

    def _drop_all(self) -> None:
        for viewer in {v for viewers in self._viewers.values() for v in viewers}:
            viewer.drop()

    async def _listen_on(self) -> None:
        was_away = False
        while True:
            try:
                async with self._redis.pubsub() as subscription:
                    await subscription.subscribe(WAKE)
                    if was_away:
                        # Whoever came meanwhile may lack what was said just before.
                        self._drop_all()
                        was_away = False
                    self._is_listening.set()
                    async for raw in subscription.listen():
                        if raw["type"] == "message":
                            self._fan_out(raw["data"])
            except (RedisError, OSError):
                logger.warning("Lost Redis; live viewers wait")
                self._is_listening.clear()
                # Whoever listened has a gap now: they come back and catch up from the stream.
                self._drop_all()
                was_away = True
                await asyncio.sleep(RETRY_S)

    def _fan_out(self, raw: bytes) -> None:
        head, _, data = raw.partition(b"\n")
        routes, identity, event = json.loads(head)
        message = Message(identity, event, data.decode())
        told: set[Viewer] = set()
        for channel, subject in routes:
            for viewer in self._viewers.get(channel, set()) - told:
                viewer.offer(message, subject)
                told.add(viewer)


def _reaches_back(part: Any, last: tuple[int, int]) -> bool:
    """Whether a channel still has everything after a message; the oldest are cut off at times."""
    added, length, first, *_ = part
    return bool(added == length or (first and order_of(first.decode()) <= last))


def _messages(part: Any, last: tuple[int, int]) -> list[Message]:
    """Every kept message after the last seen, and the newest of each subject since then."""
    *_, rows, newest = part
    found = [
        Message(identity.decode(), values[1].decode(), values[3].decode())
        for identity, values in rows
    ]
    for text in newest[1::2]:
        message = Message(*text.decode().split("\n", 2))
        if message.order > last:
            found.append(message)
    return found


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub(url: str) -> Hub:
    """The hub of this process (of its event loop)."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub(url)
    return _hubs[loop]
