"""A stream is followed by rights of now: they are asked for again while it is open."""

import asyncio
import os
import time
import uuid

import pytest
from django.test import override_settings

from common.live import events
from common.live.events import frames
from tests.common.test_live import data, identity, listening, say

# Without a number: the viewer goes on after the last one it saw.
END = b"event: end\ndata: {}"
URL = os.environ.get("REDIS_URL", "")
pytestmark = pytest.mark.skipif(not URL, reason="REDIS_URL is not set")


@pytest.fixture(autouse=True)
def live(monkeypatch):
    monkeypatch.setattr(events, "GATHER_S", 0)
    with override_settings(REDIS_URL=URL, LIVE_RIGHTS_S=0.05):
        yield


@pytest.fixture
def channel() -> str:
    return f"test:{uuid.uuid4().hex}"


def told(parts: list[bytes]) -> list[bytes]:
    """The events of a stream, without its comments."""
    whole = b"".join(parts).split(b"\n\n")
    return [each for each in whole if each and not each.startswith((b"retry", b":"))]


async def to_its_end(stream) -> list[bytes]:
    async with asyncio.timeout(5):
        return [part async for part in stream]


def refused() -> frozenset[str]:
    raise OSError("no database")


@pytest.mark.parametrize("now", [frozenset, lambda: frozenset({"another"}), refused], ids=range(3))
def test_a_stream_whose_rights_are_not_what_they_were_ends(channel, now):
    (last,) = told(asyncio.run(to_its_end(frames(channel, rights=now))))

    assert last == END


def test_rights_that_cannot_be_read_in_time_are_none(channel, monkeypatch):
    monkeypatch.setattr(events, "ANSWER_S", 0.05)

    def slow() -> frozenset[str]:
        time.sleep(0.3)
        return frozenset({channel})

    (last,) = told(asyncio.run(to_its_end(frames(channel, rights=slow))))

    assert last == END


def test_rights_are_asked_for_however_much_is_said(channel):
    """A viewer who never waits is asked as often as one to whom nothing happens."""
    asked = []

    def rights() -> frozenset[str]:
        asked.append(True)
        return frozenset({channel} if len(asked) < 3 else ())

    async def story() -> list[bytes]:
        reading = asyncio.create_task(to_its_end(frames(channel, rights=rights)))
        await listening()
        for n in range(200):
            if reading.done():
                break
            say(channel, n)
            await asyncio.sleep(0.005)
        return await reading

    found = told(asyncio.run(story()))

    assert len(asked) == 3
    assert found[-1] == END
    assert len(found) > 5


def test_nothing_is_lost_between_the_end_and_coming_back(channel):
    other = f"{channel}:gained"

    async def story() -> tuple[list[bytes], list[bytes]]:
        stream = frames(channel, rights=lambda: frozenset({channel, other}))
        reading = asyncio.create_task(to_its_end(stream))
        await listening()
        say(channel, 1)
        before = told(await reading)
        say(other, 2)
        say(channel, 3)
        seen = [identity(each) for each in before if each.startswith(b"id")][-1]
        stream = frames(channel, other, resume=seen)
        parts = []
        async with asyncio.timeout(5):
            async for part in stream:
                parts.append(part)
                if len(told(parts)) == 2:
                    break
        return before, told(parts)

    before, after = asyncio.run(story())

    assert before[-1] == END
    assert [each["n"] for each in data(before[:-1])] == [1]
    assert [each["n"] for each in data(after)] == [2, 3]
