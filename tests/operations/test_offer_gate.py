"""The rules at the moment an offer is sent: who is proposed to fly it is judged as if booked."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from common import views as compliance_views
from common.models import AuditEvent, OutboxEvent, RuleOverride, StatusChange, Verdict
from operations.exceptions import NotLegal
from operations.models import OpsSpec, Quote, QuoteVersion
from operations.services.offers import send_version
from operations.views import quotes as quote_views
from tests.operations import legal_world
from tests.operations.plans import HOUR, Desk, leg, place_of, plan
from tests.operations.quote_desk import QUOTES, price_body
from tests.users.factories import DeclaredFlightFactory, UserFactory, hold
from users.models import Role
from users.services.seeding import seed_roles

pytestmark = pytest.mark.django_db
RULE = "FAR-135.267-QTR"
# Three flights of 2:04 h are 6.2 h.
BLOCK_MIN = 124
NEW_YEAR = datetime(2026, 1, 1, 6, 0, tzinfo=UTC)
FLOWN_IN_WORLD_MIN = 8 * 60


def six_hours(desk):
    """Out to the patient, to the hospital and home, 6.2 hours from blocks to blocks in all."""
    base, pickup, dropoff = (place_of(each) for each in desk.airports)
    ways = [(base, pickup), (pickup, dropoff), (dropoff, base)]
    start = desk.now + 22 * HOUR
    legs = [
        leg(
            number,
            *way,
            kind="live" if number == 2 else "positioning",
            has_patient=number == 2,
            out_at=start + 3 * HOUR * (number - 1),
            block_min=float(BLOCK_MIN),
            flight_min=float(BLOCK_MIN - 10),
        )
        for number, way in enumerate(ways, start=1)
    ]
    return plan(
        *legs,
        aircraft_id=desk.aircraft.pk,
        tail_number=desk.aircraft.tail_number,
        aircraft_type=desk.aircraft.aircraft_type.designator,
        medical_count=1,
        oxygen_l=600.0,
    )


def pilot_with(hours, at):
    """A pilot with everything in order who flew so many hours in this quarter."""
    pilot = legal_world.crew_member(at)
    rest = round(hours * 60) - FLOWN_IN_WORLD_MIN
    days, odd = divmod(rest, 480)
    for day in range(days + 1):
        minutes = 480 if day < days else odd
        off = NEW_YEAR + timedelta(days=day)
        DeclaredFlightFactory(
            user=pilot, off_at=off, on_at=off + timedelta(minutes=minutes), flight_min=minutes
        )
    return pilot


class World:
    """An offer for which only the captain's hours are in question, and the people around it."""

    def __init__(self, client_for, now, *, flown=495.0):
        seed_roles()
        self.now, self.client_for = now, client_for
        self.desk = Desk(now=now, aircraft=legal_world.aircraft(now))
        self.desk.itinerary = six_hours(self.desk)
        self.captain = pilot_with(flown, now)
        self.others = [legal_world.crew_member(now) for _ in range(2)]
        self.coordinator = self.signed_in("flight_coordinator")

    def signed_in(self, role):
        person = UserFactory()
        hold(person, Role.objects.get(code=role))
        return self.client_for(person)

    def crew(self, captain=None):
        people = [captain or self.captain, *self.others]
        roles = ("pic", "sic", "flight_nurse")
        return [{"person": p.pk, "role": role} for p, role in zip(people, roles, strict=True)]

    def price(self, captain=None, **more):
        body = price_body(self.desk, **{"proposed_crew": self.crew(captain), **more})
        return self.coordinator.post(f"{self.address}price/", body)

    def send(self, sequence=1, **more):
        return self.coordinator.post(f"{self.address}send/", {"sequence": sequence}, **more)

    def override(self, who, version, rule=RULE):
        body = {
            "subject_type": "operations.quoteversion",
            "subject_id": version,
            "rule": rule,
            "reason": "Hours agreed with the authority, letter 12",
        }
        return who.post("/api/compliance/overrides/", body)

    @property
    def address(self):
        return f"{QUOTES}{self.desk.quote.number}/"


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

    with pytest.raises(NotLegal, match="cannot be sent: 1 findings are red"):
        send_version(version, actor=world.desk.actor, at=now)

    assert Quote.objects.get().status == "priced"
