"""Duty steps written down at the desk, and by who is on duty."""

from datetime import timedelta

import pytest
import time_machine

from operations.models import DutyPeriod, DutyStatus
from tests.operations.factories import NOW, DutyFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def duty(person_in):
    return DutyFactory(person=person_in("pilot"), report_at=NOW, end_at=NOW + timedelta(hours=10))


def step(client, duty, verb, **body):
    answer = client.post(f"/api/operations/duty-periods/{duty.pk}/{verb}/", body, format="json")
    return answer.status_code


@pytest.mark.parametrize("role", ["dispatcher", "flight_coordinator", "chief_pilot"])
def test_the_desk_writes_down_a_duty_of_somebody(client_for, person_in, duty, role):
    later = NOW + timedelta(hours=11)

    with time_machine.travel(NOW, tick=False):
        desk = client_for(person_in(role))
        reported = step(desk, duty, "report")
        extended = step(desk, duty, "extend", end_at=later.isoformat(), reason="Fog")
    with time_machine.travel(later, tick=False):
        ended = step(client_for(person_in(role)), duty, "end")

    assert (reported, extended, ended) == (200, 200, 200)
    duty.refresh_from_db()
    assert (duty.status, duty.end_at) == (DutyStatus.ENDED, later)


@pytest.mark.parametrize("verb", ["report", "end"])
def test_a_pilot_writes_down_no_duty_but_their_own(client_for, person_in, duty, verb):
    if verb == "end":
        DutyPeriod.objects.filter(pk=duty.pk).update(status=DutyStatus.REPORTED)
    at = NOW + timedelta(hours=2)

    with time_machine.travel(at, tick=False):
        others = step(client_for(person_in("pilot")), duty, verb)
        own = step(client_for(duty.person), duty, verb)

    assert (others, own) == (403, 200)


def test_who_only_reads_trips_writes_no_duty_down(client_for, person_in, duty):
    with time_machine.travel(NOW, tick=False):
        assert step(client_for(person_in("accountant")), duty, "report") == 403

    duty.refresh_from_db()
    assert duty.status == DutyStatus.PLANNED
