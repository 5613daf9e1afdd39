import asyncio
import os
import uuid
from collections.abc import AsyncIterator

import pytest
import redis
from django.test import override_settings

from common.live import hub as hubs
from common.live.events import frames
from common.live.hub import Hub, Message, Viewer
from common.live.publish import publish

URL = os.environ.get("REDIS_URL", "")
pytestmark = pytest.mark.skipif(not URL, reason="REDIS_URL is not set")


@pytest.fixture(autouse=True)
def live():
    with override_settings(REDIS_URL=URL):
        yield


@pytest.fixture
def channel() -> str:
    return f"test:{uuid.uuid4().hex}"


async def read(stream: AsyncIterator[bytes], count: int) -> list[bytes]:
    found: list[bytes] = []
    async with asyncio.timeout(5):
        async for frame in stream:
            if not frame.startswith((b"retry", b":")):
                found.append(frame)
            if len(found) == count:
                break
    return found


async def say(channel: str, *numbers: int) -> None:
    await asyncio.sleep(0.3)
    for number in numbers:
        await asyncio.to_thread(publish, channel, "position", {"n": number})


def identity(frame: bytes) -> str:
    return frame.split(b"\n")[0].removeprefix(b"id: ").decode()


def test_a_viewer_hears_what_is_published_on_its_channel_only(channel):
    async def story() -> list[bytes]:
        stream = frames(channel)
        reading = asyncio.create_task(read(stream, 2))
        await say(channel + "x", 9)
        await say(channel, 1, 2)
        found = await reading
        await stream.aclose()
        return found

    first, second = asyncio.run(story())
    assert first.split(b"\n")[1:3] == [b"event: position", b'data: {"n":1}']
    assert b'{"n":2}' in second


def test_a_viewer_that_comes_back_misses_nothing(channel):
    async def story() -> list[bytes]:
        stream = frames(channel)
        reading = asyncio.create_task(read(stream, 1))
        await say(channel, 1)
        (seen,) = await reading
        await stream.aclose()
        await say(channel, 2, 3)
        again = frames(channel, identity(seen))
        reading = asyncio.create_task(read(again, 3))
        await say(channel, 4)
        found = await reading
        await again.aclose()
        return found

    assert [frame.split(b"data: ")[1].strip() for frame in asyncio.run(story())] == [
        b'{"n":2}', b'{"n":3}', b'{"n":4}',
    ]  # fmt: skip


def test_many_viewers_share_one_subscription(channel):
    async def story() -> tuple[int, int]:
        streams = [frames(channel) for _ in range(50)]
        readings = [asyncio.create_task(read(stream, 1)) for stream in streams]
        await asyncio.sleep(0.3)
        subscribers = redis.Redis.from_url(URL).pubsub_numsub("live")[0][1]
        await say(channel, 1)
        found = await asyncio.gather(*readings)
        for stream in streams:
            await stream.aclose()
        return subscribers, len(found)

    subscribers, heard = asyncio.run(story())
    assert heard == 50
    assert subscribers < 10


def test_a_heartbeat_comes_when_nothing_happens(channel, monkeypatch):
    monkeypatch.setattr("common.live.events.HEARTBEAT_S", 0.05)

    async def story() -> bytes:
        stream = frames(channel)
        await anext(stream)
        beat = await asyncio.wait_for(anext(stream), 3)
        await stream.aclose()
        return beat

    assert asyncio.run(story()) == b": still here\n\n"


def test_a_stream_ends_so_that_rights_are_asked_again(channel, monkeypatch):
    monkeypatch.setattr("common.live.events.STREAM_S", 0.3)

    async def story() -> list[bytes]:
        async with asyncio.timeout(5):
            return [frame async for frame in frames(channel)]

    assert asyncio.run(story())[0].startswith(b"retry")


def test_a_viewer_too_slow_is_dropped_and_the_others_are_not():
    async def story() -> tuple[bool, bool, object]:
        hub = Hub(URL)
        slow, quick = Viewer("c"), Viewer("c")
        hub._viewers["c"] |= {slow, quick}  # noqa: SLF001
        for n in range(hubs.WAITING_MESSAGES + 1):
            hub._fan_out(b'["c", "%d-0", "position"]\n{}' % n)  # noqa: SLF001
            quick.queue.get_nowait()
        return slow.is_dropped, quick.is_dropped, slow.queue.get_nowait()

    assert asyncio.run(story()) == (True, False, None)


def test_identities_are_ordered_as_numbers():
    assert Message("9-2", "e", "").order < Message("10-1", "e", "").order


def test_a_redis_that_is_away_stops_nobody(channel, caplog):
    with override_settings(REDIS_URL="redis://127.0.0.1:1/0"):
        publish(channel, "position", {})

    assert "Redis is away" in caplog.text
