"""The board and its line: what it says of itself while things fail, and what it hears meanwhile."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

from dispatcher.services.events import raise_event
from tests.dispatcher.board_scene import (
    CHROMIUM,
    LINE,
    board_page,
    in_a_thread,
    make_board_scene,
)
from tests.dispatcher.live_scene import make_center
from tests.flight_operations.factories import LAT, LON

REDIS = os.environ.get("REDIS_URL", "")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM, reason="There is no Chromium on the path."),
]
HERE = ": still here\n\n"
RESET = "event: reset\ndata: {}\n\n"


@pytest.fixture
def scene() -> dict[str, Any]:
    found = make_board_scene()
    # Listed after the one that the tests look at.
    make_center(found["desk"].operator, code=f"Z{found['desk'].center.code}")
    return found


@pytest.fixture
def page(scene: dict[str, Any], live_server: Any) -> Iterator[Any]:
    with board_page(scene["session"], live_server.url, script=LINE) as page:
        yield page


def say(page: Any, text: str) -> None:
    page.evaluate("(text) => window.line.say(text)", text)


def tell(page: Any, event: str, data: Any) -> None:
    page.evaluate("([event, data]) => window.line.tell(event, data)", [event, data])


def link(page: Any, state: str) -> None:
    page.wait_for_selector(f"body[data-link='{state}']", timeout=15_000)


def reopened(page: Any, opened: int) -> None:
    """Wait until the stream is opened once more."""
    while page.evaluate("window.line.opened") == opened:
        page.wait_for_timeout(50)


def ask_again(page: Any, scene: dict[str, Any]) -> None:
    """Something that only the server knows: the board reads anew."""
    tell(page, "alert_ended", {"operation": scene["operation"].number})


def colored(scene: dict[str, Any], **said: Any) -> list[dict[str, Any]]:
    return [{"type": "flight_operations.flightoperation", "id": scene["operation"].pk, **said}]


def test_it_is_live_only_when_the_line_says_that_nothing_is_missed(page):
    say(page, "retry: 2000\n\n")
    page.wait_for_timeout(300)
    assert page.get_attribute("body", "data-link") == "wait"

    say(page, HERE)

    link(page, "live")


def test_reset_after_reset_is_never_live_and_not_a_storm(page):
    began = time.monotonic()
    for _ in range(2):
        opened = page.evaluate("window.line.opened")
        say(page, "retry: 2000\n\n" + RESET)
        reopened(page, opened)
        page.wait_for_timeout(200)
        assert page.get_attribute("body", "data-link") == "lost"

    assert page.evaluate("window.line.reads") == 3
    assert time.monotonic() - began > 1.5
    assert "nothing missed" not in page.locator("#link-note").inner_text()


def test_what_is_read_anew_after_a_gap_is_said_to_be(page):
    say(page, HERE)
    link(page, "live")
    opened = page.evaluate("window.line.opened")
    say(page, RESET)
    reopened(page, opened)
    say(page, HERE)

    link(page, "live")
    assert "read anew" in page.locator("#link-note").inner_text()


def test_a_reading_that_fails_is_not_live_until_one_succeeds(scene, page):
    say(page, HERE)
    link(page, "live")
    page.evaluate("window.line.status = 404")
    ask_again(page, scene)
    link(page, "lost")
    say(page, HERE)
    page.wait_for_timeout(300)
    assert page.locator("#link").inner_text() == "Not read"

    page.evaluate("window.line.status = 200")

    link(page, "live")


def test_what_is_heard_while_it_reads_is_not_lost(scene, page):
    say(page, HERE)
    link(page, "live")
    reads = page.evaluate("window.line.reads")
    page.evaluate("window.line.keep()")
    ask_again(page, scene)
    while page.evaluate("window.line.reads") == reads:
        page.wait_for_timeout(50)
    # The held answer was read before this happens.
    page.wait_for_timeout(700)
    operation = scene["operation"]
    said = {"type": "operation", "id": operation.pk, "number": operation.number}
    tell(page, "status", said | {"status": "active"})
    page.wait_for_selector(".bar.s-moving")
    page.evaluate("window.line.release()")
    page.wait_for_timeout(500)

    assert page.locator(".bar.s-moving").count() == 1


def test_a_stale_green_is_hatched_and_no_green(scene, page):
    count = page.locator("[data-color='green'] b")
    assert count.inner_text() == "1"
    tell(page, "colors", colored(scene, color="green", is_stale=True))
    bar = page.locator(".bar.stale")
    bar.wait_for()

    assert bar.locator(".mark").inner_text() == "G?"
    assert "gradient" in bar.evaluate("(bar) => getComputedStyle(bar).backgroundImage")
    assert count.inner_text() == "0"
    badge = page.locator(".spot")
    assert badge.inner_text() == "G?"
    assert "stale" in badge.get_attribute("title")
    assert badge.get_attribute("tabindex") is None
    page.click("[data-color='green']")
    bar.wait_for(state="detached")


def test_a_form_stays_while_events_come_and_focus_keeps_its_button(scene, page):
    first = scene["event"]
    page.locator(f"[data-number='{first.number}'] [data-deed='resolve']").focus()
    news = {
        "number": "EV-NEW", "center": scene["desk"].center.code, "kind": "other",
        "severity": "critical", "status": "open", "title": "Fire",
        "occurred_at": timezone.now().isoformat(),
    }  # fmt: skip
    tell(page, "event", news)
    page.wait_for_selector("[data-number='EV-NEW']")
    focused = "(document.activeElement.closest('li') ?? {}).dataset?.number + ' ' + "
    focused += "document.activeElement.dataset.deed"
    assert page.evaluate(focused) == f"{first.number} resolve"

    page.locator(f"[data-number='{first.number}'] [data-deed='note']").click()
    page.keyboard.type("Tow truck")
    tell(page, "event", news | {"number": "EV-TWO", "title": "Flood"})
    page.wait_for_selector("[data-number='EV-TWO']")
    page.keyboard.type(" is coming")

    assert page.locator("#events textarea").input_value() == "Tow truck is coming"


def test_of_the_center_before_nothing_stays_when_another_cannot_be_read(scene, page):
    say(page, HERE)
    link(page, "live")
    page.evaluate("window.line.status = 503")
    page.select_option("#center", index=1)
    link(page, "lost")

    assert page.locator(".bar, .spot, #events li").count() == 0
    assert page.locator("[data-color='green'] b").inner_text() == "\u2013"
    assert page.locator("#no-events").is_hidden()


def test_an_aircraft_that_landed_leaves_the_map(scene, page):
    operation = scene["operation"]
    said = {"type": "operation", "id": operation.pk, "number": operation.number}
    tell(page, "status", said | {"status": "active"})
    page.wait_for_selector(".bar.s-moving")
    where = {"lat": LAT, "lon": LON, "recorded_at": timezone.now().isoformat()}
    before = page.evaluate(INK)
    tell(page, "position", where | {"operation": operation.number})
    page.wait_for_timeout(300)
    flying = page.evaluate(INK)
    tell(page, "status", said | {"status": "landed"})
    page.wait_for_timeout(300)

    assert (before, flying, page.evaluate(INK)) == (False, True, False)


INK = """(() => {
  const canvas = document.querySelector("canvas.movers");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return data.some((each) => each > 0);
})()"""


@pytest.mark.skipif(not REDIS, reason="REDIS_URL is not set")
def test_followed_through_redis_an_event_is_there_at_once(scene):
    with (
        override_settings(REDIS_URL=REDIS),
        served() as base,
        board_page(scene["session"], base) as page,
    ):
        link(page, "live")
        in_a_thread(lambda: _another(scene))
        page.wait_for_selector("#events .title:text('The bridge is shut')", timeout=5_000)
        faults = page.faults

    assert faults == []


def _another(scene: dict[str, Any]) -> None:
    at = timezone.now()
    raise_event(
        scene["desk"].center, kind="other", severity="info", title="The bridge is shut",
        occurred_at=at, actor=scene["user"], at=at,
    )  # fmt: skip


@contextmanager
def served() -> Iterator[str]:
    """The product on a port of its own, as its real server answers: streams stay open."""
    import uvicorn  # noqa: PLC0415 - only for this
    from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler  # noqa: PLC0415
    from django.core.asgi import get_asgi_application  # noqa: PLC0415

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    app = ASGIStaticFilesHandler(get_asgi_application())
    how = uvicorn.Config(app, port=port, lifespan="off", log_level="error")
    server = uvicorn.Server(how)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.force_exit = server.should_exit = True
        thread.join(timeout=10)
