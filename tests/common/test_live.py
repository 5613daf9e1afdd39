import asyncio
import json
import os
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import pytest
import redis
from django.test import override_settings

from common.live import hub as hubs
from common.live.events import event_stream, frames
from common.live.hub import Hub, Message, Missed, Viewer
from common.live.publish import BORN, PREFIX, WAKE, Route, now_at, publish, redis_client

URL = os.environ.get("REDIS_URL", "")
pytestmark = pytest.mark.skipif(not URL, reason="REDIS_URL is not set")
Stream = AsyncIterator[bytes]


@pytest.fixture(autouse=True)
def live(monkeypatch):
    monkeypatch.setattr("common.live.events.GATHER_S", 0)
    with override_settings(REDIS_URL=URL):
        yield


@pytest.fixture
def channel() -> str:
    return f"test:{uuid.uuid4().hex}"


async def read(stream: Stream, count: int) -> list[bytes]:
    found: list[bytes] = []
    async with asyncio.timeout(5):
        async for part in stream:
            found += [
                frame
                for frame in part.split(b"\n\n")
                if frame and not frame.startswith((b"retry", b":"))
            ]
            if len(found) >= count:
                break
    return found


async def listening(viewers: int = 1) -> None:
    """Wait until so many viewers of this process hear of what is published."""
    source = hubs.hub(URL)
    async with asyncio.timeout(5):
        while sum(len(each) for each in source._viewers.values()) < viewers:  # noqa: SLF001
            await asyncio.sleep(0)
        await source._is_listening.wait()  # noqa: SLF001


async def heard(stream: Stream, count: int, *work: Callable[[], None]) -> list[bytes]:
    """The events that a stream gives of what happens once it listens."""
    reading = asyncio.create_task(read(stream, count))
    await listening()
    for each in work:
        await asyncio.to_thread(each)
    found = await reading
    await stream.aclose()
    return found


async def after_the_gap(channel: str, seen: str, n: int) -> list[bytes]:
    """What a viewer gets who comes back too late, and then of what happens next."""
    stream = frames(channel, resume=seen)
    gap = await read(stream, 1)
    await asyncio.to_thread(say, channel, n)
    found = [*gap, *await read(stream, 1)]
    await stream.aclose()
    return found


def say(channel: str, *numbers: int) -> None:
    for number in numbers:
        publish(channel, "position", {"n": number})


def told(channel: str, *numbers: int) -> list[Callable[[], None]]:
    return [partial(say, channel, number) for number in numbers]


def identity(frame: bytes) -> str:
    return frame.split(b"\n")[0].removeprefix(b"id: ").decode()


def data(frames: list[bytes]) -> list[object]:
    return [json.loads(frame.split(b"data: ")[1]) for frame in frames]


def events(frames: list[bytes]) -> list[bytes]:
    return [frame.split(b"\n")[1].removeprefix(b"event: ") for frame in frames]


def test_a_viewer_hears_what_is_published_on_its_channel_only(channel):
    found = asyncio.run(heard(frames(channel), 2, *told(channel + "x", 9), *told(channel, 1, 2)))

    assert events(found) == [b"position", b"position"]
    assert data(found) == [{"n": 1}, {"n": 2}]


def test_a_viewer_that_comes_back_misses_nothing(channel):
    async def story() -> list[bytes]:
        (seen,) = await heard(frames(channel), 1, *told(channel, 1))
        await asyncio.to_thread(say, channel, 2, 3)
        return await heard(frames(channel, resume=identity(seen)), 3, *told(channel, 4))

    assert data(asyncio.run(story())) == [{"n": 2}, {"n": 3}, {"n": 4}]


def test_one_number_resumes_several_channels_in_the_order_of_what_happened(channel):
    other = channel + "-other"

    async def story() -> list[bytes]:
        (seen,) = await heard(frames(channel, other), 1, *told(other, 1))
        await asyncio.to_thread(say, channel, 2)
        await asyncio.to_thread(say, other, 3)
        await asyncio.to_thread(say, channel, 4)
        return await heard(frames(channel, other, resume=identity(seen)), 3)

    assert data(asyncio.run(story())) == [{"n": 2}, {"n": 3}, {"n": 4}]


def test_a_message_on_two_channels_of_a_viewer_is_heard_once(channel):
    board = channel + "-board"
    both = partial(publish, channel, "position", {"n": 1}, Route(board))

    found = asyncio.run(heard(frames(channel, board), 2, both, *told(board, 2)))

    assert data(found) == [{"n": 1}, {"n": 2}]


