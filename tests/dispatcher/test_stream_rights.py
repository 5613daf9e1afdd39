"""What one may follow on the board, asked again of the request that opened the stream."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from common.live import rights as asking
from rpas.services.operators import update_member
from tests.dispatcher.live_scene import NOW, make_desk, make_operation
from tests.dispatcher.proposal_hands import browser_of
from tests.rpas.factories import MemberFactory
from tests.users.factories import grant
from users.models import ApiToken, RoleAssignment
from users.services import accounts, api_tokens, roles, sessions

STREAM = "/api/dispatcher/stream/"
OVERVIEW = "dispatcher.overview_dispatchschedule"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def desk():
    return make_desk()


@pytest.fixture
def follow(monkeypatch):
    """Open a stream; gives what it follows, and the question that is asked while it is open."""

    class NoOthers:
        def close_all(self) -> None:
            """The test's own connection stays."""

    monkeypatch.setattr(asking, "connections", NoOthers())

    def opened(client, address=STREAM, **how):
        found = []

        def frames(*channels, resume="", pick=None, rights=None):
            found.extend([frozenset(channels), rights])
            return iter(())

        monkeypatch.setattr("common.live.events.frames", frames)
        answer = client.get(address, **how)
        assert answer.status_code == 200, answer.content
        return found

    return opened


def test_whose_rights_stay_follows_the_same(client_for, desk, follow):
    for client in (client_for(desk.dispatcher), browser_of(desk.dispatcher)):
        channels, ask = follow(client)

        assert ask() == channels
        assert f"board:{desk.operator.scope}" in channels


def test_a_new_member_hears_of_it_and_a_former_one_no_longer(client_for, desk, follow):
    other = make_desk()
    channels, ask = follow(client_for(desk.dispatcher))

    member = MemberFactory(operator=other.operator, user=desk.dispatcher)
    gained = ask()
    yesterday = {"valid_until": NOW.date() - timedelta(days=2)}
    update_member(member, changes=yesterday, version=None, actor=other.pilot, at=NOW)

    board = f"board:{other.operator.scope}"
    assert gained - channels == {board, f"{board}/crewed"}
    assert ask() == channels


def test_a_grant_that_is_withdrawn_or_runs_out_ends_it(client_for, desk, follow, time_machine):
    _, ask = follow(client_for(desk.dispatcher))
    held = RoleAssignment.objects.get(user=desk.dispatcher)
    later, asks_later = follow(client_for(desk.pilot))
    RoleAssignment.objects.filter(user=desk.pilot).update(valid_until=NOW + timedelta(minutes=1))

    roles.withdraw_role(held, reason="Left the desk", actor=admin(), at=NOW)

    assert ask() == frozenset()
    assert asks_later() == later
    time_machine.shift(timedelta(minutes=2))
    assert asks_later() == frozenset()


def admin():
    person = MemberFactory().user
    person.is_superuser = True
    person.save()
    return person


def test_who_gains_the_sight_of_trips_follows_them(client_for, desk, follow):
    channels, ask = follow(client_for(desk.pilot))

    grant(desk.pilot, "operations.view_trip")

    assert ask() - channels == {"board:crewed_fleet", f"board:{desk.operator.scope}/crewed"}


@pytest.mark.parametrize("how", ["signed out", "all ended", "deactivated", "token expired"])
def test_a_session_that_ended_follows_nothing(client_for, desk, follow, how, time_machine):
    client = client_for(desk.dispatcher)
    _, ask = follow(client)

    if how == "signed out":
        sessions.end_session(client.session_row, actor=desk.dispatcher, at=NOW)
    elif how == "all ended":
        sessions.end_all_sessions(desk.dispatcher, reason="password", actor=None, at=NOW)
    elif how == "deactivated":
        accounts.deactivate(desk.dispatcher, reason="Left", actor=admin(), at=NOW)
    else:
        time_machine.shift(timedelta(minutes=16))

    assert ask() == frozenset()


@pytest.mark.parametrize("how", ["signed out", "all ended", "no second factor"])
def test_a_browser_that_signed_out_follows_nothing(desk, follow, how):
    browser = browser_of(desk.dispatcher)
    _, ask = follow(browser)

    if how == "signed out":
        browser.logout()
    elif how == "all ended":
        sessions.end_all_sessions(desk.dispatcher, reason="password", actor=None, at=NOW)
    else:
        session = browser.session
        del session["otp_device_id"]
        session.save()

    assert ask() == frozenset()


def test_a_machine_whose_token_is_revoked_or_says_less_follows_nothing(api, desk, follow):
    _, key = api_tokens.issue_token(
        desk.dispatcher, name="Wall", scopes=[OVERVIEW], expires_at=NOW + timedelta(days=2),
        actor=desk.dispatcher, at=NOW,
    )  # fmt: skip
    channels, ask = follow(api, headers={"X-Api-Token": key})

    assert ask() == channels
    ApiToken.objects.update(scopes=["rpas.view_rpasaircraft"])
    assert ask() == frozenset()
    ApiToken.objects.update(scopes=[OVERVIEW])
    assert ask() == channels
    api_tokens.revoke_token(ApiToken.objects.get(), reason="Lost", actor=desk.pilot, at=NOW)
    assert ask() == frozenset()


def test_a_flight_is_followed_for_as_long_as_it_is_seen(client_for, desk, follow):
    operation = make_operation(desk)
    address = f"/api/flight-operations/operations/{operation.number}/stream/"
    channels, ask = follow(client_for(desk.pilot), address)
    seen = ask()
    operation.pilot_in_command = desk.second
    operation.save()
    for member in desk.pilot.operator_memberships.all():
        ends = {"valid_until": NOW.date() - timedelta(days=2)}
        update_member(member, changes=ends, version=None, actor=desk.second, at=NOW)

    assert seen == channels
    assert ask() == frozenset()


@pytest.mark.django_db(transaction=True)
def test_the_question_is_asked_on_a_thread_of_its_own_and_gives_its_connection_back(
    client_for, monkeypatch
):
    desk = make_desk()
    found = []

    def frames(*channels, resume="", pick=None, rights=None):
        found.extend([frozenset(channels), rights])
        return iter(())

    monkeypatch.setattr("common.live.events.frames", frames)
    client_for(desk.dispatcher).get(STREAM)
    channels, ask = found

    def answer():
        return ask(), connection.connection

    with ThreadPoolExecutor(1) as elsewhere:
        before = elsewhere.submit(answer).result()
        accounts.deactivate(desk.dispatcher, reason="Left", actor=admin(), at=NOW)
        after = elsewhere.submit(answer).result()

    assert (before, after) == ((channels, None), (frozenset(), None))
