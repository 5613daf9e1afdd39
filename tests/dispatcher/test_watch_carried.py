"""What a desk is told of rules about those on board a crewed trip: never which."""

import pytest

from dispatcher.models import DispatchEvent
from dispatcher.services import events
from tests.dispatcher.live_scene import NOW, make_desk
from tests.dispatcher.test_watch import live_trip, unresolved, verdict_of

pytestmark = pytest.mark.django_db
DECISION = ("MED-DECISION", "red", "The patient was found not fit to fly.")
OXYGEN = ("MED-OXYGEN", "red", "3000 l of oxygen needed.")
REPORT = ("FAR-135.213", "red", "No report of the weather.")


@pytest.fixture(scope="module")
def desk(kept_rows):
    return make_desk()


@pytest.fixture(autouse=True)
def _settings(settings, time_machine, desk):
    settings.DISPATCH_WATCH_H = 24
    settings.DISPATCH_CREWED_CENTER = desk.center.code
    time_machine.move_to(NOW, tick=False)


def test_a_desk_does_not_hear_which_rule_about_those_on_board_is_broken():
    verdict_of(live_trip(), DECISION, OXYGEN, ("FET-AMB", "red", "No ambulance."))

    details = DispatchEvent.objects.get().details
    assert details["rules"] == [{"rule": "ON-BOARD", "title": ""}]
    assert not any(word in str(details) for word in ("MED", "OXYGEN", "FET"))


def test_another_rule_is_named_beside_those_about_who_is_on_board():
    verdict_of(live_trip(), OXYGEN, REPORT)

    rules = {event.kind: event.details["rules"] for event in DispatchEvent.objects.all()}
    assert [each["rule"] for each in rules["compliance"]] == ["ON-BOARD"]
    assert [each["rule"] for each in rules["weather"]] == ["FAR-135.213"]


def test_other_trouble_of_those_on_board_is_told_though_it_reads_the_same(desk):
    trip = live_trip()
    verdict_of(trip, DECISION)
    event = DispatchEvent.objects.get()
    events.resolve_event(event, resolution="Seen.", actor=desk.dispatcher, at=NOW)

    verdict_of(trip, DECISION)
    assert unresolved() == []

    verdict_of(trip, OXYGEN)
    text = f"{trip.number}: A rule about those on board is not met."
    assert unresolved() == [("compliance", "warning", text)]


def test_what_was_closed_before_rules_were_told_apart_stays_closed(desk):
    trip = live_trip()
    verdict_of(trip, REPORT)
    event = DispatchEvent.objects.get()
    events.resolve_event(event, resolution="Seen.", actor=desk.dispatcher, at=NOW)
    DispatchEvent.objects.update(details={"rules": event.details["rules"]})

    verdict_of(trip, REPORT)

    assert unresolved() == []
