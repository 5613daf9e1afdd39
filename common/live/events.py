"""Server-Sent Events of live channels."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from django.conf import settings
from django.db import connection
from django.http import StreamingHttpResponse

from common.live.hub import Hub, Message, Viewer, hub
from common.live.publish import NOTHING
from common.live.rights import Rights

logger = logging.getLogger(__name__)

HEARTBEAT_S = 15.0
# As long as an access token: who came in is asked again, and a sign-out ends what is open.
STREAM_S = 15 * 60.0
RETRY_MS = 2000
# A walk through the server for each of many positions a second would cost more than they do.
GATHER_S = 0.05
# Rights that cannot be read for so long are taken for none.
ANSWER_S = 10.0
RESET = "reset"
# Said to somebody whose rights changed: the stream ends, and whoever comes back is asked again.
END = "end"
IDENTITY = re.compile(r"^[0-9]{1,15}-[0-9]{1,10}$")


Pick = Callable[[Message], Message | None]


def event_stream(
    *channels: str,
    last_event_id: str = "",
    pick: Pick | None = None,
    rights: Rights | None = None,
) -> StreamingHttpResponse:
    """
    Answer with the events of some channels for a quarter of an hour; the viewer then comes back.

    Every check is done before: the database connection is given back here, because a stream takes
    none while it lasts. Without `last_event_id` it starts at now; after one from which not
    everything is known (any more) the first event is `reset`: the viewer must read the records
    anew.
    `pick` says what of an event a viewer may have who is not one of us; what it answers with None
    is not sent. A `reset` says nothing of anybody and always goes out.
    `rights` is asked every `LIVE_RIGHTS_S` seconds: when the caller may no longer follow just these
    channels, the stream ends with `end`, and whoever comes back goes on where they were.
    """
    if not connection.in_atomic_block:
        connection.close()
    # What is no number cannot be resumed after: that is a gap, not a beginning.
    resume = last_event_id if IDENTITY.match(last_event_id) else last_event_id and NOTHING
    response = StreamingHttpResponse(
        frames(*channels, resume=resume, pick=pick, rights=rights),
        content_type="text/event-stream; charset=utf-8",
    )
    response["Cache-Control"] = "no-store"
    # Proxies must pass each event on at once.
    response["X-Accel-Buffering"] = "no"
    return response


async def frames(
    *channels: str, resume: str = "", pick: Pick | None = None, rights: Rights | None = None
) -> AsyncIterator[bytes]:
    """Yield the missed events, then each new one; a comment when nothing happens for 15 s."""
    yield f"retry: {RETRY_MS}\n\n".encode()
    if not settings.REDIS_URL:
        yield b": live events need REDIS_URL\n\n"
        return
    source = hub(settings.REDIS_URL)
    viewer = await source.join(*channels)
    held = _Held(frozenset(channels), rights)
    try:
        async for messages in _messages(source, viewer, resume, held):
            # What came together leaves together.
            shown = _picked(messages, pick)
            yield b"".join(each.frame for each in shown) or b": still here\n\n"
            if any(each.event == END for each in messages):
                return
    finally:
        source.leave(viewer)


def _picked(messages: list[Message], pick: Pick | None) -> list[Message]:
    if pick is None:
        return messages
    shown = (each if each.event == RESET else pick(each) for each in messages)
    return [each for each in shown if each is not None]


@dataclass
class _Held:
    """Rights by which a stream is followed, and when they are asked for again."""

    channels: frozenset[str]
    rights: Rights | None
    ask_at: float = field(default_factory=lambda: _now() + settings.LIVE_RIGHTS_S)

    @property
    def left_s(self) -> float:
        return STREAM_S if self.rights is None else max(0.0, self.ask_at - _now())

    async def are_lost(self) -> bool:
        """Whether it is time to ask, and the caller may follow something else now, or nothing."""
        if self.rights is None or self.left_s > 0:
            return False
        try:
            async with asyncio.timeout(ANSWER_S):
                found = await asyncio.to_thread(self.rights)
        except Exception:
            # What nobody can say is allowed is not: whoever comes back is asked at the door.
            logger.exception("Rights of a live stream could not be read")
            return True
        self.ask_at = _now() + settings.LIVE_RIGHTS_S
        return found != self.channels


def _now() -> float:
    return asyncio.get_running_loop().time()


async def _messages(
    source: Hub, viewer: Viewer, resume: str, held: _Held
) -> AsyncIterator[list[Message]]:
    last = (0, 0)
    if resume:
        # The viewer already listens, so nothing falls between the past and the present.
        past = await source.missed(viewer.channels, resume)
        missed = past.messages if past.is_whole else [Message(past.newest, RESET, "{}")]
        if missed:
            last = missed[-1].order
        # Also when nothing was missed: the viewer knows then that it is so.
        yield list(missed)
    ends_at = _now() + STREAM_S
    while (left := ends_at - _now()) > 0:
        if await held.are_lost():
            yield [Message("", END, "{}")]
            return
        try:
            async with asyncio.timeout(min(HEARTBEAT_S, left, held.left_s)):
                messages = await viewer.take(gather_s=GATHER_S)
        except TimeoutError:
            yield []
            continue
        if viewer.is_dropped:
            return
        fresh = [message for message in messages if message.order > last]
        if fresh:
            yield fresh
