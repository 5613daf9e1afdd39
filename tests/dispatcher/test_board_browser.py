"""The board in a real browser: a bar moved by keys, judged before it is saved, and saved."""

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from dispatcher.models import Assignment, DispatchEvent
from dispatcher.services import assignments, schedules
from dispatcher.services.events import raise_event
from tests.browser import enter
from tests.dispatcher.scene import at_the_desk, make_desk

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM, reason="There is no Chromium on the path."),
]
GRANTS = [
    "overview_dispatchschedule",
    "add_assignment",
    "change_assignment",
    "acknowledge_dispatchevent",
]


@pytest.fixture
def scene() -> dict[str, Any]:
    """A day with one proposed operation of four hours from now, and one event."""
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
    event = raise_event(
        desk.center, kind="other", severity="warning", title="<b>The van</b> broke down",
        occurred_at=at, actor=user, at=at,
    )  # fmt: skip
    client = Client()
    enter(client, user)
    return {"row": row, "event": event, "session": client.cookies["sessionid"].value}


@pytest.fixture
def page(scene: dict[str, Any], live_server: Any) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where there is a browser

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            context = browser.new_context(viewport={"width": 1280, "height": 800})
            cookie = {"name": "sessionid", "value": scene["session"], "url": live_server.url}
            context.add_cookies([cookie])
            page = context.new_page()
            page.faults = []
            page.on("console", lambda said: said.type == "error" and page.faults.append(said.text))
            page.on("pageerror", lambda fault: page.faults.append(str(fault)))
            page.goto(f"{live_server.url}/admin/dispatch/board/")
            page.wait_for_selector("body[data-ready='1'] .bar")
            yield page
        finally:
            browser.close()


def test_a_bar_is_moved_by_keys_judged_and_saved(scene, page):
    row = scene["row"]
    bar = page.locator(".bar.movable")
    bar.focus()
    for _ in range(3):
        page.keyboard.press("Shift+ArrowRight")
    page.wait_for_selector("#answer .verdict")
    moved = page.locator("#from-to").inner_text()
    why = page.locator("#panel footer textarea")
    if why.is_visible():
        why.fill("The weather comes later.")
    page.get_by_role("button", name="Save").click()
    page.wait_for_selector(".toast")
    page.wait_for_selector("#panel", state="hidden")
    faults, address = page.faults, page.url
    page.context.browser.close()

    now = _in_a_thread(lambda: Assignment.objects.live().get())
    assert "+15 min" in moved
    assert now.start_at == row.start_at + timedelta(minutes=15)
    assert now.pk != row.pk
    assert faults == []
    assert "chosen" not in address


def test_a_bar_is_dragged_and_goes_back_when_it_is_given_up(scene, page):
    bar = page.locator(".bar.movable")
    before = bar.bounding_box()
    x, y = before["x"] + 30, before["y"] + 10
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 40, y, steps=4)
    hint = page.locator(".drag-hint").inner_text()
    page.mouse.up()
    page.wait_for_selector("#answer .verdict")
    dragged = bar.bounding_box()
    page.get_by_role("button", name="Cancel").click()
    page.wait_for_selector("#panel", state="hidden")

    assert "min" in hint
    assert dragged["x"] != before["x"]
    assert bar.bounding_box()["x"] == pytest.approx(before["x"], abs=3)


def test_nothing_is_saved_when_a_move_is_given_up(scene, page):
    page.locator(".bar.movable").focus()
    page.keyboard.press("Shift+ArrowLeft")
    page.wait_for_selector("#answer .verdict")
    page.keyboard.press("Escape")
    page.wait_for_selector("#panel", state="hidden")

    row = _in_a_thread(lambda: Assignment.objects.get(pk=scene["row"].pk))
    assert (row.start_at, row.status) == (scene["row"].start_at, "proposed")


def test_an_event_is_text_and_is_acknowledged_by_one_key(scene, page):
    title = page.locator("#events .title").inner_text()
    page.keyboard.press("a")
    page.wait_for_selector("#events li.is-acknowledged")

    event = _in_a_thread(DispatchEvent.objects.get)
    assert title == "<b>The van</b> broke down"
    assert event.status == "acknowledged"


def test_filters_are_in_the_address_and_survive_a_reload(page):
    page.fill("#find", "nothing like this")
    page.wait_for_selector("#lanes .empty")
    page.click("[data-rows='pilot']")
    page.reload()
    page.wait_for_selector("#lanes .empty")

    assert page.input_value("#find") == "nothing like this"
    assert page.get_attribute("[data-rows='pilot']", "aria-pressed") == "true"
    page.click("#clear")
    page.wait_for_selector(".bar")


def _in_a_thread(read: Any) -> Any:
    """The database is asked beside the browser's own loop, which would be in the way."""

    def run() -> Any:
        try:
            return read()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result()
