"""One key, one effect: also when the same request comes many times at once."""

from typing import Any

import pytest
from django.utils import timezone

from common.api import idempotency
from common.models import IdempotencyKey
from flight_operations.models import FlightOperation
from tests.common.concurrency import at_once
from tests.flight_operations.operations.api_routes import BASE, plan_body
from tests.flight_operations.operations.scene import make_scene
from tests.flight_operations.people import member

pytestmark = pytest.mark.django_db(transaction=True)
KEY = {"HTTP_IDEMPOTENCY_KEY": "k-1"}
THREADS = 6


@pytest.fixture
def scene():
    return make_scene()


@pytest.fixture
def send(client_for, scene):
    """Post the plan of a draft, which takes nobody's time, so that only the key can refuse it."""
    client = client_for(member(scene.operator, "add_flightoperation"))
    body = plan_body(scene, timezone.now(), is_draft=True)

    def post(**changes: Any) -> Any:
        return client.post(f"{BASE}/operations/", {**body, **changes}, **KEY)

    return post


def test_the_same_request_at_once_has_one_effect_and_one_answer(send):
    answers = at_once(*[send] * THREADS)

    assert [answer.status_code for answer in answers] == [201] * THREADS
    assert all(answer.json() == answers[0].json() for answer in answers)
    replays = [answer for answer in answers if answer.get("Idempotent-Replay") == "true"]
    assert len(replays) == THREADS - 1
    assert FlightOperation.objects.count() == 1
    assert IdempotencyKey.objects.count() == 1


def test_without_the_key_kept_the_same_request_has_many_effects(send, monkeypatch):
    """The guard-off control: the same race where nobody looks the key up."""
    monkeypatch.setattr(idempotency, "_once", lambda request, key, effect: effect())

    answers = at_once(*[send] * THREADS)

    assert [answer.status_code for answer in answers] == [201] * THREADS
    assert FlightOperation.objects.count() == THREADS


def test_another_body_under_the_key_waits_for_the_first_and_is_refused(send):
    bodies = [{"title": "A"}, {"title": "B"}]

    answers = at_once(*[lambda body=body: send(**body) for body in bodies * 2])

    codes = sorted(answer.status_code for answer in answers)
    assert codes == [201, 201, 422, 422]
    assert FlightOperation.objects.count() == 1


def test_a_refused_first_request_lets_the_second_try(send, scene):
    answers = at_once(lambda: send(title=""), lambda: send(title="Good"))

    # Refused for its own sake when it is first, for the other's when it is not.
    good, bad = sorted(answer.status_code for answer in answers)
    assert (good, bad in (400, 422)) == (201, True)
    assert FlightOperation.objects.get().title == "Good"