def test_of_a_subject_only_the_newest_is_kept_for_who_comes_back(channel):
    board = channel + "-board"

    def moved(n: int) -> None:
        publish(channel, "position", {"n": n}, Route(board, subject="position:7"))

    async def story() -> tuple[list[bytes], list[bytes]]:
        await asyncio.to_thread(say, board, 0)
        before = now_at()
        for n in (1, 2, 3):
            await asyncio.to_thread(moved, n)
        on_board = await heard(frames(board, resume=before), 1)
        return on_board, await heard(frames(channel, resume=before), 3)

    on_board, of_flight = asyncio.run(story())
    assert data(on_board) == [{"n": 3}]
    assert data(of_flight) == [{"n": 1}, {"n": 2}, {"n": 3}]


def test_a_subject_of_which_nothing_was_said_for_long_is_dropped(channel):
    route = Route(channel, subject="position:1")
    redis_client(URL).hset(route.key, "position:0", '1000-0\nposition\n{"n":0}')

    def moved() -> None:
        publish(channel, "position", {"n": 1}, route)

    async def story() -> list[bytes]:
        await asyncio.to_thread(say, channel + "-other", 0)
        before = now_at()
        await asyncio.to_thread(moved)
        return await heard(frames(channel, resume=before), 1)

    assert data(asyncio.run(story())) == [{"n": 1}]
    assert redis_client(URL).hkeys(route.key) == [b"position:1"]


def test_who_missed_more_than_is_kept_is_told_so(channel, monkeypatch):
    monkeypatch.setattr("common.live.publish.KEPT_MESSAGES", 100)

    async def story() -> list[bytes]:
        (seen,) = await heard(frames(channel), 1, *told(channel, 0))
        await asyncio.to_thread(say, channel, *range(1, 400))
        return await after_the_gap(channel, identity(seen), 400)

    reset, after = asyncio.run(story())
    assert events([reset, after]) == [b"reset", b"position"]
    assert data([after]) == [{"n": 400}]
    assert Message(identity(reset), "", "").order < Message(identity(after), "", "").order


def test_who_missed_less_than_is_kept_is_not(channel, monkeypatch):
    monkeypatch.setattr("common.live.publish.KEPT_MESSAGES", 100)

    async def story() -> list[bytes]:
        await asyncio.to_thread(say, channel, *range(400))
        (seen,) = await heard(frames(channel), 1, *told(channel, 400))
        return await heard(frames(channel, resume=identity(seen)), 1, *told(channel, 401))

    assert data(asyncio.run(story())) == [{"n": 401}]


def test_a_redis_that_forgot_everything_is_a_gap(channel):
    """As after a restart without persistence: the clock begins anew, later than what was seen."""
    say(channel, 1)
    client = redis_client(URL)
    seen, born = now_at(), client.get(BORN)
    try:
        say(channel, 2)
        client.set(BORN, now_at())
        client.delete(PREFIX + channel)
        say(channel, 3)

        found = asyncio.run(after_the_gap(channel, seen, 4))
    finally:
        client.set(BORN, born)

    assert events(found) == [b"reset", b"position"]


def test_what_is_no_number_is_a_gap_and_not_a_beginning(channel, monkeypatch):
    monkeypatch.setattr("common.live.events.connection", SimpleNamespace(in_atomic_block=True))
    say(channel, 1)
    answer = event_stream(channel, last_event_id="a; DROP")

    async def story() -> list[bytes]:
        return await read(aiter(answer.streaming_content), 1)

    assert events(asyncio.run(story())) == [b"reset"]


def test_where_nothing_was_ever_said_nothing_is_missed(channel, monkeypatch):
    for module in ("publish", "hub"):
        monkeypatch.setattr(f"common.live.{module}.BORN", f"{channel}:born")
        monkeypatch.setattr(f"common.live.{module}.CLOCK", f"{channel}:clock")

    async def missed() -> Missed:
        return await hubs.hub(URL).missed([channel], now_at())

    assert asyncio.run(missed()) == Missed((), is_whole=True)


