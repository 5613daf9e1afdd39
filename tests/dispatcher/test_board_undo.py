"""What was saved on the board is undone in a real browser, and what undoing does not bring back."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from dispatcher.models import Assignment
from dispatcher.services import assignments
from dispatcher.services.publishing import publish_schedule
from flight_operations.models import FlightOperation
from tests.dispatcher.board_scene import CHROMIUM, board_page, in_a_thread, make_board_scene
from tests.users.factories import grant

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM, reason="There is no Chromium on the path."),
]


@pytest.fixture
def scene() -> dict[str, Any]:
    return make_board_scene()


@pytest.fixture
def page(scene: dict[str, Any], live_server: Any) -> Iterator[Any]:
    with board_page(scene["session"], live_server.url) as page:
        yield page


def test_what_was_saved_is_undone_by_one_key_and_only_once(scene, page):
    row = scene["row"]
    _later_by_five(page)
    assert in_a_thread(_start) == row.start_at + timedelta(minutes=5)
    assert page.locator(".toast button").inner_text() == "Undo"

    page.keyboard.press("u")
    page.keyboard.press("u")
    page.wait_for_selector(".toast:text('pilot back')")

    assert in_a_thread(_start) == row.start_at
    assert in_a_thread(Assignment.objects.count) == 3
    assert page.locator(".toast button").count() == 0
    assert page.faults == []


def test_what_somebody_else_moved_since_is_not_undone(scene, page):
    row = scene["row"]
    _later_by_five(page)
    now = in_a_thread(lambda: Assignment.objects.live().get())
    in_a_thread(lambda: _move(scene | {"row": now}, timedelta(minutes=20)))

    page.locator(".toast button").click()
    page.wait_for_selector(".toast:text('was not put back')")
    page.wait_for_selector("#panel:not([hidden]) #from-to")

    assert in_a_thread(_start) == row.start_at + timedelta(minutes=25)


@pytest.fixture
def released(scene: dict[str, Any]) -> dict[str, Any]:
    """The day is published, and the operation was authorised since."""
    row = scene["row"]
    publish_schedule(row.schedule, actor=scene["user"], at=row.created_at)
    FlightOperation.objects.filter(pk=scene["operation"].pk).update(status="authorised")
    return scene


def test_what_was_authorised_is_not_said_to_be_back(released, page):
    row = released["row"]
    _later_by_five(page)

    page.keyboard.press("u")
    page.wait_for_selector(".toast:text('pilot back')")

    assert in_a_thread(_start) == row.start_at
    assert in_a_thread(lambda: FlightOperation.objects.get().status) == "planned"
    assert "was authorised and is planned now" in page.locator(".toast").last.inner_text()


@pytest.fixture
def unassigned(scene: dict[str, Any]) -> dict[str, Any]:
    """Nobody is assigned yet, by somebody who may take it back."""
    row = scene["row"]
    grant(scene["user"], "dispatcher.withdraw_assignment")
    assignments.withdraw_assignment(row, because="Again.", actor=scene["user"], at=row.created_at)
    return scene


def test_a_first_assignment_is_taken_off_again(unassigned, page):
    _later_by_five(page)
    assert in_a_thread(Assignment.objects.live().count) == 1

    page.locator(".toast button").click()
    page.wait_for_selector(".toast:text('off the plan again')")

    assert in_a_thread(Assignment.objects.live().count) == 0
    assert page.faults == []


def test_an_undo_is_offered_for_ten_seconds(page):
    page.clock.install()
    _later_by_five(page)
    page.clock.fast_forward(9_000)
    assert page.locator(".toast button").count() == 1

    page.clock.fast_forward(2_000)

    assert page.locator(".toast button").count() == 0


def _later_by_five(page: Any) -> None:
    page.locator(".bar.movable").focus()
    page.keyboard.press("Shift+ArrowRight")
    _save(page)
    page.wait_for_selector(".toast button")
    page.wait_for_selector("#panel", state="hidden")


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
