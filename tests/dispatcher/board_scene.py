"""A day at a desk as the board shows it, and the board opened in a real browser."""

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import connection
from django.test import Client
from django.utils import timezone

from dispatcher.services import assignments, schedules
from dispatcher.services.events import raise_event
from tests.browser import enter
from tests.dispatcher.live_scene import judged
from tests.dispatcher.scene import at_the_desk, make_desk

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
GRANTS = [
    "overview_dispatchschedule",
    "add_assignment",
    "change_assignment",
    "acknowledge_dispatchevent",
    "note_dispatchevent",
    "resolve_dispatchevent",
]
# A line to the server that a test holds in its hand: what the stream says, when readings arrive.
LINE = """
(() => {
  const real = window.fetch.bind(window);
  const encoder = new TextEncoder();
  const line = { opened: 0, reads: 0, status: 200, hold: null };
  window.line = line;
  line.say = (text) => line.feed.enqueue(encoder.encode(text));
  line.tell = (event, data) => line.say(`event: ${event}\\ndata: ${JSON.stringify(data)}\\n\\n`);
  line.keep = () => { line.hold = new Promise((resolve) => { line.release = resolve; }); };
  const stream = (signal) => new ReadableStream({
    start(feed) {
      line.opened++;
      line.feed = feed;
      signal.addEventListener("abort", () => feed.error(new DOMException("cut", "AbortError")));
    },
  });
  window.fetch = async (address, options = {}) => {
    if (address.includes("/stream/")) return new Response(stream(options.signal));
    if (!address.includes("/overview/")) return real(address, options);
    line.reads++;
    if (line.status !== 200) return new Response('{"title": "Away"}', { status: line.status });
    const answer = await real(address, options);
    const body = await answer.json();
    if (line.hold) await line.hold;
    return new Response(JSON.stringify({ ...body, cursor: "5-0" }));
  };
})();
"""


def make_board_scene() -> dict[str, Any]:
    """A day with one green proposed operation of some hours from now, and one event."""
    at = timezone.now().replace(second=0, microsecond=0)
    desk = make_desk()
    type(desk.center).objects.update(opens_at="00:00", closes_at="00:00", timezone="UTC")
    desk.center.refresh_from_db()
    user = at_the_desk(desk, *GRANTS)
    start = at + timedelta(hours=3)
    if (start + timedelta(hours=2)).date() != start.date():
        start += timedelta(hours=4)
    operation = desk.draft(at, start=start)
    schedule = schedules.open_schedule(desk.center, start.date(), actor=user, at=at)
    wish = assignments.Wish(operation, desk.aircraft[0], desk.pilots[0], start)
    row = assignments.assign(
        schedule, wish, accepted_because="The weather comes later.", actor=user, at=at
    )
    judged(operation, ("X", "green", "Fine."), at=at, is_stale=False)
    event = raise_event(
        desk.center, kind="other", severity="warning", title="<b>The van</b> broke down",
        occurred_at=at, actor=user, at=at,
    )  # fmt: skip
    client = Client()
    enter(client, user)
    return {
        "desk": desk, "user": user, "operation": operation, "row": row, "event": event,
        "session": client.cookies["sessionid"].value,
    }  # fmt: skip


@contextmanager
def board_page(session: str, base: str, *, script: str = "") -> Iterator[Any]:
    """The board, signed in and ready; `script` runs before its own."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where there is a browser

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            context = browser.new_context(viewport={"width": 1280, "height": 800})
            context.add_cookies([{"name": "sessionid", "value": session, "url": base}])
            page = context.new_page()
            if script:
                page.add_init_script(script)
            page.faults = []
            page.on("console", lambda said: said.type == "error" and page.faults.append(said.text))
            page.on("pageerror", lambda fault: page.faults.append(str(fault)))
            page.goto(f"{base}/admin/dispatch/board/")
            page.wait_for_selector("body[data-ready='1'] .bar")
            yield page
        finally:
            browser.close()


def in_a_thread(read: Callable[[], Any]) -> Any:
    """The database is asked beside the browser's own loop, which would be in the way."""

    def run() -> Any:
        try:
            return read()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result()
