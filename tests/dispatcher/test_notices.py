"""Whom the desk tells what, and who must say that they heard it."""

import json
from datetime import timedelta

import pytest

from common.models import Mail
from dispatcher.exceptions import NoticeAlreadyAcknowledged, NoticeNotYours
from dispatcher.models import DispatchEvent, DispatchNotice
from dispatcher.services import notices
from dispatcher.services.watch import sweep_overdue
from tests.dispatcher.live_scene import NOW, happened, make_desk, make_operation
from tests.rpas.factories import MemberFactory
from tests.users.factories import hold
from users.models import Role

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock(settings):
    settings.DISPATCH_NOTICE_WITHIN_MIN = 120
    settings.DISPATCH_NOTICE_ANSWER_MIN = 15


@pytest.fixture(scope="module")
def desk(kept_rows):
    return make_desk()


def after(minutes: int):
    return NOW + timedelta(minutes=minutes)


def change(desk, *, starts_in: int, cause: str = "amended:2") -> notices.Change:
    operation = make_operation(desk, after(starts_in), number="FO-2026-0042")
    return notices.Change(
        kind="changed",
        operation=operation,
        cause=cause,
        text="FO-2026-0042 was amended",
        details="Now at 09:00.",
        starts_at=operation.planned_start_at,
    )


def test_a_change_within_two_hours_must_be_acknowledged_before_the_flight(desk):
    near = notices.tell_pilot(desk.pilot, desk.center, change(desk, starts_in=119), at=NOW)

    assert (near.needs_acknowledgement, near.acknowledge_by_at) == (True, after(15))
    mail = Mail.objects.get(recipient=desk.pilot.email)
    said = json.loads(str(mail.context))
    assert said["text"] == "FO-2026-0042 was amended"
    assert said["answer_by"] == "09:45 (Australia/Sydney)"
    assert f"/admin/dispatcher/dispatchnotice/{near.pk}/change/" in said["link"]


@pytest.mark.parametrize(
    ("starts_in", "answer_by"), [(120, None), (10, 10), (-1, 15), (-119, 15), (-120, None)]
)
def test_a_change_further_off_need_not_be(desk, starts_in, answer_by):
    told = notices.tell_pilot(desk.pilot, desk.center, change(desk, starts_in=starts_in), at=NOW)

    assert told.needs_acknowledgement is (answer_by is not None)
    assert told.acknowledge_by_at == (after(answer_by) if answer_by else None)


def test_one_cause_is_told_once_and_mailed_once(desk):
    given = change(desk, starts_in=30)

    first = notices.tell_pilot(desk.pilot, desk.center, given, at=NOW)
    again = notices.tell_pilot(desk.pilot, desk.center, given, at=after(1))
    other = notices.tell_pilot(desk.second, desk.center, given, at=after(1))

    assert (again.pk, first.pk != other.pk) == (first.pk, True)
    assert Mail.objects.filter(kind="dispatch_notice").count() == 2


def test_nobody_acknowledges_for_another_and_nobody_twice(desk):
    told = notices.tell_pilot(desk.pilot, desk.center, change(desk, starts_in=30), at=NOW)

    with pytest.raises(NoticeNotYours):
        notices.acknowledge_notice(told, actor=desk.dispatcher, at=after(1))
    told = notices.acknowledge_notice(told, actor=desk.pilot, at=after(2))

    assert told.acknowledged_at == after(2)
    with pytest.raises(NoticeAlreadyAcknowledged):
        notices.acknowledge_notice(told, actor=desk.pilot, at=after(3))


def test_an_unanswered_notice_is_put_before_the_desk_until_it_is_answered(desk):
    told = notices.tell_pilot(desk.pilot, desk.center, change(desk, starts_in=60), at=NOW)

    assert sweep_overdue(at=after(14)) == 0
    assert sweep_overdue(at=after(15)) == 1
    event = DispatchEvent.objects.get()
    assert (event.kind, event.severity, event.operation) == ("people", "critical", told.operation)
    assert event.title.endswith("has not acknowledged: FO-2026-0042 was amended")
    # Told once, though the sweep comes every few seconds.
    sweep_overdue(at=after(16))
    assert DispatchNotice.objects.get(pk=told.pk).reminded_at == after(15)
    assert DispatchEvent.objects.count() == 1

    notices.acknowledge_notice(told, actor=desk.pilot, at=after(17))

    event.refresh_from_db()
    assert (event.status, event.resolution) == ("resolved", "Acknowledged.")


def test_an_answered_notice_is_never_chased(desk):
    told = notices.tell_pilot(desk.pilot, desk.center, change(desk, starts_in=60), at=NOW)
    notices.acknowledge_notice(told, actor=desk.pilot, at=after(1))

    assert sweep_overdue(at=after(60)) == 0
    assert not DispatchEvent.objects.exists()


def test_everybody_at_the_desk_hears_of_an_event_and_nobody_else(desk):
    colleague = MemberFactory(operator=desk.operator).user
    hold(colleague, Role.objects.get(code="chief_remote_pilot"))
    elsewhere = make_desk()
    event = happened(desk, severity="critical", title="Flight is silent")

    told = notices.tell_dispatchers(event, cause="event:1", at=NOW)
    again = notices.tell_dispatchers(event, cause="event:1", at=NOW)

    assert {notice.recipient for notice in told} == {desk.dispatcher, colleague}
    assert {notice.pk for notice in again} == {notice.pk for notice in told}
    assert elsewhere.dispatcher not in {notice.recipient for notice in told}
    assert told[0].text == f"{event.number} Flight is silent"


def test_the_mail_reads_well_with_and_without_an_answer(desk):
    from common.mail.kinds import mail_kind  # noqa: PLC0415 - registered when the apps are ready
    from common.mail.messages import rendered  # noqa: PLC0415

    context = {
        "text": "FO-2026-0042 was amended", "details": "Now at 09:00.", "answer_by": "09:45",
        "link": "https://windsock.example/notice", "center": "Depot",
    }  # fmt: skip
    text, page = rendered(mail_kind("dispatch_notice"), context)
    plain, _ = rendered(mail_kind("dispatch_notice"), context | {"answer_by": ""})

    assert "Please acknowledge this by 09:45" in text
    assert "Please acknowledge" not in plain
    assert 'href="https://windsock.example/notice"' in page
