"""A dispatcher's morning in a real browser, from signing in to the landing, twice."""

from typing import Any

import pytest

from dispatcher.models import Assignment, DispatchEvent
from flight_operations.models import ConformanceAlert, FlightOperation
from tests.dispatcher.board_scene import CHROMIUM, in_a_thread
from tests.dispatcher.morning_hands import Eyes, Hands, Keys, Mouse, at_the_screen
from tests.dispatcher.morning_scene import (
    Morning,
    climb_too_high,
    land,
    make_morning,
    plan_in_the_background,
)
from tests.users.factories import PASSWORD

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM, reason="There is no Chromium on the path."),
]
READY = "body[data-ready='1'] .bar"
PAGES = ["sign-in", "board", "operation", "board-moved", "proposal", "publish", "published"]


@pytest.mark.parametrize("kind", [Mouse, Keys])
def test_a_morning_from_signing_in_to_the_landing(kind, live_server):
    morning = make_morning()
    with at_the_screen(live_server.url) as eyes:
        hands = kind(eyes.page)
        _sign_in(eyes, hands, morning)
        _find_out_why_it_is_red(eyes, hands, morning)
        _give_it_another_aircraft(eyes, hands, morning)
        _have_the_day_planned(eyes, hands, morning)
        _publish(eyes, hands)
        title = _hear_of_a_breach(eyes, hands, morning)
        _land(eyes, morning)

    assert "\n".join(eyes.faults) == ""
    assert [*PAGES, "board-event"] == eyes.looked_at
    assert "height" in title.lower()
    in_a_thread(lambda: _assert_the_end(morning))
    if not eyes.axe:
        pytest.skip("The morning went well, but axe-core cannot be had.")


def _sign_in(eyes: Eyes, hands: Hands, morning: Morning) -> None:
    page = eyes.page
    page.goto(f"{eyes.base}/admin/dispatch/board/")
    page.wait_for_selector("#id_username")
    eyes.look("sign-in")
    hands.write("#id_username", morning.user.email)
    hands.write("#id_password", PASSWORD)
    hands.write("#id_otp", morning.code)
    hands.press("#login-form button[type=submit]")
    page.wait_for_selector(READY)


def _find_out_why_it_is_red(eyes: Eyes, hands: Hands, morning: Morning) -> None:
    """On the board, in the drawer, and in the record with the citation."""
    page, number = eyes.page, morning.red.number
    eyes.look("board")
    hands.press(f".bar.c-red[aria-label*='{number}']")
    page.wait_for_selector("#panel:not([hidden])")
    assert "red" in page.inner_text("#panel dl").lower()
    hands.press("#panel .more a")
    page.wait_for_selector("#result_list")
    hands.press(f"#result_list a:has-text('{number}')")
    # Asked of the address: the list left behind is loaded, too.
    page.wait_for_url("**/change/*")
    said = page.inner_text("body")
    assert "major defect" in said.lower()
    assert "CASR" in said
    eyes.look("operation")
    page.goto(f"{eyes.base}/admin/dispatch/board/")
    page.wait_for_selector(READY)


def _give_it_another_aircraft(eyes: Eyes, hands: Hands, morning: Morning) -> None:
    page, other = eyes.page, morning.desk.aircraft[1]
    hands.press(f".bar.movable[aria-label*='{morning.red.number}']")
    page.wait_for_selector("#panel select[name=aircraft]")
    hands.choose("#panel select[name=aircraft]", other.registration)
    page.wait_for_selector("#answer .verdict")
    eyes.look("board-moved")
    if page.locator("#panel footer textarea").is_visible():
        hands.write("#panel footer textarea", "The other aircraft is whole.")
    hands.press("#panel footer button[type=submit]")
    page.wait_for_selector("#panel", state="hidden")


def _have_the_day_planned(eyes: Eyes, hands: Hands, morning: Morning) -> None:
    page = eyes.page
    page.wait_for_selector("#plan:not([hidden])")
    hands.press("#plan")
    page.wait_for_selector(".plan button")
    hands.press(".plan button")
    page.wait_for_selector("#run[data-live]")
    in_a_thread(lambda: plan_in_the_background(morning))
    # The page hears of the end by itself.
    page.wait_for_selector("#run:not([data-live])")
    page.wait_for_selector(f"tr[id='{morning.open.number}']")
    hands.press(f"tr[id='{morning.open.number}'] summary:has-text('Why these two')")
    assert "Next best" in page.inner_text(f"tr[id='{morning.open.number}']")
    eyes.look("proposal")


def _publish(eyes: Eyes, hands: Hands) -> None:
    page = eyes.page
    hands.press("a:has-text('Publish…')")
    page.wait_for_selector(".confirm button")
    eyes.look("publish")
    hands.press(".confirm button.main")
    page.wait_for_selector(".note.success")
    eyes.look("published")
    hands.press("a:has-text('Board of this day')")
    page.wait_for_selector(READY)


def _hear_of_a_breach(eyes: Eyes, hands: Hands, morning: Morning) -> str:
    page = eyes.page
    status = in_a_thread(lambda: climb_too_high(morning))
    assert status == 200
    event = f"#events li:has-text('{morning.flying.number}: height')"
    page.wait_for_selector(event)
    title = page.locator(f"{event} .title").first.inner_text()
    eyes.look("board-event")
    hands.press(f"{event} button:has-text('Acknowledge')")
    page.wait_for_selector(f"{event}.is-acknowledged")
    return str(title)


def _land(eyes: Eyes, morning: Morning) -> None:
    in_a_thread(lambda: land(morning))
    eyes.page.reload()
    eyes.page.wait_for_selector(READY)


def _assert_the_end(morning: Morning) -> None:
    schedule = type(morning.schedule).objects.get(pk=morning.schedule.pk)
    rows: dict[int, Any] = {row.operation_id: row for row in Assignment.objects.published()}
    flying = FlightOperation.objects.get(pk=morning.flying.pk)
    event = DispatchEvent.objects.get(kind="conformance", details__kind="height")
    alert = ConformanceAlert.objects.get(operation=flying, kind="height")
    assert schedule.status == "published"
    assert schedule.published_by == morning.user
    assert {morning.red.pk, morning.open.pk} <= set(rows)
    broken = morning.desk.aircraft[0]
    assert broken.pk not in {rows[each.pk].aircraft_id for each in (morning.red, morning.open)}
    assert event.acknowledged_by == morning.user
    assert flying.status == "landed"
    assert alert.ended_at is not None
