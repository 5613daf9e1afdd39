"""Server-Sent Events of a live channel."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable

from django.conf import settings
from django.db import connection
from django.http import StreamingHttpResponse

from common.live.hub import Hub, Message, Viewer, hub

HEARTBEAT_S = 15.0
# As long as an access token: who came in is asked again, and a sign-out ends what is open.
STREAM_S = 15 * 60.0
RETRY_MS = 2000
IDENTITY = re.compile(r"^[0-9]{1,15}-[0-9]{1,10}$")


Pick = Callable[[Message], Message | None]


def event_stream(
    channel: str, *, last_event_id: str = "", pick: Pick | None = None
) -> StreamingHttpResponse:
    """
    Answer with a channel's events for a quarter of an hour; the viewer then comes back.

    Every check is done before: the database connection is given back here, because a stream takes
    none while it lasts. An unknown `last_event_id` starts at now. `pick` says what of an event a
    viewer may have who is not one of us; what it answers with None is not sent.
    """
    if not connection.in_atomic_block:
        connection.close()
    resume = last_event_id if IDENTITY.match(last_event_id) else ""
    response = StreamingHttpResponse(
        frames(channel, resume, pick), content_type="text/event-stream; charset=utf-8"
    )
    response["Cache-Control"] = "no-store"
    # Proxies must pass each event on at once.
    response["X-Accel-Buffering"] = "no"
    return response


async def frames(channel: str, resume: str = "", pick: Pick | None = None) -> AsyncIterator[bytes]:
    """Yield the missed events, then each new one; a comment when nothing happens for 15 s."""
    yield f"retry: {RETRY_MS}\n\n".encode()
    if not settings.REDIS_URL:
        yield b": live events need REDIS_URL\n\n"
        return
    source = hub(settings.REDIS_URL)
    viewer = await source.join(channel)
    try:
        async for message in _messages(source, viewer, resume):
            shown = pick(message) if pick and message is not None else message
            if message is None or shown is not None:
                yield b": still here\n\n" if shown is None else _frame(shown)
    finally:
        source.leave(viewer)


async def _messages(source: Hub, viewer: Viewer, resume: str) -> AsyncIterator[Message | None]:
    last = (0, 0)
    if resume:
        # The viewer already listens, so nothing falls between the past and the present.
        for past in await source.missed(viewer.channel, resume):
            last = past.order
            yield past
    clock = asyncio.get_running_loop().time
    ends_at = clock() + STREAM_S
    while (left := ends_at - clock()) > 0:
        try:
            async with asyncio.timeout(min(HEARTBEAT_S, left)):
                message = await viewer.queue.get()
        except TimeoutError:
            yield None
            continue
        if message is None:
            return
        if message.order > last:
            yield message


def _frame(message: Message) -> bytes:
    return f"id: {message.identity}\nevent: {message.event}\ndata: {message.data}\n\n".encode()
