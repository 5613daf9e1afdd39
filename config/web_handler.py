"""Answers requests under ASGI: each in one step on a thread of this process that stays."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, cast

import django
from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class ThreadHandler(ASGIHandler):
    """
    Runs middleware and view of a request together on one thread of a fixed pool.

    Django's own handler starts a thread for each request and changes between it and the event
    loop at every middleware that is not asynchronous: three quarters of what a small request
    costs. None of ours is asynchronous but the body of a live stream, which stays on the loop.
    The threads stay, so each keeps its database connection for CONN_MAX_AGE.
    """

    def __init__(self, threads: int) -> None:
        self.load_middleware(is_async=False)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="web")

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Serve one HTTP request; anything else (lifespan, websocket) is refused."""
        if scope["type"] != "http":
            raise ValueError(f"Only HTTP is served here, not {scope['type']}.")
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        with body:
            response = await self._on_thread(self._answer, scope, body)
            if response.streaming:
                await self._stream(response, receive, send)
            else:
                await self.send_response(response, send)

    async def _on_thread(self, work: Callable[..., Any], *given: Any) -> Any:
        context = copy_context()
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, context.run, work, *given
        )

    def _answer(self, scope: Any, body: Any) -> HttpResponseBase:
        """Everything from the request's start to its end, except of a stream its body."""
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        request, refusal = self.create_request(scope, body)
        response = cast(HttpResponseBase, refusal)
        if request is not None:
            response = self.get_response(request)
        if not response.streaming:
            # Ends the request, which gives back the database connection of this thread.
            response.close()
        return response

    async def _stream(self, response: HttpResponseBase, receive: Receive, send: Send) -> None:
        """Send parts until they end or the client has gone."""
        sending = asyncio.ensure_future(self.send_response(response, send))
        leaving = asyncio.ensure_future(self.listen_for_disconnect(receive))
        try:
            await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
        finally:
            for task in (sending, leaving):
                task.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)
            await self._on_thread(response.close)


def thread_application(threads: int) -> ThreadHandler:
    """The application for an ASGI server, answering this many requests at a time."""
    django.setup(set_prefix=False)
    return ThreadHandler(threads)
