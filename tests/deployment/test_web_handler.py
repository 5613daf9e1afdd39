import asyncio
import threading
from collections.abc import AsyncIterator
from contextvars import Context
from typing import Any

import pytest
from django.core import signals
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from common.context import RequestContext, current, enter
from config.web_handler import ThreadHandler

SCOPE = {
    "type": "http", "method": "GET", "path": "/healthz", "headers": [(b"host", b"localhost")],
    "query_string": b"", "root_path": "", "http_version": "1.1", "scheme": "http",
}  # fmt: skip


@pytest.fixture
def handler() -> ThreadHandler:
    return ThreadHandler(threads=2)


def ask(handler: ThreadHandler, *, leaves_after: int | None = None) -> list[dict[str, Any]]:
    """What a server would send for one request; the client leaves after so many messages."""

    async def story() -> list[dict[str, Any]]:
        sent: list[dict[str, Any]] = []
        has_left = asyncio.Event()
        incoming = iter([{"type": "http.request", "body": b"", "more_body": False}])

        async def receive() -> dict[str, Any]:
            for message in incoming:
                return message
            await has_left.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)
            if len(sent) == leaves_after:
                has_left.set()

        await asyncio.wait_for(handler(SCOPE, receive, send), timeout=10)
        return sent

    return asyncio.run(story())


def test_middleware_and_view_answer_on_one_thread_of_the_pool(handler: ThreadHandler) -> None:
    threads = []

    def note(**_: Any) -> None:
        threads.append(threading.current_thread().name)

    for signal in (signals.request_started, signals.request_finished):
        signal.connect(note)
    try:
        start, body = ask(handler)
    finally:
        for signal in (signals.request_started, signals.request_finished):
            signal.disconnect(note)
    assert start["status"] == 200
    assert body["body"] == b'{"status": "ok"}'
    assert len(threads) == 2
    assert len(set(threads)) == 1
    assert threads[0].startswith("web")


def test_the_next_request_on_a_thread_knows_nothing_of_the_last() -> None:
    handler, found = ThreadHandler(threads=1), []

    def view(request: HttpRequest) -> HttpResponse:
        found.append(current().user_id)
        enter(RequestContext(user_id=7))
        return HttpResponse("ok")

    handler.get_response = view  # type: ignore[method-assign]
    # Whatever other tests of this process left in its own context is not asked here.
    for _ in range(2):
        Context().run(ask, handler)
    assert found == [None, None]


def test_a_stream_ends_when_the_client_leaves(handler: ThreadHandler) -> None:
    ended = []

    async def parts() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"tick"
                await asyncio.sleep(0.01)
        finally:
            ended.append("parts")

    class Response(StreamingHttpResponse):
        def close(self) -> None:
            super().close()
            ended.append("response")

    handler.get_response = lambda request: Response(parts())  # type: ignore[method-assign]
    sent = ask(handler, leaves_after=3)
    assert sent[1]["body"] == b"tick"
    assert ended == ["parts", "response"]


def test_a_stream_that_fails_is_not_called_complete(handler: ThreadHandler) -> None:
    async def parts() -> AsyncIterator[bytes]:
        yield b"one"
        raise RuntimeError("broken")

    handler.get_response = lambda request: StreamingHttpResponse(parts())  # type: ignore[method-assign]
    with pytest.raises(RuntimeError, match="broken"):
        ask(handler)


def test_only_http_is_served(handler: ThreadHandler) -> None:
    async def nothing(*_: Any) -> Any:
        raise AssertionError

    with pytest.raises(ValueError, match="lifespan"):
        asyncio.run(handler({"type": "lifespan"}, nothing, nothing))
