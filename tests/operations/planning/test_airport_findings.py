"""What must be known of the airports of a plan: runways, light, hours, fuel."""

from datetime import timedelta

import pytest

from operations.planning.fields import Handler, Strip
from operations.planning.journey import Journey
from tests.operations.planning.worlds import MORNING, asked, codes, craft, field, plan

WEEK = {str(day): [["06:00", "22:00"]] for day in range(7)}
# 22:00 in Salt Lake City, an hour and a half after the sun has gone.
NIGHT = MORNING + timedelta(hours=13)


def at_slc(*, when=MORNING, **known):
    """A flight from home to Salt Lake City, of which only what is given is known."""
    leg = asked("KBOI", "KSLC", earliest_departure_at=when, has_patient=False)
    return plan(Journey(legs=(leg,)), KSLC=field("KSLC", **known))


def there(found, code):
    return [
        (finding.is_blocking, finding.value, finding.limit)
        for finding in found.itinerary.findings
        if finding.code == code and "KSLC" in finding.message
    ]


def strip(length_m=2400.0, surface="paved", is_lighted=True):
    return Strip(length_m=length_m, surface=surface, is_lighted=is_lighted)


@pytest.mark.parametrize(
    ("strips", "code", "told"),
    [
        ((strip(1099),), "runway_length", (True, 1099, 1100)),
        ((strip(900), strip(1000, "gravel")), "runway_length", (True, 1000, 1100)),
        ((strip(2400, "grass"),), "runway_surface", (True, "grass", "paved, gravel")),
        # Long on grass, paved but short: neither will do.
        (
            (strip(2400, "grass"), strip(900)),
            "runway_surface",
            (True, "grass, paved", "paved, gravel"),
        ),
        ((), "runway_unknown", (False, None, 1100)),
        ((strip(None),), "runway_unknown", (False, None, 1100)),
        ((strip(2400, None),), "runway_unknown", (False, None, 1100)),
        ((strip(900), strip(None)), "runway_unknown", (False, None, 1100)),
    ],
)  # fmt: skip
def test_a_runway_that_will_not_do_is_in_the_way_and_one_nobody_knows_is_said(strips, code, told):
    found = at_slc(strips=strips)

    assert there(found, code) == [told]
    assert bool(found.reasons) is told[0]


@pytest.mark.parametrize(
    "strips", [(strip(1100),), (strip(1100, "gravel"),), (strip(700), strip(None), strip())]
)
def test_one_runway_that_will_do_is_enough(strips):
    assert not [code for code in codes(at_slc(strips=strips)) if code.startswith("runway")]


def test_a_closed_airport_is_in_the_way():
    found = at_slc(is_in_use=False)

    assert there(found, "airport_closed") == [(True, None, None)]
    assert [(reason.code, reason.leg) for reason in found.reasons] == [("airport_closed", 1)]


@pytest.mark.parametrize(
    ("is_lighted", "code", "is_blocking"),
    [(False, "runway_unlit", True), (None, "runway_lights_unknown", False)],
)
def test_a_dark_runway_is_in_the_way_only_at_night(is_lighted, code, is_blocking):
    strips = (strip(is_lighted=is_lighted),)

    by_day, by_night = at_slc(strips=strips), at_slc(strips=strips, when=NIGHT)

    assert there(by_day, code) == []
    # Landing, and leaving for home again.
    assert [told[0] for told in there(by_night, code)] == [is_blocking, is_blocking]


def test_only_lights_of_a_runway_that_will_do_count():
    strips = (strip(is_lighted=False), strip(800, is_lighted=True))

    assert len(there(at_slc(strips=strips, when=NIGHT), "runway_unlit")) == 2


def test_a_lit_runway_may_be_used_at_night():
    assert "runway_unlit" not in codes(at_slc(when=NIGHT))


def test_handlers_who_are_there_settle_the_hours():
    found = at_slc(handlers=(Handler(name="FBO", hours_kind="weekly", hours=WEEK),))

    assert not there(found, "hours_unknown")
    assert not there(found, "airport_hours")


def test_everybody_closed_is_in_the_way_and_says_when_they_open():
    """Arriving at 23:15 local time they open at six in the morning, 12:00 UTC."""
    when = MORNING + timedelta(hours=13)
    found = at_slc(when=when, handlers=(Handler(name="FBO", hours_kind="weekly", hours=WEEK),))

    arrival, departure = there(found, "airport_hours")
    assert arrival == (True, "2026-05-13T05:15:00+00:00", "2026-05-13T12:00:00+00:00")
    assert departure[1] == "2026-05-13T06:00:00+00:00"
    assert {reason.code for reason in found.reasons} == {"airport_hours"}


def test_whoever_comes_when_called_is_not_in_the_way():
    called = Handler(name="FBO", hours_kind="weekly", hours=WEEK, notice_min=120)

    found = at_slc(when=NIGHT, handlers=(called,))

    assert [told[0] for told in there(found, "hours_on_request")] == [False, False]
    assert "120 min before" in next(
        each.message for each in found.itinerary.findings if each.code == "hours_on_request"
    )


def test_the_best_of_the_handlers_counts():
    shut = Handler(name="A", hours_kind="weekly", hours=WEEK)
    always = Handler(name="B", hours_kind="h24")

    assert not there(at_slc(when=NIGHT, handlers=(shut, always)), "airport_hours")


def test_hours_that_nobody_knows_are_said_and_not_taken_for_open():
    assert there(at_slc(), "hours_unknown") == [(False, None, None)]
    assert there(at_slc(handlers=(Handler(name="FBO"),)), "hours_unknown") == [(False, None, None)]


def test_a_tower_at_work_shows_that_somebody_is_there_and_a_closed_one_is_told():
    open_by_day = {"is_controlled": True, "tower_hours": WEEK}

    by_day, by_night = at_slc(**open_by_day), at_slc(when=NIGHT, **open_by_day)

    assert there(by_day, "hours_unknown") == there(by_day, "tower_closed") == []
    assert [told[0] for told in there(by_night, "tower_closed")] == [False, False]
    assert there(by_night, "hours_unknown") == [(False, None, None)]


def test_fuel_away_from_home_is_confirmed_or_doubtful():
    sells = (Handler(name="FBO", hours_kind="h24", fuels=("jet_a1",)),)

    assert there(at_slc(handlers=sells), "fuel_unknown") == []
    assert there(at_slc(), "fuel_unknown") == [(False, None, "jet_a1")]
    leg = asked("KBOI", "KSLC", has_patient=False)
    piston = plan(Journey(legs=(leg,)), craft(fuel="avgas"), KSLC=field("KSLC", handlers=sells))
    assert there(piston, "fuel_unknown") == [(False, None, "avgas")]
