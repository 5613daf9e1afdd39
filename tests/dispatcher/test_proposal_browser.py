"""The proposal in a real browser: whatever somebody wrote, nothing lies beside the page."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from dispatcher.services import optimization, runs
from tests.browser import enter
from tests.dispatcher.board_scene import CHROMIUM
from tests.dispatcher.morning_hands import at_the_screen
from tests.dispatcher.morning_scene import make_morning
from tests.dispatcher.proposal_hands import address

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM, reason="There is no Chromium on the path."),
]
LONG = "\u202e<b>tower</b> " + "W" * 100
WIDTH = "document.documentElement.scrollWidth"
# How far the column of the pilots begins from the left.
PILOTS = "document.querySelector('thead th:nth-child(5)').getBoundingClientRect().left"


def test_a_title_without_end_moves_nothing_out_of_sight(live_server):
    morning = make_morning()
    at = timezone.now()
    type(morning.open).objects.update(title=LONG)
    morning.desk.draft(at, km_east=900, start=at + timedelta(hours=5), title=LONG)
    run = runs.request_run(morning.schedule, seed=1, actor=morning.user, at=at)
    optimization.perform_run(run.pk, clock=timezone.now)
    client = Client()
    enter(client, morning.user)
    session = {"name": "sessionid", "value": client.cookies["sessionid"].value}
    found = {}
    with at_the_screen(live_server.url) as eyes:
        eyes.page.context.add_cookies([session | {"url": live_server.url}])
        for deed in ("", "publish"):
            eyes.page.goto(live_server.url + address(morning.schedule, deed))
            for width in (1280, 820, 390):
                eyes.page.set_viewport_size({"width": width, "height": 900})
                found[deed, width] = eyes.page.evaluate(WIDTH)
                if width == 1280:
                    assert eyes.page.evaluate(PILOTS) < 900
        faults = eyes.faults

    assert found == {key: key[1] for key in found}
    assert faults == []
