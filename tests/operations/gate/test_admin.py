from datetime import timedelta
from html import unescape

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from common.compliance.decisions import override
from common.compliance.findings import Stage
from common.models import ComplianceState, RuleOverride
from operations.models import OpsSpec, TripEvidence
from operations.services.assessment import TRIP, assess_trip, record_assessment
from operations.services.releases import release_trip, revoke_release
from tests.operations.factories import NOW, TripFactory
from tests.operations.gate.scene import AT, first_pilot, put_on_file, statuses
from tests.operations.plans import Desk
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
SCREENS = ("flightrelease", "riskworksheet", "tripevidence", "opsspec", "trip", "tripleg")
APPEND_ONLY = ("flightrelease", "riskworksheet", "tripevidence", "opsspec")


@pytest.fixture
def trip(trip):
    """The clock stands at the moment of the story."""
    with time_machine.travel(AT, tick=False):
        yield trip


@pytest.fixture
def enter(client, trip):
    """The admin as somebody sees it who holds some permissions."""

    def sign_in(*permissions, user=None):
        user = user or UserFactory()
        grant(user, *(f"operations.view_{name}" for name in SCREENS), *permissions)
        client.force_login(user, backend="users.backends.RoleBackend")
        client.user = user
        return client

    return sign_in


def address(screen, name, *arguments, app="operations"):
    return reverse(f"admin:{app}_{screen}_{name}", args=arguments)


def act(client, screen, action, *rows, reason="", app="operations"):
    answer = client.post(
        address(screen, "changelist", app=app),
        {
            "action": action,
            "sure": "1",
            "_selected_action": [row.pk for row in rows],
            "reason": reason,
        },
    )
    return [str(message) for message in get_messages(answer.wsgi_request)][-1:]


def release(trip):
    return release_trip(trip, acknowledgements=[], actor=UserFactory(), at=AT)


def another(trip):
    """One more row of every kind."""
    revoke_release(trip, because="Crew ill", actor=UserFactory(), at=AT)
    release(trip)
    put_on_file(trip, "low_terrain", trip.legs.get(sequence=2))
    record_assessment(assess_trip(TripFactory(legs=2), stage=Stage.PLANNING, at=AT))
    OpsSpec.objects.create(code="C049", title="Destination analysis", issued_on=AT.date())


@pytest.mark.parametrize("screen", SCREENS)
def test_every_list_opens_in_a_number_of_queries_that_stays(enter, trip, screen):
    desk = enter()
    release(trip)
    desk.get(address(screen, "changelist"))
    with CaptureQueriesContext(connection) as few:
        assert desk.get(address(screen, "changelist")).status_code == 200
    another(trip)

    with CaptureQueriesContext(connection) as many:
        page = desk.get(address(screen, "changelist"))

    assert page.status_code == 200
    assert len(few) == len(many)


@pytest.mark.parametrize("screen", APPEND_ONLY)
def test_what_is_on_record_is_looked_at_and_never_typed(enter, trip, screen):
    release(trip)
    desk = enter(
        *(f"operations.{verb}_{screen}" for verb in ("add", "change", "delete"))
        if screen != "flightrelease"
        else ()
    )
    rows = {
        "flightrelease": trip.releases,
        "riskworksheet": trip.risk_worksheet.__class__.objects,
        "tripevidence": trip.evidence,
        "opsspec": OpsSpec.objects,
    }
    row = rows[screen].first()

    page = desk.get(address(screen, "change", row.pk))

    assert page.status_code == 200
    assert page.context["has_change_permission"] is False
    assert desk.get(address(screen, "add")).status_code == 403
    assert desk.post(address(screen, "delete", row.pk), {"post": "yes"}).status_code == 403


def test_a_trip_says_what_the_rules_find_and_is_released_when_nothing_is_amber(enter, trip):
    desk = enter("operations.release_trip")
    put = TripEvidence.objects.filter(trip=trip, kind="briefing")
    put.delete()
    record_assessment(assess_trip(trip, stage=Stage.RELEASE, at=AT))

    page = desk.get(address("trip", "change", trip.pk)).content
    assert b"FAR-135.117" in page
    assert b"14 CFR 135.117" in page
    assert act(desk, "trip", "release", trip) == [
        f"{trip}: {trip.number} cannot be released: 1 amber findings are not acknowledged, "
        "FAR-135.117."
    ]

    put_on_file(trip, "briefing", trip.legs.get(sequence=1))
    assert act(desk, "trip", "release", trip) == [f"{trip}: released"]
    assert statuses(trip)[0] == "released"
    assert b"G green" in desk.get(address("trip", "changelist")).content
    assert b"Nothing stands in the way" in desk.get(address("trip", "change", trip.pk)).content


def test_a_stale_verdict_is_never_shown_as_green(enter, trip):
    desk = enter()
    release(trip)

    # The report of the destination is too old to speak for the arrival then.
    with time_machine.travel(AT + timedelta(minutes=26), tick=False):
        page = desk.get(address("trip", "changelist")).content

    assert b"A green (stale)" in page
    assert b"G green" not in page
    ComplianceState.objects.update(color="red")
    with time_machine.travel(AT + timedelta(minutes=26), tick=False):
        assert b"R red (stale)" in desk.get(address("trip", "changelist")).content


