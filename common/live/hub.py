"""One Redis subscription per process, fanned out to any number of viewers."""

import asyncio
import json
import logging
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import redis.asyncio
from redis.exceptions import RedisError

from common.live.publish import PREFIX, WAKE

logger = logging.getLogger(__name__)

WAITING_MESSAGES = 200
RETRY_S = 1.0


@dataclass(frozen=True, slots=True)
class Message:
    """One event of a channel; `identity` grows, and a viewer resumes after the last it saw."""

    identity: str
    event: str
    data: str

    @property
    def order(self) -> tuple[int, int]:
        moment, _, count = self.identity.partition("-")
        return int(moment), int(count or 0)


@dataclass(eq=False)
class Viewer:
    """One listener of a channel. A viewer too slow to take its messages is dropped."""

    channel: str
    queue: asyncio.Queue[Message | None] = field(
        default_factory=lambda: asyncio.Queue(WAITING_MESSAGES)
    )
    is_dropped: bool = False

    def offer(self, message: Message) -> None:
        if self.is_dropped:
            return
        try:
            self.queue.put_nowait(message)
        except asyncio.QueueFull:
            self.drop()

    def drop(self) -> None:
        """End this viewer's stream; it may come back and resume."""
        self.is_dropped = True
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait(None)


class Hub:
    """The viewers of one process, and the one subscription that feeds them."""

    def __init__(self, url: str) -> None:
        self._redis = redis.asyncio.Redis.from_url(url)
        self._viewers: defaultdict[str, set[Viewer]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None
        self._is_listening = asyncio.Event()

    async def join(self, channel: str) -> Viewer:
        """Begin to listen; messages queue from the moment this returns."""
        viewer = Viewer(channel)
        self._viewers[channel].add(viewer)
        if self._task is None or self._task.done():
            self._is_listening.clear()
            self._task = asyncio.create_task(self._listen())
        try:
            await asyncio.wait_for(self._is_listening.wait(), timeout=2)
        except TimeoutError:
            logger.warning("Redis is away; the viewer of %s waits", channel)
        return viewer

    def leave(self, viewer: Viewer) -> None:
        """Stop listening; the subscription ends with the last viewer of the process."""
        viewers = self._viewers[viewer.channel]
        viewers.discard(viewer)
        if not viewers:
            del self._viewers[viewer.channel]
        if not self._viewers and self._task is not None:
            self._task.cancel()
            self._task = None

    async def missed(self, channel: str, last_identity: str) -> list[Message]:
        """Messages of a channel after one that a viewer saw, as far back as they are kept."""
        try:
            rows: Any = await self._redis.xrange(PREFIX + channel, min=f"({last_identity}")
        except RedisError:
            return []
        return [
            Message(identity.decode(), values[b"event"].decode(), values[b"data"].decode())
            for identity, values in rows
        ]

    async def _listen(self) -> None:
        while True:
            try:
                async with self._redis.pubsub() as subscription:
                    await subscription.subscribe(WAKE)
                    self._is_listening.set()
                    async for raw in subscription.listen():
                        if raw["type"] == "message":
                            self._fan_out(raw["data"])
            except (RedisError, OSError):
                logger.warning("Lost Redis; live viewers wait")
                self._is_listening.clear()
                # Whoever listened has a gap now: they come back and catch up from the stream.
                for viewer in [v for viewers in self._viewers.values() for v in viewers]:
                    viewer.drop()
                await asyncio.sleep(RETRY_S)

    def _fan_out(self, raw: bytes) -> None:
        head, _, data = raw.partition(b"\n")
        channel, identity, event = json.loads(head)
        message = Message(identity, event, data.decode())
        for viewer in tuple(self._viewers.get(channel, ())):
            viewer.offer(message)


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub(url: str) -> Hub:
    """The hub of this process (of its event loop)."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub(url)
    return _hubs[loop]
