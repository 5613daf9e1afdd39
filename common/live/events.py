"""Server-Sent Events of live channels."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable

from django.conf import settings
from django.db import connection
from django.http import StreamingHttpResponse

from common.live.hub import Hub, Message, Viewer, hub
from common.live.publish import NOTHING

HEARTBEAT_S = 15.0
# As long as an access token: who came in is asked again, and a sign-out ends what is open.
STREAM_S = 15 * 60.0
RETRY_MS = 2000
# A walk through the server for each of many positions a second would cost more than they do.
GATHER_S = 0.05
RESET = "reset"
# Said to somebody whose rights changed: the stream ends, and whoever comes back is asked again.
END = "end"
IDENTITY = re.compile(r"^[0-9]{1,15}-[0-9]{1,10}$")


Pick = Callable[[Message], Message | None]


def event_stream(
    *channels: str, last_event_id: str = "", pick: Pick | None = None
) -> StreamingHttpResponse:
    """
    Answer with the events of some channels for a quarter of an hour; the viewer then comes back.

    Every check is done before: the database connection is given back here, because a stream takes
    none while it lasts. Without `last_event_id` it starts at now; after one from which not
    everything is known (any more) the first event is `reset`: the viewer must read the records
    anew.
    `pick` says what of an event a viewer may have who is not one of us; what it answers with None
    is not sent. A `reset` says nothing of anybody and always goes out.
    """
    if not connection.in_atomic_block:
        connection.close()
    # What is no number cannot be resumed after: that is a gap, not a beginning.
    resume = last_event_id if IDENTITY.match(last_event_id) else last_event_id and NOTHING
    response = StreamingHttpResponse(
        frames(*channels, resume=resume, pick=pick),
        content_type="text/event-stream; charset=utf-8",
    )
    response["Cache-Control"] = "no-store"
    # Proxies must pass each event on at once.
    response["X-Accel-Buffering"] = "no"
    return response


async def frames(
    *channels: str, resume: str = "", pick: Pick | None = None
) -> AsyncIterator[bytes]:
    """Yield the missed events, then each new one; a comment when nothing happens for 15 s."""
    yield f"retry: {RETRY_MS}\n\n".encode()
    if not settings.REDIS_URL:
        yield b": live events need REDIS_URL\n\n"
        return
    source = hub(settings.REDIS_URL)
    viewer = await source.join(*channels)
    try:
        async for messages in _messages(source, viewer, resume):
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


async def _messages(source: Hub, viewer: Viewer, resume: str) -> AsyncIterator[list[Message]]:
    last = (0, 0)
    if resume:
        # The viewer already listens, so nothing falls between the past and the present.
        past = await source.missed(viewer.channels, resume)
        missed = past.messages if past.is_whole else [Message(past.newest, RESET, "{}")]
        if missed:
            last = missed[-1].order
        # Also when nothing was missed: the viewer knows then that it is so.
        yield list(missed)
    clock = asyncio.get_running_loop().time
    ends_at = clock() + STREAM_S
    while (left := ends_at - clock()) > 0:
        try:
            async with asyncio.timeout(min(HEARTBEAT_S, left)):
                messages = await viewer.take(gather_s=GATHER_S)
        except TimeoutError:
            yield []
            continue
        if viewer.is_dropped:
            return
        fresh = [message for message in messages if message.order > last]
        if fresh:
            yield fresh
