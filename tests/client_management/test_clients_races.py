"""Two answers to one quote at the same moment, and two plans of one job."""

from contextlib import suppress
from datetime import timedelta
from threading import Barrier, BrokenBarrierError
from unittest.mock import patch

import pytest

from client_management.exceptions import QuoteNotOpen
from client_management.models import JobOperation, JobOrder, ServiceQuote
from client_management.services import offers, planning
from common.exceptions import TransitionNotAllowed
from tests.client_management import scene
from tests.common.concurrency import at_once
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


def accepting(quote, actor, at):
    row = ServiceQuote.objects.select_related("request__organization").get(pk=quote.pk)
    return lambda: offers.accept_quote(row, content_hash=row.content_hash, actor=actor, at=at)


def an_offer(now):
    actor = UserFactory()
    organization = scene.client(actor, now)
    scene.contract(actor, now, organization)
    return actor, scene.sent(scene.request(organization, actor, now), actor, now)


def test_of_two_acceptances_and_a_no_one_counts_and_makes_one_job(now):
    actor, quote = an_offer(now)
    row = ServiceQuote.objects.select_related("request__organization").get(pk=quote.pk)
    outcomes = at_once(
        accepting(quote, actor, now),
        accepting(quote, actor, now),
        lambda: offers.decline_quote(row, reason="No", actor=actor, at=now),
    )
    refused = [each for each in outcomes if isinstance(each, Exception)]
    quote.refresh_from_db()

    assert [type(each) for each in refused] == [QuoteNotOpen] * 2
    assert quote.status in ("accepted", "declined")
    assert JobOrder.objects.count() == (1 if quote.status == "accepted" else 0)


def test_control_without_the_locks_both_acceptances_pass_the_checks(now):
    actor, quote = an_offer(now)
    gate = Barrier(2)

    def read(instance, *, version=None):
        row = type(instance)._default_manager.get(pk=instance.pk)
        if isinstance(row, ServiceQuote):
            with suppress(BrokenBarrierError):
                gate.wait(timeout=10)
        return row

    with patch.object(offers, "locked", read):
        outcomes = at_once(accepting(quote, actor, now), accepting(quote, actor, now))
    failures = [each for each in outcomes if isinstance(each, Exception)]

    # Both find the offer open; only what comes of it is stopped, by the job's own lock.
    assert [type(each) for each in failures] == [TransitionNotAllowed]
    assert JobOrder.objects.count() == 1


def test_two_plans_of_one_job_at_once_cover_its_area_once(now):
    actor, quote = an_offer(now)
    job = offers.accept_quote(quote, content_hash=quote.content_hash, actor=actor, at=now)
    JobOrder.objects.filter(pk=job.pk).update(status="confirmed")
    team, start = scene.fleet(), now + timedelta(days=7)

    def planned():
        row = JobOrder.objects.get(pk=job.pk)
        return planning.plan_job_operations(row, team=team, start_at=start, actor=actor, at=now)

    outcomes = at_once(planned, planned)

    assert sorted(type(each).__name__ for each in outcomes) == ["NothingToPlan", "list"]
    assert JobOperation.objects.count() == 1
