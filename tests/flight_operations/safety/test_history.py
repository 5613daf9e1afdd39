"""The History page of a hazard does not name who reported in confidence."""

from contextlib import nullcontext

import pghistory
import pytest
from django.test import Client
from django.utils import timezone

from flight_operations.services import hazards
from tests.browser import enter
from tests.rpas.factories import MemberFactory, OperatorFactory
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
READ = "flight_operations.view_smshazardregister"
SEE = "flight_operations.see_reporter_smshazardregister"


@pytest.fixture
def operator():
    return OperatorFactory()


def colleague(operator, *permissions):
    user = UserFactory()
    MemberFactory(operator=operator, user=user)
    grant(user, READ, *permissions)
    return user


def reported(operator, reporter, **how):
    with pghistory.context(user=reporter.pk, request_id="req-secret"):
        return hazards.report_hazard(
            operator=operator,
            description="Pressed to fly while tired.",
            category="human",
            likelihood="B",
            severity=3,
            actor=reporter,
            at=timezone.now(),
            **how,
        )


def history(user, hazard, query=""):
    client = Client()
    enter(client, user)
    return client.get(f"/admin/flight_operations/smshazardregister/{hazard.pk}/history/{query}")


@pytest.mark.parametrize("how", ["is_confidential", "is_anonymous"])
def test_the_trail_of_such_a_report_is_written_without_its_maker(operator, how):
    reporter, manager = colleague(operator), colleague(operator, SEE, "common.view_auditevent")

    page = history(manager, reported(operator, reporter, **{how: True}))

    assert reporter.email not in {deed["who"] for deed in page.context["deeds"]}
    assert "req-secret" not in page.content.decode()


@pytest.mark.parametrize(
    ("how", "reader", "is_named"),
    [
        ({}, [], True),
        ({"is_confidential": True}, ["common.view_auditevent"], False),
        ({"is_confidential": True}, [SEE], True),
        ({"is_anonymous": True}, [SEE, "common.view_auditevent"], False),
    ],
    ids=["open", "confidential", "to the safety manager", "anonymous"],
)
def test_who_reported_is_named_to_whom_it_was_promised(
    operator, how, reader, is_named, monkeypatch
):
    # As rows were kept before the trail of such a report was written without its maker.
    monkeypatch.setattr(hazards, "unnamed", nullcontext)
    reporter, reads = colleague(operator), colleague(operator, *reader)
    hazard = reported(operator, reporter, **how)

    page = history(reads, hazard)
    by_person = history(reads, hazard, f"?by={reporter.pk}&action=row+changed")

    deeds = page.context["deeds"]
    assert any("created" in deed["what"] for deed in deeds)
    assert (reporter.email in {deed["who"] for deed in deeds}) is is_named
    assert (reporter.email in page.content.decode()) is is_named
    assert ("req-secret" in page.content.decode()) is is_named
    assert bool(by_person.context["deeds"]) is is_named
