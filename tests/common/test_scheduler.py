import threading

import pytest
from celery import shared_task
from django.db import transaction

from common.scheduler import CeleryBackend, ThreadBackend, schedule_on_commit

ran = threading.Event()


@shared_task(name="tests.scheduler.note")
def note(*, value: int) -> None:
    if value == 0:
        raise ValueError("broken")
    ran.set()


def test_the_thread_back_end_runs_a_task_and_survives_a_broken_one():
    ran.clear()
    backend = ThreadBackend(2)

    backend.submit("tests.scheduler.note", {"value": 0})
    backend.submit("tests.scheduler.note", {"value": 1})

    assert ran.wait(10)


def test_the_thread_back_end_waits_when_asked():
    ran.clear()

    ThreadBackend(1).submit("tests.scheduler.note", {"value": 1}, delay_s=0.1)

    assert not ran.is_set()
    assert ran.wait(10)


def test_both_back_ends_have_one_interface():
    assert {"submit"} <= set(dir(CeleryBackend)) & set(dir(ThreadBackend))


@pytest.mark.django_db(transaction=True)
def test_work_is_handed_over_after_commit_only(scheduled):
    with transaction.atomic():
        schedule_on_commit("tests.scheduler.note", value=1)
        assert scheduled == []

    assert scheduled == [("tests.scheduler.note", {"value": 1})]
