"""The board in a real browser: a bar moved by keys, judged before it is saved, and saved."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from dispatcher.models import Assignment, DispatchCenter, DispatchEvent
from dispatcher.services import assignments
from rpas.models import RPASAircraft
from tests.dispatcher.board_scene import CHROMIUM, board_page, in_a_thread, make_board_scene

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM, reason="There is no Chromium on the path."),
]
READY = "body[data-ready='1'] .bar"


@pytest.fixture
def scene() -> dict[str, Any]:
    return make_board_scene()


@pytest.fixture
def page(scene: dict[str, Any], live_server: Any) -> Iterator[Any]:
    with board_page(scene["session"], live_server.url) as page:
        yield page


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

    now = in_a_thread(lambda: Assignment.objects.live().get())
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

    row = in_a_thread(lambda: Assignment.objects.get(pk=scene["row"].pk))
    assert (row.start_at, row.status) == (scene["row"].start_at, "proposed")


def test_an_event_is_text_and_is_acknowledged_by_one_key(scene, page):
    title = page.locator("#events .title").inner_text()
    page.keyboard.press("a")
    page.wait_for_selector("#events li.is-acknowledged")

    event = in_a_thread(DispatchEvent.objects.get)
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


def test_what_somebody_else_moved_meanwhile_is_looked_at_anew_and_then_saved(scene, page):
    row = scene["row"]
    page.locator(".bar.movable").focus()
    page.keyboard.press("Shift+ArrowRight")
    page.wait_for_selector("#answer .verdict")
    in_a_thread(lambda: _move(scene, timedelta(minutes=20)))
    _save(page)
    page.wait_for_selector("#answer :text('Somebody changed it meanwhile. Above')")
    page.wait_for_selector("#answer .away")
    assert in_a_thread(_start) == row.start_at + timedelta(minutes=20)

    _save(page)
    page.wait_for_selector("#panel", state="hidden")

    assert in_a_thread(_start) == row.start_at + timedelta(minutes=5)


def test_a_proposal_elsewhere_does_not_carry_the_verdict_of_the_stored_times(scene, page):
    assert page.locator(".bar.c-green").count() == 1
    later = timedelta(hours=1)
    row = scene["row"]
    shifted = {
        name: getattr(row, name) + later
        for name in ("start_at", "end_at", "occupied_from", "occupied_until")
    }
    in_a_thread(lambda: Assignment.objects.filter(pk=row.pk).update(**shifted))
    page.reload()
    page.wait_for_selector(READY)

    bar = page.locator(".bar.c-none")
    assert "not judged there" in bar.get_attribute("aria-label")
    assert page.locator("[data-color='green'] b").inner_text() == "0"


def test_a_zone_of_half_hours_has_its_axis(scene, page):
    in_a_thread(lambda: DispatchCenter.objects.update(timezone="Australia/Adelaide"))
    page.reload()
    page.wait_for_selector(READY)

    ticks = page.locator("#axis .tick b").all_inner_texts()
    assert len(ticks) >= 4
    assert all(each.endswith(":00") or "," in each or " " in each for each in ticks)


def test_what_no_row_stands_for_is_shown_all_the_same(scene, page):
    in_a_thread(lambda: RPASAircraft.objects.update(status="retired"))
    page.reload()
    page.wait_for_selector(READY)

    row = page.locator(".row", has=page.locator(".bar"))
    assert row.locator(".who b").inner_text() == "Not listed"


def test_a_board_drawn_anew_between_press_and_move_does_not_hold_still(page):
    place = page.locator(".bar.movable").bounding_box()
    x, y = place["x"] + 30, place["y"] + 10
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate("document.dispatchEvent(new CustomEvent('redraw'))")
    page.wait_for_timeout(100)
    page.mouse.move(x + 60, y, steps=4)
    page.mouse.up()
    page.wait_for_selector("#answer .verdict")
    page.keyboard.press("Escape")
    page.fill("#find", "nothing like this")

    page.wait_for_selector("#lanes .empty")
    assert page.faults == []


def test_another_pilot_alone_does_not_move_the_flight(scene, page):
    page.locator(".bar.movable").click()
    page.select_option("#panel [name=pilot]", str(scene["desk"].pilots[1].pk))
    page.wait_for_selector("#answer .verdict")

    assert "+0 min" in page.locator("#from-to").inner_text()


def _save(page: Any) -> None:
    page.wait_for_selector("#answer .away")
    why = page.locator("#panel footer textarea")
    if why.is_visible() and not why.input_value():
        why.fill("The weather comes later.")
    page.get_by_role("button", name="Save").click()


def _start() -> Any:
    return Assignment.objects.live().get().start_at


def _move(scene: dict[str, Any], by: timedelta) -> None:
    row, desk = scene["row"], scene["desk"]
    start = row.start_at + by
    wish = assignments.Wish(scene["operation"], desk.aircraft[0], desk.pilots[0], start)
    assignments.move_assignment(
        row, wish, accepted_because="Sooner.", actor=scene["user"], at=row.created_at, version=None
    )