def test_a_release_prints_what_was_let_pass_and_is_revoked_with_the_reason(enter, trip):
    boss = UserFactory(is_superuser=True)
    trip.legs.update(landing_distance_m=2000)
    record_assessment(assess_trip(trip, stage=Stage.RELEASE, at=AT))
    override(
        subject_type=TRIP,
        subject_id=trip.pk,
        rule="FAR-135.385",
        reason="Analysis 14",
        actor=boss,
        at=AT,
    )
    sheet = trip.risk_worksheet
    sheet.plan_hash = assess_trip(trip, stage=Stage.RELEASE, at=AT).collected.facts.plan_hash
    sheet.save()
    note = {"rule": "FAR-135.385", "note": "Seen by the desk"}
    made = release_trip(trip, acknowledgements=[note], actor=boss, at=AT)
    desk = enter("operations.release_trip")

    page = desk.get(address("flightrelease", "change", made.pk)).content.decode()
    overridden = desk.get(address("trip", "change", trip.pk)).content.decode()

    assert "A FAR-135.385" in page
    assert f"{boss}: Analysis 14" in page
    assert "Seen by the desk" in page
    assert "Leg 1 KBOI-KGEG" in page
    assert f"FAR-135.385: {boss}, Analysis 14" in overridden
    assert act(desk, "flightrelease", "revoke", made, reason="Fog") == [f"{made}: revoked"]
    made.refresh_from_db()
    assert made.revoked_because == "Fog"
    assert act(desk, "flightrelease", "revoke", made) == [
        f"{made}: {trip.number} has no live release."
    ]


def test_an_old_release_does_not_take_the_new_one_back(enter, trip):
    old = release(trip)
    revoke_release(trip, because="Crew ill", actor=UserFactory(), at=AT)
    release(trip)
    desk = enter("operations.release_trip")

    act(desk, "flightrelease", "revoke", old, reason="Fog")

    assert statuses(trip)[0] == "released"


def test_a_worksheet_is_signed_by_the_pilot_in_command_and_shows_its_answers(enter, trip):
    sheet = trip.risk_worksheet
    sheet.signed_by = sheet.signed_at = None
    sheet.save()
    desk = enter("operations.sign_riskworksheet")
    assert b"R 0 of 25, not signed" in desk.get(address("riskworksheet", "changelist")).content
    assert "Only the pilot in command" in act(desk, "riskworksheet", "sign", sheet)[0]

    pilot = enter("operations.sign_riskworksheet", user=first_pilot(trip))
    assert act(pilot, "riskworksheet", "sign", sheet) == [f"{sheet}: signed"]

    page = pilot.get(address("riskworksheet", "change", sheet.pk)).content
    assert b"G 0 of 25" in page
    assert b"Terrain and obstacles: Flat (0)" in page


def test_evidence_is_withdrawn_and_a_specification_ended_by_who_may(enter, trip):
    row, spec = trip.evidence.get(kind="consent"), OpsSpec.objects.get(code="A024")
    desk = enter("operations.withdraw_tripevidence", "operations.change_opsspec")

    assert act(desk, "tripevidence", "withdraw", row, reason="Not signed") == [f"{row}: withdrawn"]
    assert act(desk, "opsspec", "end_today", spec) == ["A024: ends today"]

    row.refresh_from_db()
    spec.refresh_from_db()
    assert (row.withdrawn_because, spec.expires_on) == ("Not signed", AT.date())


@pytest.mark.parametrize(
    ("screen", "action"),
    [
        ("trip", "release"),
        ("flightrelease", "revoke"),
        ("riskworksheet", "sign"),
        ("riskworksheet", "approve"),
        ("tripevidence", "withdraw"),
        ("opsspec", "end_today"),
    ],
)
def test_an_action_without_its_grant_is_not_offered(enter, trip, screen, action):
    release(trip)
    desk = enter()

    page = desk.get(address(screen, "changelist"))

    assert action not in dict(page.context["cl"].model_admin.get_actions(page.wsgi_request))
    assert f'value="{action}"' not in page.content.decode()


def test_a_leg_says_what_dispatch_did_not_enter_yet(enter, trip):
    trip.legs.filter(sequence=2).update(landing_distance_m=None, fuel_on_board_kg=None)

    page = enter().get(address("tripleg", "changelist")).content

    assert b"G complete" in page
    assert b"R no landing distance, fuel" in page


def test_overrides_are_listed_in_fixed_queries_and_withdrawn_by_who_may_give_them(enter, trip):
    boss = UserFactory(is_superuser=True)
    trip.legs.update(landing_distance_m=2000, fuel_on_board_kg=600)
    for rule in ("FAR-135.385", "FAR-135.223-FUEL"):
        given = override(
            subject_type=TRIP, subject_id=trip.pk, rule=rule, reason="Seen", actor=boss, at=AT
        )
    desk = enter("common.view_ruleoverride", "common.override_verdict", "aircraft.view_aircraft")
    desk.get(address("ruleoverride", "changelist", app="common"))
    with CaptureQueriesContext(connection) as two:
        desk.get(address("ruleoverride", "changelist", app="common"))

    assert act(desk, "ruleoverride", "withdraw", given, app="common") == [f"{given}: withdrawn"]

    RuleOverride.objects.exclude(pk=given.pk).update(granted_by=UserFactory())
    with CaptureQueriesContext(connection) as again:
        desk.get(address("ruleoverride", "changelist", app="common"))
    given.refresh_from_db()
    assert given.withdrawn_at == AT
    assert len(two) == len(again)


def test_an_offers_screen_says_what_the_rules_find(enter, trip):
    with time_machine.travel(NOW, tick=False):
        version = Desk(now=NOW).price()
        desk = enter("operations.view_quoteversion")

        page = desk.get(address("quoteversion", "change", version.pk)).content.decode()

    findings = [f for f in version.verdict.findings if f["color"] != "green"]
    assert findings
    shown = page[page.index('<ul class="desk-problems">') :]
    shown = shown[: shown.index("</ul>")]
    assert f"{findings[0]['rule']}, {findings[0]['citation']}" in unescape(shown)
    assert f'title="{findings[0]["color"]}"' in shown.lower()