def test_only_what_a_viewer_may_have_is_sent_and_a_gap_is_told_to_all(channel):
    def even(message: Message) -> Message | None:
        n = json.loads(message.data)["n"]
        return None if n % 2 else replace(message, data=json.dumps({"n": n, "half": n // 2}))

    async def story() -> tuple[list[bytes], list[bytes]]:
        found = await heard(frames(channel, pick=even), 2, *told(channel, 1, 2, 3, 4))
        gap = await read(frames(channel, resume="1-0", pick=even), 1)
        return found, gap

    found, gap = asyncio.run(story())
    assert data(found) == [{"n": 2, "half": 1}, {"n": 4, "half": 2}]
    assert events(gap) == [b"reset"]


def test_a_listener_that_fails_leaves_nobody_waiting(channel, monkeypatch):
    def fail(hub: Hub, raw: bytes) -> None:
        raise ValueError(raw)

    monkeypatch.setattr(Hub, "_fan_out", fail)

    assert asyncio.run(heard(frames(channel), 1, *told(channel, 1))) == []


@pytest.mark.parametrize("seen", ["1-0", "999999999999999-0"])
def test_a_number_too_old_or_of_another_redis_is_a_gap(channel, seen):
    say(channel, 1)

    (reset,) = asyncio.run(heard(frames(channel, resume=seen), 1))

    assert events([reset]) == [b"reset"]


def test_after_hours_of_silence_nothing_is_missed_and_it_is_said_at_once(channel, monkeypatch):
    say(channel, 1)
    # The newest message of all is older than anything is kept.
    monkeypatch.setattr(hubs, "KEPT_SECONDS", -60)

    async def story() -> bytes:
        stream = frames(channel, resume=now_at())
        await anext(stream)
        first = await asyncio.wait_for(anext(stream), 3)
        await stream.aclose()
        return first

    assert asyncio.run(story()) == b": still here\n\n"


def test_many_viewers_share_one_subscription(channel):
    async def story() -> tuple[int, int]:
        streams = [frames(channel) for _ in range(50)]
        readings = [asyncio.create_task(read(stream, 1)) for stream in streams]
        await listening(50)
        subscribers = redis.Redis.from_url(URL).pubsub_numsub(WAKE)[0][1]
        await asyncio.to_thread(say, channel, 1)
        found = await asyncio.gather(*readings)
        for stream in streams:
            await stream.aclose()
        return subscribers, len(found)

    subscribers, heard_it = asyncio.run(story())
    assert heard_it == 50
    assert 1 <= subscribers < 10


def test_a_heartbeat_comes_when_nothing_happens(channel, monkeypatch):
    monkeypatch.setattr("common.live.events.HEARTBEAT_S", 0.02)

    async def story() -> bytes:
        stream = frames(channel)
        await anext(stream)
        beat = await asyncio.wait_for(anext(stream), 3)
        await stream.aclose()
        return beat

    assert asyncio.run(story()) == b": still here\n\n"


def test_a_stream_ends_so_that_rights_are_asked_again(channel, monkeypatch):
    monkeypatch.setattr("common.live.events.STREAM_S", 0.05)

    async def story() -> list[bytes]:
        async with asyncio.timeout(5):
            return [frame async for frame in frames(channel)]

    assert asyncio.run(story())[0].startswith(b"retry")


def fan_out(hub: Hub, n: int, subject: str = "") -> None:
    head = json.dumps([[["c", subject]], f"{n}-0", "position"]).encode()
    hub._fan_out(head + b'\n{"n":%d}' % n)  # noqa: SLF001


def test_a_viewer_too_slow_is_dropped_and_the_others_are_not():
    async def story() -> tuple[bool, bool, list[Message]]:
        hub = Hub(URL)
        slow, quick = Viewer(("c",)), Viewer(("c",))
        hub._viewers["c"] |= {slow, quick}  # noqa: SLF001
        for n in range(hubs.WAITING_MESSAGES + 1):
            fan_out(hub, n)
            await quick.take()
        return slow.is_dropped, quick.is_dropped, await slow.take()

    assert asyncio.run(story()) == (True, False, [])


def test_a_dropped_viewers_stream_ends_and_resumes_where_it_was(channel):
    async def story() -> tuple[list[bytes], list[bytes]]:
        stream = frames(channel)
        reading = asyncio.create_task(read(stream, 1))
        await listening()
        await asyncio.to_thread(say, channel, 1)
        seen = await reading
        (viewer,) = hubs.hub(URL)._viewers[channel]  # noqa: SLF001
        viewer.drop()
        async with asyncio.timeout(5):
            rest = [part async for part in stream]
        await asyncio.to_thread(say, channel, 2)
        return rest, await heard(frames(channel, resume=identity(seen[0])), 1)

    rest, again = asyncio.run(story())
    assert rest == []
    assert data(again) == [{"n": 2}]


def test_positions_of_one_aircraft_fill_nobodys_queue():
    async def story() -> tuple[bool, list[Message]]:
        hub, slow = Hub(URL), Viewer(("c",))
        hub._viewers["c"].add(slow)  # noqa: SLF001
        for n in range(10 * hubs.WAITING_MESSAGES):
            fan_out(hub, n, subject=f"position:{n % 20}")
        return slow.is_dropped, await slow.take()

    is_dropped, waiting = asyncio.run(story())
    assert not is_dropped
    assert [message.identity for message in waiting] == [f"{n}-0" for n in range(1980, 2000)]


def test_identities_are_ordered_as_numbers():
    assert Message("9-2", "e", "").order < Message("10-1", "e", "").order


def test_a_redis_that_is_away_stops_nobody(channel, caplog):
    with override_settings(REDIS_URL="redis://127.0.0.1:1/0"):
        publish(channel, "position", {})

        # Nothing can be resumed after it: whoever tries is told of a gap.
        assert now_at() == "0-0"
    assert "Redis is away" in caplog.text
