"""What a calendar program reads, and who may give it the address."""

import pytest
import time_machine
from django.core.cache import cache
from django.test import override_settings
from icalendar import Calendar

from common.models import AuditEvent, IdempotencyKey
from operations.models import CalendarFeed
from operations.services import calendars, crew, delays, trip_ends
from tests.operations import legal_world
from tests.operations.trip_world import (
    HOUR,
    START,
    crewed,
    employed,
    hand_trip,
    leg_of,
    lines_of,
    minutes,
)
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
ADDRESS = "/api/operations/calendars/"


@pytest.fixture(autouse=True)
def at_now(now):
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def owner():
    person = employed()
    grant(
        person,
        "operations.view_trip",
        "operations.view_calendarfeed",
        "operations.add_calendarfeed",
        "operations.revoke_calendarfeed",
    )
    return person


def issued(client, **body):
    answer = client.post(ADDRESS, body, format="json")
    assert answer.status_code == 201, answer.json()
    return answer.json()


def read(api, url, **headers):
    return api.get(url.removeprefix("http://testserver"), headers=headers)


def events(answer):
    found = Calendar.from_ical(answer.content).walk("VEVENT")
    return {str(event["UID"]).split("@")[0]: event for event in found}


def test_a_crew_member_reads_duties_and_legs_in_utc_without_the_title(client_for, api, owner, now):
    trip = hand_trip(notes="Ms Example")
    crewed(trip, person=owner)
    url = issued(client_for(owner))["url"]

    answer = read(api, url)

    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer["Cache-Control"] == "private, max-age=300"
    found = events(answer)
    duty = found[f"duty-{trip.duty_periods.get().pk}"]
    assert (duty["DTSTART"].dt, duty["DTEND"].dt) == (START - HOUR, START + 7 * HOUR)
    place = found[f"place-{lines_of(trip, owner)[0].pk}"]
    assert str(place["SUMMARY"]) == f"{trip.aircraft} KBSE-KPCK (Pilot in command)"
    assert str(place["STATUS"]) == "CONFIRMED"
    assert b"DTSTART:20260315T200000Z" in answer.content
    assert b"Charter" not in answer.content
    assert b"Example" not in answer.content
    assert len(found) == 4


def test_a_change_raises_the_sequence_and_keeps_the_uid(client_for, api, owner, now):
    trip = hand_trip()
    crewed(trip, person=owner)
    url = issued(client_for(owner))["url"]
    before = events(read(api, url))

    delays.delay_leg(leg_of(trip, 1), minutes=30, code="crew", actor=UserFactory(), at=now)

    after = events(read(api, url))
    assert set(after) == set(before)
    uid = f"place-{lines_of(trip, owner)[0].pk}"
    assert after[uid]["DTSTART"].dt == START + minutes(30)
    assert int(after[uid]["SEQUENCE"]) > int(before[uid]["SEQUENCE"])


def test_what_does_not_take_place_is_cancelled_not_gone(client_for, api, owner, now):
    trip = hand_trip()
    crewed(trip, person=owner)
    url = issued(client_for(owner))["url"]

    line = lines_of(trip, owner)[0]
    crew.release_place(line, reason="Swap", actor=UserFactory(), at=now)
    assert str(events(read(api, url))[f"place-{line.pk}"]["STATUS"]) == "CANCELLED"

    trip_ends.cancel_trip(trip, reason="Off", actor=UserFactory(), at=now)
    assert {str(event["STATUS"]) for event in events(read(api, url)).values()} == {"CANCELLED"}


def test_an_aircraft_has_a_calendar_of_its_legs(client_for, api, owner):
    tail = legal_world.aircraft()
    trip = hand_trip(tail)
    hand_trip()
    url = issued(client_for(owner), aircraft=tail.tail_number)["url"]

    found = events(read(api, url))

    assert set(found) == {f"leg-{row.pk}" for row in trip.legs.all()}


def test_an_unchanged_calendar_is_not_sent_again(client_for, api, owner, now):
    trip = hand_trip()
    crewed(trip, person=owner)
    url = issued(client_for(owner))["url"]
    tag = read(api, url)["ETag"]

    again = read(api, url, **{"if-none-match": tag})

    assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
    delays.delay_leg(leg_of(trip, 1), minutes=5, code="crew", actor=UserFactory(), at=now)
    assert read(api, url, **{"if-none-match": tag}).status_code == 200


def test_the_secret_is_shown_once_and_kept_nowhere(client_for, owner):
    client = client_for(owner)
    made = issued(client)
    secret = made["url"].rstrip("/").rsplit("/", 1)[1]

    assert CalendarFeed.objects.get().digest == calendars.digest_of(secret)
    assert "url" not in client.get(f"{ADDRESS}{made['id']}/").json()
    assert not IdempotencyKey.objects.exists()
    assert secret not in str(list(AuditEvent.objects.values()))


def test_a_revoked_address_and_a_guessed_one_are_not_there(client_for, api, owner, now):
    client = client_for(owner)
    made = issued(client)

    assert client.post(f"{ADDRESS}{made['id']}/revoke/").status_code == 200

    assert read(api, made["url"]).status_code == 404
    assert read(api, f"{ADDRESS}feeds/{'A' * 43}/").status_code == 404
    assert client.post(f"{ADDRESS}{made['id']}/revoke/").status_code == 409


def test_the_address_ends_with_the_account_and_the_right_to_see_trips(client_for, api, owner):
    made = issued(client_for(owner))
    owner.role_assignments.exclude(role__grants=None).delete()
    assert read(api, made["url"]).status_code == 404

    other = employed()
    grant(other, "operations.view_trip", "operations.add_calendarfeed")
    made = issued(client_for(other))
    other.is_active = False
    other.save()
    assert read(api, made["url"]).status_code == 404


def test_nobody_revokes_somebody_elses_address(client_for, owner):
    made = issued(client_for(owner))
    other = employed()
    grant(other, "operations.view_calendarfeed", "operations.revoke_calendarfeed")

    answer = client_for(other).post(f"{ADDRESS}{made['id']}/revoke/")

    assert (answer.status_code, answer.json()["code"]) == (403, "not_your_place")
    assert CalendarFeed.objects.get().revoked_at is None


def test_addresses_are_counted_by_where_the_reader_comes_from(api, settings):
    rates = {**settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"], "calendar": "2/hour"}
    cache.clear()

    with override_settings(
        REST_FRAMEWORK={**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": rates}
    ):
        codes = [api.get(f"{ADDRESS}feeds/{'a' * 43}/").status_code for _ in range(3)]

    assert codes == [404, 404, 429]
