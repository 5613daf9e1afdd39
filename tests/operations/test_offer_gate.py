"""The rules at the moment an offer is sent: who is proposed to fly it is judged as if booked."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from common import views as compliance_views
from common.models import AuditEvent, OutboxEvent, RuleOverride, StatusChange, Verdict
from operations.exceptions import NotLegal
from operations.models import OpsSpec, Quote, QuoteVersion
from operations.services.offers import send_version
from operations.views import quotes as quote_views
from tests.operations import legal_world
from tests.operations.hours_world import RULE, World
from tests.operations.plans import HOUR
from tests.users.factories import DeclaredFlightFactory

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def clock(monkeypatch, now):
    """The clock of the desk stands at the moment of the story: limits count by quarter."""
    stopped = SimpleNamespace(now=lambda: now)
    monkeypatch.setattr(quote_views, "timezone", stopped)
    monkeypatch.setattr(compliance_views, "timezone", stopped)


@pytest.fixture
def world(client_for, now, clock):
    return World(client_for, now)


def red(findings):
    return [f for f in findings if f["color"] == "red"]


def everything():
    """All that a sending writes."""
    quote, version = Quote.objects.get(), QuoteVersion.objects.get()
    return (
        (quote.status, quote.version, version.version, version.sent_at, version.link_digest),
        (version.content_hash, version.verdict_id),
        [
            kind.objects.count()
            for kind in (OutboxEvent, AuditEvent, StatusChange, Verdict, RuleOverride)
        ],
    )


def test_an_offer_that_takes_the_captain_over_the_quarters_limit_is_priced_but_not_sent(world):
    priced = world.price()
    assert priced.status_code == 201, priced.json()
    before = everything()

    answer = world.send()

    assert answer.status_code == 409
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "not_legal"
    details = answer.json()["details"]
    assert (details["doing"], details["stage"], details["count"]) == ("sent", "planning", 1)
    (found,) = details["findings"]
    assert (found["rule"], found["citation"]) == (RULE, "14 CFR 135.267(a)(1)")
    assert (found["limit"], found["value"]) == (500, 501.2)
    assert everything() == before
    verdict = Verdict.objects.get(pk=priced.json()["verdict"])
    assert [f["rule"] for f in red(verdict.findings)] == [RULE]


def test_up_to_the_limit_itself_an_offer_is_sent(client_for, now, clock):
    world = World(client_for, now, flown=493.8)
    world.price()

    answer = world.send()

    assert answer.status_code == 200, answer.json()
    verdict = Verdict.objects.get(pk=answer.json()["verdict"])
    (found,) = [f for f in verdict.findings if f["rule"] == RULE and f["color"] != "green"]
    assert (found["color"], found["value"], found["limit"]) == ("amber", 500.0, 500)


def test_somebody_else_in_command_and_it_goes_out(world, now):
    world.price()
    assert world.send().status_code == 409

    world.price(captain=legal_world.crew_member(now))

    assert world.send(sequence=2).status_code == 200


def test_only_the_legs_proposed_for_count(world, now):
    """Two of the three flights: 495.0 + 4.13 h is within the limit."""
    other = legal_world.crew_member(now)
    captain, *rest = world.crew()
    split = [{**captain, "legs": [1, 2]}, {**captain, "person": other.pk, "legs": [3]}, *rest]

    world.price(proposed_crew=split)

    assert world.send().status_code == 200


def test_the_chief_pilots_override_lets_it_pass_and_is_recorded(world):
    version = world.price().json()["id"]
    key = {"headers": {"Idempotency-Key": "send-1"}}
    assert world.send(**key).status_code == 409
    chief = world.signed_in("chief_pilot")

    granted = world.override(chief, version)
    sent = world.send(**key)

    assert granted.status_code == 201, granted.json()
    kept = RuleOverride.objects.get()
    assert (kept.rule, kept.subject_id) == (RULE, version)
    assert kept.reason == "Hours agreed with the authority, letter 12"
    assert AuditEvent.objects.get(action="compliance.overridden").reason == kept.reason
    assert sent.status_code == 200, sent.json()
    verdict = Verdict.objects.get(pk=sent.json()["verdict"])
    (found,) = [f for f in verdict.findings if f["overridden_reason"]]
    assert (found["rule"], found["color"], found["value"]) == (RULE, "amber", 501.2)
    assert found["overridden_reason"] == f"{kept.granted_by}: {kept.reason}"


def test_an_override_is_of_one_version_and_ends_when_it_is_taken_back(world):
    version = world.price().json()["id"]
    chief = world.signed_in("chief_pilot")
    granted = world.override(chief, version).json()["id"]

    back = chief.post(f"/api/compliance/overrides/{granted}/withdraw/", {"reason": "Wrong letter"})

    assert back.status_code == 200, back.json()
    assert world.send().json()["code"] == "not_legal"
    assert world.override(chief, version).status_code == 201
    world.price()
    assert world.send(sequence=2).json()["code"] == "not_legal"


@pytest.mark.parametrize("role", ["dispatcher", "flight_coordinator", "pilot"])
def test_nobody_else_overrides(world, role):
    version, somebody = world.price().json()["id"], world.signed_in(role)
    before = everything()

    answer = world.override(somebody, version)

    assert answer.status_code == 403
    assert world.send().status_code == 409
    assert everything() == before


def test_an_absolute_rule_is_not_overridden_by_anybody(client_for, now, clock):
    world = World(client_for, now, flown=100.0)
    OpsSpec.objects.all().delete()
    version, chief = world.price().json()["id"], world.signed_in("chief_pilot")
    before = everything()

    refused = world.send()
    answer = world.override(chief, version, rule="OPSPEC-A024")

    (found,) = refused.json()["details"]["findings"]
    assert (found["rule"], found["is_absolute"]) == ("OPSPEC-A024", True)
    assert (answer.status_code, answer.json()["code"]) == (409, "rule_is_absolute")
    assert world.send().status_code == 409
    assert everything() == before


def test_hours_flown_since_it_was_priced_count_when_it_is_sent(client_for, now, clock):
    world = World(client_for, now, flown=490.0)
    priced = world.price().json()
    assert red(Verdict.objects.get(pk=priced["verdict"]).findings) == []
    off = now - timedelta(days=4)

    DeclaredFlightFactory(user=world.captain, off_at=off, on_at=off + 5 * HOUR, flight_min=300)

    (found,) = world.send().json()["details"]["findings"]
    assert (found["rule"], found["value"]) == (RULE, 501.2)


def test_nobody_is_proposed_for_a_leg_that_is_not_of_the_plan(world):
    captain, *rest = world.crew()

    answer = world.price(proposed_crew=[*rest, {**captain, "legs": [1, 9]}])

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/proposed_crew/2/legs"
    assert not QuoteVersion.objects.exists()


@pytest.mark.parametrize(
    ("legs", "status"),
    [({}, 400), ({"legs": [3]}, 400), ({"legs": [1, 2]}, 201)],
)
def test_nobody_takes_two_places_on_one_leg(world, legs, status):
    """One pilot proposed twice would pass for a crew of two."""
    captain, second, nurse = world.crew()
    both = {**captain, "role": "sic", "legs": [3]}

    answer = world.price(
        proposed_crew=[{**captain, **legs}, {**second, "legs": [1, 2]}, nurse, both]
    )

    assert answer.status_code == status
    if status == 400:
        assert answer.json()["errors"][0]["pointer"] == "/proposed_crew/3/person"


def test_the_service_refuses_as_the_address_does(world, now):
    world.price()
    version = QuoteVersion.objects.get()

    with pytest.raises(NotLegal, match=r"cannot be sent\. Red findings: 1"):
        send_version(version, actor=world.desk.actor, at=now)

    assert Quote.objects.get().status == "priced"
